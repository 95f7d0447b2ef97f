"""SHACL: data against shapes, each result with its file and line."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Store, Triple, serialize
from pyshacl import validate as pyshacl_validate
from rdflib import Graph
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result

from araxes import queries
from araxes.findings import Finding, Place, Report, Severity, report
from araxes.knowledge import graphs
from araxes.knowledge.quality import Guide
from araxes.knowledge.reading import Document
from araxes.prefixes import NS, ONTOLOGY_GRAPH, RDFS, SH
from araxes.problems import BadProject

ATTESTATION = NamedNode(NS + "Attestation")
SUBCLASS = NamedNode(RDFS + "subClassOf")
VIOLATION = NamedNode(SH + "Violation")
SCHEMES = "ontology/schemes/"
prepared = cache(prepareQuery)
# rdflib logs a traceback for each literal that its datatype does not allow; the shapes report it with its place
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)


def check(documents: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    """Validate what people wrote: data and schemes; a source that attests nothing is a finding too."""
    asserted = graphs.asserted(documents)
    data = [each for each in asserted if each.graph != ONTOLOGY_GRAPH or each.file.startswith(SCHEMES)]
    found = _check("shapes", documents, data, prefixes)
    attesting = {each.source for each in data for quad in each.quads if quad.object == ATTESTATION}
    hint = "Describe what it says with ax:isAttestedBy and an ax:Attestation each, or take the folder out."
    silent = [
        Finding(f"The source {key} has no attestation.", hint, Place(f"data/sources/{key}"))
        for key in {each.source for each in data if each.source} - attesting
    ]
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
    for each in (graph, results):
        store.bulk_load(each.serialize(format="nt", encoding="utf-8"), RdfFormat.N_TRIPLES)
    holders: dict[object, object] = {quad.object: quad.subject for quad in store if isinstance(quad.object, BlankNode)}
    found = graphs.rows(store, queries.read(graphs.QUERIES / "results.rq", graphs.QUERIES))
    return [{**each, "focus": graphs.holder_of(each["node"], holders)} for each in found]


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
