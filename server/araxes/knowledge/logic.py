"""OWL: whether the whole is consistent, each class can have members, and nothing is merged."""

import importlib.util
import json
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from araxes.findings import Finding, Place, Report, report
from araxes.knowledge import graphs
from araxes.knowledge.quality import Guide
from araxes.knowledge.reading import Document
from araxes.names import OWL, RDF_TYPE, XSD
from araxes.problems import ToolMissing

IMPORTS = NamedNode(OWL + "imports")
DATA_PROPERTY = NamedNode(OWL + "DatatypeProperty")
NOT_FOR_HERMIT = {XSD + name for name in ("date", "gYear", "gYearMonth", "gMonthDay", "time", "duration")}
SECONDS = 300

# What one subject of a document brings: its triples and those of the blank nodes below it.
Block = tuple[Document, object, set[Triple]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the reasoner says."""

    consistent: bool
    unsatisfiable: tuple[str, ...] = ()
    same_as: tuple[tuple[str, str], ...] = ()


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
    return Verdict(said["consistent"], tuple(said["unsatisfiable"]), tuple(map(tuple, said["same_as"])))


def check(documents: Sequence[Document], prefixes: Mapping[str, str], tell: Callable[[str], None]) -> Report:
    """Reason over ontology and data, with all individuals of a class said to be different.

    Where the whole is inconsistent, the search goes on for the first file, and in it the first subject, without which
    everything before is consistent; `tell` hears about it.
    """
    asserted = sorted(graphs.asserted(documents), key=lambda each: (not each.file.startswith("ontology/"), each.file))
    apart = graphs.all_different(graphs.triples(asserted))
    blocks = [block for document in asserted for block in _blocks(document)]
    triples = apart.union(*(block for _, _, block in blocks))
    guide = Guide(documents, prefixes)
    verdict = reason(triples)
    found = [*_left_out(triples, guide), *_unwanted(verdict, guide)]
    if not verdict.consistent:
        tell("logic: inconsistent, looking for what contradicts")
        found.append(_contradiction(blocks, apart, guide))
    return report("logic", len(triples), "triples", found)


def _blocks(document: Document) -> Iterator[Block]:
    nested = (quad for quad in document.quads if isinstance(quad.object, BlankNode))
    holders: dict[object, object] = {quad.object: quad.subject for quad in nested}
    blocks: dict[object, set[Triple]] = {}
    for quad in document.quads:
        blocks.setdefault(graphs.holder_of(quad.subject, holders), set()).add(quad.triple)
    return ((document, head, triples) for head, triples in blocks.items())


def _contradiction(blocks: Sequence[Block], apart: set[Triple], guide: Guide) -> Finding:
    def contradicts(last: int) -> bool:
        return not reason(apart.union(*(block for _, _, block in blocks[: last + 1]))).consistent

    hint = "Look for two of its types, values or axioms that exclude each other, such as classes declared disjoint."
    first = bisect_left(range(len(blocks)), True, key=contradicts)
    if first == len(blocks):
        return Finding("The whole is inconsistent.", hint)
    document, subject, _ = blocks[first]
    before = "everything in the files before it, and above it in its file, is consistent"
    if isinstance(subject, NamedNode):
        message = f"{guide.of(subject)} contradicts the rest: {before}."
        return Finding(message, hint, guide.place(subject, file=document.file))
    return Finding(f"An axiom of this file contradicts the rest: {before}.", hint, Place(document.file))


def _unread(triple: Triple) -> bool:
    return isinstance(triple.object, Literal) and triple.object.datatype.value in NOT_FOR_HERMIT


def _left_out(triples: set[Triple], guide: Guide) -> Iterator[Finding]:
    hint = "Use xsd:dateTime in UTC for bounds, and an EDTF string for what the source says."
    for triple in triples:
        if _unread(triple) and Triple(triple.predicate, NamedNode(RDF_TYPE), DATA_PROPERTY) in triples:
            datatype = guide.of(getattr(triple.object, "datatype", None))
            message = f"{guide.of(triple.subject)}: a value of {datatype} is not reasoned over."
            yield Finding(message, hint, guide.place(triple.subject, [triple.predicate]), "warning")


def _unwanted(verdict: Verdict, guide: Guide) -> Iterator[Finding]:
    for kind in map(NamedNode, verdict.unsatisfiable):
        message = f"Nothing can ever be a {guide.of(kind)}: its axioms exclude each other."
        yield Finding(message, "Correct its superclasses, restrictions or disjointness.", guide.place(kind))
    for one, other in (map(NamedNode, pair) for pair in verdict.same_as):
        message = f"{guide.of(one)} and {guide.of(other)} come out as one thing."
        hint = "Link them with schema:sameAs in data/links instead of owl:sameAs."
        yield Finding(message, hint, guide.place(one, [other]))
