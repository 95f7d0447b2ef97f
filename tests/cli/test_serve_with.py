"""`araxes serve --with`: anybody's files as graphs beside those of the project."""

import gzip
import signal
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from helpers import TINY, araxes, count, query_url, ready, request, rows, served, serving, until

GRAPH = "urn:araxes:file:"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
OLAND = "https://w3id.org/araxes/id/state/oland"
NT = "<http://a/s> <http://a/p> <http://a/%s> .\n"
FILES = {
    "a.ttl": "@prefix : <http://a/> . :s :p :ttl .",
    "b.nt": NT % "nt",
    "c.nq": NT % "nq" + "<http://a/s> <http://a/p> <http://a/named> <http://a/g1> .\n",
    "d.trig": "@prefix : <http://a/> . :s :p :trig . :g2 { :s :p :own }",
    "e.rdf": f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:a="http://a/"><rdf:Description rdf:about="http://a/s">'
    '<a:p rdf:resource="http://a/rdf"/></rdf:Description></rdf:RDF>',
    "f.jsonld": '{"@id": "http://a/s", "http://a/p": {"@id": "http://a/jsonld"}}',
    "g.owl": f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:a="http://a/"><rdf:Description rdf:about="http://a/s">'
    '<a:p rdf:resource="http://a/owl"/></rdf:Description></rdf:RDF>',
    "h \u00e9#?.nt": NT % "odd",
}
FOREIGN = """
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix capital: <http://capital.example/> .
<{oland}> capital:of capital:city . capital:city rdfs:label "Olstadt"@en .
"""


@pytest.fixture
def tiny(tiny_releases: Path) -> tuple[str, ...]:
    return "--no-build", "--project", str(TINY), "--release", str(tiny_releases)


@pytest.fixture
def alone(tiny_server: str) -> int:
    return count(tiny_server)


@pytest.fixture(scope="module")
def both(tiny_releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a file of each kind, one packed file and one that says something of the project's own things."""
    folder = tmp_path_factory.mktemp("beside")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "i.ttl.gz").write_bytes(gzip.compress(b"<http://a/s> <http://a/p> <http://a/gz> ."))
    (folder / "z.ttl").write_text(FOREIGN.replace("{oland}", OLAND))
    words = ("--no-build", "--project", str(TINY), "--release", str(tiny_releases))
    with serving(*words, "--with", *map(str, sorted(folder.iterdir()))) as url:
        yield url


def test_each_file_is_a_graph_of_its_name_and_graphs_within_keep_theirs(both: str) -> None:
    found = rows(request(query_url(both, "SELECT ?g ?o { GRAPH ?g { <http://a/s> <http://a/p> ?o } }")))
    assert {(row["g"], row["o"].removeprefix("http://a/")) for row in found} == {
        *((GRAPH + name, name.partition(".")[2]) for name in FILES if name[0] != "h"),
        (GRAPH + "h%20%C3%A9%23%3F.nt", "odd"),
        (GRAPH + "i.ttl.gz", "gz"),
        ("http://a/g1", "named"),
        ("http://a/g2", "own"),
    }


def test_the_default_graph_holds_both_and_each_triple_once(both: str, alone: int) -> None:
    assert count(both) == alone + len(FILES) + 1 + 2 + 2


def test_a_query_joins_the_files_with_the_graph(both: str) -> None:
    query = f"""PREFIX c: <http://capital.example/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
      SELECT ?state ?capital {{ GRAPH ?ours {{ ?it rdfs:label ?state }}
      GRAPH <{GRAPH}z.ttl> {{ ?it c:of/rdfs:label ?capital }} FILTER(lang(?state) = "en") }}"""
    assert rows(request(query_url(both, query))) == [{"state": "Øland", "capital": "Olstadt"}]


def test_the_licence_of_the_project_is_not_claimed_for_the_files(both: str, tiny_server: str) -> None:
    beside, alone = (request(url, accept="text/html").text for url in (both, tiny_server))
    assert "Araxes' own data under" in unescape(beside) and "under their own terms" in beside
    assert '"license":' in alone and '"license":' not in beside
    assert "under their own terms" in request(f"{both}about", accept="text/html").text
    void = request(f"{both}.well-known/void", accept="text/turtle").text
    assert "void#dataset> a sd:Dataset" in void and "bibliographicCitation" not in void


def test_from_one_file_is_that_file_alone(both: str) -> None:
    query = "SELECT (COUNT(*) AS ?n) FROM <urn:araxes:file:z.ttl> { ?s ?p ?o }"
    assert rows(request(query_url(both, query))) == [{"n": "2"}]
    named = request(query_url(both, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", **{"default-graph-uri": f"{GRAPH}b.nt"}))
    assert rows(named) == [{"n": "1"}]


def test_the_pages_work_and_show_what_the_files_say(both: str) -> None:
    page = request(both + "id/state/oland", accept="text/html")
    assert page.status == 200
    assert "Øland" in page.text
    assert "capital.example" in page.text
    for path in ("", "browse", "search?q=oland", "sparql", ".well-known/void"):
        assert request(both + path, accept="text/html").status == 200, path


def test_the_graph_store_gives_a_file_back(both: str) -> None:
    got = request(f"{both}graphs?graph={GRAPH}b.nt", accept="application/n-triples")
    assert (got.status, got.text) == (200, FILES["b.nt"])


def test_a_signal_serves_the_file_as_it_is_now(tiny: tuple[str, ...], alone: int, tmp_path: Path) -> None:
    data = tmp_path / "b.nt"
    data.write_text(FILES["b.nt"])
    with served(*tiny, "--with", str(data)) as running:
        assert count(running.url) == alone + 1
        data.write_text(FILES["b.nt"] + NT % "new")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: count(running.url) == alone + 2)
        data.write_text("<http://a/s> .")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: ready(running.url).json()["reload"] == "failed")
        assert "b.nt" in running.errors.read_text()
        assert count(running.url) == alone + 2
        assert request(running.url + "id/state/oland", accept="text/html").status == 200


def test_every_bad_file_is_named(tiny: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "good.nt").write_text(FILES["b.nt"])
    (tmp_path / "bad.ttl").write_text("@prefix : <http://a/> .\n:s :p .\n")
    (tmp_path / "half.nt.gz").write_bytes(gzip.compress((NT % "x").encode() * 5_000)[:-20])
    (tmp_path / "not.nt.gz").write_text("this is no gzip")
    (tmp_path / "table.csv").write_text("?")
    done = araxes("serve", "--port", "0", *tiny, "--with", *map(str, sorted(tmp_path.iterdir())))
    assert (done.returncode, done.stdout) == (3, "")
    for words in ("bad.ttl", "line 2", "half.nt.gz", "not.nt.gz", "gzip", "table.csv"):
        assert words in done.stderr
    assert "good.nt" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_said_so(tiny: tuple[str, ...], tmp_path: Path) -> None:
    done = araxes("serve", "--port", "0", *tiny, "--with", str(tmp_path / "none.ttl"))
    assert done.returncode == 3
    assert "none.ttl" in done.stderr


def test_two_files_of_one_name_are_refused_since_each_graph_has_its_files_name(
    tiny: tuple[str, ...], tmp_path: Path
) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.nt").write_text(NT % folder)
    paths = [str(tmp_path / folder / "same.nt") for folder in ("one", "two")]
    done = araxes("serve", "--port", "0", *tiny, "--with", *paths)
    assert done.returncode == 3
    assert "same.nt" in done.stderr


@pytest.mark.parametrize("more", [("--data", "a.nt"), ("--backend", "http://127.0.0.1:9/")])
def test_with_stands_with_nothing_that_takes_the_graphs_place(more: tuple[str, ...]) -> None:
    done = araxes("serve", "--with", "b.nt", *more)
    assert done.returncode == 2
    assert "--with" in done.stderr
