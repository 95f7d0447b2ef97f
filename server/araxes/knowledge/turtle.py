"""Triples as Turtle that a person reads and a diff follows: the same text for the same graph."""

from collections.abc import Iterable, Mapping

import rdflib
from diffable_rdf import deterministic_turtle
from pyoxigraph import RdfFormat, Triple, serialize


def turtle(triples: Iterable[Triple], prefixes: Mapping[str, str], comment: str) -> str:
    """Return the triples as Turtle below a comment, in an order that depends on nothing but the graph."""
    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in prefixes.items():
        graph.bind(prefix, namespace)
    normalizes, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False  # a literal stays as it was written
    try:
        graph.parse(data=serialize(triples, format=RdfFormat.N_TRIPLES), format="nt")
        return f"# {comment}\n\n{deterministic_turtle(graph)}"
    finally:
        rdflib.NORMALIZE_LITERALS = normalizes
