"""Quads to text that never varies: canonical N-Quads, and Turtle in one style."""

from collections.abc import Iterable, Mapping

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    serialize,
)

from araxes.knowledge.graphs import FIRST, NIL, REST
from araxes.names import RDF_TYPE, RDFS_LABEL, XSD
from araxes.prefixes import shorten

Node = NamedNode | BlankNode | Literal | Triple


def canonical(quads: Iterable[Quad]) -> bytes:
    """Return the quads as N-Quads under RDFC-1.0, sorted by line."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    text = serialize(dataset, format=RdfFormat.N_QUADS) or b""
    return b"".join(sorted(text.splitlines(keepends=True)))


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
    """Return one triple as a line of Turtle without prefix lines, for a message."""
    page = _Page([triple], prefixes)
    return f"{page.blocks()[0]}\n".replace("\n    ", " ")


class _Page:
    def __init__(self, triples: Iterable[Triple], prefixes: Mapping[str, str]) -> None:
        self.prefixes = dict(prefixes)
        self.used: set[str] = set()
        self.about: dict[Node, list[tuple[NamedNode, Node]]] = {}
        inner: list[BlankNode] = []
        for triple in set(triples):
            self.about.setdefault(triple.subject, []).append((triple.predicate, triple.object))
            if isinstance(triple.object, BlankNode):
                inner.append(triple.object)
        if len(inner) != len(set(inner)):
            raise ValueError("a blank node stands in two places")
        self.inner = set(inner)

    def blocks(self) -> list[str]:
        named = [node for node in self.about if isinstance(node, NamedNode)]
        loose = [node for node in self.about if isinstance(node, BlankNode) and node not in self.inner]
        texts = [self._block(self._term(node), node) for node in sorted(named, key=lambda node: node.value)]
        return texts + sorted(self._block("[]", node) for node in loose)

    def _block(self, subject: str, node: Node) -> str:
        return f"{subject} {self._properties(node, ' ;' + chr(10) + '    ')} ."

    def _properties(self, node: Node, between: str) -> str:
        properties: dict[NamedNode, list[Node]] = {}
        for predicate, value in self.about[node]:
            properties.setdefault(predicate, []).append(value)
        ordered = sorted(properties, key=lambda each: (each.value != RDF_TYPE, each.value != RDFS_LABEL, each.value))
        parts = []
        for predicate in ordered:
            values = " , ".join(sorted(self._term(value) for value in properties[predicate]))
            parts.append(f"{'a' if predicate.value == RDF_TYPE else self._term(predicate)} {values}")
        return between.join(parts)

    def _term(self, node: Node) -> str:
        if isinstance(node, NamedNode):
            return "()" if node == NIL else self._name(node.value)
        if isinstance(node, Literal):
            return self._literal(node)
        if self._is_list(node):
            return f"(\n        {chr(10).join(self._members(node)).replace(chr(10), chr(10) + ' ' * 8)}\n    )"
        return f"[ {self._properties(node, ' ; ')} ]"

    def _name(self, iri: str) -> str:
        short = shorten(iri, self.prefixes)
        if not short.startswith("<"):
            self.used.add(short.partition(":")[0])
        return short

    def _literal(self, node: Literal) -> str:
        if node.language or node.datatype.value == f"{XSD}string":
            return str(node)
        text = str(Literal(node.value))
        return f"{text}^^{self._name(node.datatype.value)}"

    def _is_list(self, node: Node) -> bool:
        return {predicate for predicate, _ in self.about.get(node, [])} == {FIRST, REST}

    def _members(self, node: Node) -> list[str]:
        members = []
        while node != NIL:
            cell = dict(self.about[node])
            members.append(self._term(cell[FIRST]))
            node = cell[REST]
        return members
