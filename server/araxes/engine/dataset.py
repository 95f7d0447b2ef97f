"""Files of data in a store, and the graphs of it that one question sees."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from araxes.engine.guard import DEEPER, TOKENS, prologue_end
from araxes.engine.question import Question
from araxes.prefixes import shorten
from araxes.problems import BadData, BadQuery, BadRequest

READ = ("nq", "nt", "ttl", "trig", "rdf", "owl", "xml", "jsonld", "json")
KINDS = {f".{name}": RdfFormat.from_extension(name.replace("owl", "rdf")) for name in READ}
PLACE = re.compile(r"Parser error [^:]*: ")
TERMS = "SELECT DISTINCT ?t { { [] ?t [] } UNION { [] a ?t FILTER(isIRI(?t)) } }"
GLUED = re.compile(r"FROM.*:", re.IGNORECASE)
Ask = Callable[[str], Any]


@dataclass
class Loaded:
    """What is asked: a store, the prefixes of its data, and what was counted while it was loaded.

    `triples` counts the distinct triples of the default graph; `shared` says that some triple stands in two graphs.
    """

    store: Store
    prefixes: Mapping[str, str]
    triples: int
    shared: bool

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Return the properties and classes in use, as prefixed names where there is a prefix."""
        found: Any = self.store.query(TERMS)
        return tuple(shorten(iri, self.prefixes) for iri in sorted(row["t"].value for row in found))

    def view(self, question: Question) -> Ask:
        """Return what asks the graphs that a question sees: those that the request names, else those of FROM, else all.

        Several default graphs are merged as sets (SPARQL 1.1 Query, 13.2.1), which the engine does not do.
        Raises `BadRequest` for a graph whose name is no IRI, and `SyntaxError` where FROM cannot be read.
        """
        try:
            graphs, names = [*map(NamedNode, question.default_graphs)], [*map(NamedNode, question.named_graphs)]
        except ValueError as error:
            hint = "Give graphs as absolute IRIs."
            raise BadRequest(f"The name of a graph is not an IRI: {error}", hint=hint) from None
        if not graphs and not names and "FROM" in question.text.upper():
            graphs, names = from_clauses(question.text)
        if not graphs and not names:
            return self.store.query
        default, named = frozenset(graphs), frozenset(names)  # the engine would ask one twice
        if self.shared and len(default) > 1:
            merged = _merged(self.store, default, named)
            return partial(merged.query, default_graph=DefaultGraph(), named_graphs=[*named])
        return partial(self.store.query, default_graph=[*default], named_graphs=[*named])


@lru_cache(maxsize=4)
def _merged(store: Store, default: frozenset[NamedNode], named: frozenset[NamedNode]) -> Store:
    """Return a store whose default graph is the union of several: its triples stand in no graph, and once."""
    made = Store()
    for graph in default:
        made.bulk_extend(Quad(*quad.triple) for quad in store.quads_for_pattern(None, None, None, graph))
    for graph in named:
        made.bulk_extend(store.quads_for_pattern(None, None, None, graph))
    return made


def load(files: Sequence[Path], prefixes: Mapping[str, str]) -> Loaded:
    """Return the data of the files, each read by its extension: named graphs as they are, and all in the default graph.

    Relative IRIs resolve against the address of their own file, blank nodes of two files are never the same one, and
    no context of JSON-LD is ever fetched. Raises `BadData` that names every bad file, and where it goes wrong.
    """
    store = Store()
    if bad := {str(path): found for path in files if (found := _failed(store, path))}:
        raise BadData("; ".join(f"{name}: {found}" for name, found in bad.items()), more={"files": [*bad]})
    quads = len(store)
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    count: Any = store.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    triples = int(next(count)["n"].value)
    return Loaded(store, prefixes, triples, shared=triples < quads)


def from_clauses(text: str) -> tuple[list[NamedNode], list[NamedNode]]:
    """Return what FROM and FROM NAMED name (SPARQL 1.1 Query, 13.2); raises `SyntaxError`, or `BadQuery` if unclear."""
    start, depth = prologue_end(text), 0
    outside, names = [""], {"FROM": list[str](), "NAMED": list[str]()}
    for match in TOKENS.finditer(text, start):
        depth += DEEPER.get(str(match.lastgroup), 0)
        if not depth and match.lastgroup in {"word", "iri"}:
            outside.append(match[0])
    for before, word in pairwise(outside):
        if before.upper() in names and word.upper() != "NAMED":
            names[before.upper()].append(word)
        elif GLUED.match(word):
            raise BadQuery(f"{word} can be a name, or FROM and a name", hint="Put a space after FROM, or write an IRI.")
    return resolved(text[:start], names["FROM"]), resolved(text[:start], names["NAMED"])


def resolved(prologue: str, names: Sequence[str]) -> list[NamedNode]:
    """Return the IRIs of names after a prologue, read by Turtle as by SPARQL; raises `SyntaxError` for bad ones."""
    triples = "".join(f"<x:s> <x:p> {name} .\n" for name in names)
    found = (quad.object for quad in parse(f"{prologue}\n{triples}", RdfFormat.TURTLE)) if names else ()
    return [term for term in found if isinstance(term, NamedNode)]


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
        return f"line {error.lineno}, column {error.offset}: {said}" if error.lineno else said
    return ""
