"""Files of data in a store, and the graphs of it that one question sees."""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate

from pyoxigraph import DefaultGraph, NamedNode, QuerySolutions, RdfFormat, Store, parse

from araxes.engine.guard import TOKENS
from araxes.engine.question import Question, prologue_end
from araxes.prefixes import shorten
from araxes.problems import BadData, BadQuery, BadRequest

READ = ("nq", "nt", "ttl", "trig", "rdf", "owl", "xml", "jsonld", "json")
KINDS = {f".{name}": RdfFormat.from_extension(name.replace("owl", "rdf")) for name in READ}
PLACE = re.compile(r"Parser error [^:]*: ")
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
TERMS = "SELECT DISTINCT ?t { { [] ?t [] } UNION { [] a ?t FILTER(isIRI(?t)) } }"
GLUED = re.compile(r"FROM.*:", re.IGNORECASE)
MERGED = 4


@dataclass(frozen=True, slots=True)
class View:
    """What one question sees: a store, and which of its graphs."""

    store: Store
    graphs: Mapping[str, Any]

    def query(self, text: str) -> Any:
        """Return what the engine answers to a query over these graphs, whatever FROM the query has."""
        return self.store.query(text, **self.graphs)


@dataclass
class Loaded:
    """What is asked: a store, the prefixes of its data, and what was counted while it was loaded.

    `triples` counts the distinct triples of the default graph; `shared` says that some triple stands in two graphs.
    """

    store: Store
    prefixes: Mapping[str, str]
    triples: int
    shared: bool
    _merged: OrderedDict[frozenset[NamedNode], Store] = field(default_factory=OrderedDict)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Return the properties and classes in use, as prefixed names where there is a prefix."""
        found = self.store.query(TERMS)
        iris = sorted(row["t"].value for row in found) if isinstance(found, QuerySolutions) else []
        return tuple(shorten(iri, self.prefixes) for iri in iris)

    def view(self, question: Question) -> View:
        """Return what a question sees: the graphs that the request names, else those of FROM, else everything.

        Several default graphs are merged as sets (SPARQL 1.1 Query, 13.2.1), which the engine does not do.

        Raises `BadRequest` for a graph whose name is no IRI, and `SyntaxError` where FROM cannot be read.
        """
        default, named = _nodes(question.default_graphs), _nodes(question.named_graphs)
        if not default and not named and "FROM" in question.text.upper():
            default, named = from_clauses(question.text)
        if not default and not named:
            return View(self.store, {})
        default, named = list(dict.fromkeys(default)), list(dict.fromkeys(named))  # the engine asks one twice
        if self.shared and len(default) > 1 and self._overlap(default):
            merged = self._merge(default, named)
            return View(merged, {"default_graph": [DefaultGraph()], "named_graphs": named})
        return View(self.store, {"default_graph": default, "named_graphs": named})

    def _overlap(self, graphs: list[NamedNode]) -> bool:
        both = "ASK {{ GRAPH {} {{ ?s ?p ?o }} GRAPH {} {{ ?s ?p ?o }} }}"
        pairs = ((one, two) for at, one in enumerate(graphs) for two in graphs[:at])
        return any(self.store.query(both.format(one, two)) for one, two in pairs)

    def _merge(self, default: list[NamedNode], named: list[NamedNode]) -> Store:
        key = frozenset(default)
        merged = self._merged.setdefault(key, Store())
        self._merged.move_to_end(key)
        for graph in {*default, *named}:
            if self.store.contains_named_graph(graph) and not merged.contains_named_graph(graph):
                merged.add_graph(graph)
                merged.bulk_extend(self.store.quads_for_pattern(None, None, None, graph))
                if graph in key:
                    merged.update(f"ADD {graph} TO DEFAULT")
        while len(self._merged) > MERGED:
            self._merged.popitem(last=False)
        return merged


def load(files: Sequence[Path], prefixes: Mapping[str, str]) -> Loaded:
    """Return the data of the files, each read by its extension: named graphs as they are, and all in the default graph.

    Relative IRIs resolve against the address of their own file, blank nodes of two files are never the same one, and
    no context of JSON-LD is ever fetched.

    Raises `BadData` that names every file that cannot be read, and where it goes wrong.
    """
    store = Store()
    bad = {str(path): found for path in files if (found := _failed(store, path))}
    if bad:
        raise BadData("; ".join(f"{name}: {found}" for name, found in bad.items()), more={"files": [*bad]})
    quads, own = len(store), _count(store)
    for update in _unions(list(store.named_graphs())):
        store.update(update)
    triples = own + len(store) - quads
    return Loaded(store, prefixes, triples, shared=triples < quads)


def from_clauses(text: str) -> tuple[list[NamedNode], list[NamedNode]]:
    """Return the graphs that FROM and FROM NAMED name in a query (SPARQL 1.1 Query, 13.2).

    Raises `SyntaxError` for a name that cannot be read, and `BadQuery` for a FROM without a space after it.
    """
    start, depth = prologue_end(text), 0
    after, names = "", {"FROM": list[str](), "NAMED": list[str]()}
    for match in TOKENS.finditer(text, start):
        kind, word = match.lastgroup, match[0]
        depth += {"open": 1, "values": 1, "close": -1}.get(str(kind), 0)
        if depth or kind not in {"word", "iri"}:
            continue
        if word.upper() in names:
            after = word.upper()
        elif after:
            names[after].append(word)
            after = ""
        elif GLUED.match(word):
            raise BadQuery(f"{word} can be a name, or FROM and a name", hint="Put a space after FROM, or write an IRI.")
    return resolved(text[:start], names["FROM"]), resolved(text[:start], names["NAMED"])


def resolved(prologue: str, names: Sequence[str]) -> list[NamedNode]:
    """Return the IRIs that names stand for after a prologue, which Turtle reads as SPARQL does.

    Raises `SyntaxError` for a name that cannot be read.
    """
    triples = "".join(f"<x:s> <x:p> {name} .\n" for name in names)
    found = (quad.object for quad in parse(f"{prologue}\n{triples}", RdfFormat.TURTLE)) if names else ()
    return [term for term in found if isinstance(term, NamedNode)]


def _unions(graphs: Sequence[object]) -> list[str]:
    """Return the updates that fill the default graph: one for each graph, as an update keeps in memory what it adds."""
    if all(isinstance(graph, NamedNode) for graph in graphs):
        return [f"ADD {graph} TO DEFAULT" for graph in graphs]
    return ["INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"]


def _failed(store: Store, path: Path) -> str:
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        return f"files that end in {path.suffix or 'nothing'} are not read"
    try:
        store.load(path=path, format=kind, base_iri=path.resolve().as_uri())
    except OSError as error:
        return str(error).partition(" (os error")[0]
    except SyntaxError as error:
        said = PLACE.sub("", str(error.msg))
        if "LoadDocumentCallback" in said:
            return "its @context stands elsewhere, and nothing is fetched: write the context into the file"
        if error.lineno:
            return f"line {error.lineno}, column {error.offset}: {said}"
        return (_ill_formed(path) if kind == RdfFormat.RDF_XML else "") or said
    return ""


def _ill_formed(path: Path) -> str:
    try:
        ParserCreate(namespace_separator=" ").Parse(path.read_bytes(), True)
    except ExpatError as error:
        return f"line {error.lineno}, column {error.offset + 1}: {ErrorString(error.code)}"
    return ""


def _count(store: Store) -> int:
    found = store.query(COUNT)
    return int(next(found)["n"].value) if isinstance(found, QuerySolutions) else 0


def _nodes(iris: Sequence[str]) -> list[NamedNode]:
    try:
        return [NamedNode(iri) for iri in iris]
    except ValueError as error:
        hint = "Give graphs as absolute IRIs."
        raise BadRequest(f"The name of a graph is not an IRI: {error}", hint=hint) from None
