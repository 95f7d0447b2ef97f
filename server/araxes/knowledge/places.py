"""Where each subject stands in a Turtle text, and where a term stands in its block."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

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


class Token(NamedTuple):
    """A word of a Turtle or SPARQL text with its place."""

    kind: str
    text: str
    line: int
    column: int


class Prefix(NamedTuple):
    """A prefix as a text declares it."""

    name: str
    namespace: str
    line: int
    column: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of a text; comments are left out."""
    line, start, seen = 1, 0, 0
    for match in TOKEN.finditer(text):
        if skipped := text.count("\n", seen, match.start()):
            line, start = line + skipped, text.rindex("\n", seen, match.start()) + 1
        seen = match.start()
        if match.lastgroup and match.lastgroup != "comment":
            yield Token(match.lastgroup, match[0], line, match.start() - start + 1)


def declarations(text: str) -> Iterator[Prefix]:
    """Yield the prefixes that a Turtle or SPARQL text declares."""
    words = list(tokens(text))
    for keyword, name, iri in zip(words, words[1:], words[2:], strict=False):
        if keyword.kind == "prefix" and "base" not in keyword.text.lower():
            yield Prefix(name.text.removesuffix(":"), iri.text[1:-1], name.line, name.column)


class Places:
    """Where the subjects of one text stand.

    A subject is a prefixed name or an IRI at the first column; its block goes on to the next such line. This relies
    on the project's layout, and only places in messages depend on it.
    """

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        self.tokens = tuple(tokens(text))
        self.prefixes = prefixes

    @cached_property
    def blocks(self) -> dict[str | None, tuple[Token, list[Token]]]:
        """Return for each subject, by its IRI, the word where it stands first, and all other words of its blocks."""
        found: dict[str | None, tuple[Token, list[Token]]] = {}
        words: list[Token] = []
        for word in self.tokens:
            if word.column > 1 or word.kind == "sign":
                words.append(word)
            else:
                _, words = found.setdefault(self.expand(word), (word, []))
        return found

    def expand(self, word: Token) -> str | None:
        """Return the IRI for which a word stands, or None where it stands for none."""
        if word.kind == "iri":
            return word.text[1:-1]
        if word.kind == "name":
            prefix, _, local = word.text.partition(":")
            return self.prefixes[prefix] + local.replace("\\", "") if prefix in self.prefixes else None
        return RDF_TYPE if word.kind == "word" and word.text == "a" else None

    def find(self, subject: str, terms: tuple[str, ...] = ()) -> tuple[int, int] | None:
        """Return line and column of the first of the terms that stands in the subject's blocks, else of the subject.

        A term is an IRI or the text of a literal. None where the subject does not stand in this text.
        """
        if subject not in self.blocks:
            return None
        first, words = self.blocks[subject]
        at = next((word for term in terms for word in words if self._stands_for(word, term)), first)
        return at.line, at.column

    def mention(self, term: str) -> tuple[int, int] | None:
        """Return line and column of the first word that stands for an IRI, anywhere in the text."""
        return next(((word.line, word.column) for word in self.tokens if self.expand(word) == term), None)

    def _stands_for(self, word: Token, term: str) -> bool:
        if word.kind == "text":
            return word.text.strip("\"'") == term
        return word.text == term if word.kind == "word" and word.text != "a" else self.expand(word) == term
