"""The one inference that no CONSTRUCT can write: individuals of one class are different, said in lists."""

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, QuerySolutions, Store, Triple

from araxes.knowledge.graphs import FIRST, NIL, REST
from araxes.names import OWL, RDF_TYPE

QUERY = Path(__file__).with_name("queries") / "top-classes.rq"


def all_different(store: Store) -> list[Triple]:
    """Return one `owl:AllDifferent` for each class with two individuals or more.

    The classes are the widest of those that the ontology declares disjoint, so that an open world can merge no two
    things: within a class they are said to be different, across classes they are disjoint.
    """
    return [triple for members in _groups(store).values() if len(members) > 1 for triple in _axiom(members)]


def _groups(store: Store) -> dict[str, list[NamedNode]]:
    solutions = store.query(QUERY.read_text("utf-8"))
    assert isinstance(solutions, QuerySolutions)  # noqa: S101 - the file is a SELECT
    groups: dict[str, list[NamedNode]] = {}
    for row in solutions:
        kind, individual = row["class"], row["individual"]
        if isinstance(kind, NamedNode) and isinstance(individual, NamedNode):
            groups.setdefault(kind.value, []).append(individual)
    return groups


def _axiom(members: list[NamedNode]) -> Iterator[Triple]:
    axiom = BlankNode()
    cells = [BlankNode() for _ in members]
    yield Triple(axiom, NamedNode(RDF_TYPE), NamedNode(OWL + "AllDifferent"))
    yield Triple(axiom, NamedNode(OWL + "distinctMembers"), cells[0])
    ends: list[BlankNode | NamedNode] = [*cells[1:], NIL]
    for cell, rest, member in zip(cells, ends, members, strict=True):
        yield Triple(cell, FIRST, member)
        yield Triple(cell, REST, rest)
