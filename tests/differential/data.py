"""The served triples in memory, with the counts that keep a random query small."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox
from rdflib import BNode, Dataset, Literal, URIRef
from rdflib.namespace import XSD
from rdflib.term import Node

INTEGERS = {XSD[name] for name in ("nonNegativeInteger", "positiveInteger", "int", "long", "short", "byte")}
Triple = tuple[Node, Node, Node]


def read(path: Path) -> list[tuple[Triple, str]]:
    """Return the quads of a file as rdflib's terms, with the file's own names for blank nodes.

    A kind of integer is read as `xsd:integer`, as the server's engine does: test_known_differences.py shows it.
    """
    quads = ox.parse(path.read_bytes(), ox.RdfFormat.N_QUADS)
    return [((_term(q.subject), _term(q.predicate), _term(q.object)), q.graph_name.value) for q in quads]


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> Node:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if term.language:
        return Literal(term.value, lang=term.language)
    datatype = URIRef(term.datatype.value)
    if datatype == XSD.string:
        return Literal(term.value)
    return Literal(term.value, datatype=XSD.integer if datatype in INTEGERS else datatype, normalize=False)


def size_biased(counts: Iterable[int]) -> float:
    """Return the mean number of neighbours of a random edge's end: what a join multiplies by."""
    numbers = list(counts)
    return sum(n * n for n in numbers) / sum(numbers)


class Data:
    """The merged graph and its named graphs."""

    def __init__(self, path: Path) -> None:
        self.quads = read(path)
        self.triples = sorted({triple for triple, _ in self.quads})
        self.graphs = sorted({graph for _, graph in self.quads})
        self.by_graph = {name: sorted({t for t, g in self.quads if g == name}) for name in self.graphs}
        self.predicates = sorted({p for _, p, _ in self.triples})
        self.of_predicate: dict[Node, list[Triple]] = defaultdict(list)
        self.out: dict[Node, list[Triple]] = defaultdict(list)
        self.into: dict[Node, list[Triple]] = defaultdict(list)
        for triple in self.triples:
            self.of_predicate[triple[1]].append(triple)
            self.out[triple[0]].append(triple)
            self.into[triple[2]].append(triple)
        self.set = frozenset(self.triples)

    def dataset(self, default: Iterable[str], named: Iterable[str]) -> Dataset:
        """Return an rdflib dataset: some graphs merged into the default one, some under their names."""
        found = Dataset(default_union=False)
        for name in default:
            for triple in self.by_graph.get(name, ()):
                found.default_graph.add(triple)
        for name in named:
            graph = found.graph(URIRef(name))
            for triple in self.by_graph.get(name, ()):
                graph.add(triple)
        return found

    @cached_property
    def whole(self) -> Dataset:
        """Return all graphs, merged and by name, as the endpoint serves them."""
        return self.dataset(self.graphs, self.graphs)

    @cached_property
    def fan(self) -> dict[tuple[Node, str], float]:
        """Return by how much following a predicate, from its subject or its object, multiplies the rows."""
        found = {}
        for predicate, triples in self.of_predicate.items():
            found[predicate, "out"] = size_biased(Counter(s for s, _, _ in triples).values())
            found[predicate, "in"] = size_biased(Counter(o for _, _, o in triples).values())
        return found

    def some_triple(self, rng: random.Random, graph: str | None = None) -> Triple:
        """Return a triple, rare predicates as likely as common ones."""
        if graph is not None:
            by = sorted({p for _, p, _ in self.by_graph[graph]})
            wanted = rng.choice(by)
            return rng.choice([t for t in self.by_graph[graph] if t[1] == wanted])
        return rng.choice(self.of_predicate[rng.choice(self.predicates)])
