"""OWL: whether the whole is consistent, each class can have members, and nothing is merged; and if not, why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pyoxigraph import NamedNode, RdfFormat, Triple, serialize

from araxes.findings import Finding, Report, report
from araxes.knowledge import graphs, owlapi, quality
from araxes.knowledge.quality import Guide
from araxes.knowledge.reading import Document
from araxes.prefixes import OWL, XSD
from araxes.problems import ToolMissing

IMPORTS = NamedNode(OWL + "imports")
NOT_FOR_HERMIT = {NamedNode(XSD + name) for name in ("date", "gYear", "gYearMonth", "gMonthDay", "time", "duration")}


class Verdict(NamedTuple):
    """What the reasoner says; a clash is the fewest axioms that cannot be true together, each with what is in it."""

    consistent: bool
    unsatisfiable: list[str]
    same_as: list[list[str]]
    clashes: list[list[dict[str, Any]]]


def reason(triples: Iterable[Triple], prefixes: Mapping[str, str] | None = None) -> Verdict:
    """Return HermiT's verdict on what it can read of the triples; raises `ToolMissing` where it does not run."""
    return reason_each({"whole": triples}, prefixes)["whole"]


def reason_each(given: Mapping[str, Iterable[Triple]], prefixes: Mapping[str, str] | None = None) -> dict[str, Verdict]:
    """Return the verdicts on several graphs, each alone, by name; they cost one start of Java."""
    if not owlapi.available():
        raise ToolMissing("The OWL reasoner is not installed")
    rdf = {f"urn:araxes:{name}": (name, _readable(triples)) for name, triples in given.items()}
    said, _ = owlapi.ask("judge", rdf, prefixes or {}, given)
    return {name: Verdict(**verdict) for name, verdict in zip(given, said, strict=True)}


def check(documents: Sequence[Document], prefixes: Mapping[str, str]) -> Report:
    """Reason over ontology and data, with all individuals of a class said to be different."""
    asserted = graphs.triples(graphs.asserted(documents))
    triples = graphs.all_different(asserted) | asserted
    guide = Guide(documents, prefixes)
    found = quality.run(graphs.store_of(triples), {"unread": graphs.saved("unread")}, guide)
    return report("logic", len(triples), "triples", [*found, *_unwanted(reason(triples, prefixes), guide)])


def _unwanted(verdict: Verdict, guide: Guide) -> Iterator[Finding]:
    empty = map(NamedNode, verdict.unsatisfiable)
    messages: list[tuple[str, NamedNode | None]] = [
        (f"Nothing can ever be a {guide.of(kind)}: its axioms exclude each other.", kind) for kind in empty
    ]
    for clash, (message, kind) in zip(verdict.clashes, messages or [("", None)], strict=False):
        things, terms = (
            [NamedNode(each) for told in clash for each in told[part]] for part in ("individuals", "terms")
        )
        subject = kind or max(things or terms, key=(things or terms).count)
        whole = message or f"Not all that is said of {guide.of(subject)} can be true: this contradicts itself."
        hint = "Change one of these, such as a type, a value or a disjointness."
        yield Finding(whole, hint, guide.place(subject, terms), quote="\n".join(told["text"] for told in clash))
    for one, *others in verdict.same_as:
        for first, other in ((NamedNode(one), NamedNode(other)) for other in others):
            message = f"{guide.of(first)} and {guide.of(other)} come out as one thing."
            hint = "Link them with schema:sameAs in data/links instead of owl:sameAs."
            yield Finding(message, hint, guide.place(first, [other]))


def _readable(triples: Iterable[Triple]) -> bytes:
    readable = (each for each in triples if getattr(each.object, "datatype", None) not in NOT_FOR_HERMIT)
    return serialize((each for each in readable if each.predicate != IMPORTS), format=RdfFormat.RDF_XML) or b""
