"""DESCRIBE: what is said of a resource, what points at it, and the names of all that is mentioned."""

import re
from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat

from araxes.engine.dataset import View, resolved
from araxes.engine.formats import Lines, too_large
from araxes.engine.guard import TOKENS
from araxes.engine.question import prologue_end

# Read with the module: a worker cannot open a file.
INBOUND, LABELS = (
    (Path(__file__).parent / "queries" / name).read_text("utf-8") for name in ("inbound.rq", "labels.rq")
)
GAP = "VALUES ?it { }"
OWN = f"DESCRIBE ?it {{ {GAP} }}"
IRIS = re.compile(rb"(?:(<[^<>]*>)|_:\S+) (<[^<>]*>) (<[^<>]*>)?")


def describe(view: View, text: str, lines: Lines) -> None:
    """Write the description of each resource that a query asks for (SPARQL 1.1 Query, 16.4).

    It is made of the triples of the resource, with those of the blank nodes that they lead to, of the triples in which
    the resource is the object, and of the labels of every IRI in these.

    Raises `AnswerTooLarge`, and `SyntaxError` where the query cannot be read.
    """
    view.query(text).serialize(lines, RdfFormat.N_TRIPLES)
    resources = _resources(view, text, lines.most)
    _add(view, OWN, map(str, resources), lines)  # the engine forgets the IRIs where WHERE fits nothing
    _add(view, INBOUND, map(str, resources), lines)
    found = (match.groups() for line in lines.found if (match := IRIS.match(line)))
    _add(view, LABELS, sorted({iri.decode() for iris in found for iri in iris if iri}), lines)


def _resources(view: View, text: str, most: int) -> list[NamedNode]:
    start = prologue_end(text)
    variables, names, end = _head(text, start)
    found = dict.fromkeys(resolved(text[:start], names))
    try:
        rows = view.query(f"{text[:start]} SELECT {' '.join(variables)} {text[end:]}") if variables else ()
    except SyntaxError:  # DESCRIBE may go without WHERE, and SELECT may not
        rows = ()
    for row in rows:
        found.update((term, None) for term in row if isinstance(term, NamedNode))
        if len(found) > most:
            raise too_large("triples", most)
    return list(found)


def _head(text: str, start: int) -> tuple[list[str], list[str], int]:
    """Return the variables and the names that stand after DESCRIBE, and where they end."""
    variables, names = [], []
    for match in TOKENS.finditer(text, start + len("DESCRIBE")):
        kind, word = match.lastgroup, match[0]
        if kind == "variable" or word == "*":
            variables.append(word)
        elif kind == "iri" or (kind == "word" and ":" in word):
            names.append(word)
        elif kind != "comment":
            return variables, names, match.start()
    return [], names, len(text)


def _add(view: View, query: str, iris: Iterable[str], lines: Lines) -> None:
    values = " ".join(iris)
    if values:
        view.query(query.replace(GAP, f"VALUES ?it {{ {values} }}")).serialize(lines, RdfFormat.N_TRIPLES)
