"""A question evaluated over loaded data: its answer written as it comes, and what the engine gets wrong put right."""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

from pyoxigraph import CanonicalizationAlgorithm, Dataset, NamedNode, QueryResultsFormat, RdfFormat, parse, serialize

from araxes.engine.dataset import Ask, Loaded, resolved
from araxes.engine.explain import explained
from araxes.engine.guard import TOKENS, form_of, prologue_end
from araxes.engine.question import GRAPHS, RESULTS, Form, Format, Question
from araxes.problems import AnswerTooLarge, BadQuery, NotAcceptable, ServerFault
from araxes.settings import Settings

# Read with the module: a worker cannot open a file.
OWN, INBOUND, LABELS = (
    (Path(__file__).parent / "queries" / f"{name}.rq").read_text("utf-8") for name in ("own", "inbound", "labels")
)
GAP = "VALUES ?it { }"
DESCRIBED = re.compile(r"[?$*<]|[^\"']*:")
IRIS = re.compile(rb"(?:(<[^<>]*>)|_:\S+) (<[^<>]*>) (<[^<>]*>)?")
UNKNOWN = re.compile(r"The custom (?:aggregate )?function (<.*>) is not supported", re.DOTALL)
# What stands at least once for each row, and how many rows there may be where it does not stand at all.
MARKS = {"json": (b"},{", 1), "xml": (b"<result>", 0), "csv": (b"\n", -1), "tsv": (b"\n", -1)}
BLANK, MOST_ALIKE = re.compile(rb"_:[^\s<>\"]+"), 6
TURTLE_NAME = re.compile(rb'"(?:[^"\\]|\\.)*+"|<[^>]*+>|((?:[^\s<>"^;,.()\[\]][^\s<>"^;,()\[\]:]*+)?:)', re.DOTALL)


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
                raise _too_large("rows", self._most)
            self._most = 0
        self._sink.write(data)
        return len(data)


class Readable(io.RawIOBase):
    """A sink for XML that every reader takes as it was meant.

    A raw carriage return would be read as a newline (XML 1.0, 2.11); other control characters cannot stand at all.
    """

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
            raise _too_large("triples", self.most)
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
            _write_rows(lambda: ask(text), question, settings.answer_rows, sink)
            return
        lines = Lines(settings.answer_triples)
        ask(text).serialize(lines, RdfFormat.N_TRIPLES)
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
    """Add to what the engine answers the description of each resource that a query asks for (SPARQL 1.1 Query, 16.4).

    It is made of the triples of the resource, with those of the blank nodes that they lead to, of the triples in which
    the resource is the object, and of the labels of every IRI in these.
    """
    resources = _resources(ask, text, lines.most)
    _add(ask, OWN, map(str, resources), lines)  # the engine forgets the IRIs where WHERE fits nothing
    _add(ask, INBOUND, map(str, resources), lines)
    found = (match.groups() for line in lines.found if (match := IRIS.match(line)))
    _add(ask, LABELS, sorted({iri.decode() for iris in found for iri in iris if iri}), lines)


def _resources(ask: Ask, text: str, most: int) -> list[NamedNode]:
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
        found.update((term, None) for term in row if isinstance(term, NamedNode))
        if len(found) > most:
            raise _too_large("triples", most)
    return list(found)


def _add(ask: Ask, query: str, iris: Iterable[str], lines: Lines) -> None:
    ask(query.replace(GAP, f"VALUES ?it {{ {' '.join(iris)} }}")).serialize(lines, RdfFormat.N_TRIPLES)


def _write_rows(asked: Callable[[], Any], question: Question, most: int, sink: BinaryIO) -> None:
    """Write the answer to SELECT or ASK, for which `asked` asks the engine, anew each time."""
    name = question.format.name
    counted: Any = Counted(sink, name, most, lambda: next(islice(asked(), most, None), None) is not None)
    into = Readable(counted, question) if name == "xml" else counted
    asked().serialize(into, QueryResultsFormat.from_media_type(question.format.media_type))
    if name == "xml":
        into.write(b"", last=True)


def _write_graph(lines: Lines, prefixes: Mapping[str, str], question: Question, sink: BinaryIO) -> None:
    """Write a graph: its triples in the order of their N-Triples, its blank nodes named by RDFC-1.0."""
    name, blank = question.format.name, {line for line in lines.found if b"_:" in line}
    body = b"".join(line + b"\n" for line in sorted([*(lines.found - blank), *_named(blank)]))
    if name in {"turtle", "trig"}:
        body = _turtle(body, prefixes)
    elif name in {"rdfxml", "jsonld"}:
        syntax = RdfFormat.from_media_type(question.format.media_type)
        try:
            body = serialize(parse(body, RdfFormat.N_TRIPLES), format=syntax) or b""
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
    graph = Dataset(parse(b"\n".join(blank), RdfFormat.N_TRIPLES))
    graph.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return (serialize(graph, format=RdfFormat.N_QUADS) or b"").splitlines()


def _too_large(what: str, most: int) -> AnswerTooLarge:
    """Return the problem of an answer with more rows or triples than are sent."""
    more = {"limit": f"answer_{what}", "most": most}
    return AnswerTooLarge(f"The answer has more than {most:,} {what}, the most that are sent", more=more)


def _unable(question: Question) -> NotAcceptable:
    offered = RESULTS if question.format in RESULTS else GRAPHS
    types = [each.media_type for each in offered if each != question.format]
    found = f"The answer holds a sign, a term or the name of a property that {question.format.label} cannot carry"
    return NotAcceptable(f"{found}; {', '.join(types)} can", more={"offered": types})


def _turtle(body: bytes, prefixes: Mapping[str, str]) -> bytes:
    likely = {name: space for name, space in prefixes.items() if f"<{space}".encode() in body}
    whole = serialize(parse(body, RdfFormat.N_TRIPLES), format=RdfFormat.TURTLE, prefixes=likely) or b""
    # Each prefix stands once where it is declared, so what is used stands twice or more.
    times = Counter(TURTLE_NAME.findall(whole))
    lines = whole.split(b"\n")
    head = [line for line in lines[: len(likely)] if times[line.split()[1]] > 1]
    return b"\n".join(head + lines[len(likely) :])


def rewrite(turtle: bytes, base: str, wanted: Format) -> bytes:
    """Return a small graph of the server's own in another format, its relative IRIs read against a base."""
    graph = parse(turtle, RdfFormat.TURTLE, base_iri=base)
    return serialize(graph, format=RdfFormat.from_media_type(wanted.media_type)) or b""
