"""Files to quads, strictly: every fault of every file with its line, its column and its source line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from araxes import queries
from araxes.findings import Finding, Place, Report, report
from araxes.knowledge.places import Places
from araxes.project import OWN_GRAPHS, Project, graph_of, source_of

LEAD = re.compile(r"^Parser error (?:at|between) line .*?: ", re.DOTALL)
AT = re.compile(r"error at (\d+):(\d+): ")
HINTS = (
    ("A dot is expected", "The statement before this has no closing dot: end it with ` .`"),
    (
        "has not been declared",
        "Declare the prefix at the top of the file as ontology/prefixes.ttl does, or correct it.",
    ),
    (
        "Unexpected end of file",
        "Something that opens here is never closed: a quotation mark, a bracket or a statement.",
    ),
    ("IRI", "Write an absolute IRI in angle brackets, without spaces."),
    (
        "not a valid RDF predicate",
        "Begin each line of a block with a property; close the line before with `;`.",
    ),
)


@dataclass(frozen=True)
class Document:
    """One Turtle file as read: its quads, and where things stand in it."""

    file: str
    graph: str | None
    text: str
    quads: tuple[Quad, ...]
    prefixes: dict[str, str]

    @cached_property
    def places(self) -> Places:
        """Return where each subject stands."""
        return Places(self.text, self.prefixes)

    @property
    def source(self) -> str | None:
        """Return the key of the source to which the file belongs, or None."""
        return source_of(self.file)


def read_turtle(project: Project) -> tuple[list[Document], Report]:
    """Read every Turtle file; the report holds every fault in every file."""
    documents: list[Document] = []
    findings: list[Finding] = []
    for file in project.turtle():
        document, faults = read_file(project, file)
        documents.append(document)
        findings += faults
    findings += [_taken(key) for key in project.sources() if key in OWN_GRAPHS]
    return documents, report("turtle", len(documents), "files", findings)


def read_file(project: Project, file: str) -> tuple[Document, list[Finding]]:
    """Read one Turtle file: what could be read of it, and every fault."""
    graph = graph_of(file)
    raw = project.path(file).read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        fault = Finding(
            "This is not UTF-8 text.", "Save the file as UTF-8 without a byte order mark.", Place(file, line)
        )
        return Document(file, graph, "", (), {}), [fault]
    if text.startswith("\ufeff"):
        fault = Finding("The file begins with a byte order mark.", "Save it as UTF-8 without one.", Place(file, 1, 1))
        return Document(file, graph, text, (), {}), [fault]
    quads, prefixes, faults = _parse(text, file, graph)
    return Document(file, graph, text, tuple(quads), prefixes), faults


def read_queries(project: Project, below: str = "queries/") -> Report:
    """Read every query file below a folder: its header must be well formed, and it must be SPARQL 1.1."""
    files = [file for file in project.rq() if file.startswith(below)]
    found = [finding for file in files for finding in _query_faults(project, file)]
    return report("queries", len(files), "files", found)


def _parse(text: str, file: str, graph: str | None) -> tuple[list[Quad], dict[str, str], list[Finding]]:
    parser = parse(text, RdfFormat.TURTLE, rename_blank_nodes=True)
    name = NamedNode(graph) if graph else DefaultGraph()
    lines = text.splitlines()
    quads: list[Quad] = []
    faults: list[Finding] = []
    while True:
        try:
            quad = next(parser)
        except StopIteration:
            return quads, dict(parser.prefixes), faults
        except SyntaxError as error:
            message = LEAD.sub("", error.msg or str(error))
            faults.append(_fault(file, lines, message, error.lineno or 1, error.offset or 1))
        else:
            quads.append(Quad(quad.subject, quad.predicate, quad.object, name))


def _fault(file: str, lines: list[str], message: str, line: int, column: int) -> Finding:
    hint = next((hint for part, hint in HINTS if part in message), "Correct the Turtle at the place that is marked.")
    sentence = message if message.endswith(".") else f"{message}."
    return Finding(sentence, hint, Place(file, line, column), quote=quoted(lines, line, column))


def quoted(lines: list[str], line: int, column: int) -> str:
    """Return a source line with a caret below its column."""
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    shown = source[max(0, column - 80) : column + 40]
    caret = min(column, 80) if column > 80 else column
    return f"{shown}\n{' ' * (caret - 1)}^"


def _query_faults(project: Project, file: str) -> Iterator[Finding]:
    query = queries.read(project.path(file), project.root)
    for line, message, hint in queries.faults(query):
        yield Finding(message, hint, Place(file, line))
    try:
        result = Store().query(query.text)
    except SyntaxError as error:
        yield _query_fault(query, str(error))
        return
    columns = [name for name, _ in query.columns]
    variables = [variable.value for variable in getattr(result, "variables", [])]
    if columns and columns != variables:
        hint = f"The query's columns are {', '.join(variables)}: give each its `#: column:` line, in that order."
        yield Finding("The columns of the header are not those of the query.", hint, Place(file, 1))


def _query_fault(query: queries.SavedQuery, error: str) -> Finding:
    match = AT.search(error)
    line, column = (int(match[1]), int(match[2])) if match else (1, 1)
    message = "The prefix of this name is not declared." if "Prefix not found" in error else "This is not SPARQL 1.1."
    quote = quoted(query.text.splitlines(), line, column)
    return Finding(
        message,
        "Correct the query near the place that is marked.",
        Place(query.file, line, column),
        quote=quote,
    )


def _taken(key: str) -> Finding:
    return Finding(
        f"A source cannot be called {key}: that is the name of a graph of the project.",
        "Rename the folder; author and year make a good key.",
        Place(f"data/sources/{key}"),
    )
