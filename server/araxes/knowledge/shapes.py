"""SHACL: data against shapes, each result with its file and line."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize
from pyshacl import validate as pyshacl_validate
from rdflib import Graph, URIRef
from rdflib.namespace import RDF, SH
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result as RdflibResult
from rdflib.term import BNode, Node
from rdflib.term import Literal as RdflibLiteral

from araxes.findings import Finding, Place, Report, Severity, report
from araxes.knowledge import graphs
from araxes.knowledge.quality import Guide
from araxes.knowledge.reading import Document
from araxes.names import NS, ONTOLOGY_GRAPH, RDFS
from araxes.problems import BadProject

ATTESTATION = NamedNode(NS + "Attestation")
SUBCLASS = NamedNode(RDFS + "subClassOf")
SCHEMES = "ontology/schemes/"
prepared = cache(prepareQuery)
# rdflib logs a traceback for each literal that its datatype does not allow; the shapes report it with its place
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that a shape found: IRIs and literals as pyoxigraph terms, None where there is none."""

    shape: str
    focus: NamedNode | Literal | None
    path: tuple[NamedNode, ...]
    value: NamedNode | Literal | None
    message: str
    severity: Severity


def check(documents: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    """Validate what people wrote: the data, the schemes and nothing of the ontology but its subclass axioms.

    A source that attests nothing is a finding too: what a shape asks of attestations, it would meet.
    """
    asserted = graphs.asserted(documents)
    data = [each for each in asserted if each.graph != ONTOLOGY_GRAPH or each.file.startswith(SCHEMES)]
    found = _check("shapes", documents, data, prefixes)
    return report("shapes", found.looked_at, found.unit, [*found.findings, *_attesting_nothing(data)])


def check_derived(documents: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    """Validate what the rules made, in the company of all that it rests on."""
    return _check("comparisons", documents, [document for document in documents if document.graph], prefixes)


def validate(data: Iterable[Triple], shapes: Iterable[Triple]) -> list[Result]:
    """Return what the shapes find in the data, in a stable order.

    Raises `BadProject` where the shapes cannot be run.
    """
    graph = _graph(data)
    try:
        _, results, _ = pyshacl_validate(graph, shacl_graph=_graph(shapes), advanced=True, inplace=True)
    except Exception as error:  # pyshacl raises errors of many kinds for shapes that it cannot run
        raise BadProject(f"The shapes cannot be run: {error}", hint="Correct ontology/shapes/.") from error
    if not isinstance(results, Graph):
        raise BadProject(f"The shapes cannot be run: {results}", hint="Correct ontology/shapes/.")
    holders: dict[object, object] = {each: subject for subject, _, each in graph if isinstance(each, BNode)}
    found = [_result(holders, results, node) for node in results.subjects(RDF.type, SH.ValidationResult)]
    return sorted(found, key=lambda each: (str(each.focus), each.shape, str(each.path), str(each.value), each.message))


def _check(step: str, documents: Sequence[Document], data: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    guide = Guide(documents, prefixes)
    shapes = graphs.triples(graphs.shapes(documents))
    ontology = graphs.triples(document for document in documents if document.graph == ONTOLOGY_GRAPH)
    kinds = {each for each in ontology if each.predicate == SUBCLASS and isinstance(each.object, NamedNode)}
    found = [_finding(result, guide) for result in validate(graphs.triples(data) | kinds, shapes)]
    written = graphs.quads(document for document in data if document.file.startswith("data/"))
    things = {quad.subject for quad in written if isinstance(quad.subject, NamedNode)}
    return report(step, len(things) if shapes else 0, "things", found)


def _attesting_nothing(data: Sequence[Document]) -> Iterator[Finding]:
    attesting = {each.source for each in data for quad in each.quads if quad.object == ATTESTATION}
    for key in sorted({each.source for each in data if each.source} - attesting):
        hint = "Describe what it says with ax:isAttestedBy and an ax:Attestation each, or take the folder out."
        yield Finding(f"The source {key} has no attestation.", hint, Place(f"data/sources/{key}"))


def _finding(result: Result, guide: Guide) -> Finding:
    parts = [guide.of(result.focus)]
    if result.path:
        parts.append("/".join(guide.name(step.value) for step in result.path))
    if result.value is not None and result.value != result.focus:
        parts.append(guide.of(result.value))
    terms = [term for term in (result.value, *reversed(result.path)) if term != result.focus]
    message = f"{', '.join(parts)}: the shape {guide.name(result.shape)} is not met."
    return Finding(message, guide.fill(result.message), guide.place(result.focus, terms), result.severity)


def _result(holders: Mapping[object, object], results: Graph, node: Node) -> Result:
    shape = results.value(node, SH.sourceShape)
    said = results.objects(node, SH.resultMessage)
    messages = sorted((getattr(each, "language", "") != "en", str(each)) for each in said)
    return Result(
        shape=str(shape if isinstance(shape, URIRef) else results.value(node, SH.sourceConstraintComponent)),
        focus=_term(graphs.holder_of(results.value(node, SH.focusNode), holders)),
        path=tuple(_steps(results, results.value(node, SH.resultPath))),
        value=_term(results.value(node, SH.value)),
        message=messages[0][1] if messages else "It does not say what to change.",
        severity="error" if results.value(node, SH.resultSeverity) == SH.Violation else "warning",
    )


def _steps(results: Graph, path: Node | None) -> list[NamedNode]:
    if isinstance(path, URIRef):
        return [] if path == RDF.nil else [NamedNode(str(path))]
    parts = sorted(results.objects(path), key=str) if path else []
    return [step for part in parts for step in _steps(results, part)]


def _term(node: object) -> NamedNode | Literal | None:
    if isinstance(node, URIRef):
        return NamedNode(str(node))
    return Literal(str(node), language=node.language) if isinstance(node, RdflibLiteral) else None


class _Prepared(Graph):
    """A graph that reads each query once: pyshacl sends the same text anew for every focus node."""

    def query(self, query_object: str | Query, *args: Any, **options: Any) -> RdflibResult:
        if isinstance(query_object, str):
            query_object = prepared(query_object)
        return super().query(query_object, *args, **options)


def _graph(triples: Iterable[Triple]) -> Graph:
    return _Prepared().parse(data=serialize(triples, format=RdfFormat.N_TRIPLES), format="nt")
