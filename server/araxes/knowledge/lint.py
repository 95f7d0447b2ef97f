"""Shapes and queries that can never fire: misspelt terms, missing targets, paths that nothing declares."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from araxes import queries
from araxes.findings import Finding, Place, Report, report
from araxes.knowledge import graphs, quality
from araxes.knowledge.labels import Labels
from araxes.knowledge.places import Places, Token, declarations, tokens
from araxes.knowledge.reading import Document, quoted
from araxes.names import BASE, OWL, RDF, RDFS, SH, XSD
from araxes.prefixes import declared, shorten
from araxes.project import Project

FOLDER = Path(__file__).with_name("queries") / "lint"
SHACL = "urn:araxes:shacl"
LANGUAGE = (RDF, RDFS, OWL, XSD, SH)
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


def in_files(project: Project, below: str, documents: Sequence[Document]) -> Iterator[Finding]:
    """Yield a finding for each term in a query file below a folder that nothing declares: it would match nothing."""
    quads = [quad for document in documents for quad in document.quads]
    known = {each.value for quad in quads for each in (quad.subject, quad.graph_name) if isinstance(each, NamedNode)}
    values = {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}
    things = {_namespace(value) for value in values} - {_namespace(value) for value in known}
    prefixes = project.prefixes()
    for file in project.rq():
        if file.startswith(below):
            text = project.path(file).read_text("utf-8", errors="replace")
            bound = {prefix.name: prefix.namespace for prefix in declarations(text)}
            words = [
                (word, iri) for word, iri in _used(text, bound) if iri not in known and _namespace(iri) not in things
            ]
            yield from (_undeclared(file, text, word, shorten(iri, prefixes)) for word, iri in words)


def _used(text: str, bound: Mapping[str, str]) -> Iterator[tuple[Token, str]]:
    places = Places(text, bound)
    for before, word, after in zip(places.tokens, places.tokens[1:], places.tokens[2:], strict=False):
        iri = places.expand(word)
        if not iri or iri in bound.values() or iri.startswith(LANGUAGE) or iri.endswith(("/", "#")):
            continue
        # a query may list terms of others that nobody is to use
        if iri.startswith(BASE) or before.text not in {"(", ","} or after.text not in {")", ","}:
            yield word, iri


def _undeclared(file: str, text: str, word: Token, name: str) -> Finding:
    hint = "Correct the spelling, or declare the term; one of another vocabulary needs a stub."
    quote = quoted(text.splitlines(), word.line, word.column)
    return Finding(
        f"This query names {name}, which nothing declares.", hint, Place(file, word.line, word.column), quote=quote
    )


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


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
        for iri in sorted({iri for _, iri in _used(text, {**prefixes, **bound})} - known):
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
