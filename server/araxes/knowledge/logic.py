"""OWL: whether the whole is consistent, each class can have members, and nothing is merged."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, serialize

from araxes.findings import Finding, Place, Report, report
from araxes.knowledge import different, graphs
from araxes.knowledge.labels import Labels
from araxes.knowledge.quality import place
from araxes.knowledge.reading import Document
from araxes.names import OWL, RDF_TYPE, XSD
from araxes.problems import ToolMissing

IMPORTS = NamedNode(OWL + "imports")
DATA_PROPERTY = NamedNode(OWL + "DatatypeProperty")
NOT_FOR_HERMIT = {XSD + name for name in ("date", "gYear", "gYearMonth", "gMonthDay", "time", "duration")}
SECONDS = 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the reasoner says."""

    consistent: bool
    unsatisfiable: tuple[str, ...] = ()
    same_as: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Block:
    """What one subject brings: its triples and those of the blank nodes below it."""

    document: Document
    subject: NamedNode | None
    triples: frozenset[Triple]


def available() -> bool:
    """Return whether the extra that brings the reasoner is installed."""
    return importlib.util.find_spec("owlready2") is not None


def reason(triples: Iterable[Triple]) -> Verdict:
    """Return HermiT's verdict on the triples, got in a child process.

    Imports, and literals of datatypes that HermiT cannot read, are left out.

    Raises `ToolMissing` where the reasoner is not installed or does not run.
    """
    if not available():
        raise ToolMissing("The OWL reasoner is not installed")
    kept = (triple for triple in triples if triple.predicate != IMPORTS and not _unread(triple))
    text = serialize(kept, format=RdfFormat.N_TRIPLES) or b""
    command = [sys.executable, "-m", "araxes.knowledge.reasoner"]
    try:
        done = subprocess.run(command, input=text, capture_output=True, timeout=SECONDS, check=False)
        said = json.loads(done.stdout)
    except (ValueError, subprocess.TimeoutExpired) as error:
        raise ToolMissing(f"The OWL reasoner gave no verdict: {error}", hint="Run the command again.") from error
    if "error" in said:
        raise ToolMissing(f"The OWL reasoner failed: {said['error']}", hint="See the message for the axiom it refuses.")
    pairs = tuple((str(one), str(other)) for one, other in said["same_as"])
    return Verdict(bool(said["consistent"]), tuple(said["unsatisfiable"]), pairs)


def check(documents: Sequence[Document], prefixes: Mapping[str, str], tell: Callable[[str], None]) -> Report:
    """Reason over ontology and data, with all individuals of a class said to be different.

    Where the whole is inconsistent, the search goes on for the first file, and in it the first subject, without which
    everything before is consistent; `tell` hears about it.
    """
    asserted = sorted(
        graphs.asserted(documents), key=lambda document: (not document.file.startswith("ontology/"), document.file)
    )
    apart = set(different.all_different(graphs.merged(asserted)))
    blocks = [block for document in asserted for block in _blocks(document)]
    triples = apart.union(*(block.triples for block in blocks))
    labels = Labels((quad for document in documents for quad in document.quads), prefixes)
    found = [_left_out(triple, documents, labels) for triple in triples if _matters(triple, triples)]
    verdict = reason(triples)
    if not verdict.consistent:
        tell("logic: inconsistent, looking for what contradicts")
        found.append(_contradiction(blocks, apart, labels))
    found += [_empty(iri, documents, labels) for iri in verdict.unsatisfiable]
    found += [_merged(one, other, documents, labels) for one, other in verdict.same_as]
    return report("logic", len(triples), "triples", found)


def _blocks(document: Document) -> list[_Block]:
    by_subject: dict[object, list[Quad]] = {}
    for quad in document.quads:
        by_subject.setdefault(quad.subject, []).append(quad)
    held = {quad.object for quad in document.quads if isinstance(quad.object, BlankNode)}
    heads = [subject for subject in by_subject if subject not in held]
    return [
        _Block(document, head if isinstance(head, NamedNode) else None, frozenset(_below(head, by_subject)))
        for head in heads
    ]


def _below(head: object, by_subject: Mapping[object, Sequence[Quad]]) -> list[Triple]:
    triples, waiting, seen = [], [head], set()
    while waiting:
        subject = waiting.pop()
        if subject in seen:
            continue
        seen.add(subject)
        for quad in by_subject.get(subject, ()):
            triples.append(quad.triple)
            if isinstance(quad.object, BlankNode):
                waiting.append(quad.object)
    return triples


def _contradiction(blocks: Sequence[_Block], apart: set[Triple], labels: Labels) -> Finding:
    least, most = 0, len(blocks)
    while least < most:
        middle = (least + most) // 2
        if reason(apart.union(*(block.triples for block in blocks[: middle + 1]))).consistent:
            least = middle + 1
        else:
            most = middle
    hint = "Look for two of its types, values or axioms that exclude each other, such as classes declared disjoint."
    if least == len(blocks):
        return Finding("The whole is inconsistent.", hint)
    block = blocks[least]
    file = block.document.file
    before = "everything in the files before it, and above it in its file, is consistent"
    if block.subject is None:
        return Finding(f"An axiom of this file contradicts the rest: {before}.", hint, Place(file))
    at = place([block.document], block.subject, ())
    return Finding(f"{labels.of(block.subject)} contradicts the rest: {before}.", hint, at)


def _unread(triple: Triple) -> bool:
    return isinstance(triple.object, Literal) and triple.object.datatype.value in NOT_FOR_HERMIT


def _matters(triple: Triple, triples: set[Triple]) -> bool:
    return _unread(triple) and Triple(triple.predicate, NamedNode(RDF_TYPE), DATA_PROPERTY) in triples


def _left_out(triple: Triple, documents: Sequence[Document], labels: Labels) -> Finding:
    datatype = getattr(triple.object, "datatype", None)
    message = f"{labels.of(triple.subject)}: a value of {labels.of(datatype)} is not reasoned over."
    hint = "Use xsd:dateTime in UTC for bounds, and an EDTF string for what the source says."
    return Finding(message, hint, place(documents, triple.subject, [triple.predicate]), "warning")


def _empty(iri: str, documents: Sequence[Document], labels: Labels) -> Finding:
    message = f"Nothing can ever be a {labels.of(NamedNode(iri))}: its axioms exclude each other."
    return Finding(
        message, "Correct its superclasses, restrictions or disjointness.", place(documents, NamedNode(iri), ())
    )


def _merged(one: str, other: str, documents: Sequence[Document], labels: Labels) -> Finding:
    message = f"{labels.of(NamedNode(one))} and {labels.of(NamedNode(other))} come out as one thing."
    hint = "Link them with schema:sameAs in data/links instead of owl:sameAs."
    return Finding(message, hint, place(documents, NamedNode(one), [NamedNode(other)]))
