"""Quality queries: each row of a result is a finding, in words that a person knows and with its place."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial, reduce
from urllib.parse import unquote

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store

from araxes.findings import Finding, Place, Report, Severity, filled, report
from araxes.knowledge import graphs
from araxes.knowledge.reading import Document
from araxes.prefixes import INFERRED_GRAPH, RDFS_LABEL, shorten
from araxes.queries import SavedQuery

PREFERRED = (RDFS_LABEL, "http://www.w3.org/2004/02/skos/core#prefLabel")
IRI = re.compile(r"<(https?://[^<>\s]+)>|(https?://[^<>\s]+[^<>\s.,;:)])")

DEEPEST = 50


class Guide:
    """What things are called and where they stand, in words and places for a person."""

    def __init__(self, documents: Sequence[Document], prefixes: Mapping[str, str], more: Iterable[Quad] = ()) -> None:
        # what people wrote goes before what rules wrote, where nobody can correct anything
        self._documents = sorted(documents, key=lambda document: document.graph == INFERRED_GRAPH)
        # the prefixed name of an IRI, else the IRI in angle brackets
        self.name = partial(shorten, prefixes=prefixes)
        ranked = (
            (quad.object.language != "en", quad.predicate.value != RDFS_LABEL, quad.object.value, str(quad.subject))
            for quad in (*graphs.quads(documents), *more)
            if quad.predicate.value in PREFERRED and isinstance(quad.object, Literal)
        )
        self._labels = {subject[1:-1]: label for *_, label, subject in sorted(ranked, reverse=True)}
        nested = (quad for quad in graphs.quads(documents) if isinstance(quad.object, BlankNode))
        holders: dict[object, object] = {quad.object: quad.subject for quad in nested}
        # the node that holds another, however deep
        self._named: Callable[[object], object] = partial(reduce, lambda at, _: holders.get(at, at), range(DEEPEST))

    def fill(self, text: str) -> str:
        """Return a text with each IRI in it, with or without angle brackets, in words."""
        return IRI.sub(lambda iri: self._labels.get(iri[1] or iri[2], self.name(iri[1] or iri[2])), text)

    def of(self, term: object) -> str:
        """Return a term in words: label with name, name, or the text of a literal in quotation marks."""
        if isinstance(term, Literal):
            return f'"{term.value}"'
        term = self._named(term)
        if not isinstance(term, NamedNode):
            return "a node without a name"
        if term.value.startswith(graphs.FILE_IRI):
            return _file(term)
        name, label = self.name(term.value), self._labels.get(term.value)
        return name if label is None else f"{label} ({name})"

    def place(self, subject: object, terms: Sequence[object] = (), file: str = "") -> Place | None:
        """Return where a thing stands: the first of the terms in its block, else its block, else where it is named."""
        whole = Place(file) if file else None
        subject = self._named(subject)
        texts = tuple(term.value for term in terms if isinstance(term, NamedNode | Literal))
        chosen = [document for document in self._documents if file in {"", document.file}]
        if not isinstance(subject, NamedNode):
            return next((at for each in chosen for text in texts if (at := each.mention(text))), whole)
        blocks = [at for each in chosen if (at := each.find(subject.value, texts))]
        mentions = (at for each in chosen if (at := each.mention(subject.value)))
        return next((at for at in blocks if at.column > 1), None) or next(iter(blocks), None) or next(mentions, whole)


def check(documents: Sequence[Document], queries: Mapping[str, SavedQuery], prefixes: Mapping[str, str]) -> Report:
    """Run the quality queries over a store with one named graph a file; each row is a finding."""
    found = run(graphs.by_file(documents), queries, Guide(documents, prefixes))
    return report("quality", len(queries), "queries", found)


def run(store: Store, queries: Mapping[str, SavedQuery], guide: Guide) -> Iterator[Finding]:
    """Yield a finding for each row of each query; the header's `message` and `hint` name variables in braces.

    A row's `?focus` is the thing that is wrong, `?term` the term in its block to point at, `?file` the file.
    """
    for query in queries.values():
        severity: Severity = "warning" if query.first("severity") == "warning" else "error"
        for row in graphs.rows(store, query):
            words = {name: term.value if isinstance(term, Literal) else guide.of(term) for name, term in row.items()}
            message = filled(query.first("message", f"{query.title}: {{focus}}"), words)
            place = guide.place(row.get("focus"), [row.get("term")], _file(row.get("file")))
            yield Finding(message, filled(query.first("hint"), words), place, severity)


def _file(term: object) -> str:
    return unquote(term.value.removeprefix(graphs.FILE_IRI)) if isinstance(term, NamedNode) else ""
