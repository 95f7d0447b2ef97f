"""Shapes and queries that can never fire: misspelt terms, missing targets, paths that nothing declares."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from araxes import queries
from araxes.findings import Finding, Place, Report, report
from araxes.knowledge import graphs, quality
from araxes.knowledge.places import Places, Token, declarations, tokens
from araxes.knowledge.quality import Guide
from araxes.knowledge.reading import Document, marked
from araxes.names import BASE, OWL, RDF, RDFS, SH, XSD
from araxes.prefixes import declared, shorten
from araxes.project import Project

SHACL = NamedNode("urn:araxes:shacl")
LANGUAGE = (RDF, RDFS, OWL, XSD, SH)
SHAPES = {NamedNode(SH + "NodeShape"), NamedNode(SH + "PropertyShape")}
TEXTS = {NamedNode(SH + "select"), NamedNode(SH + "ask")}


def check(documents: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    """Return a finding for everything in the shapes that would silently do nothing."""
    store = graphs.by_file(documents)
    vocabulary = parse(resources.files("pyshacl").joinpath("assets/shacl.ttl").read_bytes(), RdfFormat.TURTLE)
    terms = [Quad(quad.subject, quad.predicate, quad.object, SHACL) for quad in vocabulary]
    store.bulk_extend(terms)
    guide = Guide(documents, prefixes, terms)
    found = list(quality.run(store, queries.load(graphs.QUERIES / "lint", graphs.QUERIES), guide))
    known = {quad.subject.value for quad in graphs.quads(documents) if isinstance(quad.subject, NamedNode)}
    shapes = graphs.shapes(documents)
    for document in shapes:
        found += _in_queries(document, known, prefixes, guide)
    return report("lint", sum(quad.object in SHAPES for quad in graphs.quads(shapes)), "shapes", found)


def in_files(project: Project, below: str, documents: Sequence[Document]) -> Iterator[Finding]:
    """Yield a finding for each term in a query file below a folder that nothing declares: it would match nothing."""
    quads = graphs.quads(documents)
    known = {each.value for quad in quads for each in (quad.subject, quad.graph_name) if isinstance(each, NamedNode)}
    values = {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}
    of_others = {_namespace(value) for value in values} - {_namespace(value) for value in known}
    prefixes = project.prefixes()
    hint = "Correct the spelling, or declare the term; one of another vocabulary needs a stub."
    for file in project.rq(below):
        text = project.path(file).read_text("utf-8", errors="replace")
        for word, iri in _used(text, {prefix.name: prefix.namespace for prefix in declarations(text)}):
            if iri not in known and _namespace(iri) not in of_others:
                message = f"This query names {shorten(iri, prefixes)}, which nothing declares."
                yield marked(message, hint, text, Place(file, word.line, word.column))


def _used(text: str, bound: Mapping[str, str]) -> Iterator[tuple[Token, str]]:
    places = Places(text, bound)
    for before, word, after in zip(places.tokens, places.tokens[1:], places.tokens[2:], strict=False):
        iri = places.expand(word)
        if not iri or iri in bound.values() or iri.startswith(LANGUAGE) or iri.endswith(("/", "#")):
            continue
        # a query may list terms of others that nobody is to use
        if iri.startswith(BASE) or before.text not in {"(", ","} or after.text not in {")", ","}:
            yield word, iri


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def _in_queries(document: Document, known: set[str], prefixes: Mapping[str, str], guide: Guide) -> Iterator[Finding]:
    own = declared(document.text)
    bound = {**prefixes, **own}
    for quad in document.quads:
        if quad.predicate not in TEXTS or not isinstance(quad.object, Literal):
            continue
        text = quad.object.value
        place = Place(document.file, document.text.count("\n", 0, max(document.text.find(text), 0)) + 1)
        names = {word.text.partition(":")[0] for word in tokens(text) if word.kind == "name"}
        for prefix in sorted(names - own.keys()):
            hint = "Add it to the sh:declare of the ontology to which sh:prefixes points."
            yield Finding(f"A query of a shape uses the prefix {prefix}:, which is not declared for it.", hint, place)
        for iri in sorted({iri for _, iri in _used(text, bound)} - known):
            message = f"A query of a shape names {guide.name(iri)}, which nothing declares."
            yield Finding(message, "Correct the spelling, or declare the term.", place)
        try:
            Store().query(text, prefixes=bound)
        except SyntaxError as error:
            fault = str(error).partition(": expected")[0]
            yield Finding(f"A query of a shape is not SPARQL 1.1: {fault}.", "Correct the query.", place)
