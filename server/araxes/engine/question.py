"""What goes into the engine and what comes out: question, answer, form and format."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import BinaryIO

from araxes.engine.guard import place
from araxes.problems import BadQuery, UpdateRefused

SKIPPED = r"(?:\s++|#[^\n\r]*+)*+"
DECLARED = rf"(?:BASE\b|PREFIX\b{SKIPPED}[^\s:<]*:){SKIPPED}<[^>]*>{SKIPPED}"
PROLOGUE = re.compile(rf"{SKIPPED}(?:{DECLARED})*", re.IGNORECASE)
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
GRAPHS = (
    Format("turtle", "text/turtle", "Turtle", ("application/x-turtle",)),
    Format("trig", "application/trig", "TriG"),
    Format("ntriples", "application/n-triples", "N-Triples", ("text/plain",)),
    Format("nquads", "application/n-quads", "N-Quads"),
    Format("rdfxml", "application/rdf+xml", "RDF/XML", ("application/xml", "text/xml")),
    Format("jsonld", "application/ld+json", "JSON-LD", ("application/json",)),
)


@dataclass(frozen=True, slots=True)
class Question:
    """A query, the format of its answer, and the graphs that the request names in place of the query's own.

    `milliseconds` is the time that the client allows, 0 the server's; `client` says whose share of the workers it
    takes.
    """

    text: str
    format: Format
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    milliseconds: int = 0
    client: str = ""


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


@dataclass(frozen=True, slots=True)
class State:
    """How an engine stands: its workers, those that wait, and what the last reload met ("" where it went well).

    `memory` is what each worker has for itself alone, in bytes.
    """

    ready: bool = True
    workers: int = 0
    busy: int = 0
    waiting: int = 0
    replaced: int = 0
    reload_problem: str = ""
    memory: tuple[int, ...] = ()


def prologue_end(text: str) -> int:
    """Return where the prologue of a query ends: BASE, PREFIX, and the space and comments about them."""
    start = PROLOGUE.match(text)
    return start.end() if start else 0


def form_of(text: str) -> Form:
    """Return the form of a query, read from its first word after the prologue.

    Raises `UpdateRefused` for an update and `BadQuery` where there is no such word.
    """
    start = prologue_end(text)
    word = WORD.match(text, start)
    first = word[0].upper() if word else ""
    if first in Form.__members__:
        return Form(first)
    if first in UPDATES:
        raise UpdateRefused(f"This is an update: it begins with {first}")
    more, hint = place(text, start), "After PREFIX lines, begin with one of the four words."
    if first in {"PREFIX", "BASE"}:
        hint = "Write each as PREFIX name: <IRI>, with its colon and the angle brackets, and BASE as BASE <IRI>."
        raise BadQuery(f"Line {more['line']}: this {first} cannot be read", hint=hint, more=more)
    if near := get_close_matches(first, [*Form, "PREFIX", "BASE"], 1):
        more["did_you_mean"] = str(near[0])
        hint = f"Did you mean {near[0]}? {hint}"
    raise BadQuery("The query does not begin with SELECT, ASK, CONSTRUCT or DESCRIBE", hint=hint, more=more)


def formats_for(form: Form) -> tuple[Format, ...]:
    """Return the formats in which a form can be answered, the default first."""
    return GRAPHS if form in {Form.CONSTRUCT, Form.DESCRIBE} else RESULTS
