"""OWL: whether the whole is consistent, each class can have members, and nothing is merged."""

import importlib.util
import json
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, serialize

from araxes import queries
from araxes.findings import Finding, Report, report
from araxes.knowledge import graphs, quality
from araxes.knowledge.quality import Guide
from araxes.knowledge.reading import Document
from araxes.prefixes import OWL, XSD
from araxes.problems import ToolMissing

IMPORTS = NamedNode(OWL + "imports")
NOT_FOR_HERMIT = {NamedNode(XSD + name) for name in ("date", "gYear", "gYearMonth", "gMonthDay", "time", "duration")}
SECONDS = 300

Block = tuple[Document, object, set[Triple]]  # a subject with its triples and those of the blank nodes below it


class Verdict(NamedTuple):
    """What the reasoner says."""

    consistent: bool
    unsatisfiable: list[str]
    same_as: list[list[str]]


def available() -> bool:
    """Return whether the extra that brings the reasoner is installed."""
    return importlib.util.find_spec("owlready2") is not None


def reason(triples: Iterable[Triple]) -> Verdict:
    """Return HermiT's verdict on what it can read of the triples; raises `ToolMissing` where it does not run."""
    if not available():
        raise ToolMissing("The OWL reasoner is not installed")
    readable = (each for each in triples if getattr(each.object, "datatype", None) not in NOT_FOR_HERMIT)
    kept = (each for each in readable if each.predicate != IMPORTS)
    text = serialize(kept, format=RdfFormat.N_TRIPLES) or b""
    command = [sys.executable, "-m", "araxes.knowledge.reasoner"]
    try:
        done = subprocess.run(command, input=text, capture_output=True, timeout=SECONDS, check=False)
        said = json.loads(done.stdout)
    except (ValueError, subprocess.TimeoutExpired) as error:
        raise ToolMissing(f"The OWL reasoner gave no verdict: {error}", hint="Run the command again.") from error
    if "error" in said:
        raise ToolMissing(f"The OWL reasoner failed: {said['error']}", hint="See the message for the axiom it refuses.")
    return Verdict(**said)


def check(documents: Sequence[Document], prefixes: Mapping[str, str], tell: Callable[[str], None]) -> Report:
    """Reason over ontology and data, with all individuals of a class said to be different.

    Where the whole is inconsistent, the first subject of the first file is found with which all before contradicts.
    """
    asserted = sorted(graphs.asserted(documents), key=lambda each: (not each.file.startswith("ontology/"), each.file))
    apart = graphs.all_different(graphs.triples(asserted))
    triples = apart | graphs.triples(asserted)
    guide = Guide(documents, prefixes)
    verdict = reason(triples)
    unread = queries.read(graphs.QUERIES / "unread.rq", graphs.QUERIES)
    found = [*quality.run(graphs.store_of(triples), {unread.name: unread}, guide), *_unwanted(verdict, guide)]
    if not verdict.consistent:
        tell("logic: inconsistent, looking for what contradicts")
        found.append(_contradiction([block for document in asserted for block in _blocks(document)], apart, guide))
    return report("logic", len(triples), "triples", found)


def _blocks(document: Document) -> Iterator[Block]:
    holders: dict[object, object] = {q.object: q.subject for q in document.quads if isinstance(q.object, BlankNode)}
    blocks: dict[object, set[Triple]] = {}
    for quad in document.quads:
        blocks.setdefault(graphs.holder_of(quad.subject, holders), set()).add(quad.triple)
    return ((document, head, triples) for head, triples in blocks.items())


def _contradiction(blocks: Sequence[Block], apart: set[Triple], guide: Guide) -> Finding:
    def contradicts(last: int) -> bool:
        return not reason(apart.union(*(block for _, _, block in blocks[: last + 1]))).consistent

    document, subject, _ = blocks[bisect_left(range(len(blocks) - 1), True, key=contradicts)]
    what = guide.of(subject) if isinstance(subject, NamedNode) else "An axiom of this file"
    message = (
        f"{what} contradicts the rest: everything in the files before it, and above it in its file, is consistent."
    )
    hint = "Look for two of its types, values or axioms that exclude each other, such as classes declared disjoint."
    return Finding(message, hint, guide.place(subject, file=document.file))


def _unwanted(verdict: Verdict, guide: Guide) -> Iterator[Finding]:
    for kind in map(NamedNode, verdict.unsatisfiable):
        message = f"Nothing can ever be a {guide.of(kind)}: its axioms exclude each other."
        yield Finding(message, "Correct its superclasses, restrictions or disjointness.", guide.place(kind))
    for one, other in (map(NamedNode, pair) for pair in verdict.same_as):
        message = f"{guide.of(one)} and {guide.of(other)} come out as one thing."
        hint = "Link them with schema:sameAs in data/links instead of owl:sameAs."
        yield Finding(message, hint, guide.place(one, [other]))
