"""Files to quads, strictly: every fault of every file with its line, its column and its source line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from araxes import queries
from araxes.findings import Finding, Place, Report, caret, report
from araxes.prefixes import PREFIX_FILE, RDF_TYPE, SH, of_source
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


WORD = re.compile(
    r"""\#[^\n]*
      | (?P<text>\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3} | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
      | <(?P<iri>[^<>"{}|^`\\\x00-\x20]*)>
      | (?P<prefix>[^\W\d_][\w.-]*)?:(?P<local>[\w:%-](?:[\w:.%\\-]*[\w:%-])?)?
      | (?P<plain>[\w+-]+(?:\.[0-9]+)?)""",
    re.VERBOSE | re.DOTALL,
)


class Word(NamedTuple):
    """A whole IRI, the text of a literal, or another word, and where it begins and ends."""

    value: str
    start: int
    end: int


def words(text: str, prefixes: Mapping[str, str]) -> Iterator[Word]:
    """Yield the words of a text that stand for something; comments and names with unknown prefixes are left out."""
    for match in WORD.finditer(text):
        value = match["text"].strip("\"'") if match["text"] else match["iri"] or match["plain"]
        if match.lastgroup in {"prefix", "local"} and (match["prefix"] or "") in prefixes:
            value = prefixes[match["prefix"] or ""] + (match["local"] or "").replace("\\", "")
        if value is not None:
            yield Word(RDF_TYPE if value == match["plain"] == "a" else value, *match.span())


def at(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset, both counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@dataclass(frozen=True)
class Document:
    """One Turtle file as read; a subject stands at the first column, and its block goes on to the next such word."""

    file: str
    graph: str | None
    text: str
    quads: tuple[Quad, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str | None:
        """Return the key of the source to which the file belongs, or None."""
        return source_of(self.file)

    @cached_property
    def blocks(self) -> dict[str, list[Word]]:
        """Return for each subject, by its IRI, the words of its blocks, itself the first."""
        found: dict[str, list[Word]] = {}
        block = found.setdefault("", [])
        for word in words(self.text, self.prefixes):
            if self.text[word.start - 1] == "\n":
                block = found.setdefault(word.value, [])
            block.append(word)
        return found

    def find(self, subject: str, terms: Sequence[str] = ()) -> Place | None:
        """Return where the first of the terms stands in the subject's blocks, else the subject; None without it."""
        if not (block := self.blocks.get(subject)):
            return None
        stands = (word for term in terms for word in block[1:] if word.value == term)
        return Place(self.file, *at(self.text, next(stands, block[0]).start))

    def mention(self, iri: str) -> Place | None:
        """Return where an IRI stands first, anywhere in the text."""
        stands = [word.start for block in self.blocks.values() for word in block if word.value == iri]
        return Place(self.file, *at(self.text, min(stands))) if stands else None


def read_turtle(project: Project) -> tuple[list[Document], Report]:
    """Read every Turtle file; the report holds every fault in every file."""
    findings: list[Finding] = []
    documents = [_read_file(project, file, findings) for file in project.turtle()]
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


def _read_file(project: Project, file: str, faults: list[Finding]) -> Document:
    graph = graph_of(file)
    text, unreadable = _text(project, file)
    if unreadable:
        faults.append(unreadable)
        return Document(file, graph, text)
    if not graph and not source_of(file) and file.startswith("data/"):
        hint = "Move it to data/entities, data/context, data/links or the folder of its source below data/sources."
        faults.append(Finding("This file lies in no folder of data that has a graph.", hint, Place(file)))
    parser = parse(text, RdfFormat.TURTLE, rename_blank_nodes=True)
    name = NamedNode(graph) if graph else DefaultGraph()
    quads: list[Quad] = []
    while True:
        try:
            quads.extend(Quad(quad.subject, quad.predicate, quad.object, name) for quad in parser)
            return Document(file, graph, text, tuple(quads), parser.prefixes)
        except SyntaxError as error:
            message = LEAD.sub("", error.msg or str(error)).removesuffix(".")
            hint = next((HINTS[part] for part in HINTS if part in message), "Correct what stands at the mark.")
            faults.append(marked(f"{message}.", hint, text, Place(file, error.lineno or 1, error.offset or 1)))


def _text(project: Project, file: str) -> tuple[str, Finding | None]:
    raw = project.path(file).read_bytes()
    hint = "Save the file as UTF-8 without a byte order mark."
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return "", Finding("This is not UTF-8 text.", hint, Place(file, raw.count(b"\n", 0, error.start) + 1))
    begins = Finding("The file begins with a byte order mark.", hint, Place(file, 1, 1))
    return text, begins if text.startswith("\ufeff") else None


def _query_faults(project: Project, file: str) -> Iterator[Finding]:
    if unreadable := _text(project, file)[1]:
        yield unreadable
        return
    query = queries.read(project.path(file), project.root)
    for line, message, hint in queries.faults(query):
        yield Finding(message, hint, Place(file, line))
    try:
        result = Store().query(query.text)
    except SyntaxError as error:
        line, column = map(int, AT.findall(str(error))[0] if AT.search(str(error)) else (1, 1))
        undeclared = "Prefix not found" in str(error)
        message = "The prefix of this name is not declared." if undeclared else "This is not SPARQL 1.1."
        hint = "Correct the query near the place that is marked."
        yield marked(message, hint, query.text, Place(file, line, column))
        return
    variables = [variable.value for variable in getattr(result, "variables", [])]
    if query.columns and [name for name, _ in query.columns] != variables:
        hint = f"The query's columns are {', '.join(variables)}: give each its `#: column:` line, in that order."
        yield Finding("The columns of the header are not those of the query.", hint, Place(file, 1))


def _same_names(files: Sequence[str]) -> Iterator[Finding]:
    seen = {("rules", ALL_DIFFERENT): "The file that the build itself writes"}
    for path in map(PurePosixPath, files):
        first = seen.setdefault((path.parts[1], path.stem), str(path))
        if first != str(path):
            message = f"{first} is called {path.stem} too, so only one of the two would be run."
            yield Finding(message, "Rename one of them.", Place(str(path)))


def _source_faults(project: Project, key: str, documents: Sequence[Document]) -> Iterator[Finding]:
    quads = (quad for document in documents if document.file == PREFIX_FILE for quad in document.quads)
    taken = {str(getattr(quad.object, "value", "")) for quad in quads if quad.predicate.value == SH + "prefix"}
    others = {name for other in project.sources() if other != key for name in of_source(other)}
    clashes = sorted(of_source(key).keys() & taken or {key} & others)
    place, hint, fault = Place(f"data/sources/{key}"), "Rename the folder; author and year make a good key.", ""
    if not SOURCE_KEY.fullmatch(key):
        fault = "a key has small letters, digits and hyphens only"
    elif key in OWN_GRAPHS:
        fault = "that is the name of a graph of the project"
    elif clashes:
        fault = f"{clashes[0]}: is a prefix already, of the project or of another source"
    if fault:
        yield Finding(f"A source cannot be called {key}: {fault}.", hint, place)
    elif key not in {document.source for document in documents}:
        hint = "Write what the source says in Turtle, or take the folder out."
        yield Finding("This source has no Turtle file.", hint, place)
