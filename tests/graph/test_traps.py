"""The whole is consistent, and each trap, a triple or two that look harmless, makes it inconsistent."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from araxes.knowledge import available, logic
from araxes.knowledge.logic import Verdict
from araxes.project import Project
from helpers import ROOT, TESTS, not_run
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
WORDS = {
    NamedNode(iri)
    for iri in (RDFS + "label", RDFS + "isDefinedBy", SKOS + "definition", SKOS + "example", SKOS + "scopeNote")
}
FOLDER = TESTS / "fixtures" / "traps"
TWINS = sorted(FOLDER.glob("*-twin.ttl"))
TRAPS = sorted(set(FOLDER.glob("*.ttl")) - set(TWINS))
PARTS = ("modules", "axioms", "schemes", "stubs")

ALL_DIFFERENT = NamedNode("http://www.w3.org/2002/07/owl#AllDifferent")


def triples(paths: Iterable[Path]) -> list[Triple]:
    """Return the triples of Turtle files, without what is only said in words."""
    quads = (quad for path in paths for quad in parse(path=str(path), format=RdfFormat.TURTLE))
    return [quad.triple for quad in quads if quad.predicate not in WORDS]


@pytest.fixture(scope="module")
def ontology() -> list[Triple]:
    """Return terms, axioms, schemes and stubs."""
    return triples(path for part in PARTS for path in sorted((ROOT / "ontology" / part).glob("*.ttl")))


@pytest.fixture(scope="module")
def judged(ontology: list[Triple]) -> Mapping[str, Verdict]:
    """Return the reasoner's verdict on each trap, and on all twins and all data."""
    if not available():
        not_run("the OWL reasoner is not installed (pip install 'araxes[reason]')")
    data = triples(sorted((ROOT / "data").rglob("*.ttl")))
    assert any(triple.object == ALL_DIFFERENT for triple in data)
    given = {path.stem: [*ontology, *triples([path])] for path in TRAPS}
    # all at once: what is consistent together is consistent alone
    given |= {"twins": [*ontology, *triples(TWINS)], "data": [*ontology, *data]}
    return logic.reason(given, Project(ROOT).prefixes())


@pytest.mark.parametrize("trap", TRAPS, ids=lambda path: path.stem)
def test_a_trap_is_inconsistent_for_the_reason_it_was_made_for(trap: Path, judged: Mapping[str, Verdict]) -> None:
    verdict = judged[trap.stem]
    assert not verdict.consistent
    (clash,) = verdict.clashes
    reason = trap.read_text("utf-8").splitlines()[1]
    named = set(re.findall(r"\bax:\w+", reason))
    said = {word for axiom in clash for word in re.findall(r"\bax:\w+", axiom["text"])}
    assert named, reason
    assert named <= said, [axiom["text"] for axiom in clash]


def test_the_harmless_twins_leave_it_consistent(judged: Mapping[str, Verdict]) -> None:
    assert judged["twins"].consistent


def test_the_whole_is_consistent_and_every_class_can_have_members(judged: Mapping[str, Verdict]) -> None:
    assert judged["data"] == Verdict(consistent=True, unsatisfiable=[], same_as=[], clashes=[])


def test_every_trap_has_a_twin_and_says_what_is_wrong(counted: Callable[[str], None]) -> None:
    assert len(TRAPS) >= 30
    assert [f"{path.stem}-twin" for path in TRAPS] == [path.stem for path in TWINS]
    for path in TRAPS:
        what, axiom = path.read_text("utf-8").splitlines()[:2]
        assert re.fullmatch(r"# trap: .+", what)
        assert re.fullmatch(r"# axiom: .+", axiom)
    for path in TWINS:
        assert path.read_text("utf-8").startswith("# twin: ")
    counted(f"{len(TRAPS)} traps, each inconsistent for its own reason, each with a harmless twin")
