"""The whole is consistent, and each trap, a triple or two that look harmless, makes it inconsistent."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
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

Judge = Callable[[Iterable[Triple]], bool]


def triples(paths: Iterable[Path]) -> list[Triple]:
    """Return the triples of Turtle files, without what is only said in words."""
    quads = (quad for path in paths for quad in parse(path=str(path), format=RdfFormat.TURTLE))
    return [quad.triple for quad in quads if quad.predicate not in WORDS]


@pytest.fixture(scope="module")
def ontology() -> list[Triple]:
    """Return terms, axioms, schemes and stubs."""
    return triples(path for part in PARTS for path in sorted((ROOT / "ontology" / part).glob("*.ttl")))


@pytest.fixture(scope="module")
def consistent() -> Judge:
    """Return a function that asks the reasoner whether triples are consistent."""
    from araxes.knowledge import logic

    if not logic.available():
        not_run("the OWL reasoner is not installed (pip install 'araxes[reason]')")
    return lambda given: logic.reason(given).consistent


@pytest.fixture(scope="module")
def verdicts(ontology: list[Triple], consistent: Judge) -> Mapping[str, bool]:
    """Return for each trap whether it leaves the ontology consistent, judged side by side."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = pool.map(lambda path: consistent([*ontology, *triples([path])]), TRAPS)
        return dict(zip((path.stem for path in TRAPS), said, strict=True))


@pytest.mark.parametrize("trap", TRAPS, ids=lambda path: path.stem)
def test_a_trap_makes_the_ontology_inconsistent(trap: Path, verdicts: Mapping[str, bool]) -> None:
    assert not verdicts[trap.stem]


def test_the_harmless_twins_leave_it_consistent(ontology: list[Triple], consistent: Judge) -> None:
    # all at once: what is consistent together is consistent alone
    assert consistent([*ontology, *triples(TWINS)])


def test_the_whole_is_consistent_and_every_class_can_have_members(ontology: list[Triple], consistent: Judge) -> None:
    from araxes.knowledge import logic

    data = triples(sorted((ROOT / "data").rglob("*.ttl")))
    different = NamedNode("http://www.w3.org/2002/07/owl#AllDifferent")
    assert any(triple.object == different for triple in data)
    verdict = logic.reason([*ontology, *data])
    assert verdict.consistent
    assert verdict.unsatisfiable == []
    assert verdict.same_as == []


def test_every_trap_has_a_twin_and_says_what_is_wrong(counted: Callable[[str], None]) -> None:
    assert len(TRAPS) >= 30
    assert [f"{path.stem}-twin" for path in TRAPS] == [path.stem for path in TWINS]
    for path in TRAPS:
        what, axiom = path.read_text("utf-8").splitlines()[:2]
        assert re.fullmatch(r"# trap: .+", what)
        assert re.fullmatch(r"# axiom: .+", axiom)
    for path in TWINS:
        assert path.read_text("utf-8").startswith("# twin: ")
    counted(f"{len(TRAPS)} traps, each inconsistent, each with a harmless twin")
