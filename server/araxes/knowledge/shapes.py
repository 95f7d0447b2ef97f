"""SHACL: data against shapes, each result with its file and line."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, Triple, serialize
from pyshacl import validate as pyshacl_validate
from rdflib import Graph
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result

from araxes.findings import Finding, Place, Report, Severity, finding, report
from araxes.knowledge import graphs
from araxes.knowledge.quality import Guide
from araxes.knowledge.reading import Document
from araxes.prefixes import NS, ONTOLOGY_GRAPH, RDFS, SH
from araxes.problems import BadProject
from araxes.project import source_of

ATTESTATION = NamedNode(NS + "Attestation")
SUBCLASS = NamedNode(RDFS + "subClassOf")
VIOLATION = NamedNode(SH + "Violation")
NESTED = NamedNode("urn:araxes:nested")
SCHEMES = "ontology/schemes/"
prepared = cache(prepareQuery)
# rdflib logs a traceback for each literal that its datatype does not allow; the shapes report it with its place
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)


def check(documents: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    """Validate what people wrote: data and schemes; a source that attests nothing is a finding too."""
    asserted = graphs.asserted(documents)
    data = [each for each in asserted if each.graph != ONTOLOGY_GRAPH or each.file.startswith(SCHEMES)]
    found = _check("shapes", documents, data, prefixes)
    sources = {source_of(each.file) for each in data} - {None}
    attesting = {source_of(each.file) for each in data for quad in each.quads if quad.object == ATTESTATION}
    silent = [finding("silent-source", Place(f"data/sources/{key}"), key=str(key)) for key in sources - attesting]
    return report("shapes", found.looked_at, found.unit, [*found.findings, *silent])


def check_derived(documents: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    """Validate what the rules made, in the company of all that it rests on."""
    return _check("comparisons", documents, [document for document in documents if document.graph], prefixes)


def validate(data: Iterable[Triple], shapes: Iterable[Triple]) -> list[dict[str, Any]]:
    """Return what the shapes find in the data, in a stable order; raises `BadProject` where they cannot be run.

    A result has `shape`, `path`, `value`, `message`, `severity`, and as `focus` the thing or what holds it.
    """
    graph = _graph(data)
    try:
        _, results, text = pyshacl_validate(graph, shacl_graph=_graph(shapes), advanced=True, inplace=True)
        if not isinstance(results, Graph):
            raise TypeError(text)
    except Exception as error:  # pyshacl raises errors of many kinds for shapes that it cannot run
        raise BadProject(f"The shapes cannot be run: {error}", hint="Correct ontology/shapes/.") from error
    store = Store()
    # read at one go, since blank nodes that are read apart stay apart
    both = b"".join(each.serialize(format="nt", encoding="utf-8") for each in (graph, results))
    store.bulk_load(both, RdfFormat.N_TRIPLES)
    nested = [quad for quad in store if isinstance(quad.object, BlankNode)]
    store.extend(Quad(quad.subject, quad.predicate, quad.object, NESTED) for quad in nested)
    return list(graphs.rows(store, graphs.saved("results")))


def _check(step: str, documents: Sequence[Document], data: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    guide = Guide(documents, prefixes)
    shapes = graphs.triples(graphs.shapes(documents))
    ontology = graphs.triples(document for document in documents if document.graph == ONTOLOGY_GRAPH)
    kinds = {each for each in ontology if each.predicate == SUBCLASS and isinstance(each.object, NamedNode)}
    found = [_finding(result, guide) for result in validate(graphs.triples(data) | kinds, shapes)]
    written = graphs.quads(document for document in data if document.file.startswith("data/"))
    things = {quad.subject for quad in written if isinstance(quad.subject, NamedNode)}
    return report(step, len(things) if shapes else 0, "things", found)


def _finding(result: dict[str, Any], guide: Guide) -> Finding:
    focus, value, path = result["focus"], result.get("value"), result["path"].value.split()
    named = ["/".join(map(guide.name, path)), guide.of(value) if value not in {None, focus} else ""]
    parts = ", ".join(part for part in (guide.of(focus), *named) if part)
    message = f"{parts}: the shape {guide.name(result['shape'].value)} is not met."
    severity: Severity = "error" if result["severity"] == VIOLATION else "warning"
    place = guide.place(focus, [term for term in (value, *map(NamedNode, reversed(path))) if term != focus])
    return Finding(message, guide.fill(result["message"].value), place, severity)


class _Prepared(Graph):
    """A graph that reads each query once: pyshacl sends the same text anew for every focus node."""

    def query(self, query_object: str | Query, *args: Any, **options: Any) -> Result:
        return super().query(prepared(query_object), *args, **options)


def _graph(triples: Iterable[Triple]) -> Graph:
    return _Prepared().parse(data=serialize(triples, format=RdfFormat.N_TRIPLES), format="nt")
