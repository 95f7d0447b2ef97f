"""Documents to stores: by named graph, merged, or by file."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store, Triple

from araxes.knowledge.reading import Document
from araxes.names import INFERRED_GRAPH, ONTOLOGY_GRAPH, RDF

FILE_IRI = "urn:araxes:file:"
FIRST, REST, NIL = (NamedNode(RDF + name) for name in ("first", "rest", "nil"))


def served(documents: Iterable[Document]) -> list[Quad]:
    """Return the quads of the named graphs that a release holds."""
    return [quad for document in documents if document.graph for quad in document.quads]


def asserted(documents: Iterable[Document]) -> list[Document]:
    """Return the documents that people wrote and that are served: all but the inferred ones."""
    return [document for document in documents if document.graph and document.graph != INFERRED_GRAPH]


def inferred(documents: Iterable[Document]) -> list[Document]:
    """Return the documents that the rules wrote."""
    return [document for document in documents if document.graph == INFERRED_GRAPH]


def ontology(documents: Iterable[Document]) -> list[Document]:
    """Return the documents of the ontology's graph."""
    return [document for document in documents if document.graph == ONTOLOGY_GRAPH]


def shapes(documents: Iterable[Document]) -> list[Document]:
    """Return the documents with shapes."""
    return [document for document in documents if document.file.startswith("ontology/shapes/")]


def merged(documents: Iterable[Document]) -> Store:
    """Return a store whose default graph holds every triple of the documents, and which has no other graph."""
    store = Store()
    store.bulk_extend(in_default(quad for document in documents for quad in document.quads))
    return store


def by_file(documents: Sequence[Document]) -> Store:
    """Return a store with one named graph a file, and the served and prefix files merged in the default graph."""
    store = Store()
    for document in documents:
        name = NamedNode(file_iri(document.file))
        store.bulk_extend([Quad(q.subject, q.predicate, q.object, name) for q in document.quads])
        if document.graph:
            store.bulk_extend(in_default(document.quads))
    return store


def file_iri(file: str) -> str:
    """Return the IRI that stands for a file in the store that quality queries ask."""
    return FILE_IRI + quote(file)


def in_default(quads: Iterable[Quad]) -> list[Quad]:
    """Return the quads with the default graph in place of their own."""
    return [Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in quads]


def triples(quads: Iterable[Quad]) -> set[Triple]:
    """Return the distinct triples of the quads."""
    return {quad.triple for quad in quads}
