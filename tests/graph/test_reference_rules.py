"""The reference rules on the whole graph: the same in two engines, and sensitive to what they should be sensitive to."""

import time
from collections.abc import Iterable
from dataclasses import replace

import pytest
from araxes.knowledge import graphs, reading
from araxes.knowledge.graphs import Document
from araxes.project import Project
from pyoxigraph import NamedNode, RdfFormat, Triple, parse
from rdflib_rules import derive_with_rdflib

AX = "https://w3id.org/araxes/ns/"
ID = "https://w3id.org/araxes/id/"
COMPARISONS = f"{graphs.FOLDER}/compare-positions.ttl"
STATED_SECONDS = 30
CEILING = 10 * STATED_SECONDS


@pytest.fixture(scope="module")
def documents(project: Project) -> list[Document]:
    """Return the documents of the project."""
    return reading.read_turtle(project)[0]


@pytest.fixture(scope="module")
def derived(project: Project, documents: list[Document]) -> graphs.Derived:
    """Return what the rules make of the project."""
    return graphs.derive(documents, project.queries("rules"))


def derive_without(project: Project, documents: list[Document], drop: Iterable[str]) -> graphs.Derived:
    """Return what the rules make when everything about some things is taken away."""
    gone = set(drop)

    def kept(document: Document) -> Document:
        quads = tuple(q for q in document.quads if str(getattr(q.subject, "value", "")) not in gone)
        return replace(document, quads=quads)

    return graphs.derive([kept(each) for each in documents], project.queries("rules"))


def derive_with(project: Project, documents: list[Document], text: str) -> graphs.Derived:
    """Return what the rules make when a source says more."""
    prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in project.prefixes().items())
    more = tuple(parse(prefixes + text, format=RdfFormat.TURTLE))
    first = next(each for each in documents if each.graph and each.graph.endswith("/kaleji-2023"))
    grown = replace(first, quads=(*first.quads, *more))
    return graphs.derive([grown if each is first else each for each in documents], project.queries("rules"))


def pairs(derived: graphs.Derived, name: str) -> set[tuple[str, str]]:
    """Return the pairs that a shortcut joins, by their last names."""
    found = (t for t in derived[f"{graphs.FOLDER}/{name}.ttl"] if isinstance(t.object, NamedNode))
    return {(str(t.subject).rsplit("/", 1)[1][:-1], t.object.value.rsplit("/", 1)[1]) for t in found}


def subjects(triples: set[Triple]) -> set[str]:
    """Return the IRIs of the subjects."""
    return {triple.subject.value for triple in triples if isinstance(triple.subject, NamedNode)}


def of_class(documents: list[Document], *names: str) -> list[str]:
    """Return the IRIs of what is asserted to be of a class."""
    classes = {NamedNode(AX + name) for name in names}
    return [
        q.subject.value for d in documents for q in d.quads if q.object in classes and isinstance(q.subject, NamedNode)
    ]


def test_rdflib_makes_the_same_of_the_whole_graph(
    project: Project, documents: list[Document], derived: graphs.Derived
) -> None:
    begun = time.monotonic()
    other = derive_with_rdflib(documents, project.queries("rules"))
    assert time.monotonic() - begun < CEILING
    assert sum(len(triples) for triples in other.values()) > 500
    assert other == {file: triples for file, triples in derived.items() if file != graphs.DIFFERENT}


def test_what_is_committed_is_what_comes_out(
    project: Project, documents: list[Document], derived: graphs.Derived
) -> None:
    report = graphs.compare(project, derived)
    assert report.looked_at > 1500
    assert report.findings == ()


def test_taking_a_position_away_takes_its_comparisons_and_no_other(
    project: Project, documents: list[Document], derived: graphs.Derived
) -> None:
    before = subjects(derived[COMPARISONS])
    name = "iran-zangezur-corridor-post-2kw"
    after = subjects(derive_without(project, documents, [f"{ID}position/{name}"])[COMPARISONS])
    assert after < before
    assert before - after == {each for each in before if name in each}
    assert len(before - after) == 2


def test_no_claim_feeds_a_comparison(project: Project, documents: list[Document], derived: graphs.Derived) -> None:
    claims = of_class(documents, "DivergenceClaim", "ConvergenceClaim", "CausalClaim", "TurningPoint", "AnalyticClaim")
    assert len(claims) > 35
    assert derive_without(project, documents, claims)[COMPARISONS] == derived[COMPARISONS]


def test_what_is_only_possible_is_not_compared(project: Project, documents: list[Document]) -> None:
    possible = NamedNode("https://w3id.org/araxes/scheme/mode/possible")
    has_mode = NamedNode(AX + "hasMode")
    attestation = NamedNode(f"{ID}attestation/kaleji-2023/f112"), NamedNode(f"{ID}attestation/kaleji-2023/f118")

    def changed(document: Document) -> Document:
        quads = tuple(
            type(q)(q.subject, q.predicate, possible, q.graph_name)
            if q.subject in attestation and q.predicate == has_mode
            else q
            for q in document.quads
        )
        return replace(document, quads=quads)

    found = graphs.derive([changed(each) for each in documents], project.queries("rules"))[COMPARISONS]
    assert not {each for each in subjects(found) if "iran-zangezur-corridor" in each}


def test_who_changes_its_mind_is_not_at_odds_with_itself(project: Project, documents: list[Document]) -> None:
    derived = derive_with(
        project,
        documents,
        """position:russia-zangezur-corridor-post-ussr a ax:Position ; ax:isHeldBy state:russia ;
             ax:isTowards proposition:zangezur-corridor ; ax:hasStance stance:opposes ; ax:holdsDuring phase:post-ussr ;
             ax:isAttestedBy kaleji-2023:f111 .""",
    )
    assert ("russia", "zangezur-corridor") in pairs(derived, "opposes") & pairs(derived, "is-open-to")
    assert not {pair for pair in pairs(derived, "is-at-odds-with") if pair[0] == pair[1]}


def test_what_is_only_possible_makes_no_shortcut(project: Project, documents: list[Document]) -> None:
    derived = derive_with(
        project,
        documents,
        """position:turkey-zangezur-corridor-post-2kw a ax:Position ; ax:isHeldBy state:turkey ;
             ax:isTowards proposition:zangezur-corridor ; ax:hasStance stance:opposes ; ax:holdsDuring phase:post-2kw ;
             ax:isAttestedBy kaleji-2023:f167 .
           participation:turkey-three-plus-three a ax:Participation ; ax:isParticipationOf state:turkey ;
             ax:isParticipationIn format:three-plus-three ; ax:isAttestedBy kaleji-2023:f167 .""",
    )
    assert len(pairs(derived, "opposes")) > 10
    for name in ("opposes", "is-at-odds-with"):
        assert not {pair for pair in pairs(derived, name) if "turkey" in pair}
    assert ("turkey", "three-plus-three") not in pairs(derived, "participates-in")
