"""What a person calls a term: its label, else its prefixed name."""

import re
from collections.abc import Iterable, Mapping

from pyoxigraph import Literal, NamedNode, Quad

from araxes.names import RDFS_LABEL
from araxes.prefixes import shorten

PREFERRED = (RDFS_LABEL, "http://www.w3.org/2004/02/skos/core#prefLabel")
IRI = re.compile(r"<(https?://[^<>\s]+)>|(https?://[^<>\s]+[^<>\s.,;:)])")


class Labels:
    """The labels in a set of quads, with names in their place where there is none."""

    def __init__(self, quads: Iterable[Quad], prefixes: Mapping[str, str]) -> None:
        self._prefixes = dict(prefixes)
        self._labels: dict[str, tuple[bool, bool, str]] = {}
        for quad in quads:
            if quad.predicate.value in PREFERRED and isinstance(quad.object, Literal):
                self._keep(str(getattr(quad.subject, "value", "")), quad.predicate.value, quad.object)

    def _keep(self, subject: str, predicate: str, label: Literal) -> None:
        rank = (label.language != "en", predicate != RDFS_LABEL, label.value)
        self._labels[subject] = min(rank, self._labels.get(subject, rank))

    def name(self, iri: str) -> str:
        """Return the prefixed name of an IRI, else the IRI in angle brackets."""
        return shorten(iri, self._prefixes)

    def fill(self, text: str) -> str:
        """Return a text with each IRI in it, with or without angle brackets, in words."""
        return IRI.sub(lambda match: self._short(match[1] or match[2]), text)

    def _short(self, iri: str) -> str:
        return self._labels[iri][2] if iri in self._labels else self.name(iri)

    def of(self, term: object) -> str:
        """Return a term in words: label with name, name, or the text of a literal in quotation marks."""
        if isinstance(term, Literal):
            return f'"{term.value}"'
        if not isinstance(term, NamedNode):
            return "a node without a name"
        label = self._labels.get(term.value)
        return f"{label[2]} ({self.name(term.value)})" if label else self.name(term.value)
