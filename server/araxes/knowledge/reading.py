"""Files to quads, strictly: each fault of each file with its place; what would silently do nothing is one, too."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from araxes import queries
from araxes.knowledge import graphs, quality
from araxes.knowledge.texts import Document, Fact, declarations, named
from araxes.prefixes import PREFIX_FILE, of_source
from araxes.problems import FINDINGS, Finding, Place, Report, finding, report
from araxes.project import OWN_GRAPHS, Project, graph_of, source_of
from araxes.queries import PREFIX

LEAD = re.compile(r"^Parser error (?:at|between) line .*?: ", re.DOTALL)
AT = re.compile(r"error at (\d+):(\d+): ")


def read_turtle(project: Project) -> tuple[list[Document], Report]:
    """Read every Turtle file; the report holds every fault in every file."""
    findings: list[Finding] = []
    documents = [_read_file(project, file, findings) for file in project.turtle()]
    findings.extend(quality.Guide(documents, {}).run(graphs.package("sources"), _sources(project)))
    return documents, report("turtle", len(documents), "files", findings)


def read_queries(project: Project, below: str = "queries/", documents: Sequence[Document] = ()) -> Report:
    """Check each query file below a folder: its own name, a good header, SPARQL 1.1; and its terms, given documents."""
    files = project.rq(below)
    found = [fault for file in files for fault in _query_faults(project, file)]
    facts: list[Fact] = [{"query": file} for file in files] + [{"graph": each.graph} for each in documents]
    texts = {file: _text(project, file) for file in files if documents}
    facts += [each for file, text in texts.items() for each in named(file, text, dict(PREFIX.findall(text)))]
    guide = quality.Guide(documents, project.prefixes() if documents else {})
    found += guide.run(graphs.package("saved"), facts)
    return report("queries", len(files), "files", found)


def check_prefixes(project: Project, documents: Sequence[Document]) -> Report:
    """Return a finding for each prefix in a Turtle or query file that is not bound as the project declares it."""
    texts = {each.file: each.text for each in documents if each.file != PREFIX_FILE}
    texts |= {file: _text(project, file) for file in project.rq()}
    declared = [each for file, text in texts.items() for each in declarations(file, text)]
    found = quality.Guide(documents, {}).run(graphs.package("prefixes"), [*declared, *_sources(project)])
    return report("prefixes", len(declared), "declarations", found)


def _sources(project: Project) -> Iterator[Fact]:
    """Yield for each source its `key`, the `graph` that its files have, if any, and what its prefixes stand for."""
    yield from ({"own": name} for name in OWN_GRAPHS)
    for key in project.sources():
        own = [{"prefix": name, "stands-for": namespace} for name, namespace in of_source(key).items()]
        graph = graph_of(f"data/sources/{key}/any.ttl")
        yield {"file": f"data/sources/{key}", "key": key, "graph": graph, "brings": own}


def _text(project: Project, file: str) -> str:
    return (project.root / file).read_text("utf-8", errors="replace")


def _unreadable(file: str, raw: bytes) -> Finding | None:
    try:
        return finding("byte-order-mark", Place(file, 1, 1)) if raw.decode("utf-8").startswith("\ufeff") else None
    except UnicodeDecodeError as error:
        return finding("not-utf-8", Place(file, raw.count(b"\n", 0, error.start) + 1))


def _read_file(project: Project, file: str, faults: list[Finding]) -> Document:
    graph, text = graph_of(file), _text(project, file)
    if unreadable := _unreadable(file, (project.root / file).read_bytes()):
        faults.append(unreadable)
        return Document(file, graph, text)
    if not graph and not source_of(file) and file.startswith("data/"):
        faults.append(finding("no-graph", Place(file)))
    parser = parse(text, RdfFormat.TURTLE, rename_blank_nodes=True)
    name = NamedNode(graph) if graph else DefaultGraph()
    quads: list[Quad] = []
    while True:
        try:
            quads.extend(Quad(quad.subject, quad.predicate, quad.object, name) for quad in parser)
            return Document(file, graph, text, tuple(quads), parser.prefixes)
        except SyntaxError as error:
            fault = LEAD.sub("", error.msg or str(error)).removesuffix(".")
            found = finding("not-turtle", Place(file, error.lineno or 1, error.offset or 1), text, fault=fault)
            hints = FINDINGS["not-turtle"]["hints"].items()
            hint = next((hint for part, hint in hints if part in fault), found.hint)
            faults.append(found._replace(hint=hint))


def _query_faults(project: Project, file: str) -> Iterator[Finding]:
    if unreadable := _unreadable(file, (project.root / file).read_bytes()):
        yield unreadable
        return
    query = queries.read(project.root / file, project.root)
    yield from queries.faults(query)
    try:
        result = Store().query(query.text)
    except SyntaxError as error:
        line, column = map(int, AT.findall(str(error))[0] if AT.search(str(error)) else (1, 1))
        slug = "undeclared-prefix" if "Prefix not found" in str(error) else "not-sparql"
        yield finding(slug, Place(file, line, column), query.text)
        return
    variables = [variable.value for variable in getattr(result, "variables", [])]
    if query.columns and [name for name, _ in query.columns] != variables:
        yield finding("other-columns", Place(file, 1), columns=", ".join(variables))
