"""Files to quads, strictly: every fault of every file with its line, its column and its source line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from araxes import queries
from araxes.findings import Finding, Place, Report, caret, report
from araxes.knowledge.places import Places
from araxes.names import SH
from araxes.prefixes import PREFIX_FILE, of_source
from araxes.project import OWN_GRAPHS, SOURCE_KEY, Project, graph_of, source_of

ALL_DIFFERENT = "all-different"
DECLARES = NamedNode(SH + "prefix")
EMPTY = "Write what the source says in Turtle, or take the folder out."
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
    findings += [fault for key in project.sources() for fault in _source_faults(project, key, documents)]
    return documents, report("turtle", len(documents), "files", findings)


def read_file(project: Project, file: str) -> tuple[Document, list[Finding]]:
    """Read one Turtle file: what could be read of it, and every fault."""
    graph = graph_of(file)
    text, faults = _text(project, file)
    if faults:
        return Document(file, graph, text, (), {}), faults
    quads, prefixes, faults = _parse(text, file, graph)
    if not graph and not source_of(file) and file.startswith("data/"):
        hint = "Move it to data/entities, data/context, data/links or the folder of its source below data/sources."
        faults.append(Finding("This file lies in no folder of data that has a graph.", hint, Place(file)))
    return Document(file, graph, text, tuple(quads), prefixes), faults


def read_queries(project: Project, below: str = "queries/") -> Report:
    """Read every query file below a folder: a name of its own, a header that is well formed, and SPARQL 1.1."""
    files = [file for file in project.rq() if file.startswith(below)]
    found = [finding for file in files for finding in _query_faults(project, file)] + list(_same_names(files))
    return report("queries", len(files), "files", found)


def _text(project: Project, file: str) -> tuple[str, list[Finding]]:
    raw = project.path(file).read_bytes()
    hint = "Save the file as UTF-8 without a byte order mark."
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return "", [Finding("This is not UTF-8 text.", hint, Place(file, raw[: error.start].count(b"\n") + 1))]
    marked = [Finding("The file begins with a byte order mark.", hint, Place(file, 1, 1))]
    return text, marked if text.startswith("\ufeff") else []


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
    return f"{shown}\n{caret(shown, min(column, 80))}"


def _query_faults(project: Project, file: str) -> Iterator[Finding]:
    _, faults = _text(project, file)
    if faults:
        yield from faults
        return
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


def _same_names(files: Sequence[str]) -> Iterator[Finding]:
    seen: dict[tuple[str, ...], str] = {}
    for file in files:
        path = PurePosixPath(file)
        first = seen.setdefault((*path.parts[1:-1][:1], path.stem), file)
        if first != file:
            message = f"{first} is called {path.stem} too, so only one of the two would be run."
            yield Finding(message, "Rename one of them.", Place(file))
        if path.parts[1] == "rules" and path.stem == ALL_DIFFERENT:
            message = f"A rule cannot be called {ALL_DIFFERENT}: the build itself writes the file of that name."
            yield Finding(message, "Rename the rule.", Place(file))


def _source_faults(project: Project, key: str, documents: Sequence[Document]) -> list[Finding]:
    quads = (quad for document in documents if document.file == PREFIX_FILE for quad in document.quads)
    declared = {str(getattr(quad.object, "value", "")) for quad in quads if quad.predicate == DECLARES}
    others = {name for other in project.sources() if other != key for name in of_source(other)}
    taken = sorted(of_source(key).keys() & declared or {key} & others)
    cannot, hint = f"A source cannot be called {key}", "Rename the folder; author and year make a good key."
    faults = (
        (not SOURCE_KEY.fullmatch(key), f"{cannot}: a key has small letters, digits and hyphens only.", hint),
        (key in OWN_GRAPHS, f"{cannot}: that is the name of a graph of the project.", hint),
        (taken, f"{cannot}: {''.join(taken[:1])}: is a prefix already, of the project or of another source.", hint),
        (key not in {document.source for document in documents}, "This source has no Turtle file.", EMPTY),
    )
    place = Place(f"data/sources/{key}")
    return [Finding(message, advice, place) for faulty, message, advice in faults if faulty][:1]
