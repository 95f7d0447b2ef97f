"""Spoiling the real project: each fault is found where it was made, by the label of the thing, with what to do."""

import re
import shutil
from pathlib import Path

import pytest
from helpers import ROOT, araxes

SOURCE = "data/sources/kaleji-2023"


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """Return a copy of the real project that a test may spoil."""
    for part in ("ontology", "data", "queries"):
        shutil.copytree(ROOT / part, tmp_path / part)
    return tmp_path


def change(root: Path, file: str, old: str, new: str) -> int:
    """Replace a part of a file, and return the line on which it stood."""
    path = root / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def take_out(root: Path, file: str, subject: str, predicate: str) -> int:
    """Take the line with a predicate out of the block of a subject, and return the line of the subject."""
    path = root / file
    text = path.read_text("utf-8")
    start = text.index(f"\n{subject} a ") + 1
    path.write_text(text[:start] + re.sub(rf"\n    {predicate} .*", "", text[start:], count=1), "utf-8")
    return text[:start].count("\n") + 1


def append(root: Path, file: str, text: str) -> int:
    """Add a line to the end of a file after a blank one, and return its number."""
    path = root / file
    before = path.read_text("utf-8")
    path.write_text(f"{before}\n{text}\n", "utf-8")
    return before.count("\n") + 2


def test_every_fault_of_the_data_is_reported_in_one_run(spoilt: Path) -> None:
    positions = f"{SOURCE}/positions.ttl"
    stance = change(spoilt, positions, "ax:hasStance stance:does-not-oppose", "ax:hasStance stance:shrugs")
    change(
        spoilt, positions, "    ax:isAttestedBy kaleji-2023:f074 .", "    ax:isVoycedIn statement:khamenei-2020-11-03 ."
    )
    passage = change(spoilt, f"{SOURCE}/passages.ttl", "oa:end 69 ]", "oa:end 99999 ]")
    place = change(spoilt, "data/entities/places.ttl", '"Agdam"@en', '"Agdamm"@en')
    (spoilt / SOURCE / "extra.ttl").write_text(
        """@prefix ax: <https://w3id.org/araxes/ns/> .
@prefix settlement: <https://w3id.org/araxes/id/settlement/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

settlement:agdam rdfs:label "Aghdam"@en ;
    ax:isNear settlement:baku .
""",
        "utf-8",
    )
    done = araxes("check", "--project", str(spoilt))
    said = done.stdout
    assert done.returncode == 1
    assert f"{positions}:{stance}:" in said and "stance:supports" in said
    assert "uses ax:isVoycedIn, which the ontology does not declare" in said
    assert (
        "Iran supports the 3+3 format after the war (position:iran-three-plus-three-post-2kw), ax:isAttestedBy" in said
    )
    assert f"{SOURCE}/passages.ttl:{passage}:71: error" in said and "has only 10043 code points" in said
    assert f"data/entities/places.ttl:{place}:" in said and "extra.ttl" in said
    assert f"{SOURCE}/extra.ttl:6:5: error" in said
    assert "data/inferred/" not in said


def test_broken_turtle_is_reported_from_every_file(spoilt: Path) -> None:
    line = change(
        spoilt,
        f"{SOURCE}/claims.ttl",
        "claim:divergence-began a ax:TurningPoint ;",
        "clam:divergence-began a ax:TurningPoint ;",
    )
    with (spoilt / "data/entities/actors.ttl").open("a", encoding="utf-8") as file:
        file.write('\nstate:x a ax:State\n    rdfs:label "unclosed@en .\n')
    done = araxes("check", "--project", str(spoilt))
    assert done.returncode == 1
    assert f"{SOURCE}/claims.ttl:{line}:1: error: The prefix clam: has not been declared." in done.stdout
    assert "data/entities/actors.ttl:" in done.stdout
    assert "^" in done.stdout


def test_a_state_that_is_its_region_is_found_by_the_reasoner(spoilt: Path) -> None:
    change(
        spoilt,
        "data/entities/actors.ttl",
        "state:armenia a ax:State ;",
        "state:armenia a ax:State ;\n    ax:isLocatedAt state:armenia ;",
    )
    assert araxes("derive", "--project", str(spoilt)).returncode == 0
    done = araxes("check", "--project", str(spoilt))
    assert done.returncode == 1
    assert "state:armenia" in done.stdout
    assert "data/entities/actors.ttl" in done.stdout


def test_a_term_without_a_definition_is_found_at_home(spoilt: Path) -> None:
    file = "ontology/modules/positions.ttl"
    line = take_out(spoilt, file, "ax:Position", "skos:definition")
    done = araxes("check", "--project", str(spoilt))
    assert done.returncode == 1
    assert f"{file}:{line}:1: error: Position (ax:Position) has 0 of what it must have" in done.stdout
    assert "an English definition" in done.stdout


@pytest.mark.parametrize(
    ("file", "text", "column", "said"),
    [
        (
            "ontology/modules/actors.ttl",
            "ax:Actor rdfs:subClassOf ax:State .",
            26,
            "Actor (ax:Actor) is a kind of itself, by way of State (ax:State).",
        ),
        (
            "ontology/axioms/participation-inference.ttl",
            "ax:participatesIn owl:propertyChainAxiom ( ax:isParticipationIn ax:statedSize ) .",
            65,
            "A chain of participates in (ax:participatesIn) has stated size (ax:statedSize) in it, which is not",
        ),
        (
            "ontology/modules/places.ttl",
            "ax:Region rdfs:subClassOf <http://www.opengis.net/ont/gml#Polygon> .",
            27,
            "Region (ax:Region) uses <http://www.opengis.net/ont/gml#Polygon>, a term of another vocabulary that has no",
        ),
        (
            "ontology/modules/places.ttl",
            "ax:isAbout owl:propertyChainAxiom ( ax:isAbout [ owl:inverseOf <http://xmlns.com/foaf/0.1/name> ] ) .",
            64,
            "is about (ax:isAbout) uses foaf:name, a term of another vocabulary",
        ),
        (
            "ontology/modules/places.ttl",
            "ax:Region owl:equivalentClass [ a owl:Restriction ; owl:onProperty ax:hasStanz ; owl:hasSelf true ] .",
            68,
            "Region (ax:Region) uses ax:hasStanz, which the ontology does not declare.",
        ),
        (
            "ontology/modules/places.ttl",
            "PREFIX module: <https://w3id.org/araxes/ontology/>",
            8,
            "The prefix module: is declared as in SPARQL",
        ),
        (
            "ontology/modules/places.ttl",
            'ax:Hamlet a owl:Class ; rdfs:label "Hamlet@en .',
            36,
            "Unexpected",
        ),
    ],
    ids=("cycle", "chain", "foreign term", "foreign term within", "undeclared within", "prefix", "broken"),
)
def test_a_fault_of_the_ontology_is_found_at_its_line(
    spoilt: Path, file: str, text: str, column: int, said: str
) -> None:
    line = append(spoilt, file, text)
    done = araxes("check", "--project", str(spoilt))
    assert done.returncode == 1
    assert f"{file}:{line}:{column}: error: {said}" in done.stdout


def test_another_syntax_in_a_turtle_file_is_not_read_as_one(spoilt: Path) -> None:
    (spoilt / "ontology/modules/ships.ttl").write_text(
        "Ontology: <https://w3id.org/araxes/ontology/ships>\n\nClass: <https://w3id.org/araxes/ns/Ship>\n", "utf-8"
    )
    done = araxes("check", "--project", str(spoilt))
    assert done.returncode == 1
    assert "ontology/modules/ships.ttl:1:" in done.stdout


def test_each_such_fault_is_new(spoilt: Path) -> None:
    """An unspoilt copy has no finding, so that what the others find is what they did."""
    done = araxes("check", "--without-reasoner", "--project", str(spoilt))
    assert done.returncode == 0, done.stdout
    assert "error" not in done.stdout
