"""Where each subject stands in a Turtle text, and where a term stands in its block."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from araxes.names import RDF_TYPE

TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<text>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\" | '''(?:[^'\\]|\\.|'(?!''))*'''
               | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
      | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
      | (?P<prefix>@prefix\b|@base\b|\bPREFIX\b(?=\s)|\bBASE\b(?=\s))
      | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
      | (?P<name>(?:[^\W\d_][\w.-]*)?:(?:[\w:%-](?:[\w:.%\\-]*[\w:%-])?)?)
      | (?P<word>[\w+-]+(?:\.[0-9]+)?)
      | (?P<sign>[.;,\[\]()^{}])""",
    re.VERBOSE | re.DOTALL | re.UNICODE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a Turtle or SPARQL text with its place."""

    kind: str
    text: str
    line: int
    column: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of a text; comments are left out."""
    line, start, seen = 1, 0, 0
    for match in TOKEN.finditer(text):
        skipped = text.count("\n", seen, match.start())
        if skipped:
            line, start = line + skipped, text.rindex("\n", seen, match.start()) + 1
        seen = match.start()
        if match.lastgroup and match.lastgroup != "comment":
            yield Token(match.lastgroup, match[0], line, match.start() - start + 1)


@dataclass(frozen=True, slots=True)
class Prefix:
    """A prefix as a text declares it."""

    name: str
    namespace: str
    line: int
    column: int


class Places:
    """Where the subjects of one text stand.

    A subject is a prefixed name or an IRI at the first column; its block goes on to the next such line. This relies
    on the project's layout, and only places in messages depend on it.
    """

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        self.tokens = tuple(tokens(text))
        self.prefixes = prefixes

    @cached_property
    def blocks(self) -> dict[str, list[tuple[Token, ...]]]:
        """Return the words of each subject's blocks by its IRI."""
        found: dict[str, list[tuple[Token, ...]]] = {}
        current: list[Token] = []
        starts = [n for n, word in enumerate(self.tokens) if word.column == 1 and word.kind != "sign"]
        for n, start in enumerate(starts):
            end = starts[n + 1] if n + 1 < len(starts) else len(self.tokens)
            current = list(self.tokens[start:end])
            if iri := self.expand(current[0]):
                found.setdefault(iri, []).append(tuple(current))
        return found

    def expand(self, word: Token) -> str | None:
        """Return the IRI for which a word stands, or None where it stands for none."""
        if word.kind == "iri":
            return word.text[1:-1]
        if word.kind == "name":
            prefix, _, local = word.text.partition(":")
            return self.prefixes[prefix] + local.replace("\\", "") if prefix in self.prefixes else None
        return RDF_TYPE if word.kind == "word" and word.text == "a" else None

    def expand_text(self, text: str) -> str | None:
        """Return the IRI for which a prefixed name or an IRI in angle brackets stands, or None."""
        return next((self.expand(word) for word in tokens(text)), None)

    def find(self, subject: str, terms: tuple[str, ...] = ()) -> tuple[int, int] | None:
        """Return line and column of the first of the terms that stands in the subject's blocks, else of the subject.

        A term is an IRI or the text of a literal. None where the subject does not stand in this text.
        """
        blocks = self.blocks.get(subject)
        if not blocks:
            return None
        words = [word for block in blocks for word in block[1:]]
        for term in terms:
            at = next((word for word in words if self._stands_for(word, term)), None)
            if at:
                return at.line, at.column
        return blocks[0][0].line, blocks[0][0].column

    def mention(self, term: str) -> tuple[int, int] | None:
        """Return line and column of the first word that stands for an IRI, anywhere in the text."""
        return next(((word.line, word.column) for word in self.tokens if self.expand(word) == term), None)

    def _stands_for(self, word: Token, term: str) -> bool:
        if word.kind == "text":
            return word.text.strip("\"'") == term
        return word.text == term if word.kind == "word" and word.text != "a" else self.expand(word) == term


def declarations(text: str) -> Iterator[Prefix]:
    """Yield the prefixes that a Turtle or SPARQL text declares."""
    words = list(tokens(text))
    for keyword, name, iri in zip(words, words[1:], words[2:], strict=False):
        if keyword.kind == "prefix" and "base" not in keyword.text.lower():
            yield Prefix(name.text.removesuffix(":"), iri.text[1:-1], name.line, name.column)
