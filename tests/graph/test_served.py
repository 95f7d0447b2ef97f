"""The whole graph as served: its size, its graphs, and how long building and starting may take."""

import time
from collections.abc import Callable
from pathlib import Path

from araxes.project import Release
from helpers import ROOT, araxes, query_url, request, serving

BUILD_SECONDS, START_SECONDS = 60, 1
Select = Callable[[str], list[dict[str, str]]]


def test_counting_everything_counts_each_distinct_triple_once(select: Select, release: Release, dataset: Path) -> None:
    triples = {
        line.rsplit(" <https://w3id.org/araxes/graph/", 1)[0] for line in dataset.read_text("utf-8").splitlines()
    }
    counted = int(select("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")[0]["n"])
    assert counted == len(triples) == release.triples > 7000


def test_the_graphs_are_those_of_the_folders(select: Select) -> None:
    rows = select("SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g")
    assert [row["g"].rsplit("/", 1)[1] for row in rows] == [
        "context",
        "entities",
        "geometry",
        "inferred",
        "kaleji-2023",
        "links",
        "ontology",
    ]


def test_the_article_can_be_asked_alone(select: Select) -> None:
    source = "FROM <https://w3id.org/araxes/graph/entities> FROM <https://w3id.org/araxes/graph/kaleji-2023>"
    ax = "PREFIX ax: <https://w3id.org/araxes/ns/>"
    of = f"SELECT (COUNT(*) AS ?n) {source} WHERE"
    assert select(f"{ax} {of} {{ ?p a ax:Position }}")[0]["n"] == "37"
    assert select(f"{ax} {of} {{ ?c a ax:Comparison }}")[0]["n"] == "0"
    assert select(f"{ax} {of} {{ ?phase ax:earliestDateTime ?when }}")[0]["n"] == "0"


def test_a_full_build_and_a_start_stay_below_ten_times_what_is_stated(tmp_path: Path) -> None:
    begun = time.monotonic()
    done = araxes("build", "--project", str(ROOT), "--release", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - begun < 10 * BUILD_SECONDS
    begun = time.monotonic()
    with serving("--project", str(ROOT), "--release", str(tmp_path)) as server:
        assert request(query_url(server, "ASK { ?s ?p ?o }")).json()["boolean"]
        assert time.monotonic() - begun < 10 * START_SECONDS


def test_two_builds_give_the_same_bytes(release: Release, tmp_path: Path) -> None:
    done = araxes("build", "--project", str(ROOT), "--release", str(tmp_path), TZ="Asia/Yerevan", PYTHONHASHSEED="7")
    assert done.returncode == 0, done.stdout + done.stderr
    again = tmp_path / "current"
    for name in ("dataset.nq", "manifest.json"):
        assert (again / name).read_bytes() == (release.folder / name).read_bytes()


def test_no_answer_claims_to_have_changed_just_now(server: str) -> None:
    for path in ("about", "reconcile", "tables/positions.csv", "sparql?query=ASK%20%7B%20%7D"):
        reply = request(f"{server}{path}", accept="*/*")
        assert reply.status == 200
        assert "Last-Modified" not in reply.headers, path
