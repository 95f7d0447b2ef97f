"""The same question to both: the server over HTTP, and rdflib over the same triples."""

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from differential.data import Data
from differential.values import Row, rows_of_json, rows_of_result, triples
from helpers import JSON, query_url, request
from rdflib import Graph, Literal
from rdflib.plugins import sparql

NOTHING: Row = frozenset()
NTRIPLES = "application/n-triples"


@dataclass(frozen=True)
class Asked:
    """A query for both; the graphs of its FROM clauses, where it has any; and whether the order of rows counts."""

    text: str
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] = ()
    ordered: bool = False

    @property
    def served(self) -> str:
        """Return the text with its FROM clauses, which the reference is not given: it gets such a dataset."""
        if self.default is None:
            return self.text
        head, where, rest = self.text.partition("WHERE")
        clauses = [f"FROM <{each}>" for each in self.default] + [f"FROM NAMED <{each}>" for each in self.named]
        return f"{head}{' '.join(clauses)} {where}{rest}"


@dataclass(frozen=True)
class Answered:
    """An answer: yes or no, or rows or triples with how often each comes, and their order where it counts."""

    truth: bool | None
    rows: Counter[Row]
    order: tuple[Row, ...] = ()

    @property
    def empty(self) -> bool:
        """Return whether nothing was found."""
        return not self.rows and not self.truth


def by_server(server: str, asked: Asked) -> Answered:
    """Return the server's answer."""
    accept = f"{JSON}, {NTRIPLES};q=0.9"
    reply = request(query_url(server, asked.served), accept=accept)
    assert reply.status == 200, f"{asked.served}\n{reply.text}"
    if reply.type == NTRIPLES:
        return Answered(None, triples(Graph().parse(data=reply.text, format="nt")))
    document = reply.json()
    if "boolean" in document:
        return Answered(document["boolean"], Counter())
    rows = rows_of_json(document)
    return Answered(None, Counter(rows), tuple(rows) if asked.ordered else ())


def by_reference(data: Data, asked: Asked) -> Answered:
    """Return rdflib's answer."""
    dataset = data.whole if asked.default is None else data.dataset(asked.default, asked.named)
    with default_graph_alone():
        result = dataset.query(asked.text)
        if result.type == "ASK":
            return Answered(result.askAnswer, Counter())
        if result.type == "CONSTRUCT":
            return Answered(None, triples(each for each in result.graph if not isinstance(each[0], Literal)))
        rows = rows_of_result(result)
        if "GROUP BY" in asked.text and list(rows) == [NOTHING]:
            rows = []  # rdflib makes a group of no rows at all
    return Answered(None, Counter(rows), tuple(rows) if asked.ordered else ())


@contextmanager
def default_graph_alone() -> Iterator[None]:
    """Let rdflib ask the default graph, in which the triples are, and not the union of all graphs.

    What it says of names of its own that it is about to drop is not for us.
    """
    before = sparql.SPARQL_DEFAULT_GRAPH_UNION
    sparql.SPARQL_DEFAULT_GRAPH_UNION = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        sparql.SPARQL_DEFAULT_GRAPH_UNION = before
