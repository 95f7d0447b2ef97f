"""The project's own server over foreign stores: questions, pages, views, tables and reconciliation as over its own."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from graph.test_questions import NUMBER, QUESTIONS, rows, same
from helpers import query_url, request, serving
from helpers import rows as found

PAGES = [
    "/",
    "/matrix",
    "/matrix.csv",
    "/matrix.json",
    "/matrix.svg",
    "/timeline",
    "/timeline.csv",
    "/map",
    "/network",
    "/network.json",
    "/causes",
    "/source/kaleji-2023",
    "/search?q=iran",
    "/id/state/iran.html",
    "/id/position/iran-western-intervention-post-2kw.html",
    "/id/person/vladimir-putin.html",
    "/ontology/positions.html",
    "/tables/positions.csv",
    "/description",
    "/sparql",
]
NAMES = {"q0": {"query": "Иран"}, "q1": {"query": "365"}, "q2": {"query": "Gürcistan"}, "q3": {"query": "Azerbajian"}}


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def over(name: str, request: pytest.FixtureRequest, releases: Path) -> Iterator[str]:
    """Return the address of a server over a foreign store."""
    store = request.getfixturevalue(f"{name}_store")
    with serving("--no-build", "--release", str(releases), "--backend", store.url) as url:
        yield url


@pytest.fixture
def body(over: str) -> Callable[[str], bytes]:
    def fetched(path: str) -> bytes:
        reply = request(over.rstrip("/") + path, accept="text/html,*/*;q=0.1")
        assert reply.status == 200, (path, reply.text[:500])
        return reply.body

    return fetched


def test_all_questions_have_the_same_rows(over: str) -> None:
    def answers(text: str) -> str:
        reply = request(query_url(over, text), accept="text/csv")
        assert reply.status == 200, reply.text
        return reply.text

    right = [name for name, question in QUESTIONS.items() if same(question, rows(answers(question.text)))]
    assert sorted(QUESTIONS.keys() - right) == []
    assert sum(name.startswith("pq") for name in right) == NUMBER


@pytest.mark.parametrize("path", PAGES)
def test_pages_and_views_are_served(body, path: str) -> None:
    assert body(path)


@pytest.mark.parametrize("path", ["/matrix.csv", "/timeline.csv", "/causes.csv"])
def test_data_of_views_is_the_same(body, server: str, path: str) -> None:
    own = request(server.rstrip("/") + path).text
    assert sorted(body(path).decode().splitlines()) == sorted(own.splitlines())
    assert len(own.splitlines()) > 5


def test_names_are_reconciled_alike(over: str, server: str) -> None:
    both = [request(f"{url}reconcile", {"queries": json.dumps(NAMES)}) for url in (over, server)]
    assert [each.status for each in both] == [200, 200], both[0].text
    found = [
        {key: [(each["id"], each["match"]) for each in told["result"]] for key, told in x.json().items()} for x in both
    ]
    assert found[0] == found[1]
    assert found[0]["q0"][0] == ("state/iran", True)


@pytest.mark.parametrize("form", ["ASK { ?s ?p ?o }", "ASK { ?s <urn:none> ?o }"])
def test_a_truth_is_one_in_every_format(over: str, server: str, form: str) -> None:
    for accept in ("application/sparql-results+json", "application/sparql-results+xml", "text/csv"):
        over_it, own = (request(query_url(url, form), accept=accept) for url in (over, server))
        assert (over_it.status, over_it.body) == (own.status, own.body)


def test_graphs_and_what_the_request_names(over: str, server: str) -> None:
    asked = "CONSTRUCT { ?s a ?c } WHERE { ?s a ?c ; <https://w3id.org/araxes/ns/isHeldBy> ?x }"
    for accept in ("text/turtle", "application/n-triples", "application/ld+json"):
        assert (
            request(query_url(over, asked), accept=accept).body == request(query_url(server, asked), accept=accept).body
        )
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    graph = "https://w3id.org/araxes/graph/entities"
    both = [
        request(query_url(url, count, **{"default-graph-uri": graph}), accept="text/csv").text for url in (over, server)
    ]
    assert both[0] == both[1]


def test_what_cannot_be_read_is_explained_as_here_and_nothing_is_kept(over: str, server: str) -> None:
    bad = "SELECT * { ?s ?p "
    both = [request(query_url(url, bad)).json() for url in (over, server)]
    assert [told["line"] for told in both] == [1, 1]
    assert both[0]["detail"] == both[1]["detail"]
    reply = request(query_url(over, "ASK { ?s ?p ?o }"))
    assert reply.headers["Cache-Control"] == "no-store"
    assert "ETag" not in reply.headers


def test_the_triples_are_counted(over: str, server: str) -> None:
    counts = [request(f"{url}health").json()["triples"] for url in (over, server)]
    assert counts[0] == counts[1]
    assert re.search(r"[1-9]", str(counts[0]))


def test_three_replicas_are_asked_and_one_is_killed_under_load(oxigraph_replicas, releases: Path, release) -> None:
    urls = [each.url for each in oxigraph_replicas]
    wanted = [{"n": str(release.manifest["distinct_triples"])}]
    with (
        serving("--no-build", "--release", str(releases), "--backend", *urls) as url,
        ThreadPoolExecutor(4) as clients,
    ):

        def asked(number: int) -> list[dict[str, str]]:
            if number == 40:
                oxigraph_replicas[0].process.kill()
                oxigraph_replicas[0].process.wait()
            return found(request(query_url(url, f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o }} # {number}")))

        assert [*clients.map(asked, range(120))] == [wanted] * 120
