"""Files to quads, strictly: each fault of each file with its place; what would silently do nothing is one, too."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from araxes import queries
from araxes.prefixes import BASE, OWL, PREFIX_FILE, RDF, RDF_TYPE, RDFS, SH, XSD, of_source, shorten
from araxes.problems import FINDINGS, Finding, Place, Report, finding, report
from araxes.project import OWN_GRAPHS, SOURCE_KEY, Project, graph_of, source_of
from araxes.queries import PREFIX

ALL_DIFFERENT = "all-different"
LEAD = re.compile(r"^Parser error (?:at|between) line .*?: ", re.DOTALL)
AT = re.compile(r"error at (\d+):(\d+): ")
LANGUAGE = (RDF, RDFS, OWL, XSD, SH)
LONG, RELATIVE = re.compile(r'"{3}.*?"{3}', re.DOTALL), re.compile(r"^@?BASE\b", re.MULTILINE | re.IGNORECASE)
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


def unknown(text: str, bound: Mapping[str, str], known: Collection[str]) -> Iterator[Word]:
    """Yield the words of a query that name a term which is none of those known, nor of the languages themselves."""
    for word in words(text, bound):
        iri = word.value
        if ":" not in iri or text[word.start] in "\"'" or iri.startswith(LANGUAGE) or iri.endswith(("/", "#")):
            continue
        # a query may list terms of others that nobody is to use
        listed = text[: word.start].rstrip()[-1:] in "(," and text[word.end :].lstrip()[:1] in "),"
        if iri not in bound.values() and iri not in known and (iri.startswith(BASE) or not listed):
            yield word


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
    return documents, report("turtle", len(documents), "files", [*findings, *_source_faults(project, documents)])


def read_queries(project: Project, below: str = "queries/", documents: Sequence[Document] = ()) -> Report:
    """Check each query file below a folder: its own name, a good header, SPARQL 1.1; and its terms, given documents."""
    files = project.rq(below)
    found = [fault for file in files for fault in _query_faults(project, file)]
    found += _undeclared(project, files, documents) if documents else ()
    seen = {("rules", ALL_DIFFERENT): "The file that the build itself writes"}
    for path in map(PurePosixPath, files):
        if (first := seen.setdefault((path.parts[1], path.stem), str(path))) != str(path):
            found.append(finding("same-name", Place(str(path)), first=first, name=path.stem))
    return report("queries", len(files), "files", found)


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


def _read_file(project: Project, file: str, faults: list[Finding]) -> Document:
    graph = graph_of(file)
    text, unreadable = _text(project, file)
    if unreadable:
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


def _text(project: Project, file: str) -> tuple[str, Finding | None]:
    raw = (project.root / file).read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return "", finding("not-utf-8", Place(file, raw.count(b"\n", 0, error.start) + 1))
    return text, finding("byte-order-mark", Place(file, 1, 1)) if text.startswith("\ufeff") else None


def _query_faults(project: Project, file: str) -> Iterator[Finding]:
    if unreadable := _text(project, file)[1]:
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


def _undeclared(project: Project, files: Sequence[str], documents: Sequence[Document]) -> Iterator[Finding]:
    quads = [quad for document in documents for quad in document.quads]
    known = {each.value for quad in quads for each in (quad.subject, quad.graph_name) if isinstance(each, NamedNode)}
    values = {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}
    of_others = set(map(_namespace, values)) - set(map(_namespace, known))
    for file in files:
        text = (project.root / file).read_text("utf-8", errors="replace")
        for word in unknown(text, dict(PREFIX.findall(text)), known):
            # what stands in a SERVICE, another endpoint knows
            if _namespace(word.value) not in of_others and (word.value.startswith(BASE) or "SERVICE <" not in text):
                place = Place(file, *at(text, word.start))
                yield finding("undeclared-in-query", place, text, term=shorten(word.value, project.prefixes()))


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def _source_faults(project: Project, documents: Sequence[Document]) -> Iterator[Finding]:
    quads = (quad for document in documents if document.file == PREFIX_FILE for quad in document.quads)
    taken = {getattr(quad.object, "value", "") for quad in quads if quad.predicate.value == SH + "prefix"}
    for key in project.sources():
        others = {name for other in project.sources() if other != key for name in of_source(other)}
        clash = min(of_source(key).keys() & taken or {key} & others, default="")
        faults = {
            "a key has small letters, digits and hyphens only": not SOURCE_KEY.fullmatch(key),
            "that is the name of a graph of the project": key in OWN_GRAPHS,
            f"{clash}: is a prefix already, of the project or of another source": clash,
        }
        if fault := next((text for text, holds in faults.items() if holds), ""):
            yield finding("bad-source", Place(f"data/sources/{key}"), key=key, fault=fault)
        elif key not in {source_of(document.file) for document in documents}:
            yield finding("empty-source", Place(f"data/sources/{key}"))
