"""`araxes query`, `stats` and `anchors verify` at the command line."""

import csv
import io
import json
from pathlib import Path

import pytest
from helpers import TINY, TINY_TEXT, Copy, araxes


@pytest.fixture(scope="module")
def place(tiny_releases: Path) -> tuple[str, ...]:
    return ("--project", str(TINY), "--release", str(tiny_releases))


def test_a_query_is_answered_as_a_table(place: tuple[str, ...]) -> None:
    done = araxes("query", "SELECT ?s ?o WHERE { ?s <https://w3id.org/araxes/ns/code> ?o }", *place)
    assert done.stdout.splitlines() == ["s            o", "-----------  --", "state:aland  AX", "(1 row)"]


@pytest.mark.parametrize("word", ["pq01-who-holds-what", "pq01", "competency/pq01-who-holds-what.rq"])
def test_a_saved_query_is_known_by_its_name(place: tuple[str, ...], word: str) -> None:
    done = araxes("query", word, "--format", "csv", *place)
    assert done.returncode == 0, done.stderr
    assert list(csv.reader(io.StringIO(done.stdout)))[:3] == [
        ["holder", "stance"],
        ["Åland", "supports"],
        ["Øland", "opposes"],
    ]


def test_a_file_is_a_query(place: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "mine.rq").write_text("ASK {}")
    assert araxes("query", str(tmp_path / "mine.rq"), *place).stdout == "yes\n"


def test_a_parameter_takes_the_place_of_the_default(place: tuple[str, ...]) -> None:
    def number(year: str) -> str:
        return araxes("query", "documents-by-year", "--param", f"year={year}", *place).stdout.splitlines()[-1]

    assert (number("2024"), number("1999")) == ("(1 row)", "(0 rows)")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nope",), "names no saved query"),
        (("pq01", "--param", "x=y"), "has no parameter x"),
        (("pq01", "--param", "x"), "is not name=value"),
        (("documents-by-year", "--param", "year=soon"), "is not of the datatype"),
        (("SELECT * { ?s ?p }",), "not SPARQL 1.1"),
        (("INSERT DATA { <urn:a> <urn:b> 1 }",), "This is an update"),
        (("ASK {}", "--format", "turtle"), "There is no turtle"),
        (("ASK {}", "--param", "a=b"), "Only a saved query"),
    ],
)
def test_what_cannot_be_asked_was_not_understood(place: tuple[str, ...], words: tuple[str, ...], said: str) -> None:
    done = araxes("query", *words, *place)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_a_syntax_error_is_shown_with_a_caret(place: tuple[str, ...]) -> None:
    done = araxes("query", "SELECT * {\n  ?s foo:p ?o }", *place)
    source, caret = done.stderr.splitlines()[1:3]
    assert source == "      ?s foo:p ?o }"
    assert caret.strip() == "^"


def test_a_graph_is_answered_in_turtle(place: tuple[str, ...]) -> None:
    done = araxes("query", "CONSTRUCT WHERE { ?s <https://w3id.org/araxes/ns/code> ?o }", *place)
    assert 'state:aland ax:code "AX"' in done.stdout


def test_a_query_on_a_fresh_project_builds_it(copy: Copy) -> None:
    done = copy.araxes("query", "ASK {}")
    assert (done.returncode, done.stdout) == (0, "yes\n")
    assert "There is no release yet: building." in done.stderr


def test_stats_count_what_there_is(place: tuple[str, ...]) -> None:
    document = json.loads(araxes("stats", "--json", *place).stdout)
    counts = {row["graph"].rpartition("/")[2].strip(">"): int(row["triples"]) for row in document["Triples by graph"]}
    assert counts["links"] == 2
    assert set(counts) == {"context", "entities", "inferred", "links", "ontology", "tiny-2024"}
    assert "Triples by graph" in araxes("stats", *place).stdout


def test_anchors_are_verified(tmp_path: Path) -> None:
    good = araxes("anchors", "verify", str(TINY_TEXT), "--project", str(TINY))
    assert good.returncode == 0
    assert "3 of 3 passages" in good.stdout
    changed = tmp_path / "changed.txt"
    changed.write_bytes(TINY_TEXT.read_bytes().replace(b"wants", b"hates"))
    bad = araxes("anchors", "verify", str(changed), "--project", str(TINY), "--json")
    assert bad.returncode == 1
    messages = [finding["message"] for finding in json.loads(bad.stdout)["steps"][0]["findings"]]
    assert [message[:10] for message in messages if "hash" in message] == ["body ¶2 s1"]


def test_a_query_after_a_damaged_manifest_builds_anew(copy: Copy) -> None:
    copy.araxes("build", "--without-reasoner")
    (copy.releases / "current" / "manifest.json").write_text("{}")
    assert copy.araxes("query", "ASK {}", "--no-build").returncode == 3
    done = copy.araxes("query", "ASK {}")
    assert (done.returncode, done.stdout) == (0, "yes\n"), done.stderr


def test_a_query_file_that_is_not_utf_8_was_not_understood(place: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "mine.rq").write_bytes(b"ASK {} # \xff")
    done = araxes("query", str(tmp_path / "mine.rq"), *place)
    assert (done.returncode, "is not UTF-8 text" in done.stderr) == (2, True)


def test_a_caret_stands_below_its_column_after_a_tab(place: tuple[str, ...]) -> None:
    done = araxes("query", "SELECT * {\n\t?s foo:p ?o }", *place)
    source, caret = done.stderr.splitlines()[1:3]
    assert source.startswith("    \t?s") and caret.startswith("    \t ")
