"""Basic graph patterns that have an answer: walks over real triples, with variables put in for some terms."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from differential.data import Data, Triple
from rdflib import BNode, Literal, URIRef
from rdflib.term import Node

HUB = 60


@dataclass
class Walk:
    """Real triples, and which of their terms are variables."""

    data: Data
    triples: list[Triple]
    names: dict[Node, str] = field(default_factory=dict)
    predicates: dict[int, str] = field(default_factory=dict)

    @property
    def variables(self) -> list[str]:
        """Return the variables in the order in which they came."""
        return [*self.names.values(), *self.predicates.values()]

    @property
    def sample(self) -> dict[str, Node]:
        """Return the one answer that is known: the walk itself."""
        own = {name: term for term, name in self.names.items()}
        return own | {name: self.triples[at][1] for at, name in self.predicates.items()}

    @property
    def start(self) -> str:
        """Return the variable of the first subject."""
        return self.names[self.triples[0][0]]

    def within(self, wanted: Iterable[int]) -> list[str]:
        """Return the variables that stand in some of the patterns."""
        inside = self.patterns(wanted).split()
        return [name for name in self.variables if name in inside]

    def of(self, kind: Callable[[Node], bool]) -> list[str]:
        """Return the variables whose value in the known answer is of a kind."""
        return [name for name, term in self.sample.items() if kind(term)]

    def slot(self, term: Node) -> str:
        """Return a term as it stands in the query."""
        return self.names.get(term) or term.n3()

    def pattern(self, at: int) -> str:
        """Return one triple as a pattern."""
        s, p, o = self.triples[at]
        return f"{self.slot(s)} {self.predicates.get(at) or p.n3()} {self.slot(o)} ."

    def patterns(self, wanted: Iterable[int] | None = None) -> str:
        """Return some of the patterns, or all."""
        return " ".join(self.pattern(at) for at in (range(len(self.triples)) if wanted is None else wanted))

    def name(self, term: Node) -> str:
        """Make a term a variable."""
        return self.names.setdefault(term, f"?v{len(self.names)}")

    def size(self) -> float:
        """Return about how many answers there are."""
        rows, bound = 1.0, {term for each in self.triples for term in (each[0], each[2]) if term not in self.names}
        left = list(range(len(self.triples)))
        while left:
            cost, at = min((self._cost(at, bound), at) for at in left)
            left.remove(at)
            rows *= cost
            bound |= {self.triples[at][0], self.triples[at][2]}
        return rows

    def _cost(self, at: int, bound: set[Node]) -> float:
        s, p, o = self.triples[at]
        if s in bound and o in bound:
            return 1.0
        if at in self.predicates:
            return float(len(self.data.out[s]) if s in bound else len(self.data.into[o]) if o in bound else 1e6)
        if s in bound:
            return self.data.fan[p, "out"]
        return self.data.fan[p, "in"] if o in bound else float(len(self.data.of_predicate[p]))


def iri(term: Node) -> bool:
    return isinstance(term, URIRef)


def literal(term: Node) -> bool:
    return isinstance(term, Literal)


def text(term: Node) -> bool:
    return isinstance(term, Literal) and (term.datatype is None) and len(term) < 400


def number(term: Node) -> bool:
    return isinstance(term, Literal) and isinstance(term.value, int) and not isinstance(term.value, bool)


def walk(
    rng: random.Random,
    data: Data,
    length: int,
    most: float = 400,
    wanted: Callable[[Triple], bool] | None = None,
    graph: str | None = None,
) -> Walk:
    """Return a connected walk whose first triple is as wanted, and that has at most about so many answers."""
    while True:
        first = data.some_triple(rng, graph)
        if wanted is not None and not wanted(first):
            continue
        triples = [first]
        for _ in range(length * 4):
            found = _step(rng, data, triples, graph) if len(triples) < length else None
            if found is not None and found not in triples:
                triples.append(found)
        made = _with_variables(rng, Walk(data, triples), most)
        if made.size() <= 2 * most:
            return made


def _step(rng: random.Random, data: Data, triples: list[Triple], graph: str | None) -> Triple | None:
    ends = [term for s, _, o in triples for term in (s, o) if len(data.into[term]) <= HUB]
    if not ends:
        return None
    node = rng.choice(ends)
    around = [*data.out[node], *data.into[node]]
    if graph is not None:
        inside = set(data.by_graph[graph])
        around = [each for each in around if each in inside]
    if not around:
        return None
    predicate = rng.choice(sorted({p for _, p, _ in around}))
    return rng.choice([each for each in around if each[1] == predicate])


def _with_variables(rng: random.Random, found: Walk, most: float) -> Walk:
    """Put variables in, the first subject always; where that gives too many answers, take some back."""
    nodes = list(dict.fromkeys(term for s, _, o in found.triples for term in (s, o)))
    start = found.triples[0][0]
    for node in nodes:
        if node == start or isinstance(node, BNode) or rng.random() < 0.8:
            found.name(node)
    if rng.random() < 0.15:
        found.predicates[rng.randrange(len(found.triples))] = "?p"
    fixed = [node for node in nodes if node in found.names and node != start and not isinstance(node, BNode)]
    rng.shuffle(fixed)
    while found.size() > most and fixed:
        del found.names[fixed.pop()]
    if found.size() > most:
        found.predicates.clear()
    return found
