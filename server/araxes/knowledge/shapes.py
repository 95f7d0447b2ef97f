"""SHACL: data against shapes, each result with its file and line."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, serialize
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
from araxes.knowledge.labels import Labels
from araxes.knowledge.quality import place
from araxes.knowledge.reading import Document
from araxes.names import NS, RDFS
from araxes.problems import BadProject

ATTESTATION = NamedNode(NS + "Attestation")
SUBCLASS = NamedNode(RDFS + "subClassOf")
SCHEMES = "ontology/schemes/"
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
    data = [document for document in asserted if document not in graphs.ontology(documents)]
    data += [document for document in asserted if document.file.startswith(SCHEMES)]
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
        _, results, _ = pyshacl_validate(
            graph, shacl_graph=_graph(shapes), advanced=True, inplace=True, inference="none"
        )
    except Exception as error:  # pyshacl raises errors of many kinds for shapes that it cannot run
        raise BadProject(f"The shapes cannot be run: {error}", hint="Correct ontology/shapes/.") from error
    if not isinstance(results, Graph):
        raise BadProject(f"The shapes cannot be run: {results}", hint="Correct ontology/shapes/.")
    found = [_result(graph, results, node) for node in results.subjects(RDF.type, SH.ValidationResult)]
    return sorted(found, key=lambda each: (str(each.focus), each.shape, str(each.path), str(each.value), each.message))


def _check(step: str, documents: Sequence[Document], data: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    triples = graphs.triples(quad for document in data for quad in document.quads)
    triples |= _subclasses(documents)
    shapes = graphs.triples(quad for document in graphs.shapes(documents) for quad in document.quads)
    quads = [quad for document in documents for quad in document.quads]
    labels = Labels(quads, prefixes)
    found = [_finding(result, documents, labels) for result in validate(triples, shapes)]
    written = [quad.subject for document in data if document.file.startswith("data/") for quad in document.quads]
    things = {subject for subject in written if isinstance(subject, NamedNode)}
    return report(step, len(things) if shapes else 0, "things", found)


def _attesting_nothing(data: Sequence[Document]) -> Iterator[Finding]:
    attesting = {each.source for each in data for quad in each.quads if quad.object == ATTESTATION}
    for key in sorted({each.source for each in data if each.source} - attesting):
        hint = "Describe what it says with ax:isAttestedBy and an ax:Attestation each, or take the folder out."
        yield Finding(f"The source {key} has no attestation.", hint, Place(f"data/sources/{key}"))


def _subclasses(documents: Sequence[Document]) -> set[Triple]:
    quads: Iterator[Quad] = (quad for document in graphs.ontology(documents) for quad in document.quads)
    return {quad.triple for quad in quads if quad.predicate == SUBCLASS and isinstance(quad.object, NamedNode)}


def _finding(result: Result, documents: Sequence[Document], labels: Labels) -> Finding:
    parts = [f"{labels.of(result.focus)}"]
    if result.path:
        parts.append("/".join(labels.name(step.value) for step in result.path))
    if result.value is not None and result.value != result.focus:
        parts.append(labels.of(result.value))
    terms = [term for term in (result.value, *reversed(result.path)) if term is not None and term != result.focus]
    message = f"{', '.join(parts)}: the shape {labels.name(result.shape)} is not met."
    return Finding(message, labels.fill(result.message), place(documents, result.focus, terms), result.severity)


def _result(data: Graph, results: Graph, node: Node) -> Result:
    severity: Severity = "error" if results.value(node, SH.resultSeverity) == SH.Violation else "warning"
    messages = sorted(
        results.objects(node, SH.resultMessage), key=lambda each: (getattr(each, "language", "") != "en", each)
    )
    return Result(
        shape=_owner_name(results, node),
        focus=_term(_owner(data, results.value(node, SH.focusNode))),
        path=tuple(_steps(results, results.value(node, SH.resultPath))),
        value=_term(results.value(node, SH.value)),
        message=str(messages[0]) if messages else "It does not say what to change.",
        severity=severity,
    )


def _owner_name(results: Graph, node: Node) -> str:
    shape = results.value(node, SH.sourceShape)
    return str(shape) if isinstance(shape, URIRef) else str(results.value(node, SH.sourceConstraintComponent))


def _owner(data: Graph, node: Node | None) -> Node | None:
    seen: set[Node] = set()
    while isinstance(node, BNode) and node not in seen:
        seen.add(node)
        node = next(data.subjects(None, node), node)
    return node


def _steps(results: Graph, path: Node | None) -> list[NamedNode]:
    if path is None or path == RDF.nil:
        return []
    if isinstance(path, URIRef):
        return [NamedNode(str(path))]
    parts = sorted(results.objects(path, None), key=str)
    return [step for part in parts for step in _steps(results, part)]


def _term(node: Node | None) -> NamedNode | Literal | None:
    if isinstance(node, URIRef):
        return NamedNode(str(node))
    if isinstance(node, RdflibLiteral):
        return Literal(str(node), language=node.language) if node.language else Literal(str(node))
    return None


class _Prepared(Graph):
    """A graph that reads each query once: pyshacl sends the same text anew for every focus node."""

    def query(self, query_object: str | Query, *args: Any, **options: Any) -> RdflibResult:
        if isinstance(query_object, str):
            query_object = _prepared(query_object)
        return super().query(query_object, *args, **options)


@cache
def _prepared(text: str) -> Query:
    return prepareQuery(text)


def _graph(triples: Iterable[Triple]) -> Graph:
    graph = _Prepared()
    graph.parse(data=serialize(triples, format=RdfFormat.N_TRIPLES), format="nt")
    return graph
