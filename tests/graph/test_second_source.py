"""A second source is one more folder: it goes through the whole line with no change to code, ontology or queries."""

import csv
import json
import shutil
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers import araxes, built, serving

ROOT = Path(__file__).parents[2]
SECOND = Path(__file__).parents[1] / "fixtures" / "second-source"
KEY = "vant-2024"
PREFIXES = """PREFIX ax: <https://w3id.org/araxes/ns/>
PREFIX graph: <https://w3id.org/araxes/graph/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
DOCUMENTS = (
    PREFIXES
    + """SELECT DISTINCT ?label ?one ?other WHERE {
  ?comparison a ax:Comparison ; rdfs:label ?label ; ax:compares ?a , ?b .
  ?a ax:isAttestedBy ?x . ?x ax:hasPassage ?p . ?p oa:hasSource ?d . ?d rdfs:label ?one .
  ?b ax:isAttestedBy ?y . ?y ax:hasPassage ?q . ?q oa:hasSource ?e . ?e rdfs:label ?other .
  FILTER (STR(?a) < STR(?b)) }"""
)

Ask = Callable[[str], list[dict[str, str]]]


@pytest.fixture(scope="module")
def two_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with the second source in it, and what follows from it derived."""
    root = tmp_path_factory.mktemp("two-sources")
    for part in ("ontology", "data", "queries"):
        shutil.copytree(ROOT / part, root / part)
    shutil.copytree(SECOND / "data", root / "data" / "sources" / KEY)
    done = araxes("derive", "--project", str(root))
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture(scope="module")
def asked(two_sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Return a function that asks the endpoint that serves both sources."""
    releases = built(two_sources, tmp_path_factory.mktemp("releases"))
    with serving("--project", str(two_sources), "--release", str(releases)) as server:

        def ask(query: str) -> list[dict[str, str]]:
            url = f"{server}sparql?{urllib.parse.urlencode({'query': query})}"
            request = urllib.request.Request(url, headers={"Accept": "application/sparql-results+json"})
            with urllib.request.urlopen(request) as response:
                found = json.load(response)["results"]["bindings"]
            return [{name: term["value"] for name, term in row.items()} for row in found]

        yield ask


def test_its_anchors_are_verified(two_sources: Path) -> None:
    text = SECOND / "text" / f"{KEY}.txt"
    done = araxes("anchors", "verify", str(text), "--project", str(two_sources), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "9" in done.stdout


def test_its_anchors_fail_on_another_text(two_sources: Path, tmp_path: Path) -> None:
    text = (SECOND / "text" / f"{KEY}.txt").read_bytes().decode("utf-8")
    changed = tmp_path / "changed.txt"
    changed.write_bytes(text.replace("a metre of road", "a metre of rail").encode("utf-8"))
    done = araxes("anchors", "verify", str(changed), "--project", str(two_sources), "--source", KEY)
    assert done.returncode == 1
    assert done.stdout.count("body ¶2 s1") >= 2


def test_it_contradicts_the_first_source_and_both_stay(two_sources: Path, asked: Ask) -> None:
    query = (two_sources / "queries" / "explore" / "contradictions-between-sources.rq").read_text("utf-8")
    assert [
        (row["holder"], row["stance"], row["source"], row["otherStance"], row["otherSource"]) for row in asked(query)
    ] == [("Russia", "not-opposing", "Kaleji 2023", "supports", "Vant 2024")]


def test_comparisons_are_made_within_and_across_sources(asked: Ask) -> None:
    found = {(row["label"].split(" after ")[0], row["one"], row["other"]) for row in asked(DOCUMENTS)}
    corridor = {
        ("Armenia and Russia, opposition", "Vant 2024", "Vant 2024"),
        ("Armenia and Turkey, opposition", "Vant 2024", "Vant 2024"),
        ("Iran and Turkey, opposition", "Kaleji 2023", "Vant 2024"),
        ("Iran and Russia, opposition", "Kaleji 2023", "Vant 2024"),
        ("Azerbaijan and Russia, agreement", "Kaleji 2023", "Vant 2024"),
        ("Iran and Russia, weak divergence", "Kaleji 2023", "Kaleji 2023"),
    }
    assert corridor <= found


def test_each_source_can_be_asked_alone(asked: Ask) -> None:
    count = PREFIXES + "SELECT (COUNT(DISTINCT ?a) AS ?n) FROM graph:{} WHERE {{ ?a a ax:Attestation }}"
    assert [asked(count.format(key))[0]["n"] for key in (KEY, "kaleji-2023")] == ["8", "193"]


def test_the_45_questions_still_get_the_answers_of_the_article(asked: Ask) -> None:
    folder = ROOT / "queries" / "competency"
    right, files = [], sorted(folder.glob("*.rq"))
    for file in files:
        with file.with_suffix(".csv").open(encoding="utf-8") as expected:
            columns, *wanted = csv.reader(expected)
        found = [[row.get(name, "") for name in columns] for row in asked(file.read_text("utf-8"))]
        if sorted(found) == sorted(wanted):
            right.append(file)
    assert len(files) == 80
    assert sorted(set(files) - set(right)) == []
