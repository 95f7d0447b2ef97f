"""Triples as Turtle that a person reads and a diff follows: one block a subject, everything in order."""

from collections.abc import Iterable, Mapping

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from araxes.prefixes import RDF, RDF_TYPE, RDFS_LABEL, XSD, shorten

FIRST, REST, NIL = (NamedNode(RDF + name) for name in ("first", "rest", "nil"))
LINES = " ;\n    "
SHORT = 5

Node = NamedNode | BlankNode | Literal | Triple


def turtle(triples: Iterable[Triple], prefixes: Mapping[str, str], comment: str) -> str:
    """Return the triples as sorted Turtle; a blank node to which something leads stands there, and so only once."""
    page = _Page(triples, prefixes)
    blocks = page.blocks()
    heads = [f"@prefix {name}: <{prefixes[name]}> .\n" for name in sorted(page.used)]
    return "".join([f"# {comment}\n\n", *heads, *(f"\n{block}\n" for block in blocks)])


class _Page:
    def __init__(self, triples: Iterable[Triple], prefixes: Mapping[str, str]) -> None:
        self.prefixes = prefixes
        self.used: set[str] = set()
        self.about: dict[Node, dict[NamedNode, list[Node]]] = {}
        self.inside: set[Node] = set()
        for each in set(triples):
            self.about.setdefault(each.subject, {}).setdefault(each.predicate, []).append(each.object)
            self.inside |= {each.object} if isinstance(each.object, BlankNode) else set()

    def blocks(self) -> list[str]:
        named = sorted((node for node in self.about if isinstance(node, NamedNode)), key=lambda node: node.value)
        loose = [node for node in self.about if isinstance(node, BlankNode) and node not in self.inside]
        return [f"{self._term(node)} {self._said(node, LINES)} ." for node in named] + sorted(
            f"[] {self._said(node, LINES)} ." for node in loose
        )

    def _said(self, node: Node, between: str) -> str:
        about, parts = self.about[node], []
        for predicate in sorted(about, key=lambda each: (each.value != RDF_TYPE, each.value != RDFS_LABEL, each.value)):
            values = " , ".join(sorted(self._term(value) for value in about[predicate]))
            parts.append(f"{'a' if predicate.value == RDF_TYPE else self._term(predicate)} {values}")
        return between.join(parts)

    def _term(self, node: Node) -> str:
        if isinstance(node, NamedNode):
            short = shorten(node.value, self.prefixes)
            self.used |= set() if short.startswith("<") else {short.partition(":")[0]}
            return short
        if isinstance(node, Literal):
            plain = node.language or node.datatype.value == f"{XSD}string"
            return str(node) if plain else f"{Literal(node.value)}^^{self._term(node.datatype)}"
        if FIRST not in self.about.get(node, {}):
            return f"[ {self._said(node, ' ; ')} ]" if node in self.about else "[]"
        members = []
        while node != NIL:
            members.append(self._term(self.about[node][FIRST][0]))
            (node,) = self.about[node][REST]
        return f"( {' '.join(members)} )" if len(members) <= SHORT else f"(\n        {self._lines(members)}\n    )"

    @staticmethod
    def _lines(members: Iterable[str]) -> str:
        return "\n        ".join(members)
