"""Turtle and SPARQL as texts: the words that stand for something, and where they stand."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import Quad

from araxes.prefixes import RDF_TYPE
from araxes.problems import Place

WORD = re.compile(
    r"""\#[^\n]*
      | (?P<text>\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3} | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
      | <(?P<iri>[^<>"{}|^`\\\x00-\x20]*)>
      | (?P<prefix>[^\W\d_][\w.-]*)?:(?P<local>[\w:%-](?:[\w:.%\\-]*[\w:%-])?)?
      | (?P<plain>[\w+-]+(?:\.[0-9]+)?)""",
    re.VERBOSE | re.DOTALL,
)
LONG = re.compile(r'"{3}.*?"{3}', re.DOTALL)
DECLARED = re.compile(r"^\s*(@?BASE|@?PREFIX)\s+(?:([^\s:]*):\s*)?<([^>]*)>", re.MULTILINE | re.IGNORECASE)

Fact = Mapping[str, object]


def words(text: str, prefixes: Mapping[str, str]) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield whole IRIs, texts of literals and other words, each with its match; unknown prefixes are left out."""
    for match in WORD.finditer(text):
        value = match["text"].strip("\"'") if match["text"] else match["iri"] or match["plain"]
        if match.lastgroup in {"prefix", "local"} and (match["prefix"] or "") in prefixes:
            value = prefixes[match["prefix"] or ""] + (match["local"] or "").replace("\\", "")
        if value is not None:
            yield RDF_TYPE if value == match["plain"] == "a" else value, match


def at(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset, both counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def stand(file: str, text: str, line: int, column: int) -> Fact:
    """Return a place in a text as a fact, with the line to quote as its `source`."""
    source = dict(enumerate(text.split("\n"), 1)).get(line, "")
    return {"file": file, "line": line, "column": column, "source": source}


def declarations(file: str, text: str) -> Iterator[Fact]:
    """Yield each prefix and base that a text declares: `keyword`, `prefix`, `namespace`, and its place."""
    # what stands in a long text is not the file's own
    own = LONG.sub(lambda long: "\n" * long[0].count("\n"), text) if file.endswith(".ttl") else text
    for match in DECLARED.finditer(own):
        found = dict(zip(("keyword", "prefix", "namespace"), match.groups(), strict=True))
        yield {**found, **stand(file, own, *at(own, max(match.start(1), match.start(2))))}


def named(file: str, text: str, bound: Mapping[str, str]) -> Iterator[Fact]:
    """Yield each `iri` that a query names, with its place, and if it is `listed`, as one of several in brackets."""
    for iri, match in words(text, bound):
        if ":" in iri and not match["text"] and iri not in bound.values():
            listed = text[: match.start()].rstrip()[-1:] in "(," and text[match.end() :].lstrip()[:1] in "),"
            yield {"iri": iri, "listed": listed, **stand(file, text, *at(text, match.start()))}


@dataclass(frozen=True)
class Document:
    """One Turtle file as read; a subject stands at the first column, and its block goes on to the next such word."""

    file: str
    graph: str | None
    text: str
    quads: tuple[Quad, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def starts(self) -> dict[tuple[str, str | None], int]:
        """Return where each word stands first, by subject and word; a subject without a word, a word in any block."""
        found: dict[tuple[str, str | None], int] = {}
        subject = ""
        for word, match in words(self.text, self.prefixes):
            begins = self.text[match.start() - 1] == "\n"
            subject = word if begins else subject
            for key in ((subject, None if begins else word), ("", word)):
                found.setdefault(key, match.start())
        return found

    def find(self, subject: str, terms: Sequence[str] = ()) -> Place | None:
        """Return where the first of the terms stands in the subject's blocks, else the subject; None without it.

        Without a subject, terms are found anywhere in the text.
        """
        stands = (self.starts[key] for term in (*terms, None) if (key := (subject, term)) in self.starts)
        return next((Place(self.file, *at(self.text, start)) for start in stands), None)
