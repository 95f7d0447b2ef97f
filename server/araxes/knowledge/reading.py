"""Files to quads, strictly: each fault of each file with its place; what would silently do nothing is one, too."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from araxes import queries
from araxes.knowledge import graphs
from araxes.knowledge.graphs import Document, Fact, at, words
from araxes.knowledge.quality import SHAPES, Guide
from araxes.prefixes import PREFIX_FILE, SH, declared, of_source
from araxes.problems import Report, report
from araxes.project import OWN_GRAPHS, Project, graph_of
from araxes.queries import PREFIX

LEAD = re.compile(r"^Parser error (?:at|between) line .*?: ", re.DOTALL)
AT = re.compile(r"error at (\d+):(\d+): ")
LONG = re.compile(r'"{3}.*?"{3}', re.DOTALL)
DECLARED = re.compile(r"^\s*(@?BASE|@?PREFIX)\s+(?:([^\s:]*):\s*)?<([^>]*)>", re.MULTILINE | re.IGNORECASE)


def read_turtle(project: Project) -> tuple[list[Document], Report]:
    """Read every Turtle file; the report holds every fault in every file."""
    facts = [*_sources(project)]
    documents = [_read_file(project, file, facts) for file in project.turtle()]
    facts += [{"document": each.file, "graph": each.graph} for each in documents]
    found = Guide(documents, {}).run(graphs.package("texts"), facts)
    return documents, report("turtle", len(documents), "files", found)


def read_queries(project: Project, below: str = "queries/", documents: Sequence[Document] = ()) -> Report:
    """Check each query file below a folder: its own name, a good header, SPARQL 1.1; and its terms, given documents."""
    files = project.rq(below)
    facts = [fact for file in files for fact in _of_query(project, file)]
    facts += [{"document": each.file, "graph": each.graph} for each in documents]
    guide = Guide(documents, project.prefixes() if documents else {})
    return report("queries", len(files), "files", guide.run(graphs.package("texts"), facts))


def check_prefixes(project: Project, documents: Sequence[Document]) -> Report:
    """Return a finding for each prefix in a Turtle or query file that is not bound as the project declares it."""
    texts = {each.file: each.text for each in documents if each.file != PREFIX_FILE}
    texts |= {file: _read(project, file)[0] for file in project.rq()}
    found = [each for file, text in texts.items() for each in _declarations(file, text)]
    faults = Guide(documents, {}).run(graphs.package("texts"), [*found, *_sources(project)])
    return report("prefixes", len(found), "declarations", faults)


def lint(documents: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    """Return a finding for everything in the shapes that would silently do nothing."""
    guide, vocabulary = Guide(documents, prefixes), resources.files("pyshacl").joinpath("assets/shacl.ttl")
    guide.store.bulk_load(vocabulary.read_bytes(), RdfFormat.TURTLE, to_graph=NamedNode("urn:araxes:shacl"))
    shapes = [document for document in documents if document.file.startswith(SHAPES)]
    found = guide.run(graphs.package("lint"), (fact for document in shapes for fact in _asked(document, prefixes)))
    kinds = {NamedNode(SH + "NodeShape"), NamedNode(SH + "PropertyShape")}
    return report("lint", sum(quad.object in kinds for quad in graphs.quads(shapes)), "shapes", found)


def _sources(project: Project) -> Iterator[Fact]:
    """Yield for each source how it is `called`, the `graph` of its files, if any, and what its prefixes stand for."""
    yield from ({"own": name} for name in OWN_GRAPHS)
    for key in project.sources():
        own = [{"prefix": name, "stands-for": namespace} for name, namespace in of_source(key).items()]
        graph = graph_of(f"data/sources/{key}/any.ttl")
        yield {"file": f"data/sources/{key}", "called": key, "graph": graph, "brings": own}


def _read(project: Project, file: str) -> tuple[str, list[Fact]]:
    """Return the text of a file, and a fact if it is not UTF-8 or `marked` by a byte order mark."""
    raw = (project.root / file).read_bytes()
    text = raw.decode("utf-8", errors="replace")
    if text.encode() == raw and not text.startswith("\ufeff"):
        return text, []
    return text, [{"marked": text.encode() == raw, **_stand(file, text, *at(text, max(text.find("\ufffd"), 0)))}]


def _read_file(project: Project, file: str, facts: list[Fact]) -> Document:
    graph, (text, unreadable) = graph_of(file), _read(project, file)
    if unreadable:
        facts += unreadable
        return Document(file, graph, text)
    parser = parse(text, RdfFormat.TURTLE, rename_blank_nodes=True)
    name = NamedNode(graph) if graph else DefaultGraph()
    quads: list[Quad] = []
    while True:
        try:
            quads.extend(Quad(quad.subject, quad.predicate, quad.object, name) for quad in parser)
            return Document(file, graph, text, tuple(quads), parser.prefixes)
        except SyntaxError as error:
            fault = LEAD.sub("", error.msg or str(error)).removesuffix(".")
            facts.append({"fault": fault, **_stand(file, text, error.lineno or 1, error.offset or 1)})


def _of_query(project: Project, file: str) -> Iterator[Fact]:
    """Yield the path of a query, what its header says, and its columns, described and selected, or its `refusal`."""
    yield {"query": file}
    if unreadable := _read(project, file)[1]:
        yield from unreadable
        return
    query = queries.read(project.root / file, project.root)
    yield from queries.told(query)
    yield from _named(file, query.text, dict(PREFIX.findall(query.text)))
    try:
        selected = [variable.value for variable in getattr(Store().query(query.text), "variables", [])]
        described = ", ".join(query.kinds) or None
        yield {"file": file, "line": 1, "selects": ", ".join(selected), "describes": described}
    except SyntaxError as error:
        line, column = map(int, AT.findall(str(error))[0] if AT.search(str(error)) else (1, 1))
        yield {"refusal": str(error), **_stand(file, query.text, line, column)}


def _stand(file: str, text: str, line: int, column: int) -> Fact:
    """Return a place in a text as a fact, with the line to quote as its `source`."""
    source = dict(enumerate(text.split("\n"), 1)).get(line, "")
    return {"file": file, "line": line, "column": column, "source": source}


def _declarations(file: str, text: str) -> Iterator[Fact]:
    """Yield each prefix and base that a text declares: `keyword`, `prefix`, `namespace`, and its place."""
    # what stands in a long text is not the file's own
    own = LONG.sub(lambda long: "\n" * long[0].count("\n"), text) if file.endswith(".ttl") else text
    for match in DECLARED.finditer(own):
        found = dict(zip(("keyword", "prefix", "namespace"), match.groups(), strict=True))
        yield {**found, **_stand(file, own, *at(own, max(match.start(1), match.start(2))))}


def _named(file: str, text: str, bound: Mapping[str, str]) -> Iterator[Fact]:
    """Yield each `iri` that a query names, with its place, and if it is `listed`, as one of several in brackets."""
    for iri, match in words(text, bound):
        if ":" in iri and not match["text"] and iri not in bound.values():
            listed = text[: match.start()].rstrip()[-1:] in "(," and text[match.end() :].lstrip()[:1] in "),"
            yield {"iri": iri, "listed": listed, **_stand(file, text, *at(text, match.start()))}


def _asked(document: Document, prefixes: Mapping[str, str]) -> Iterator[Fact]:
    """Yield what the queries of shapes name, each with the line of its query, and the `error` of one that is none."""
    own, asked = declared(document.text), {SH + "select", SH + "ask"}
    for text in (str(getattr(each.object, "value", "")) for each in document.quads if each.predicate.value in asked):
        place: Fact = {"file": document.file, "line": at(document.text, max(document.text.find(text), 0))[0]}
        yield from ({**each, **place} for each in _named(document.file, text, {**prefixes, **own}))
        try:
            Store().query(text, prefixes=own)
        except SyntaxError as error:
            yield {**place, "error": str(error)}
