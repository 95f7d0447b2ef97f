"""Answers written in each format, and what the engine's own writers get wrong put right."""

import io
import re
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

from pyoxigraph import CanonicalizationAlgorithm, Dataset, QueryResultsFormat, RdfFormat, parse, serialize

from araxes.engine.question import GRAPHS, RESULTS, Format, Question
from araxes.problems import AnswerTooLarge, NotAcceptable

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
                raise too_large("rows", self._most)
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
            raise too_large("triples", self.most)
        return len(data)


def write_rows(asked: Callable[[], Any], question: Question, most: int, sink: BinaryIO) -> None:
    """Write the answer to SELECT or ASK.

    Parameters: `asked`, which asks the engine, anew each time; `most`, how many rows may be written.

    Raises `AnswerTooLarge` and `NotAcceptable`.
    """
    name = question.format.name
    counted: Any = Counted(sink, name, most, lambda: next(islice(asked(), most, None), None) is not None)
    into = Readable(counted, question) if name == "xml" else counted
    asked().serialize(into, QueryResultsFormat.from_media_type(question.format.media_type))
    if name == "xml":
        into.write(b"", last=True)


def write_graph(lines: Lines, prefixes: Mapping[str, str], question: Question, sink: BinaryIO) -> None:
    """Write a graph: its triples in the order of their N-Triples, its blank nodes named by RDFC-1.0.

    Raises `NotAcceptable` where RDF/XML or JSON-LD cannot say it.
    """
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
    """Return lines whose blank nodes have names that stay the same, unless too many of them say the same.

    To tell those apart takes the algorithm longer than anybody waits.
    """
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


def too_large(what: str, most: int) -> AnswerTooLarge:
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
