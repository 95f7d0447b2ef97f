"""Shapes that can never fire: misspelt terms, missing targets, paths that nothing declares."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from araxes import queries
from araxes.findings import Finding, Place, Report, report
from araxes.knowledge import graphs, quality
from araxes.knowledge.labels import Labels
from araxes.knowledge.places import tokens
from araxes.knowledge.reading import Document
from araxes.names import BASE, SH
from araxes.prefixes import declared

FOLDER = Path(__file__).with_name("queries") / "lint"
SHACL = "urn:araxes:shacl"
TEXTS = {NamedNode(SH + "select"), NamedNode(SH + "ask")}


def check(documents: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    """Return a finding for everything in the shapes that would silently do nothing."""
    store = graphs.by_file(documents)
    store.bulk_extend(_vocabulary())
    labels = Labels(store, prefixes)
    found = list(quality.run(store, queries.load(FOLDER, FOLDER), documents, labels))
    shapes = graphs.shapes(documents)
    subjects = {quad.subject for document in documents for quad in document.quads}
    known = {subject.value for subject in subjects if isinstance(subject, NamedNode)}
    for document in shapes:
        found += _in_queries(document, known, prefixes, labels)
    return report("lint", sum(_is_shape(quad) for document in shapes for quad in document.quads), "shapes", found)


def _vocabulary() -> list[Quad]:
    text = resources.files("pyshacl").joinpath("assets/shacl.ttl").read_text("utf-8")
    return [Quad(q.subject, q.predicate, q.object, NamedNode(SHACL)) for q in parse(text, RdfFormat.TURTLE)]


def _is_shape(quad: Quad) -> bool:
    return quad.object in {NamedNode(SH + "NodeShape"), NamedNode(SH + "PropertyShape")}


def _in_queries(document: Document, known: set[str], prefixes: Mapping[str, str], labels: Labels) -> Iterator[Finding]:
    bound = declared(document.text)
    for quad in document.quads:
        if quad.predicate not in TEXTS or not isinstance(quad.object, Literal):
            continue
        text = quad.object.value
        words = [word.text.partition(":") for word in tokens(text) if word.kind == "name"]
        place = _where(document, text)
        for prefix in sorted({word[0] for word in words} - bound.keys()):
            hint = "Add it to the sh:declare of the ontology to which sh:prefixes points."
            yield Finding(f"A query of a shape uses the prefix {prefix}:, which is not declared for it.", hint, place)
        iris = {prefixes[prefix] + local for prefix, _, local in words if prefix in prefixes and local}
        for iri in sorted(each for each in iris - known if each.startswith(BASE)):
            message = f"A query of a shape names {labels.name(iri)}, which nothing declares."
            yield Finding(message, "Correct the spelling, or declare the term.", place)
        if fault := _syntax(text, {**prefixes, **bound}):
            yield Finding(f"A query of a shape is not SPARQL 1.1: {fault}.", "Correct the query.", place)


def _syntax(text: str, prefixes: Mapping[str, str]) -> str | None:
    try:
        Store().query(text, prefixes=dict(prefixes))
    except SyntaxError as error:
        return str(error).partition(": expected")[0]
    return None


def _where(document: Document, text: str) -> Place:
    start = document.text.find(text)
    return Place(document.file, document.text.count("\n", 0, start) + 1 if start >= 0 else 1)
