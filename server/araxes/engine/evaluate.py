"""A question evaluated over loaded data, its answer written as it comes."""

import re
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO

from pyoxigraph import NamedNode, RdfFormat

from araxes.engine import explain, formats
from araxes.engine.dataset import Ask, Loaded, resolved
from araxes.engine.formats import Lines
from araxes.engine.guard import TOKENS
from araxes.engine.question import Form, Question, form_of, prologue_end
from araxes.problems import BadQuery, ServerFault
from araxes.settings import Settings

# Read with the module: a worker cannot open a file.
OWN, INBOUND, LABELS = (
    (Path(__file__).parent / "queries" / f"{name}.rq").read_text("utf-8") for name in ("own", "inbound", "labels")
)
GAP = "VALUES ?it { }"
DESCRIBED = re.compile(r"[?$*<]|[^\"']*:")
IRIS = re.compile(rb"(?:(<[^<>]*>)|_:\S+) (<[^<>]*>) (<[^<>]*>)?")
UNKNOWN = re.compile(r"The custom (?:aggregate )?function (<.*>) is not supported", re.DOTALL)


def evaluate(loaded: Loaded, question: Question, settings: Settings, sink: BinaryIO) -> None:
    """Write the whole answer to a question in its format.

    The text must have passed `guard.inspect`. What was written before a problem is of no use.

    Raises `BadQuery` for a query that cannot be read, `BadRequest` for a graph whose name is no IRI, `AnswerTooLarge`
    beyond a limit, `NotAcceptable` for a format that cannot carry the answer, `ServerFault` where the store fails, and
    whatever `Problem` the sink raises.
    """
    text = question.text
    try:
        form, ask = form_of(text), loaded.view(question)
        if form in {Form.SELECT, Form.ASK}:
            formats.write_rows(lambda: ask(text), question, settings.answer_rows, sink)
            return
        lines = Lines(settings.answer_triples)
        ask(text).serialize(lines, RdfFormat.N_TRIPLES)
        if form is Form.DESCRIBE:
            _describe(ask, text, lines)
        formats.write_graph(lines, loaded.prefixes, question, sink)
    except SyntaxError:
        raise explain.explained(text, loaded.prefixes, lambda: loaded.terms) from None
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
            raise formats.too_large("triples", most)
    return list(found)


def _add(ask: Ask, query: str, iris: Iterable[str], lines: Lines) -> None:
    ask(query.replace(GAP, f"VALUES ?it {{ {' '.join(iris)} }}")).serialize(lines, RdfFormat.N_TRIPLES)
