"""Through OWLAPI 5: each ontology opens offline, is OWL 2 DL, and says the same in every syntax.

Run as a script with `PYTHONPATH=tests`, it writes the table of docs/ontology-files.md anew.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from araxes.project import Release
from owlapi import opened
from owlapi.jobs import FIXTURES, ONTOLOGY, job, not_owl

PAGE = Path(__file__).parents[2] / "docs" / "ontology-files.md"
BEGIN, END = "<!-- written by tests/owlapi/test_owlapi.py -->\n", "<!-- end -->\n"
RDF, OWL = {".ttl", ".rdf", ".jsonld", ".nt"}, {".ofn", ".omn"}
MADE = {"araxes-merged", "araxes-with-data", "araxes-merged-with-data"}
GRAPHS = {"entities", "kaleji-2023", "context", "links", "geometry", "inferred"}
SHOWN = 5
TRAPS = {
    "sound.ttl": [],
    "importing.ttl": [],
    "prefix-lines.ttl": [r"cannot be read by OWLAPI's own reader of Turtle: .*\"PREFIX\".* at line 3, column 1"],
    "broken.ttl": [r"is read as OBO with \d+ axioms: .*<EOF> at line 12, column 26"],
    "data-property-in-chain.ttl": [
        r"uses <\S+/name>, which nothing that it imports declares",
        r"is not OWL 2 DL: Cannot pun between properties: <\S+/name> \[SubObjectPropertyOf\(ObjectPropertyChain",
    ],
    "undeclared-term.ttl": [r"uses <http://www.w3.org/ns/prov#Entity>, which nothing that it imports declares"],
    "taken-for-annotation.ttl": [r"uses <\S+/isOwnedBy>, which nothing that it imports declares"],
    "two-kinds-of-property.ttl": [r"declares <\S+/sails> as properties of 2 kinds"],
    "literal-for-class.ttl": [r"is not OWL 2 DL: Use of reserved vocabulary for annotation property.*rdfs:subClassOf"],
    "without-meaning.ttl": [r"has a triple without a meaning in OWL: .*owl#AllDifferent"],
    "missing-import.ttl": [r"imports \S+/nowhere, which is not there"],
    "import-from-the-web.ttl": [
        r"asks the network: GET http://ontology.example/harbours",
        r"imports http://ontology.example/harbours, which is not there",
    ],
    "not-in-catalogue.ttl": [r"is \S+/not-in-catalogue, which is not in the catalogue"],
    "wrong-version.ttl": [r"has the version IRI \S+/2.0/wrong-version and the version 1.0"],
    "without-label.ttl": [r"has no label for \S+/Harbour"],
    "ferries-with-data.ttl": [r"does not declare the individual <\S+/hamnavoe>"],
    "two-syntaxes.ttl": [],
    "two-syntaxes.nt": [r"lacks, of the Turtle: .*\"Harbour\"@en", r"has, beyond the Turtle: .*\"Port\"@en"],
}


def below(owlapi: dict[str, Any], folder: Path) -> dict[Path, opened.Opened]:
    """Return what was opened below a folder, by path within it."""
    found = {Path(path): said for path, said in owlapi["files"].items()}
    return {path.relative_to(folder): said for path, said in found.items() if path.is_relative_to(folder)}


def faults(files: dict[Path, opened.Opened]) -> list[str]:
    """Return what is wrong, with the file named; of each file no more than can be read."""
    found: list[str] = []
    for path, said in files.items():
        found += [f"{path}: {fault}" for fault in said["faults"][:SHOWN]]
        more = len(said["faults"]) - SHOWN
        found += [f"{path}: and {more} more"] if more > 0 else []
    return found


@pytest.fixture(scope="session")
def documents(owlapi: dict[str, Any], release: Release) -> dict[Path, opened.Opened]:
    """Return what was made of the documents of the release."""
    return below(owlapi, release.folder / "documents")


@pytest.fixture(scope="session")
def checkout(owlapi: dict[str, Any]) -> dict[Path, opened.Opened]:
    """Return what was made of the ontology in the checkout."""
    return below(owlapi, ONTOLOGY)


def test_the_checkout_opens_without_a_fault(checkout: dict[Path, opened.Opened]) -> None:
    assert {str(path) for path in checkout} == {str(p.relative_to(ONTOLOGY)) for p in ONTOLOGY.rglob("*.ttl")}
    assert len(checkout) > 40
    assert not faults(checkout), "\n".join(faults(checkout))


def test_every_document_of_the_release_opens_without_a_fault(documents: dict[Path, opened.Opened]) -> None:
    assert len(documents) > 300
    assert not faults(documents), "\n".join(faults(documents))


def test_each_ontology_is_there_in_every_syntax(
    documents: dict[Path, opened.Opened], checkout: dict[Path, opened.Opened]
) -> None:
    syntaxes: dict[Path, set[str]] = {}
    for path in documents:
        syntaxes.setdefault(path.with_suffix(""), set()).add(path.suffix)
    names = {said["iri"].rpartition("/")[2] for said in checkout.values()}
    assert {path.name for path in syntaxes if path.parent.name == "ontology"} == names | MADE
    assert {path.name for path in syntaxes if path.parent.name == "graph"} == GRAPHS
    shapes = {iri.rpartition("/")[2] for iri in not_owl()}
    assert len(shapes) > 5
    for path, found in syntaxes.items():
        assert found == (RDF if path.name in shapes else RDF | OWL), path


def test_each_document_has_the_iri_of_its_place_and_one_version(documents: dict[Path, opened.Opened]) -> None:
    known = {path: said for path, said in documents.items() if said["iri"]}
    assert len(known) > 300
    for path, said in known.items():
        assert said["iri"] == f"https://w3id.org/araxes/{path.with_suffix('')}", path
    assert len({said["info"] for said in known.values()}) == 1


def test_the_merged_files_hold_everything(documents: dict[Path, opened.Opened]) -> None:
    turtle = {path.stem: said for path, said in documents.items() if path.suffix == ".ttl"}
    merged, whole = turtle["araxes-merged"]["logical"], turtle["araxes-merged-with-data"]["logical"]
    parts = [turtle[name]["logical"] for name in ("actors", "positions", "position-inference", "stance-scheme")]
    assert merged > sum(parts) > 100
    assert whole > merged + turtle["kaleji-2023"]["logical"]


def test_nothing_asked_the_network(
    owlapi: dict[str, Any], documents: dict[Path, opened.Opened], checkout: dict[Path, opened.Opened]
) -> None:
    assert sum(said["requests"] for said in (*documents.values(), *checkout.values())) == 0
    # that the listener hears a request is shown by the one fixture that makes it
    assert set(owlapi["network"]) == {"GET http://ontology.example/harbours HTTP/1.1"}


def test_only_manchester_syntax_leaves_something_out(documents: dict[Path, opened.Opened]) -> None:
    lossy = {path.suffix for path, said in documents.items() if said["left_out"] or said["declared_more"]}
    assert lossy <= {".omn"}
    whole = [said for path, said in documents.items() if path.suffix == ".omn" and path.stem.startswith("araxes-m")]
    assert [said["left_out"] for said in whole] == [0, 0]


@pytest.mark.parametrize("file", TRAPS)
def test_what_is_wrong_is_caught_and_nothing_else(owlapi: dict[str, Any], file: str) -> None:
    said = owlapi["files"][str(FIXTURES / file)]["faults"]
    assert len(said) == len(TRAPS[file]), said
    for fault, wanted in zip(said, TRAPS[file], strict=True):
        assert re.match(wanted, fault), fault


def test_every_fixture_is_tried(owlapi: dict[str, Any]) -> None:
    assert {str(path) for path in below(owlapi, FIXTURES)} == set(TRAPS)


def test_the_page_says_what_lies_outside_owl_2_rl(checkout: dict[Path, opened.Opened]) -> None:
    text = PAGE.read_text("utf-8")
    assert text == with_table(text, checkout), "run: PYTHONPATH=tests .venv/bin/python tests/owlapi/test_owlapi.py"


def test_what_was_looked_at(
    owlapi: dict[str, Any], documents: dict[Path, opened.Opened], counted: Callable[[str], None]
) -> None:
    turtle = [said for path, said in documents.items() if path.suffix == ".ttl"]
    owl = [said for said in documents.values() if said["iri"] not in not_owl()]
    left_out = [said["left_out"] for said in documents.values() if said["left_out"]]
    assert turtle and owl
    version = ".".join(owlapi["version"].split(".")[:3])
    counted(
        f"{len(turtle)} ontologies in {len(documents)} files opened through OWLAPI {version}: "
        f"{sum(said['violations'] for said in owl)} profile violations, "
        f"{sum(said['undeclared'] for said in owl)} undeclared entities, "
        f"{sum(said['requests'] for said in documents.values())} network requests"
    )
    counted(
        f"{sum(said['axioms'] for said in turtle):,} axioms in {len({path.suffix for path in documents})} syntaxes; "
        f"Manchester syntax leaves out {sum(left_out)} in {len(left_out)} files"
    )


def with_table(text: str, files: dict[Path, opened.Opened]) -> str:
    """Return the page with the axioms that are not in OWL 2 RL, ontology by ontology."""
    owl = sorted((said["iri"].rpartition("/")[2], said) for said in files.values() if said["iri"] not in not_owl())
    within = ", ".join(f"`{name}`" for name, said in owl if not said["outside_rl"])
    rows = [f"| `{name}` | `{axiom}` |\n" for name, said in owl for axiom in said["outside_rl"]]
    head = f"Wholly in OWL 2 RL: {within}.\n\n| not in it, of | axiom |\n| --- | --- |\n"
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + head + "".join(rows) + END + rest.partition(END)[2]


if __name__ == "__main__":
    asked = opened.ask([job(ONTOLOGY)])
    PAGE.write_text(with_table(PAGE.read_text("utf-8"), below(asked, ONTOLOGY)), "utf-8")
