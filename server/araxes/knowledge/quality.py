"""What is wrong, as queries and shapes find it: in words that a person knows, each with its place."""

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial, reduce
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, serialize

from araxes import prefixes, queries
from araxes.knowledge import graphs
from araxes.knowledge.reading import Document, at, unknown
from araxes.prefixes import INFERRED_GRAPH, ONTOLOGY_GRAPH, RDF, RDFS, RDFS_LABEL, SH, THINGS, declared, shorten
from araxes.problems import BadProject, Finding, Place, Report, Severity, filled, finding, report
from araxes.queries import SavedQuery

IRI = re.compile(r"<(https?://[^<>\s]+)>|(https?://[^<>\s]+[^<>\s.,;:)])")
SHAPES, SCHEMES = "ontology/shapes/", "ontology/schemes/"
SHACL, NESTED, TEXT = (NamedNode(f"urn:araxes:{name}") for name in ("shacl", "nested", "text"))
# rdflib logs a traceback for each literal that its datatype does not allow; the shapes report it with its place
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)


class Guide:
    """What things are called and where they stand, in words and places for a person."""

    def __init__(self, documents: Sequence[Document], prefixes: Mapping[str, str]) -> None:
        # what people wrote goes before what rules wrote, where nobody can correct anything
        self._documents = sorted(documents, key=lambda document: document.graph == INFERRED_GRAPH)
        # the prefixed name of an IRI, else the IRI in angle brackets
        self.name = partial(shorten, prefixes=prefixes)
        ranked = (
            (quad.object.language != "en", quad.object.value, str(quad.subject))
            for quad in graphs.quads(documents)
            if quad.predicate.value == RDFS_LABEL and isinstance(quad.object, Literal)
        )
        self._labels = {subject[1:-1]: label for *_, label, subject in sorted(ranked, reverse=True)}
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
        if term.value.startswith(prefixes.FILE_IRI):
            return unquote(term.value.removeprefix(prefixes.FILE_IRI))
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


def check(documents: Sequence[Document], saved: Mapping[str, SavedQuery], prefixes: Mapping[str, str]) -> Report:
    """Run the quality queries over a store with one named graph a file; each row is a finding."""
    found = run(graphs.by_file(documents), saved, Guide(documents, prefixes))
    return report("quality", len(saved), "queries", found)


def run(store: Store, saved: Mapping[str, SavedQuery], guide: Guide) -> Iterator[Finding]:
    """Yield a finding for each row of each query; the header's `message` and `hint` name variables in braces.

    A row's `?focus` is the thing that is wrong, `?term` the term in its block to point at, `?file` the file.
    """
    for query in saved.values():
        severity: Severity = "warning" if query.first("severity") == "warning" else "error"
        for row in graphs.rows(store, query):
            words = {name: term.value if isinstance(term, Literal) else guide.of(term) for name, term in row.items()}
            message = filled(query.first("message", f"{query.title}: {{focus}}"), words)
            place = guide.place(row.get("focus"), [row.get("term")], words.get("file", ""))
            yield Finding(message, filled(query.first("hint"), words), place, severity)


def lint(documents: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    """Return a finding for everything in the shapes that would silently do nothing."""
    store, vocabulary = graphs.by_file(documents), resources.files("pyshacl").joinpath("assets/shacl.ttl")
    store.bulk_load(vocabulary.read_bytes(), RdfFormat.TURTLE, to_graph=SHACL)
    guide = Guide(documents, prefixes)
    found = run(store, queries.load(graphs.QUERIES / "lint", graphs.QUERIES), guide)
    known = {quad.subject.value for quad in graphs.quads(documents) if isinstance(quad.subject, NamedNode)}
    shapes = [document for document in documents if document.file.startswith(SHAPES)]
    inside = [each for document in shapes for each in _in_queries(document, known, prefixes, guide)]
    kinds = {NamedNode(SH + "NodeShape"), NamedNode(SH + "PropertyShape")}
    return report("lint", sum(quad.object in kinds for quad in graphs.quads(shapes)), "shapes", [*found, *inside])


def check_shapes(documents: Sequence[Document], prefixes: Mapping[str, str], *, derived: bool = False) -> Report:
    """Validate what people wrote, data and schemes; or what the rules made, in the company of all that it rests on."""
    data = [document for document in documents if document.graph]
    if not derived:
        asserted = graphs.asserted(documents)
        data = [each for each in asserted if each.graph != ONTOLOGY_GRAPH or each.file.startswith(SCHEMES)]
    guide = Guide(documents, prefixes)
    shapes = graphs.triples(document for document in documents if document.file.startswith(SHAPES))
    ontology = graphs.triples(document for document in documents if document.graph == ONTOLOGY_GRAPH)
    subclasses = (each for each in ontology if each.predicate.value == RDFS + "subClassOf")
    kinds = {each for each in subclasses if isinstance(each.object, NamedNode)}
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
    both = b"".join(each.serialize(format="nt", encoding="utf-8") for each in (graph, results))
    store.bulk_load(both, RdfFormat.N_TRIPLES)
    nested = [quad for quad in store if isinstance(quad.object, BlankNode)]
    store.extend(Quad(quad.subject, quad.predicate, quad.object, NESTED) for quad in nested)
    return list(graphs.rows(store, graphs.saved("results")))


def _in_queries(document: Document, known: set[str], prefixes: Mapping[str, str], guide: Guide) -> Iterator[Finding]:
    own, asked = declared(document.text), {SH + "select", SH + "ask"}
    for text in (str(getattr(each.object, "value", "")) for each in document.quads if each.predicate.value in asked):
        place = Place(document.file, *at(document.text, max(document.text.find(text), 0))[:1])
        for iri in sorted({word.value for word in unknown(text, {**prefixes, **own}, known)}):
            yield finding("undeclared-in-shape", place, term=guide.name(iri))
        try:
            Store().query(text, prefixes=own)
        except SyntaxError as error:
            fault = "names a prefix that is not declared for it" if "Prefix not" in str(error) else "is not SPARQL 1.1"
            yield finding("bad-query-of-shape", place, fault=fault, error=str(error).partition(": expected")[0])


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
    store = graphs.store_of(graphs.triples(document for document in documents if document.graph))
    for name, value in ((RDF + "value", text), (RDFS_LABEL, f"{len(text):,}")):
        store.add(Quad(TEXT, NamedNode(name), Literal(value), DefaultGraph()))
    rows = [{name: term.value for name, term in row.items()} for row in graphs.rows(store, graphs.saved("passages"))]
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    known = {row["document"]: row.get("textSha256") for row in rows}
    wanted = {f"{THINGS}document/{source}"} if source else {each for each in known if known[each] == sha256} or {*known}
    if len(chosen := wanted & known.keys()) != 1:
        keys = ", ".join(sorted(each.removeprefix(f"{THINGS}document/") for each in known)) or "none"
        detail = f"There is no document {source}" if source else f"{path.name} is not the text of any one document"
        raise BadProject(detail, hint=f"Say which with --source; the documents with passages are: {keys}.")
    [document] = chosen
    guide, own = Guide(documents, {}), [row for row in rows if row["document"] == document]
    faulty = [row for row in own if "fault" in row]
    places = {row["passage"]: guide.place(NamedNode(row["passage"])) for row in faulty}
    found = [finding("bad-passage", places[row["passage"]], name=row["name"], fault=row["fault"]) for row in faulty]
    if known[document] != sha256:
        found.append(finding("other-text", Place(path.name), document=document))
    count = len({row["passage"] for row in own})
    return report("anchors", count, "passages", found, f"{count - len(places)} of {count} passages of {document} hold")
