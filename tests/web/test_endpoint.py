"""The endpoint over HTTP, in a real server."""

import csv
import io
import json
from urllib.parse import quote

import pytest
from araxes.release import Release
from helpers import JSON, Reply, query_url, request, rows
from pyoxigraph import RdfFormat, parse

FORM = "application/x-www-form-urlencoded"
STATES = "SELECT ?s WHERE { ?s a <https://w3id.org/araxes/ns/State> } ORDER BY ?s"
ALAND = "https://w3id.org/araxes/id/state/aland"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def problem(reply: Reply, slug: str, status: int) -> dict[str, object]:
    assert (reply.status, reply.type) == (status, "application/problem+json")
    document: dict[str, object] = reply.json()
    assert document["type"] == f"/problems/{slug}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["hint"]
    assert "Traceback" not in reply.text
    assert "/araxes/" not in reply.text.replace("w3id.org/araxes/", "")
    return document


def test_get_and_both_ways_to_post_give_the_same_rows(tiny_server: str) -> None:
    url = f"{tiny_server}sparql"
    by_body = request(url, STATES.encode(), headers={"Content-Type": "application/sparql-query; charset=utf-8"})
    found = [rows(request(query_url(tiny_server, STATES))), rows(request(url, {"query": STATES})), rows(by_body)]
    assert found[0] == found[1] == found[2] == [{"s": ALAND}, {"s": ALAND.replace("aland", "oland")}]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (JSON, JSON),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv"),
        ("text/tab-separated-values", "text/tab-separated-values"),
        (None, JSON),
    ],
)
def test_rows_come_as_accepted(tiny_server: str, accept: str | None, media_type: str) -> None:
    reply = request(query_url(tiny_server, STATES), accept=accept)
    assert (reply.status, reply.type, reply.headers["Vary"]) == (200, media_type, "Accept")
    assert ALAND in reply.text


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/turtle", RdfFormat.TURTLE),
        ("application/n-triples", RdfFormat.N_TRIPLES),
        ("application/rdf+xml", RdfFormat.RDF_XML),
        ("application/ld+json", RdfFormat.JSON_LD),
    ],
)
@pytest.mark.parametrize(
    "query", [f"DESCRIBE <{ALAND}>", f"CONSTRUCT {{ <{ALAND}> ?p ?o }} WHERE {{ <{ALAND}> ?p ?o }}"]
)
def test_graphs_come_as_accepted(tiny_server: str, query: str, accept: str, form: RdfFormat) -> None:
    reply = request(query_url(tiny_server, query), accept=accept)
    assert (reply.status, reply.type) == (200, accept)
    assert len(list(parse(reply.body, form))) == 5


def test_ask_answers_yes_or_no(tiny_server: str) -> None:
    assert request(query_url(tiny_server, "ASK {}")).json()["boolean"] is True
    assert request(query_url(tiny_server, "ASK { <urn:no> ?p ?o }")).json()["boolean"] is False


def test_count_of_everything_is_the_number_of_distinct_triples(tiny_server: str, tiny_release: Release) -> None:
    found = rows(request(query_url(tiny_server, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")))
    assert found == [{"n": str(tiny_release.triples)}]


def test_from_gives_one_graph_alone(tiny_server: str, tiny_release: Release) -> None:
    graph = "https://w3id.org/araxes/graph/entities"
    count = "SELECT (COUNT(*) AS ?n) {}WHERE {{ ?s ?p ?o }}"
    by_query = query_url(tiny_server, count.format(f"FROM <{graph}> "))
    by_request = query_url(tiny_server, count.format(""), **{"default-graph-uri": graph})
    expected = [{"n": str(tiny_release.manifest["triples_by_graph"][graph])}]
    assert rows(request(by_query)) == rows(request(by_request)) == expected


def test_a_csv_is_a_csv(tiny_server: str) -> None:
    reply = request(query_url(tiny_server, STATES), accept="text/csv")
    assert next(csv.reader(io.StringIO(reply.text))) == ["s"]


def test_a_syntax_error_shows_its_line(tiny_server: str) -> None:
    document = problem(request(query_url(tiny_server, "SELECT * {\n  ?s foo:p ?o }")), "bad-query", 400)
    assert (document["line"], document["source"]) == (2, "  ?s foo:p ?o }")
    assert document["column"]


@pytest.mark.parametrize(
    "data",
    [{"query": "INSERT DATA { <urn:a> <urn:b> 1 }"}, {"update": "CLEAR ALL"}],
)
def test_an_update_is_impossible(tiny_server: str, tiny_release: Release, data: dict[str, str]) -> None:
    problem(request(f"{tiny_server}sparql", data), "update-refused", 400)
    found = rows(request(query_url(tiny_server, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")))
    assert found == [{"n": str(tiny_release.triples)}]


def test_other_faults_have_their_own_problem(tiny_server: str) -> None:
    url = f"{tiny_server}sparql"
    problem(request(query_url(tiny_server, "SELECT * { SERVICE <http://127.0.0.1/> {} }")), "service-refused", 400)
    problem(request(query_url(tiny_server, "SELECT * " + "{" * 300 + "}" * 300)), "query-too-deep", 400)
    problem(request(url, {"query": "ASK {}" + "#" * 60_000}), "query-too-long", 413)
    problem(request(url, {"query": "#" * 400_000}), "query-too-long", 413)
    problem(request(url), "bad-request", 400)
    problem(request(url, b"{}", headers={"Content-Type": "application/json"}), "unsupported-media-type", 415)
    problem(request(f"{tiny_server}nowhere"), "not-found", 404)


@pytest.mark.parametrize(
    "sent", [b"query=SELECT+(%22%FF%22+AS+?a)+{}", b"query=ASK{}&default-graph-uri=urn:%FF", b"query=ASK{}#\xff"]
)
def test_bytes_that_are_not_utf8_are_refused(tiny_server: str, sent: bytes) -> None:
    problem(request(f"{tiny_server}sparql", sent, headers={"Content-Type": FORM}), "bad-request", 400)
    problem(request(f"{tiny_server}sparql?{quote(sent, safe='=&%+?{}')}"), "bad-request", 400)


@pytest.mark.parametrize("field", ["query=ASK%7B%7D", "update=CLEAR+ALL"])
def test_a_query_in_the_body_stands_alone(tiny_server: str, field: str) -> None:
    reply = request(f"{tiny_server}sparql?{field}", b"ASK {}", headers={"Content-Type": "application/sparql-query"})
    assert (reply.status, reply.type) == (400, "application/problem+json")


def test_xml_that_could_not_be_read_names_what_can(tiny_server: str) -> None:
    query = 'SELECT ("a\\u0001b" AS ?a) {}'
    document = problem(request(query_url(tiny_server, query, format="xml")), "not-acceptable", 406)
    assert document["offered"] == [JSON, "text/csv", "text/tab-separated-values"]
    assert rows(request(query_url(tiny_server, query))) == [{"a": "a\x01b"}]


def test_no_acceptable_format_lists_what_there_is(tiny_server: str) -> None:
    document = problem(request(query_url(tiny_server, "ASK {}"), accept="image/png"), "not-acceptable", 406)
    assert document["offered"] == [JSON, "application/sparql-results+xml", "text/html"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_with_the_list(tiny_server: str, method: str) -> None:
    reply = request(f"{tiny_server}sparql", method=method)
    problem(reply, "method-not-allowed", 405)
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_head_is_get_without_the_body(tiny_server: str) -> None:
    url = query_url(tiny_server, STATES)
    got, headed = request(url), request(url, method="HEAD")
    assert (headed.status, headed.body) == (200, b"")
    assert headed.headers["Content-Length"] == str(len(got.body))


def test_other_sites_may_ask(tiny_server: str) -> None:
    reply = request(f"{tiny_server}sparql", method="OPTIONS")
    assert reply.status == 204
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]
    for each in (reply, request(query_url(tiny_server, "ASK {}")), request(query_url(tiny_server, "nonsense"))):
        assert each.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in each.headers


@pytest.mark.parametrize("path", ["", "sparql", "sparql?query=ASK%7B%7D", "nowhere", "health", "static/araxes.css"])
def test_every_response_has_the_headers_that_protect_it(tiny_server: str, tiny_release: Release, path: str) -> None:
    headers = request(f"{tiny_server}{path}", accept=BROWSER).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Araxes-Release"] == tiny_release.name


def test_health_names_the_release(tiny_server: str, tiny_release: Release) -> None:
    expected = {"status": "ok", "release": tiny_release.name, "triples": tiny_release.triples}
    assert json.loads(request(f"{tiny_server}health").body) == expected


def test_each_type_of_problem_can_be_looked_up(tiny_server: str) -> None:
    reply = request(f"{tiny_server}problems/query-too-deep", accept=BROWSER)
    assert reply.status == 200
    assert "too large in structure" in reply.text
    assert request(f"{tiny_server}problems/nope").status == 404
