"""What goes into the engine and what comes out: question, answer, form and format."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, NamedTuple


class Form(StrEnum):
    """The four forms of a query."""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"


class Format(NamedTuple):
    """A format in which an answer can be written; `also` are other types by which it is asked for, `short` names."""

    name: str
    media_type: str
    label: str
    also: tuple[str, ...] = ()
    short: tuple[str, ...] = ()


KNOWN = tomllib.loads((Path(__file__).parent / "formats.toml").read_text("utf-8"))
RESULTS, GRAPHS = (
    tuple(Format(name, kind, label, tuple(also), tuple(short)) for name, kind, label, also, short in KNOWN[form])
    for form in ("results", "graphs")
)


@dataclass(frozen=True, slots=True)
class Question:
    """A query, the format of its answer, and the graphs that the request names in place of the query's own.

    `milliseconds` is the time that the client allows, 0 the server's; `client`, whose share of the workers it takes.
    """

    text: str
    format: Format
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    milliseconds: int = 0
    client: str = ""


class Answer(NamedTuple):
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


def formats_for(form: Form) -> tuple[Format, ...]:
    """Return the formats in which a form can be answered, the default first."""
    return GRAPHS if form in {Form.CONSTRUCT, Form.DESCRIBE} else RESULTS
