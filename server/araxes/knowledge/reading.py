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
LEAD = re.compile(r"^Parser error (?:at|between) line .*?: ", re.DOTALL)
AT = re.compile(r"error at (\d+):(\d+): ")
HINTS = {
    "A dot is expected": "The statement before this has no closing dot: end it with ` .`",
    "has not been declared": "Declare the prefix at the top of the file as ontology/prefixes.ttl does, or correct it.",
    "Unexpected end of file": "Something that opens here is never closed: a quotation mark, a bracket or a statement.",
    "IRI": "Write an absolute IRI in angle brackets, without spaces.",
    "not a valid RDF predicate": "Begin each line of a block with a property; close the line before with `;`.",
}


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
        document, faults = _read_file(project, file)
        documents.append(document)
        findings += faults
    findings += [fault for key in project.sources() for fault in _source_faults(project, key, documents)]
    return documents, report("turtle", len(documents), "files", findings)


def read_queries(project: Project, below: str = "queries/") -> Report:
    """Read every query file below a folder: a name of its own, a header that is well formed, and SPARQL 1.1."""
    files = project.rq(below)
    found = [finding for file in files for finding in _query_faults(project, file)] + list(_same_names(files))
    return report("queries", len(files), "files", found)


def marked(message: str, hint: str, text: str, place: Place) -> Finding:
    """Return a finding that shows the line of the text at its place, with a caret below the column."""
    lines, column = text.splitlines(), place.column
    source = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    shown = source[max(0, column - 80) : column + 40]
    return Finding(message, hint, place, quote=f"{shown}\n{caret(shown, min(column, 80))}")


def _read_file(project: Project, file: str) -> tuple[Document, list[Finding]]:
    graph = graph_of(file)
    text, faults = _text(project, file)
    if faults:
        return Document(file, graph, text, (), {}), faults
    parser = parse(text, RdfFormat.TURTLE, rename_blank_nodes=True)
    name = NamedNode(graph) if graph else DefaultGraph()
    quads: list[Quad] = []
    while True:
        try:
            quads.extend(Quad(quad.subject, quad.predicate, quad.object, name) for quad in parser)
            break
        except SyntaxError as error:
            faults.append(_fault(file, text, error))
    if not graph and not source_of(file) and file.startswith("data/"):
        hint = "Move it to data/entities, data/context, data/links or the folder of its source below data/sources."
        faults.append(Finding("This file lies in no folder of data that has a graph.", hint, Place(file)))
    return Document(file, graph, text, tuple(quads), dict(parser.prefixes)), faults


def _text(project: Project, file: str) -> tuple[str, list[Finding]]:
    raw = project.path(file).read_bytes()
    hint = "Save the file as UTF-8 without a byte order mark."
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return "", [Finding("This is not UTF-8 text.", hint, Place(file, raw.count(b"\n", 0, error.start) + 1))]
    begins = [Finding("The file begins with a byte order mark.", hint, Place(file, 1, 1))]
    return text, begins if text.startswith("\ufeff") else []


def _fault(file: str, text: str, error: SyntaxError) -> Finding:
    message = LEAD.sub("", error.msg or str(error))
    hint = next((HINTS[part] for part in HINTS if part in message), "Correct the Turtle at the place that is marked.")
    place = Place(file, error.lineno or 1, error.offset or 1)
    return marked(message if message.endswith(".") else f"{message}.", hint, text, place)


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
        match = AT.search(str(error))
        place = Place(file, int(match[1]), int(match[2])) if match else Place(file, 1, 1)
        undeclared = "Prefix not found" in str(error)
        message = "The prefix of this name is not declared." if undeclared else "This is not SPARQL 1.1."
        yield marked(message, "Correct the query near the place that is marked.", query.text, place)
        return
    columns = [name for name, _ in query.columns]
    variables = [variable.value for variable in getattr(result, "variables", [])]
    if columns and columns != variables:
        hint = f"The query's columns are {', '.join(variables)}: give each its `#: column:` line, in that order."
        yield Finding("The columns of the header are not those of the query.", hint, Place(file, 1))


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
    taken = {str(getattr(quad.object, "value", "")) for quad in quads if quad.predicate.value == SH + "prefix"}
    others = {name for other in project.sources() if other != key for name in of_source(other)}
    clashes = sorted(of_source(key).keys() & taken or {key} & others)
    cannot, hint = f"A source cannot be called {key}", "Rename the folder; author and year make a good key."
    empty = "Write what the source says in Turtle, or take the folder out."
    faults = (
        (not SOURCE_KEY.fullmatch(key), f"{cannot}: a key has small letters, digits and hyphens only.", hint),
        (key in OWN_GRAPHS, f"{cannot}: that is the name of a graph of the project.", hint),
        (clashes, f"{cannot}: {''.join(clashes[:1])}: is a prefix already, of the project or of another source.", hint),
        (key not in {document.source for document in documents}, "This source has no Turtle file.", empty),
    )
    place = Place(f"data/sources/{key}")
    return [Finding(message, advice, place) for faulty, message, advice in faults if faulty][:1]
