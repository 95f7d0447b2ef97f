"""The reference rules by another engine: what rdflib derives must be what pyoxigraph derives."""

from collections.abc import Mapping, Sequence

from araxes.knowledge import graphs
from araxes.knowledge.graphs import Document
from araxes.queries import SavedQuery
from pyoxigraph import RdfFormat, Triple, parse, serialize
from rdflib import Graph


def derive_with_rdflib(documents: Sequence[Document], saved: Mapping[str, SavedQuery]) -> graphs.Derived:
    """Return what `graphs.derive` returns but for the lists of what differs."""
    derived: graphs.Derived = {f"{graphs.FOLDER}/{name}.ttl": set() for name in saved}
    known = graphs.triples(graphs.asserted(documents))
    grown = True
    while grown:
        graph = Graph().parse(data=serialize(known, format=RdfFormat.N_TRIPLES), format="nt")
        made = {name: constructed(graph, rule.text) for name, rule in sorted(saved.items())}
        grown = False
        for name, triples in made.items():
            grown = grown or not triples <= known
            derived[f"{graphs.FOLDER}/{name}.ttl"] |= triples - known
            known |= triples
    return derived


def constructed(graph: Graph, query: str) -> set[Triple]:
    """Return the triples that a CONSTRUCT query makes."""
    made = graph.query(query).graph
    assert made is not None
    return {quad.triple for quad in parse(made.serialize(format="nt", encoding="utf-8"), RdfFormat.N_TRIPLES)}
