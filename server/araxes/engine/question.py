"""What goes into the engine and what comes out: question, answer, form and format."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from araxes.problems import BadQuery, UpdateRefused

SKIPPED = r"(?:\s++|#[^\n\r]*+)*+"
PROLOGUE = re.compile(
    rf"{SKIPPED}(?:(?:BASE\b{SKIPPED}<[^>]*>|PREFIX\b{SKIPPED}[^\s:<]*:{SKIPPED}<[^>]*>){SKIPPED})*",
    re.IGNORECASE,
)
WORD = re.compile(r"[A-Za-z]+")
UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}


class Form(StrEnum):
    """The four forms of a query."""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"


@dataclass(frozen=True, slots=True)
class Format:
    """A format in which an answer can be written."""

    name: str
    media_type: str
    label: str
    also: tuple[str, ...] = ()


RESULTS = (
    Format("json", "application/sparql-results+json", "JSON", ("application/json",)),
    Format("xml", "application/sparql-results+xml", "XML", ("application/xml", "text/xml")),
    Format("csv", "text/csv", "CSV"),
    Format("tsv", "text/tab-separated-values", "TSV"),
)
TRUTH = RESULTS[:2]
GRAPHS = (
    Format("turtle", "text/turtle", "Turtle", ("application/x-turtle",)),
    Format("ntriples", "application/n-triples", "N-Triples", ("text/plain",)),
    Format("rdfxml", "application/rdf+xml", "RDF/XML", ("application/xml", "text/xml")),
    Format("jsonld", "application/ld+json", "JSON-LD", ("application/json",)),
)


@dataclass(frozen=True, slots=True)
class Question:
    """A query, the format of its answer, and the graphs that the request names in place of the query's own.

    `milliseconds` is the time that the client allows, 0 the server's; `client` says whose share of the workers it
    takes; `gone` tells whether the client has hung up, where the HTTP server lets that be seen.
    """

    text: str
    format: Format
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    milliseconds: int = 0
    client: str = ""
    gone: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: bytes, what they are, and the release they come from.

    A large one stands in `file`, from its beginning, and `body` is empty. `length` counts its bytes, `milliseconds` is
    the time of its evaluation, and `fixed` says that the same question has the same answer: no NOW, RAND or UUID.
    """

    body: bytes
    media_type: str
    release: str
    length: int = 0
    milliseconds: float = 0.0
    fixed: bool = True
    file: BinaryIO | None = None


def form_of(text: str) -> Form:
    """Return the form of a query, read from its first word after the prologue.

    Raises `UpdateRefused` for an update and `BadQuery` where there is no such word.
    """
    start = PROLOGUE.match(text)
    word = WORD.match(text, start.end() if start else 0)
    first = word[0].upper() if word else ""
    if first in UPDATES:
        raise UpdateRefused(f"This is an update: it begins with {first}")
    if first not in Form.__members__:
        at = text.count("\n", 0, start.end() if start else 0) + 1
        raise BadQuery(
            "The query does not begin with SELECT, ASK, CONSTRUCT or DESCRIBE",
            hint="After PREFIX lines, begin with one of the four words.",
            more={"line": at},
        )
    return Form(first)


def formats_for(form: Form) -> tuple[Format, ...]:
    """Return the formats in which a form can be answered, the default first."""
    if form in {Form.CONSTRUCT, Form.DESCRIBE}:
        return GRAPHS
    return TRUTH if form is Form.ASK else RESULTS
