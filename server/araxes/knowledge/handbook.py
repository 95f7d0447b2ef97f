"""Reference pages for people: what queries find in ontology, shapes, alignments and data, put into templates."""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pyoxigraph import BlankNode, Literal, NamedNode

from araxes import queries
from araxes.knowledge import graphs
from araxes.knowledge.reading import Document
from araxes.prefixes import BASE, shorten
from araxes.queries import SavedQuery

TEMPLATES = FileSystemLoader(Path(__file__).with_name("templates"))
NAME = re.compile(r"([A-Za-z][\w.-]*:\w(?:[\w.-]*\w)?)")
LISTED = (("terms", "term"), ("shapes", "shape"), ("parts", "part"))

Row = dict[str, object]


def pages(
    documents: Sequence[Document],
    saved: Mapping[str, SavedQuery],
    prefixes: Mapping[str, str],
    axioms: Mapping[str, Sequence[str]],
    diagrams: Mapping[str, str],
    files: Collection[str],
) -> dict[str, str]:
    """Return the page of each ontology by its path.

    `saved` are the competency questions, `axioms` the axioms on each term in Manchester syntax, `diagrams` the SVG of
    each ontology by name: one that was not drawn from what `dots` returns is left out; `files` the paths to link to.
    """
    book = _Book(documents, prefixes)
    texts = book.dots()
    drawn = {name: diagrams[name] for name, text in texts.items() if mark(text) in diagrams.get(name, "")}
    questions = {each.first("id"): each for each in saved.values()}
    given = {"questions": questions, "axioms": axioms, "diagrams": drawn, "drawable": texts, "files": files}
    return {f"ontology/{name}.html": book.fill("ontology.html", page, **given) for page, name in book.pages.items()}


def dots(documents: Sequence[Document], prefixes: Mapping[str, str]) -> dict[str, str]:
    """Return the DOT text of the diagram of each ontology that has classes or object properties, by its name."""
    return _Book(documents, prefixes).dots()


def mark(text: str) -> str:
    """Return the comment by which an SVG says from which DOT text it was drawn."""
    return f"<!-- DOT {hashlib.sha256(text.encode()).hexdigest()} -->"


class _Book:
    """What templates ask: the rows of each query by their first column, and what a node is called and where it is."""

    def __init__(self, documents: Sequence[Document], prefixes: Mapping[str, str]) -> None:
        self.prefixes, store = prefixes, graphs.by_file(documents)
        self.found: dict[str, dict[object, list[Row]]] = {}
        for name, query in queries.load(graphs.QUERIES / "handbook", graphs.QUERIES).items():
            found = self.found[name] = {}
            for row in graphs.rows(store, query):
                found.setdefault(next(iter(row.values())), []).append(row)
        self.statements: dict[object, dict[str, list[object]]] = {}
        for row in self.rows("statements"):
            self.statements.setdefault(row["node"], {}).setdefault(self.of(row["property"]), []).append(row["value"])
        self.pages = {row["ontology"]: _value(row["name"]) for row in self.rows("ontologies")}
        self.homes = {row[key]: self.pages[row["page"]] for name, key in LISTED for row in self.rows(name)}
        self.environment = Environment(
            loader=TEMPLATES, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self.environment.add_extension("jinja2.ext.do")
        kinds = {"blank": BlankNode, "literal": Literal}
        self.environment.tests |= {name: kind.__instancecheck__ for name, kind in kinds.items()}

    def fill(self, template: str, page: object, **given: object) -> str:
        """Return a template filled for the page of an ontology."""
        return self.environment.get_template(template).render(book=self, page=page, name=self.pages[page], **given)

    def dots(self) -> dict[str, str]:
        """Return the DOT text of each diagram by the name of its ontology."""
        return {name: self.fill("diagram.dot", page) for page, name in self.pages.items() if self.rows("arrows", page)}

    def rows(self, query: str, key: object = None) -> list[Row]:
        """Return the rows of a query that begin with a node, or all."""
        found = self.found[query]
        return found.get(key, []) if key else [row for rows in found.values() for row in rows]

    def said(self, node: object, name: str) -> list[object]:
        """Return the values that the ontology gives a node for a property."""
        return self.statements.get(node, {}).get(name, [])

    def members(self, node: object) -> list[object]:
        """Return the members of a list."""
        first = self.said(node, "rdf:first")
        return [*first, *self.members(self.said(node, "rdf:rest")[0])] if first else []

    def of(self, node: object) -> str:
        """Return the prefixed name of a node."""
        return shorten(_value(node), self.prefixes) if isinstance(node, NamedNode) else ""

    def own(self, node: object) -> bool:
        """Return whether a node is a term or a thing of the project."""
        return isinstance(node, NamedNode) and node.value.startswith(BASE)

    def label(self, node: object) -> str:
        """Return the English label of a node of the project, if it has one; others go by their prefixed names."""
        return next((_value(row["label"]) for row in self.rows("labels", node) if self.own(node)), "")

    def anchor(self, node: object) -> str:
        """Return the identifier of a term on its page: its local name, before which those of others have a prefix."""
        return re.sub(r"[^\w.-]+", "-", self.of(node).rpartition(":")[2] if self.own(node) else self.of(node))

    def link(self, node: object) -> str:
        """Return where a term or an ontology is described, else the IRI where it can be followed, else nothing."""
        if home := self.homes.get(node):
            return f"{home}.html#{self.anchor(node)}"
        found = f"{self.pages[node]}.html" if node in self.pages else _value(node)
        return found if node in self.pages or found.startswith(("http://", "https://")) else ""

    def pieces(self, text: str) -> list[tuple[str, object]]:
        """Return a text in pieces, with its term for each that is a prefixed name, else with nothing."""
        split = [(piece, *piece.partition(":")) for piece in NAME.split(text)]
        known = self.prefixes
        return [(piece, NamedNode(known[name] + local) if name in known else None) for piece, name, _, local in split]


def _value(node: object) -> str:
    return str(getattr(node, "value", ""))
