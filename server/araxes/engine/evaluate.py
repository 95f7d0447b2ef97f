"""Data loaded, the graphs of it that one question sees, and the answer, with what the engine gets wrong put right."""

import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import groupby, islice, pairwise, takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

import pyoxigraph as ox

from araxes.engine.question import DEEPER, TOKENS, Form, Format, Question, explained, form_of, formats_for, prologue_end
from araxes.prefixes import shorten
from araxes.problems import AnswerTooLarge, BadData, BadQuery, BadRequest, NotAcceptable, ServerFault
from araxes.settings import Settings, beyond

READ = ("nq", "nt", "ttl", "trig", "rdf", "owl", "xml", "jsonld", "json")
KINDS = {f".{name}": ox.RdfFormat.from_extension(name.replace("owl", "rdf")) for name in READ}
TERMS = "SELECT DISTINCT ?t { { [] ?t [] } UNION { [] a ?t FILTER(isIRI(?t)) } }"
Ask = Callable[[str], Any]
# Read with the module: a worker cannot open a file.
QUERIES = {path.stem: path.read_text("utf-8") for path in Path(__file__).parent.glob("queries/*.rq")}
# What stands at least once for each row, and how many rows there may be where it does not stand at all.
MARKS = {"json": (b"},{", 1), "xml": (b"<result>", 0), "csv": (b"\n", -1), "tsv": (b"\n", -1)}
BLANK, MOST_ALIKE, MOST_SCANNED = re.compile(r"_:[^\s<>\"]+"), 6, 1_000_000
TURTLE = {"turtle", "trig"}
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
        asked = question.default_graphs, question.named_graphs
        try:
            default, named = (frozenset(map(ox.NamedNode, names)) for names in asked)
        except ValueError as error:
            raise BadRequest(f"The name of a graph is not an IRI: {error}", hint="Give an absolute IRI.") from None
        if not default and not named and "FROM" in question.text.upper():
            default, named = map(frozenset, from_clauses(question.text))  # the engine would ask one twice
        if not default and not named:
            return partial(self.store.query, use_default_graph_as_union=self.union)
        if self.shared and len(default) > 1:  # merged as sets (SPARQL 1.1 Query, 13.2.1), which the engine does not do
            merged = _merged(self.store, default, named)
            return partial(merged.query, default_graph=ox.DefaultGraph(), named_graphs=[*named])
        return partial(self.store.query, default_graph=[*default], named_graphs=[*named])


@lru_cache(maxsize=4)
def _merged(store: ox.Store, default: frozenset[ox.NamedNode], named: frozenset[ox.NamedNode]) -> ox.Store:
    """Return a store whose default graph is the union of several: its triples stand in no graph, and once."""
    made = ox.Store()
    found = partial(store.quads_for_pattern, None, None, None)
    made.bulk_extend(ox.Quad(*quad.triple) for graph in default for quad in found(graph))
    made.bulk_extend(quad for graph in named for quad in found(graph))
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


def fill(take: Callable[..., None], files: Mapping[Path, str], heard: Callable[[int], object] = int) -> None:
    """Give all files to what takes one into a store; `heard` is told of bytes read. Raises `BadData`."""
    if bad := {str(path): found for path, graph in files.items() if (found := _failed(take, path, graph, heard))}:
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
        elif re.match("(?i)FROM.*:", word):
            raise BadQuery(f"{word} can be a name, or FROM and a name", hint="Put a space after FROM, or write an IRI.")
    return resolved(text[:start], names["FROM"]), resolved(text[:start], names["NAMED"])


def resolved(prologue: str, names: Sequence[str]) -> list[ox.NamedNode]:
    """Return the IRIs of names after a prologue, read by Turtle as by SPARQL; raises `SyntaxError` for bad ones."""
    triples = "".join(f"<x:s> <x:p> {name} .\n" for name in names)
    found = (quad.object for quad in ox.parse(f"{prologue}\n{triples}", ox.RdfFormat.TURTLE)) if names else ()
    return [term for term in found if isinstance(term, ox.NamedNode)]


def _failed(take: Callable[..., None], path: Path, graph: str, heard: Callable[[int], object]) -> str:
    """Give a file to what takes it, and return what is wrong with it."""
    # Relative IRIs resolve against the address of their own file, blank nodes of two files are never the same one, and
    # no context of JSON-LD is ever fetched.
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    kind = KINDS.get(suffix.lower())
    if kind is None:
        return f"files that end in {suffix or 'nothing'} are not read"
    into = ox.NamedNode(graph) if graph else None

    def read(size: int = -1) -> bytes:
        found = file.read(size)
        heard(len(found))
        return found

    try:
        with path.open("rb") as file:
            raw: Any = SimpleNamespace(read=read)
            unpacked = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            take(unpacked, kind, base_iri=path.resolve().as_uri(), to_graph=into)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return f"it is not whole and good gzip: {error}"
    except OSError as error:
        return str(error.strerror or error).partition(" (os error")[0]
    except SyntaxError as error:
        said = re.sub("Parser error [^:]*: ", "", str(error.msg))
        if "LoadDocumentCallback" in said:
            return "its @context stands elsewhere, and nothing is fetched: write the context into the file"
        return f"line {error.lineno}, column {error.offset}: {said}" if error.lineno else said
    return ""


class Checked(io.RawIOBase):
    """A sink that lets only so many rows through, and of XML only what can be read.

    Where there are too many marks, `more` tells whether there are too many rows. A raw carriage return in XML would be
    read as a newline (XML 1.0, 2.11), other control signs not at all.
    """

    def __init__(self, sink: BinaryIO, question: Question, most: int = 0, more: Callable[[], bool] = bool) -> None:
        self._sink, self._question, self._most, self._more, self._tail = sink, question, most, more, b""
        self._mark, self._seen = MARKS.get(question.format.name, (b"\n", 0))
        self._parser = ParserCreate(namespace_separator=" ") if question.format.name in {"xml", "rdfxml"} else None

    def write(self, data: Any, last: bool = False) -> int:
        """Pass some bytes on; raises `AnswerTooLarge`, and `NotAcceptable` where no parser of XML could read them."""
        seam = self._tail + data
        self._seen += seam.count(self._mark)
        self._tail = seam[len(seam) - len(self._mark) + 1 :]
        if self._most and self._seen > self._most:
            if self._more():
                raise beyond(AnswerTooLarge, "answer_rows", self._most)
            self._most = 0
        whole = data.replace(b"\r", b"&#xD;") if self._parser else data
        try:
            if self._parser:
                self._parser.Parse(whole, last)
        except ExpatError:
            raise _unable(self._question) from None
        self._sink.write(whole)
        return len(data)


def evaluate(loaded: Loaded, question: Question, settings: Settings, sink: BinaryIO) -> None:
    """Write the whole answer to a question in its format; what was written before a problem is of no use.

    The text must have passed `question.inspect`. Raises `BadQuery`, `BadRequest` for a graph whose name is no IRI,
    `AnswerTooLarge`, `NotAcceptable` for a format that cannot carry the answer, `ServerFault` where the store fails,
    and whatever `Problem` the sink raises.
    """
    text = question.text
    try:
        form, ask = form_of(text), loaded.view(question)
        if form in {Form.SELECT, Form.ASK}:
            most = settings.answer_rows
            # Where the marks do not tell, the rows are counted: the query is asked anew.
            into: Any = Checked(sink, question, most, lambda: next(islice(ask(text), most, None), None) is not None)
            ask(text).serialize(into, ox.QueryResultsFormat.from_media_type(question.format.media_type))
            into.write(b"", last=True)
            return
        found, most = set[ox.Triple](), settings.answer_triples
        _add(found, ask(text), most)
        if form is Form.DESCRIBE:
            _describe(ask, text, found, most)
        _write_graph(found, loaded.prefixes, question, sink)
    except SyntaxError:
        raise explained(text, loaded.prefixes, lambda: loaded.terms) from None
    except (OSError, RuntimeError, ValueError) as error:
        if match := re.search("(?s)The custom .*function (<.*>) is not supported", str(error)):
            raise BadQuery(f"There is no function {match[1]}", hint="Use the functions of SPARQL 1.1.") from None
        raise ServerFault("The store failed while it answered") from error


def _add(found: set[Any], more: Iterable[Any], most: int) -> None:
    for each in more:
        found.add(getattr(each, "triple", each))  # another endpoint gives quads
        if len(found) > most:
            raise beyond(AnswerTooLarge, "answer_triples", most)


def _describe(ask: Ask, text: str, found: set[ox.Triple], most: int) -> None:
    """Add the description of each resource that a query asks for to the engine's answer (SPARQL 1.1 Query, 16.4)."""
    resources = _resources(ask, text, most)
    for name in ("own", "inbound"):  # the engine forgets the IRIs where WHERE fits nothing
        _add(found, ask(_filled(name, resources)), most)
    _add(found, ask(_filled("labels", {term for triple in found for term in triple})), most)


def _filled(name: str, terms: Iterable[object]) -> str:
    iris = (str(each) for each in terms if isinstance(each, ox.NamedNode))
    return QUERIES[name].replace("VALUES ?it { }", f"VALUES ?it {{ {' '.join(iris)} }}")


def _resources(ask: Ask, text: str, most: int) -> set[ox.NamedNode]:
    """Return the resources that stand after DESCRIBE, and those that its variables have."""
    start = prologue_end(text)
    after = (match for match in TOKENS.finditer(text, start + len("DESCRIBE")) if match.lastgroup != "comment")
    head = list(takewhile(lambda match: re.match(r"[?$*<]|[^\"']*:", match[0]), after))
    variables = [match[0] for match in head if match[0][0] in "?$*"]
    found = set(resolved(text[:start], [match[0] for match in head if match[0][0] not in "?$*"]))
    with suppress(SyntaxError):  # DESCRIBE may go without WHERE, and SELECT may not
        rows = ask(f"{text[:start]} SELECT {' '.join(variables)} {text[head[-1].end() :]}") if variables else ()
        _add(found, (term for row in rows for term in row if isinstance(term, ox.NamedNode)), most)
    return found


def _write_graph(found: set[ox.Triple], prefixes: Mapping[str, str], question: Question, sink: BinaryIO) -> None:
    """Write a graph in the order of its N-Triples, its blank nodes named by RDFC-1.0."""
    blank, wanted = {each for each in found if "_:" in str(each)}, question.format
    try:
        body = document([*(found - blank), *_named(blank)], wanted, prefixes if wanted.name in TURTLE else {})
    except OSError:
        raise _unable(question) from None
    Checked(sink, question).write(body, last=True)


def _named(blank: set[ox.Triple]) -> list[ox.Triple]:
    """Return triples whose blank nodes have lasting names, unless too many say the same for that."""
    lines = ((node, line) for line in map(str, blank) for node in set(BLANK.findall(line)))
    said = sorted((node, BLANK.sub("_:", line.replace(node, "<>"))) for node, line in lines)
    alike = Counter(tuple(text for _, text in each) for _, each in groupby(said, lambda pair: pair[0]))
    if max(alike.values(), default=0) > MOST_ALIKE:
        return [*blank]
    graph = ox.Dataset(ox.Quad(*each) for each in blank)
    graph.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return [each.triple for each in graph]


def _unable(question: Question) -> NotAcceptable:
    types = [each.media_type for each in formats_for(form_of(question.text)) if each != question.format]
    found = f"The answer holds a sign, a term or the name of a property that {question.format.label} cannot carry"
    return NotAcceptable(f"{found}; {', '.join(types)} can", more={"offered": types})


def document(statements: Iterable[Any], wanted: Format, prefixes: Mapping[str, str]) -> bytes:
    """Return triples or quads, sorted, with the prefixes they need; raises `OSError` if a format cannot carry one."""
    known = {str(each): each for each in statements}
    words, syntax = "\n".join(known), ox.RdfFormat.from_media_type(wanted.media_type)
    likely = {name: space for name, space in prefixes.items() if f"<{space}" in words}
    whole = ox.serialize([known[words] for words in sorted(known)], format=syntax, prefixes=likely) or b""
    if wanted.name not in TURTLE:
        return whole
    # Each prefix stands once where it is declared, so what is used stands twice or more.
    times, rows = Counter(TURTLE_NAME.findall(whole)), whole.split(b"\n")
    return b"\n".join(row for row in rows if not row.startswith(b"@prefix ") or times[row.split()[1]] > 1)


def rewrite(turtle: bytes, base: str, wanted: Format) -> bytes:
    """Return a small graph of the server's own in another format, its relative IRIs read against a base."""
    graph = ox.parse(turtle, ox.RdfFormat.TURTLE, base_iri=base)
    return ox.serialize(graph, format=ox.RdfFormat.from_media_type(wanted.media_type)) or b""


def as_graph(rows: bytes, wanted: Format, prefixes: Mapping[str, str]) -> bytes:
    """Return rows of subject, property, object and maybe graph, an answer in JSON, as a document in a syntax of RDF."""
    solutions: Any = ox.parse_query_results(rows, ox.QueryResultsFormat.JSON)
    quads, syntax = [ox.Quad(*filter(None, row)) for row in solutions], ox.RdfFormat.from_media_type(wanted.media_type)
    return document(quads if syntax and syntax.supports_datasets else [each.triple for each in quads], wanted, prefixes)
