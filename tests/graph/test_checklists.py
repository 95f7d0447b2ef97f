"""The table of checklists is whole: every item has a check that exists, or the reason why it has none."""

import ast
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pytest
from helpers import ROOT
from pyoxigraph import NamedNode, RdfFormat, parse

PAGE = ROOT / "docs" / "checklists.md"
SHAPE = "https://w3id.org/araxes/shapes/"
OWL = "http://www.w3.org/2002/07/owl#"
REASON = re.compile(r"(?:Accepted|No script|Not covered): (\S+ ){3,}\S+")
ITEMS = {
    "OOPS!": [f"P{number:02}" for number in range(1, 42)],
    "FOOPS!": [
        "PURL1",
        "URI1",
        "URI2",
        "VER1",
        "VER2",
        "OM1",
        "OM2",
        "OM3",
        "OM4.1",
        "OM4.2",
        "OM5.1",
        "OM5.2",
        "FIND1",
        "FIND2",
        "FIND3",
        "FIND3bis",
        "HTTP1",
        "CN1",
        "RDF1",
        "DOC1",
        "VOC1",
        "VOC2",
        "VOC3",
        "VOC4",
    ],
}
NUMBERS = {
    **{name: len(items) for name, items in ITEMS.items()},
    "ROBOT report": 34,
    "OWL 2 DL": 8,
    "FIBO hygiene": 15,
    "W3C recipes, LOV and stars": 20,
    "Documentation": 23,
    "Protégé": 6,
    "What a strict reader looks for": 10,
}


class Item(NamedTuple):
    """A row of a checklist."""

    name: str
    meaning: str
    check: str

    @property
    def checks(self) -> list[str]:
        """Return what the row names as its checks; a folder or a file that it mentions is none."""
        named = re.findall(r"`([^`]+)`", self.check)
        return [each for each in named if not re.search(r"^(ontology|data)/", each)]


@cache
def lists() -> dict[str, list[Item]]:
    """Return the items of each checklist of the page."""
    found: dict[str, list[Item]] = {}
    for section in re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title, _, text = section.partition("\n")
        cells = [
            [cell.strip() for cell in line.strip("|").split(" | ")]
            for line in re.findall(r"^\|.*\|$", text, re.MULTILINE)
        ]
        assert len(cells) > 2, title
        assert {len(row) for row in cells} == {3}, title
        found[title] = [Item(*row) for row in cells[2:]]
    return found


@cache
def shapes() -> set[str]:
    """Return the names of all shapes."""
    files = sorted((ROOT / "ontology" / "shapes").glob("*.ttl"))
    subjects = {quad.subject for file in files for quad in parse(path=str(file), format=RdfFormat.TURTLE)}
    iris = (subject.value for subject in subjects if isinstance(subject, NamedNode))
    return {iri.removeprefix(SHAPE) for iri in iris if iri.startswith(SHAPE)}


@cache
def functions(file: str) -> set[str]:
    """Return the names of the tests in a file; none where there is no such file."""
    path = ROOT / file
    if not path.is_file():
        return set()
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


def exists(check: str) -> bool:
    """Return whether there is a rule, a shape or a test of this name."""
    if "::" in check:
        file, _, name = check.partition("::")
        return name.startswith("test_") and name in functions(file)
    if check.startswith("shape:"):
        return check.removeprefix("shape:") in shapes()
    if check.startswith("lint/"):
        return (ROOT / "server" / "araxes" / "knowledge" / "queries" / f"{check}.rq").is_file()
    return (ROOT / "queries" / "quality" / f"{check}.rq").is_file()


def test_every_item_is_covered_or_explained(counted: Callable[[str], None]) -> None:
    items = [item for each in lists().values() for item in each]
    assert all(item.name and item.meaning for item in items)
    explained = [item for item in items if REASON.match(item.check)]
    covered = [item for item in items if item.checks and item not in explained]
    assert [item for item in items if item not in covered and item not in explained] == []
    partly = [item for item in covered if REASON.search(item.check)]
    done, total = len(covered) + len(explained), sum(NUMBERS.values())
    assert done == total
    whole = len(covered) - len(partly)
    counted(
        f"{done} of {total} checklist items covered or explained: "
        f"{whole} covered, {len(partly)} in part, {len(explained)} with the reason why not"
    )


def test_the_lists_have_all_their_items() -> None:
    assert {title: len(items) for title, items in lists().items()} == NUMBERS
    for title, names in ITEMS.items():
        assert [item.name for item in lists()[title]] == names
    for title, items in lists().items():
        assert len({item.name for item in items}) == len(items), title


def test_every_check_that_is_named_exists() -> None:
    named = sorted({check for items in lists().values() for item in items for check in item.checks})
    assert len(named) > 80
    assert [check for check in named if not exists(check)] == []


def test_every_rule_on_the_ontology_is_named() -> None:
    """The rules on data have no checklist."""
    named = {check for items in lists().values() for item in items for check in item.checks}
    on_data = {
        "barred-name",
        "contradictory-positions",
        "foreign-passage",
        "idle-attestation",
        "idle-entity",
        "idle-passage",
        "idle-quotation",
        "idle-reference",
        "loaded-word",
        "one-class",
        "passage-key",
        "share-alike-alone",
        "silent-source",
        "two-files",
    }
    rules = {path.stem for path in (ROOT / "queries" / "quality").glob("*.rq")}
    assert on_data <= rules
    assert rules - on_data - named == set()


@pytest.mark.parametrize(
    "check",
    ["class-circle", "lint/no-such", "shape:NoShape", "tests/graph/test_layout.py::test_no_such", "tests/x.py::test_y"],
)
def test_a_check_that_does_not_exist_is_found(check: str) -> None:
    assert not exists(check)


@pytest.mark.parametrize(
    "text", ["", "Accepted:", "Accepted: so be it", "Covered by somebody else in some other place"]
)
def test_an_empty_reason_is_none(text: str) -> None:
    assert not REASON.match(text)


def test_no_axiom_has_a_complement() -> None:
    files = sorted((ROOT / "ontology").rglob("*.ttl"))
    used = {quad.predicate.value for file in files for quad in parse(path=str(file), format=RdfFormat.TURTLE)}
    assert f"{OWL}equivalentClass" in used
    assert f"{OWL}complementOf" not in used


def test_no_term_has_what_only_obo_ontologies_have() -> None:
    files = [
        path for path in sorted((ROOT / "ontology").rglob("*.ttl")) if path.parent.name not in {"alignments", "shapes"}
    ]
    predicates = {quad.predicate.value for file in files for quad in parse(path=str(file), format=RdfFormat.TURTLE)}
    assert len(files) > 20
    assert "http://www.w3.org/2004/02/skos/core#definition" in predicates
    assert "http://www.w3.org/2004/02/skos/core#altLabel" not in predicates
    assert not [each for each in predicates if "oboInOwl" in each or "purl.obolibrary.org" in each]
