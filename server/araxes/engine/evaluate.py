"""Data loaded, the graphs of it that one question sees, and the answer, with what the engine gets wrong put right."""

import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import islice, pairwise, takewhile
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

import pyoxigraph as ox

from araxes.engine.question import DEEPER, TOKENS, Form, Format, Question, explained, form_of, formats_for, prologue_end
from araxes.prefixes import shorten
from araxes.problems import AnswerTooLarge, BadData, BadQuery, BadRequest, NotAcceptable, ServerFault
from araxes.settings import Settings, beyond

READ = ("nq", "nt", "ttl", "trig", "rdf", "owl", "xml", "jsonld", "json")
KINDS = {f".{name}": ox.RdfFormat.from_extension(name.replace("owl", "rdf")) for name in READ}
PLACE = re.compile(r"Parser error [^:]*: ")
TERMS = "SELECT DISTINCT ?t { { [] ?t [] } UNION { [] a ?t FILTER(isIRI(?t)) } }"
GLUED = re.compile(r"FROM.*:", re.IGNORECASE)
Ask = Callable[[str], Any]
# Read with the module: a worker cannot open a file.
QUERIES = Path(__file__).parent / "queries"
OWN, INBOUND, LABELS = ((QUERIES / f"{name}.rq").read_text("utf-8") for name in ("own", "inbound", "labels"))
GAP = "VALUES ?it { }"
DESCRIBED = re.compile(r"[?$*<]|[^\"']*:")
IRIS = re.compile(rb"(?:(<[^<>]*>)|_:\S+) (<[^<>]*>) (<[^<>]*>)?")
UNKNOWN = re.compile(r"The custom (?:aggregate )?function (<.*>) is not supported", re.DOTALL)
# What stands at least once for each row, and how many rows there may be where it does not stand at all.
MARKS = {"json": (b"},{", 1), "xml": (b"<result>", 0), "csv": (b"\n", -1), "tsv": (b"\n", -1)}
BLANK, MOST_ALIKE, MOST_SCANNED = re.compile(rb"_:[^\s<>\"]+"), 6, 1_000_000
TURTLE_NAME = re.compile(rb'"(?:[^"\\]|\\.)*+"|<[^>]*+>|((?:[^\s<>"^;,.()\[\]][^\s<>"^;,()\[\]:]*+)?:)', re.DOTALL)


@dataclass
class Loaded:
    """What is asked: a store, the prefixes of its data, and what was counted while it was loaded."""

    store: ox.Store
    prefixes: Mapping[str, str]
    triples: int  # distinct ones of the default graph
    shared: bool  # whether some triple stands in two graphs
    union: bool = False  # whether the default graph is that of all graphs, without a copy of its own
    descriptors: int = 0  # that a worker needs while it answers, for files or connections

    def opened(self) -> "Loaded":
        """Return what a worker asks, where it needs a part of its own."""
        return self

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Return the properties and classes in use, as prefixed names where there is a prefix; of large data, none."""
        found: Any = self.store.query(TERMS) if self.triples <= MOST_SCANNED else ()
        return tuple(shorten(iri, self.prefixes) for iri in sorted(row["t"].value for row in found))

    def view(self, question: Question) -> Ask:
        """Return what asks the request's graphs, else FROM's, else all; raises `BadRequest`, for FROM `SyntaxError`."""
        try:
            graphs, names = [*map(ox.NamedNode, question.default_graphs)], [*map(ox.NamedNode, question.named_graphs)]
        except ValueError as error:
            hint = "Give graphs as absolute IRIs."
            raise BadRequest(f"The name of a graph is not an IRI: {error}", hint=hint) from None
        if not graphs and not names and "FROM" in question.text.upper():
            graphs, names = from_clauses(question.text)
        if not graphs and not names:
            return partial(self.store.query, use_default_graph_as_union=self.union)
        default, named = frozenset(graphs), frozenset(names)  # the engine would ask one twice
        if self.shared and len(default) > 1:  # merged as sets (SPARQL 1.1 Query, 13.2.1), which the engine does not do
            merged = _merged(self.store, default, named)
            return partial(merged.query, default_graph=ox.DefaultGraph(), named_graphs=[*named])
        return partial(self.store.query, default_graph=[*default], named_graphs=[*named])


@lru_cache(maxsize=4)
def _merged(store: ox.Store, default: frozenset[ox.NamedNode], named: frozenset[ox.NamedNode]) -> ox.Store:
    """Return a store whose default graph is the union of several: its triples stand in no graph, and once."""
    made = ox.Store()
    for graph in default:
        made.bulk_extend(ox.Quad(*quad.triple) for quad in store.quads_for_pattern(None, None, None, graph))
    for graph in named:
        made.bulk_extend(store.quads_for_pattern(None, None, None, graph))
    return made


def load(files: Mapping[Path, str], prefixes: Mapping[str, str]) -> Loaded:
    """Return the data of files, each with the graph for what names none (or ""): all of it in the default graph, too.

    Raises `BadData`, which tells of every file that cannot be read.
    """
    store = ox.Store()
    fill(store.load, files)
    quads = len(store)
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    count: Any = store.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    triples = int(next(count)["n"].value)
    return Loaded(store, prefixes, triples, shared=triples < quads)


def fill(take: Callable[..., None], files: Mapping[Path, str], opened: Callable[[Path], Any] = io.FileIO) -> None:
    """Give all files, once they are opened, to what takes one into a store. Raises `BadData`."""
    if bad := {str(path): found for path, graph in files.items() if (found := _failed(take, path, graph, opened))}:
        raise BadData("; ".join(f"{name}: {found}" for name, found in bad.items()), more={"files": [*bad]})


def from_clauses(text: str) -> tuple[list[ox.NamedNode], list[ox.NamedNode]]:
    """Return what FROM and FROM NAMED name (SPARQL 1.1 Query, 13.2); raises `SyntaxError`, or `BadQuery` if unclear."""
    start, depth = prologue_end(text), 0
    outside, names = [""], {"FROM": list[str](), "NAMED": list[str]()}
    for match in TOKENS.finditer(text, start):
        depth += DEEPER.get(str(match.lastgroup), 0)
        if not depth and match.lastgroup in {"word", "iri"}:
            outside.append(match[0])
    for before, word in pairwise(outside):
        if before.upper() in names and word.upper() != "NAMED":
            names[before.upper()].append(word)
        elif GLUED.match(word):
            raise BadQuery(f"{word} can be a name, or FROM and a name", hint="Put a space after FROM, or write an IRI.")
    return resolved(text[:start], names["FROM"]), resolved(text[:start], names["NAMED"])


def resolved(prologue: str, names: Sequence[str]) -> list[ox.NamedNode]:
    """Return the IRIs of names after a prologue, read by Turtle as by SPARQL; raises `SyntaxError` for bad ones."""
    triples = "".join(f"<x:s> <x:p> {name} .\n" for name in names)
    found = (quad.object for quad in ox.parse(f"{prologue}\n{triples}", ox.RdfFormat.TURTLE)) if names else ()
    return [term for term in found if isinstance(term, ox.NamedNode)]


def _failed(take: Callable[..., None], path: Path, graph: str, opened: Callable[[Path], Any]) -> str:
    """Give a file to what takes it, and return what is wrong with it."""
    # Relative IRIs resolve against the address of their own file, blank nodes of two files are never the same one, and
    # no context of JSON-LD is ever fetched.
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    kind = KINDS.get(suffix.lower())
    if kind is None:
        return f"files that end in {suffix or 'nothing'} are not read"
    into = ox.NamedNode(graph) if graph else None
    try:
        with opened(path) as file:
            unpacked = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
            take(unpacked, kind, base_iri=path.resolve().as_uri(), to_graph=into)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return f"it is not whole and good gzip: {error}"
    except OSError as error:
        return str(error.strerror or error).partition(" (os error")[0]
    except SyntaxError as error:
        said = PLACE.sub("", str(error.msg))
        if "LoadDocumentCallback" in said:
            return "its @context stands elsewhere, and nothing is fetched: write the context into the file"
        return f"line {error.lineno}, column {error.offset}: {said}" if error.lineno else said
    return ""


class Counted(io.RawIOBase):
    """A sink that lets only so many rows through: where there are more marks than that, `more` counts the rows."""

    def __init__(self, sink: BinaryIO, name: str, most: int, more: Callable[[], bool]) -> None:
        self._sink, self._most, self._more, self._tail = sink, most, more, b""
        self._mark, self._seen = MARKS[name]

    def write(self, data: Any) -> int:
        """Pass some bytes on; raises `AnswerTooLarge`."""
        seam = self._tail + data
        self._seen += seam.count(self._mark)
        self._tail = seam[len(seam) - len(self._mark) + 1 :]
        if self._most and self._seen > self._most:
            if self._more():
                raise beyond(AnswerTooLarge, "answer_rows", self._most)
            self._most = 0
        self._sink.write(data)
        return len(data)


class Readable(io.RawIOBase):
    """A sink for XML: a raw carriage return would be read as a newline (1.0, 2.11), other control signs not at all."""

    def __init__(self, sink: BinaryIO, question: Question) -> None:
        self._sink, self._question = sink, question
        self._parser = ParserCreate(namespace_separator=" ")

    def write(self, data: Any, last: bool = False) -> int:
        """Pass some bytes on; raises `NotAcceptable` where no parser of XML could read them."""
        whole = data.replace(b"\r", b"&#xD;")
        try:
            self._parser.Parse(whole, last)
        except ExpatError:
            raise _unable(self._question) from None
        self._sink.write(whole)
        return len(data)


class Lines(io.RawIOBase):
    """A sink for N-Triples that keeps each triple once, and no more than so many."""

    def __init__(self, most: int) -> None:
        self.found, self.most, self._rest = set[bytes](), most, b""

    def write(self, data: Any) -> int:
        """Take some bytes; raises `AnswerTooLarge`."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        self.found.update(whole)
        if len(self.found) > self.most:
            raise beyond(AnswerTooLarge, "answer_triples", self.most)
        return len(data)


def evaluate(loaded: Loaded, question: Question, settings: Settings, sink: BinaryIO) -> None:
    """Write the whole answer to a question in its format; what was written before a problem is of no use.

    The text must have passed `guard.inspect`. Raises `BadQuery` for a query that cannot be read, `BadRequest` for a
    graph whose name is no IRI, `AnswerTooLarge` beyond a limit, `NotAcceptable` for a format that cannot carry the
    answer, `ServerFault` where the store fails, and whatever `Problem` the sink raises.
    """
    text = question.text
    try:
        form, ask = form_of(text), loaded.view(question)
        if form in {Form.SELECT, Form.ASK}:
            name, most = question.format.name, settings.answer_rows
            # Where the marks do not tell, the rows are counted: the query is asked anew.
            counted: Any = Counted(sink, name, most, lambda: next(islice(ask(text), most, None), None) is not None)
            into = Readable(counted, question) if name == "xml" else counted
            ask(text).serialize(into, ox.QueryResultsFormat.from_media_type(question.format.media_type))
            if name == "xml":
                into.write(b"", last=True)
            return
        lines = Lines(settings.answer_triples)
        ask(text).serialize(lines, ox.RdfFormat.N_TRIPLES)
        if form is Form.DESCRIBE:
            _describe(ask, text, lines)
        _write_graph(lines, loaded.prefixes, question, sink)
    except SyntaxError:
        raise explained(text, loaded.prefixes, lambda: loaded.terms) from None
    except (OSError, RuntimeError, ValueError) as error:
        if match := UNKNOWN.search(str(error)):
            raise BadQuery(f"There is no function {match[1]}", hint="Use the functions of SPARQL 1.1.") from None
        raise ServerFault("The store failed while it answered") from error


def _describe(ask: Ask, text: str, lines: Lines) -> None:
    """Add the description of each resource that a query asks for to the engine's answer (SPARQL 1.1 Query, 16.4)."""
    # The triples of the resource, with those of the blank nodes that they lead to, the triples in which it is the
    # object, and the labels of every IRI in these.
    resources = _resources(ask, text, lines.most)
    _add(ask, OWN, map(str, resources), lines)  # the engine forgets the IRIs where WHERE fits nothing
    _add(ask, INBOUND, map(str, resources), lines)
    found = (match.groups() for line in lines.found if (match := IRIS.match(line)))
    _add(ask, LABELS, sorted({iri.decode() for iris in found for iri in iris if iri}), lines)


def _resources(ask: Ask, text: str, most: int) -> list[ox.NamedNode]:
    """Return the resources that stand after DESCRIBE, and those that its variables have."""
    start = prologue_end(text)
    after = (match for match in TOKENS.finditer(text, start + len("DESCRIBE")) if match.lastgroup != "comment")
    head = list(takewhile(lambda match: DESCRIBED.match(match[0]), after))
    variables = [match[0] for match in head if match[0][0] in "?$*"]
    names = [match[0] for match in head if match[0][0] not in "?$*"]
    found = dict.fromkeys(resolved(text[:start], names))
    try:
        rows = ask(f"{text[:start]} SELECT {' '.join(variables)} {text[head[-1].end() :]}") if variables else ()
    except SyntaxError:  # DESCRIBE may go without WHERE, and SELECT may not
        rows = ()
    for row in rows:
        found.update((term, None) for term in row if isinstance(term, ox.NamedNode))
        if len(found) > most:
            raise beyond(AnswerTooLarge, "answer_triples", most)
    return list(found)


def _add(ask: Ask, query: str, iris: Iterable[str], lines: Lines) -> None:
    ask(query.replace(GAP, f"VALUES ?it {{ {' '.join(iris)} }}")).serialize(lines, ox.RdfFormat.N_TRIPLES)


def _write_graph(lines: Lines, prefixes: Mapping[str, str], question: Question, sink: BinaryIO) -> None:
    """Write a graph: its triples in the order of their N-Triples, its blank nodes named by RDFC-1.0."""
    name, blank = question.format.name, {line for line in lines.found if b"_:" in line}
    body = b"".join(line + b"\n" for line in sorted([*(lines.found - blank), *_named(blank)]))
    if name in {"turtle", "trig"}:
        likely = {name: space for name, space in prefixes.items() if f"<{space}".encode() in body}
        graph = ox.parse(body, ox.RdfFormat.N_TRIPLES)
        whole = ox.serialize(graph, format=ox.RdfFormat.TURTLE, prefixes=likely) or b""
        # Each prefix stands once where it is declared, so what is used stands twice or more.
        times, rows = Counter(TURTLE_NAME.findall(whole)), whole.split(b"\n")
        head = [row for row in rows[: len(likely)] if times[row.split()[1]] > 1]
        body = b"\n".join(head + rows[len(likely) :])
    elif name in {"rdfxml", "jsonld"}:
        syntax = ox.RdfFormat.from_media_type(question.format.media_type)
        try:
            body = ox.serialize(ox.parse(body, ox.RdfFormat.N_TRIPLES), format=syntax) or b""
        except OSError:
            raise _unable(question) from None
    if name == "rdfxml":
        Readable(sink, question).write(body, last=True)
    else:
        sink.write(body)


def _named(blank: set[bytes]) -> list[bytes]:
    """Return lines whose blank nodes have lasting names, unless so many say the same that this would take too long."""
    said: dict[bytes, list[bytes]] = {}
    for line in blank:
        for node in set(BLANK.findall(line)):
            said.setdefault(node, []).append(BLANK.sub(b"_:", line.replace(node, b"<>")))
    alike = Counter(tuple(sorted(each)) for each in said.values())
    if max(alike.values(), default=0) > MOST_ALIKE:
        return [*blank]
    graph = ox.Dataset(ox.parse(b"\n".join(blank), ox.RdfFormat.N_TRIPLES))
    graph.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return (ox.serialize(graph, format=ox.RdfFormat.N_QUADS) or b"").splitlines()


def _unable(question: Question) -> NotAcceptable:
    types = [each.media_type for each in formats_for(form_of(question.text)) if each != question.format]
    found = f"The answer holds a sign, a term or the name of a property that {question.format.label} cannot carry"
    return NotAcceptable(f"{found}; {', '.join(types)} can", more={"offered": types})


def rewrite(turtle: bytes, base: str, wanted: Format) -> bytes:
    """Return a small graph of the server's own in another format, its relative IRIs read against a base."""
    graph = ox.parse(turtle, ox.RdfFormat.TURTLE, base_iri=base)
    return ox.serialize(graph, format=ox.RdfFormat.from_media_type(wanted.media_type)) or b""


def as_graph(rows: bytes, wanted: Format, prefixes: Mapping[str, str]) -> bytes:
    """Return rows of subject, property, object and maybe graph, an answer in JSON, as a document in a syntax of RDF."""
    solutions: Any = ox.parse_query_results(rows, ox.QueryResultsFormat.JSON)
    quads: set[Any] = {ox.Quad(*(term for term in row if term)) for row in solutions}
    syntax = ox.RdfFormat.from_media_type(wanted.media_type)
    if not (syntax and syntax.supports_datasets):
        quads = {each.triple for each in quads}
    words = "\n".join(map(str, quads))
    used = {name: space for name, space in prefixes.items() if f"<{space}" in words}
    return ox.serialize(sorted(quads, key=str), format=syntax, prefixes=used) or b""
