"""What is wrong, as queries and shapes find it: in words that a person knows, each with its place."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial, reduce
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, Triple, serialize

from araxes.knowledge import graphs
from araxes.knowledge.graphs import Document, Fact
from araxes.prefixes import FILE_IRI, INFERRED_GRAPH, ONTOLOGY_GRAPH, RDFS, SH, THINGS, shorten
from araxes.problems import BadProject, Finding, Place, Report, Severity, caret, filled, report
from araxes.queries import SavedQuery

IRI = re.compile(r"<(https?://[^<>\s]+)>|(https?://[^<>\s]+[^<>\s.,;:)])")
SHAPES, SCHEMES = "ontology/shapes/", "ontology/schemes/"
# rdflib logs a traceback for each literal that its datatype does not allow; the shapes report it with its place
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)


class Guide:
    """What things are called and where they stand, for a person; and a store with one named graph a file."""

    def __init__(self, documents: Sequence[Document], prefixes: Mapping[str, str]) -> None:
        # what people wrote goes before what rules wrote, where nobody can correct anything
        self._documents = sorted(documents, key=lambda document: document.graph == INFERRED_GRAPH)
        self.store = graphs.by_file(documents)
        # the prefixed name of an IRI, else the IRI in angle brackets
        self.name = partial(shorten, prefixes=prefixes)
        labels = graphs.rows(self.store, graphs.saved("labels"))
        self._labels = {row["node"].value: row["label"].value for row in labels}
        nested = (quad for quad in graphs.quads(documents) if isinstance(quad.object, BlankNode))
        holders: dict[object, object] = {quad.object: quad.subject for quad in nested}
        # the node that holds another, at most 50 deep
        self._named: Callable[[object], object] = partial(reduce, lambda at, _: holders.get(at, at), range(50))

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
        if term.value.startswith(FILE_IRI):
            return unquote(term.value.removeprefix(FILE_IRI))
        name, label = self.name(term.value), self._labels.get(term.value)
        return name if label is None else f"{label} ({name})"

    def place(self, subject: object, terms: Sequence[object] = (), file: str = "") -> Place | None:
        """Return where a thing stands: the first of the terms in its block, else its block, else where it is named."""
        whole = Place(file) if file else None
        subject = self._named(subject)
        texts = tuple(term.value for term in terms if isinstance(term, NamedNode | Literal))
        chosen = [document for document in self._documents if file in {"", document.file}]
        name = subject.value if isinstance(subject, NamedNode) else ""
        blocks = sorted(filter(None, (each.find(name, texts) for each in chosen)), key=lambda at: at.column == 1)
        mentions = filter(None, (each.find("", [name]) for each in chosen if name))
        return next(iter([*blocks, *mentions]), whole)

    def run(self, saved: Mapping[str, SavedQuery], facts: Iterable[Fact] = ()) -> Iterator[Finding]:
        """Yield a finding for each row of each query; the header's `message` and `hint` name variables in braces.

        A row's `?focus` is the thing that is wrong, `?term` the term in its block to point at, `?file` the file; what
        stands in a text has its `?line`, and may have its `?column` and the `?source` to quote.
        """
        self.store.extend(graphs.told(facts))
        for query in saved.values():
            severity: Severity = "warning" if query.first("severity") == "warning" else "error"
            for row in graphs.rows(self.store, query):
                words = {name: term.value if isinstance(term, Literal) else self.of(term) for name, term in row.items()}
                message = filled(query.first("message", f"{query.title}: {{focus}}"), words)
                file, line, column = words.get("file", ""), int(words.get("line", 0)), int(words.get("column", 0))
                place = Place(file, line, column) if line else self.place(row.get("focus"), [row.get("term")], file)
                source = words.get("source", "")[max(0, column - 80) : column + 40]
                quote = f"{source}\n{caret(source, min(column, 80))}" if "source" in words else ""
                yield Finding(message, filled(query.first("hint"), words), place, severity, quote)


def check(documents: Sequence[Document], saved: Mapping[str, SavedQuery], prefixes: Mapping[str, str]) -> Report:
    """Run the quality queries over a store with one named graph a file; each row is a finding."""
    return report("quality", len(saved), "queries", Guide(documents, prefixes).run(saved))


def check_shapes(documents: Sequence[Document], prefixes: Mapping[str, str], *, derived: bool = False) -> Report:
    """Validate what people wrote, data and schemes; or what the rules made, in the company of all that it rests on."""
    left = {None} if derived else {None, ONTOLOGY_GRAPH, INFERRED_GRAPH}
    data = [each for each in documents if each.graph not in left or each.file.startswith(SCHEMES)]
    guide = Guide(documents, prefixes)
    shapes = graphs.triples(document for document in documents if document.file.startswith(SHAPES))
    terms = graphs.triples(document for document in documents if document.graph == ONTOLOGY_GRAPH)
    kinds = {one for one in terms if one.predicate.value == RDFS + "subClassOf" and isinstance(one.object, NamedNode)}
    found = []
    for result in validate(graphs.triples(data) | kinds, shapes):
        focus, value, path = result["focus"], result.get("value"), result["path"].value.split()
        named = ["/".join(map(guide.name, path)), guide.of(value) if value not in {None, focus} else ""]
        parts = ", ".join(part for part in (guide.of(focus), *named) if part)
        message = f"{parts}: the shape {guide.name(result['shape'].value)} is not met."
        severity: Severity = "error" if result["severity"].value == SH + "Violation" else "warning"
        place = guide.place(focus, [term for term in (value, *map(NamedNode, reversed(path))) if term != focus])
        found.append(Finding(message, guide.fill(result["message"].value), place, severity))
    written = graphs.quads(document for document in data if document.file.startswith("data/"))
    things = {quad.subject for quad in written if isinstance(quad.subject, NamedNode)}
    return report("comparisons" if derived else "shapes", len(things) if shapes else 0, "things", found)


def validate(data: Iterable[Triple], shapes: Iterable[Triple]) -> list[dict[str, Any]]:
    """Return what the shapes find in the data, in a stable order; raises `BadProject` where they cannot be run.

    A result has `shape`, `path`, `value`, `message`, `severity`, and as `focus` the thing or what holds it.
    """
    from pyshacl import validate as find
    from rdflib import Graph

    graph = _graph(data)
    try:
        _, results, text = find(graph, shacl_graph=_graph(shapes), advanced=True, inplace=True)
        if not isinstance(results, Graph):
            raise TypeError(text)
    except Exception as error:  # pyshacl raises errors of many kinds for shapes that it cannot run
        raise BadProject(f"The shapes cannot be run: {error}", hint="Correct ontology/shapes/.") from error
    store = Store()
    # read at one go, since blank nodes that are read apart stay apart
    store.bulk_load("".join(each.serialize(format="nt") for each in (graph, results)), RdfFormat.N_TRIPLES)
    store.update((graphs.QUERIES / "nested.ru").read_text("utf-8"))
    return list(graphs.rows(store, graphs.saved("results")))


def _graph(triples: Iterable[Triple]) -> Any:
    """Return a graph that reads each query once: pyshacl sends the same text anew for every focus node."""
    from rdflib import Graph
    from rdflib.plugins.sparql import prepareQuery

    graph: Any = Graph().parse(data=serialize(triples, format=RdfFormat.N_TRIPLES), format="nt")
    ask, read = graph.query, cache(prepareQuery)
    graph.query = lambda text, *args, **options: ask(read(text), *args, **options)
    return graph


def verify(documents: Sequence[Document], path: Path, source: str | None = None) -> Report:
    """Check every passage of a document against a copy of its text; raises `BadProject` where either is not found.

    The document is that of `source`, else the one with the hash of the file, else the only one there is.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadProject(f"The text {path} cannot be read: {error}", hint="Give a text file in UTF-8.") from error
    guide, given = Guide(documents, {}), {"text": text, "length": f"{len(text):,}", "file": path.name}
    guide.store.extend(graphs.told([given]))
    rows = {row["document"].value: row for row in graphs.rows(guide.store, graphs.saved("documents"))}
    wanted = {f"{THINGS}document/{source}"} if source else {each for each in rows if "known" in rows[each]} or {*rows}
    if len(chosen := wanted & rows.keys()) != 1:
        keys = ", ".join(each.removeprefix(f"{THINGS}document/") for each in rows) or "none"
        detail = f"There is no document {source}" if source else f"{path.name} is not the text of any one document"
        raise BadProject(detail, hint=f"Say which with --source; the documents with passages are: {keys}.")
    [document] = chosen
    found = [*guide.run(graphs.package("anchors"), [{**given, "is-text-of": document}])]
    count = int(rows[document]["number"].value)
    bad = {row["focus"] for row in graphs.rows(guide.store, graphs.saved("anchors/bad-passage"))}
    return report("anchors", count, "passages", found, f"{count - len(bad)} of {count} passages of {document} hold")
