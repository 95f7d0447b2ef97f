"""Spoiling the real project: each fault is found where it was made, by the label of the thing, with what to do."""

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
