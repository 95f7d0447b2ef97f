"""Quality queries: each row of a result is a finding."""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

from pyoxigraph import Literal, NamedNode, QuerySolution, QuerySolutions, Store

from araxes.findings import Finding, Place, Report, Severity, report
from araxes.knowledge import graphs
from araxes.knowledge.labels import Labels
from araxes.knowledge.reading import Document
from araxes.names import INFERRED_GRAPH
from araxes.problems import BadProject
from araxes.queries import SavedQuery

HOLE = re.compile(r"\{(\w+)\}")


def check(documents: Sequence[Document], queries: Mapping[str, SavedQuery], prefixes: Mapping[str, str]) -> Report:
    """Run the quality queries over a store with one named graph a file; each row is a finding."""
    store = graphs.by_file(documents)
    found = run(store, queries, documents, Labels(store, prefixes))
    return report("quality", len(queries), "queries", found)


def run(
    store: Store, queries: Mapping[str, SavedQuery], documents: Sequence[Document], labels: Labels
) -> Iterator[Finding]:
    """Yield a finding for each row of each query.

    A row's `?focus` is the thing that is wrong, `?term` the term in its block to point at, `?file` the file. The
    header's `message` and `hint` may name variables in braces.

    Raises `BadProject` for a query that is not a SELECT.
    """
    for query in queries.values():
        rows = store.query(query.text)
        if not isinstance(rows, QuerySolutions):
            raise BadProject(f"{query.file} is not a SELECT query", hint="A quality query selects what is wrong.")
        names = [variable.value for variable in rows.variables]
        for row in rows:
            yield _finding(query, row, names, documents, labels)


def place(documents: Sequence[Document], subject: object, terms: Sequence[object], file: str = "") -> Place | None:
    """Return where a thing stands: the first of the terms in its block, else its block, else where it is named.

    What people wrote goes before what rules wrote, where nobody can correct anything.
    """
    if not isinstance(subject, NamedNode):
        return Place(file) if file else None
    texts = tuple(str(term.value) for term in terms if isinstance(term, NamedNode | Literal))
    chosen = [document for document in documents if not file or document.file == file]
    chosen.sort(key=lambda document: document.graph == INFERRED_GRAPH)
    places = [(document.file, document.places.find(subject.value, texts)) for document in chosen]
    blocks = [(name, at) for name, at in places if at]
    exact = [(name, at) for name, at in blocks if at[1] > 1]
    for name, found in exact or blocks:
        return Place(name, *found)
    for document in chosen:
        if mentioned := document.places.mention(subject.value):
            return Place(document.file, *mentioned)
    return Place(file) if file else None


def _finding(
    query: SavedQuery, row: QuerySolution, names: list[str], documents: Sequence[Document], labels: Labels
) -> Finding:
    values = {name: row[name] for name in names if row[name] is not None}
    file = getattr(values.get("file"), "value", "").removeprefix(graphs.FILE_IRI)
    message = query.first("message", f"{query.title}: {{focus}}")
    filled = HOLE.sub(lambda hole: _words(values.get(hole[1]), labels), message)
    hint = HOLE.sub(lambda hole: _words(values.get(hole[1]), labels), query.first("hint"))
    severity: Severity = "warning" if query.first("severity") == "warning" else "error"
    terms = [values["term"]] if "term" in values else []
    return Finding(filled, hint, place(documents, values.get("focus"), terms, unquote(file)), severity)


def _words(term: object, labels: Labels) -> str:
    if isinstance(term, Literal):
        return term.value
    if isinstance(term, NamedNode) and term.value.startswith(graphs.FILE_IRI):
        return unquote(term.value.removeprefix(graphs.FILE_IRI))
    return "nothing" if term is None else labels.of(term)
