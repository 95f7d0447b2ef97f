"""Quads to text that never varies: canonical N-Quads, and Turtle in one style."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, Triple

from araxes.names import RDF, RDF_TYPE, RDFS_LABEL, XSD
from araxes.prefixes import shorten

FIRST, REST, NIL = (NamedNode(RDF + name) for name in ("first", "rest", "nil"))
LINES = " ;\n    "

Node = NamedNode | BlankNode | Literal | Triple


def canonical(quads: Iterable[Quad]) -> bytes:
    """Return the quads as N-Quads under RDFC-1.0, sorted by line."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return "".join(sorted(f"{quad} .\n" for quad in dataset)).encode()


def turtle(triples: Iterable[Triple], prefixes: Mapping[str, str], comment: str) -> str:
    """Return the triples as Turtle: sorted, one block a subject, with the prefixes that it uses.

    A subject's type comes first and its label second. Blank nodes are written in place where they are the object of
    one triple or of none, and lists as lists; other blank nodes are not supported.

    Raises `ValueError` for a blank node that stands in two places.
    """
    page = _Page(triples, prefixes)
    blocks = page.blocks()
    heads = [f"@prefix {name}: <{prefixes[name]}> .\n" for name in sorted(page.used)]
    return "".join([f"# {comment}\n\n", *heads, *(f"\n{block}\n" for block in blocks)])


def line(triple: Triple, prefixes: Mapping[str, str]) -> str:
    """Return one triple without blank nodes as a line of Turtle without prefix lines, for a message."""
    return _Page([triple], prefixes).blocks()[0]


class _Page:
    def __init__(self, triples: Iterable[Triple], prefixes: Mapping[str, str]) -> None:
        self.prefixes = prefixes
        self.used: set[str] = set()
        self.about: dict[Node, dict[NamedNode, list[Node]]] = {}
        distinct = set(triples)
        for each in distinct:
            self.about.setdefault(each.subject, {}).setdefault(each.predicate, []).append(each.object)
        self.inner = Counter(each.object for each in distinct if isinstance(each.object, BlankNode))
        if max(self.inner.values(), default=0) > 1:
            raise ValueError("a blank node stands in two places")

    def blocks(self) -> list[str]:
        named = sorted((node for node in self.about if isinstance(node, NamedNode)), key=lambda node: node.value)
        loose = [node for node in self.about if isinstance(node, BlankNode) and node not in self.inner]
        texts = [f"{self._term(node)} {self._properties(node, LINES)} ." for node in named]
        return texts + sorted(f"[] {self._properties(node, LINES)} ." for node in loose)

    def _properties(self, node: Node, between: str) -> str:
        about = self.about[node]
        ordered = sorted(about, key=lambda each: (each.value != RDF_TYPE, each.value != RDFS_LABEL, each.value))
        parts = []
        for predicate in ordered:
            values = " , ".join(sorted(self._term(value) for value in about[predicate]))
            parts.append(f"{'a' if predicate.value == RDF_TYPE else self._term(predicate)} {values}")
        return between.join(parts)

    def _term(self, node: Node) -> str:
        if isinstance(node, NamedNode):
            return "()" if node == NIL else self._name(node.value)
        if isinstance(node, Literal):
            plain = node.language or node.datatype.value == f"{XSD}string"
            return str(node) if plain else f"{Literal(node.value)}^^{self._name(node.datatype.value)}"
        if self.about[node].keys() == {FIRST, REST}:
            members = "\n".join(self._members(node)).replace("\n", "\n        ")
            return f"(\n        {members}\n    )"
        return f"[ {self._properties(node, ' ; ')} ]"

    def _name(self, iri: str) -> str:
        short = shorten(iri, self.prefixes)
        if not short.startswith("<"):
            self.used.add(short.partition(":")[0])
        return short

    def _members(self, node: Node) -> Iterator[str]:
        while node != NIL:
            cell = self.about[node]
            yield self._term(cell[FIRST][0])
            node = cell[REST][0]
