"""Documents to quads and stores: by named graph, merged, or by file; and the rows that a query finds in a store."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pyoxigraph import DefaultGraph, NamedNode, Quad, QuerySolutions, RdfFormat, Store, Triple, parse

from araxes import queries
from araxes.knowledge.reading import Document
from araxes.prefixes import INFERRED_GRAPH, OWL
from araxes.problems import BadProject
from araxes.queries import SavedQuery

FILE_IRI = "urn:araxes:file:"
QUERIES = Path(__file__).with_name("queries")


def asserted(documents: Iterable[Document]) -> list[Document]:
    """Return the documents that people wrote and that are served: all but the inferred ones."""
    return [document for document in documents if document.graph and document.graph != INFERRED_GRAPH]


def shapes(documents: Iterable[Document]) -> list[Document]:
    """Return the documents with shapes."""
    return [document for document in documents if document.file.startswith("ontology/shapes/")]


def quads(documents: Iterable[Document]) -> list[Quad]:
    """Return the quads of all the documents."""
    return [quad for document in documents for quad in document.quads]


def triples(documents: Iterable[Document]) -> set[Triple]:
    """Return the distinct triples of all the documents."""
    return {quad.triple for quad in quads(documents)}


def store_of(given: Iterable[Triple]) -> Store:
    """Return a store whose default graph holds the given triples, and which has no other graph."""
    store = Store()
    store.bulk_extend(Quad(each.subject, each.predicate, each.object, DefaultGraph()) for each in given)
    return store


def by_file(documents: Sequence[Document]) -> Store:
    """Return a store with one named graph a file, and what is served of them merged in the default graph."""
    store = store_of(triples(document for document in documents if document.graph))
    for document in documents:
        name = NamedNode(FILE_IRI + quote(document.file))
        store.bulk_extend(Quad(quad.subject, quad.predicate, quad.object, name) for quad in document.quads)
    return store


def saved(name: str) -> SavedQuery:
    """Return a query of the package."""
    return queries.read(QUERIES / f"{name}.rq", QUERIES)


def rows(store: Store, query: SavedQuery) -> Iterator[dict[str, Any]]:
    """Yield each row that a query finds, without what is unbound; raises `BadProject` for one that is no SELECT."""
    found = store.query(query.text)
    if not isinstance(found, QuerySolutions):
        raise BadProject(f"{query.file} is not a SELECT query", hint="A quality query selects what is wrong.")
    names = [variable.value for variable in found.variables]
    yield from ({name: row[name] for name in names if row[name] is not None} for row in found)


def all_different(given: Iterable[Triple]) -> set[Triple]:
    """Return one `owl:AllDifferent` for each of the widest disjoint classes: no CONSTRUCT can write such lists."""
    by_class = groupby(rows(store_of(given), saved("top-classes")), itemgetter("class"))
    lists = [[str(row["individual"]) for row in group] for _, group in by_class]
    start = f"[] a <{OWL}AllDifferent> ; <{OWL}distinctMembers>"
    text = "\n".join(f"{start} ( {' '.join(members)} ) ." for members in lists if len(members) > 1)
    return {quad.triple for quad in parse(text, RdfFormat.TURTLE, rename_blank_nodes=True)}
