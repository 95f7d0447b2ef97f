"""What would silently do nothing: prefixes bound otherwise, misspelt terms of queries, shapes that never fire."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

from pyoxigraph import NamedNode, RdfFormat, Store

from araxes import queries
from araxes.findings import Finding, Place, Report, finding, report
from araxes.knowledge import graphs, quality
from araxes.knowledge.quality import Guide
from araxes.knowledge.reading import Document, Word, at, words
from araxes.prefixes import BASE, OWL, PREFIX_FILE, RDF, RDFS, SH, XSD, declared, shorten
from araxes.project import Project
from araxes.queries import PREFIX

LONG, RELATIVE = re.compile(r'"{3}.*?"{3}', re.DOTALL), re.compile(r"^@?BASE\b", re.MULTILINE | re.IGNORECASE)
SHACL = NamedNode("urn:araxes:shacl")
LANGUAGE = (RDF, RDFS, OWL, XSD, SH)
SHAPES = {NamedNode(SH + "NodeShape"), NamedNode(SH + "PropertyShape")}
TEXTS = {NamedNode(SH + "select"), NamedNode(SH + "ask")}


def check(documents: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    """Return a finding for everything in the shapes that would silently do nothing."""
    store, vocabulary = graphs.by_file(documents), resources.files("pyshacl").joinpath("assets/shacl.ttl")
    store.bulk_load(vocabulary.read_bytes(), RdfFormat.TURTLE, to_graph=SHACL)
    guide = Guide(documents, prefixes, store.quads_for_pattern(None, None, None, SHACL))
    found = quality.run(store, queries.load(graphs.QUERIES / "lint", graphs.QUERIES), guide)
    known = {quad.subject.value for quad in graphs.quads(documents) if isinstance(quad.subject, NamedNode)}
    shapes = graphs.shapes(documents)
    inside = [each for document in shapes for each in _in_queries(document, known, prefixes, guide)]
    return report("lint", sum(quad.object in SHAPES for quad in graphs.quads(shapes)), "shapes", [*found, *inside])


def check_prefixes(project: Project, documents: Sequence[Document]) -> Report:
    """Return a finding for each prefix in a Turtle or query file that is not bound as the project declares it."""
    known = project.prefixes()
    # what stands in a long text is not the file's own
    own = (each for each in documents if each.file != PREFIX_FILE)
    texts = {each.file: LONG.sub(lambda long: "\n" * long[0].count("\n"), each.text) for each in own}
    bases = [Place(file, *at(text, each.start())) for file, text in texts.items() for each in RELATIVE.finditer(text)]
    texts |= {file: (project.root / file).read_text("utf-8", errors="replace") for file in project.rq()}
    declared = [(file, text, match) for file, text in texts.items() for match in PREFIX.finditer(text)]
    found = [finding("relative-base", place) for place in bases]
    for file, text, match in declared:
        name, namespace = match.groups()
        place = Place(file, *at(text, match.start(1)))
        if file.endswith(".ttl") and not match[0].lstrip().startswith("@"):
            found.append(finding("sparql-prefix", place, name=name, namespace=namespace))
        if name not in known:
            found.append(finding("unknown-prefix", place, name=name))
        elif known[name] != namespace:
            found.append(finding("other-prefix", place, name=name, namespace=namespace, known=known[name]))
    return report("prefixes", len(declared), "declarations", found)


def in_files(project: Project, below: str, documents: Sequence[Document]) -> Iterator[Finding]:
    """Yield a finding for each term in a query file below a folder that nothing declares: it would match nothing."""
    quads = graphs.quads(documents)
    known = {each.value for quad in quads for each in (quad.subject, quad.graph_name) if isinstance(each, NamedNode)}
    values = {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}
    of_others = {_namespace(value) for value in values} - {_namespace(value) for value in known}
    prefixes = project.prefixes()
    for file in project.rq(below):
        text = (project.root / file).read_text("utf-8", errors="replace")
        for word in _used(text, dict(PREFIX.findall(text))):
            if word.value not in known and _namespace(word.value) not in of_others:
                place = Place(file, *at(text, word.start))
                yield finding("undeclared-in-query", place, text, term=shorten(word.value, prefixes))


def _used(text: str, bound: Mapping[str, str]) -> Iterator[Word]:
    for word in words(text, bound):
        iri = word.value
        if ":" not in iri or text[word.start] in "\"'" or iri.startswith(LANGUAGE) or iri.endswith(("/", "#")):
            continue
        # a query may list terms of others that nobody is to use
        listed = text[: word.start].rstrip()[-1:] in "(," and text[word.end :].lstrip()[:1] in "),"
        if iri not in bound.values() and (iri.startswith(BASE) or not listed):
            yield word


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def _in_queries(document: Document, known: set[str], prefixes: Mapping[str, str], guide: Guide) -> Iterator[Finding]:
    own = declared(document.text)
    for text in (str(getattr(each.object, "value", "")) for each in document.quads if each.predicate in TEXTS):
        place = Place(document.file, *at(document.text, max(document.text.find(text), 0))[:1])
        for iri in sorted({word.value for word in _used(text, {**prefixes, **own})} - known):
            yield finding("undeclared-in-shape", place, term=guide.name(iri))
        try:
            Store().query(text, prefixes=own)
        except SyntaxError as error:
            fault = "names a prefix that is not declared for it" if "Prefix not" in str(error) else "is not SPARQL 1.1"
            yield finding("bad-query-of-shape", place, fault=fault, error=str(error).partition(": expected")[0])
