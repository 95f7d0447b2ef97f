"""The endpoint over HTTP, in a real server."""

import csv
import gzip
import io
import json
import re
from urllib.parse import quote, urlencode

import pytest
import zstandard
from araxes.problems import every_problem
from araxes.project import Release
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
    assert document["query_id"] == reply.headers["Araxes-Query-Id"]
    assert reply.headers["Cache-Control"] == "no-store"
    assert "ETag" not in reply.headers
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
    assert (reply.status, reply.type, reply.headers["Vary"]) == (200, media_type, "Accept, Accept-Encoding")
    assert ALAND in reply.text


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/turtle", RdfFormat.TURTLE),
        ("application/n-triples", RdfFormat.N_TRIPLES),
        ("application/rdf+xml", RdfFormat.RDF_XML),
        ("application/ld+json", RdfFormat.JSON_LD),
        ("application/trig", RdfFormat.TRIG),
        ("application/n-quads", RdfFormat.N_QUADS),
    ],
)
@pytest.mark.parametrize(
    "query", [f"DESCRIBE <{ALAND}>", f"CONSTRUCT {{ <{ALAND}> ?p ?o }} WHERE {{ <{ALAND}> ?p ?o }}"]
)
def test_graphs_come_as_accepted(tiny_server: str, query: str, accept: str, form: RdfFormat) -> None:
    reply = request(query_url(tiny_server, query), accept=accept)
    assert (reply.status, reply.type) == (200, accept)
    assert sum(str(each.subject) == f"<{ALAND}>" for each in parse(reply.body, form)) == 5


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
    problem(request(url, {"query": "#" * 700_000}), "query-too-long", 413)
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
    csv_and_tsv = ["text/csv", "text/tab-separated-values"]
    assert document["offered"] == [JSON, "application/sparql-results+xml", *csv_and_tsv, "text/html"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_with_the_list(tiny_server: str, method: str) -> None:
    reply = request(f"{tiny_server}sparql", method=method)
    problem(reply, "method-not-allowed", 405)
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS, POST, QUERY"


def test_the_method_query_is_get_with_a_body(tiny_server: str) -> None:
    url, typed = f"{tiny_server}sparql", {"Content-Type": "application/sparql-query"}
    got = request(query_url(tiny_server, STATES))
    for body, more in ((STATES.encode(), typed), (urlencode({"query": STATES}).encode(), {"Content-Type": FORM})):
        asked = request(url, body, method="QUERY", headers=more)
        assert (asked.status, asked.body, asked.headers["ETag"]) == (200, got.body, got.headers["ETag"])
        assert request(url, body, method="QUERY", headers={**more, "If-None-Match": got.headers["ETag"]}).status == 304
    assert request(url, method="OPTIONS").headers["Accept-Query"] == f"application/sparql-query, {FORM}"
    refused = request(url, b"{}", method="QUERY", headers={"Content-Type": "application/json"})
    problem(refused, "unsupported-media-type", 415)
    assert refused.headers["Accept-Query"] == refused.headers["Accept-Post"] == f"application/sparql-query, {FORM}"


@pytest.mark.parametrize("more", [{}, {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "zstd"}])
@pytest.mark.parametrize("query", [STATES, "CONSTRUCT WHERE { ?s ?p ?o }", "nonsense", "SELECT (NOW() AS ?a) {}"])
def test_head_is_get_without_the_body(tiny_server: str, query: str, more: dict[str, str]) -> None:
    url = query_url(tiny_server, query)
    own = {"araxes-query-id", "server-timing", "date"}
    for accept in (None, BROWSER):
        got = request(url, accept=accept, headers=more)
        headed = request(url, method="HEAD", accept=accept, headers=more)
        assert headed.body == b""
        headers = [{name.lower(): value for name, value in each.headers.items()} for each in (got, headed)]
        assert int(headers[0]["content-length"]) == len(got.body)
        if query not in {"nonsense", "SELECT (NOW() AS ?a) {}"}:
            assert {name: headers[0][name] for name in headers[0].keys() - own} == {
                name: headers[1][name] for name in headers[1].keys() - own
            }


def test_answers_are_whole_and_have_their_length(tiny_server: str) -> None:
    for query in ("SELECT * { ?s ?p ?o }", "SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 12000"):
        reply = request(query_url(tiny_server, query))
        assert int(reply.headers["Content-Length"]) == len(reply.body)
        assert "Transfer-Encoding" not in reply.headers
        assert len(rows(reply)) in {169, 12_000}


def test_other_sites_may_ask(tiny_server: str) -> None:
    reply = request(f"{tiny_server}sparql", method="OPTIONS")
    assert reply.status == 204
    assert "QUERY" in reply.headers["Access-Control-Allow-Methods"]
    assert reply.headers["Allow"] == reply.headers["Access-Control-Allow-Methods"]
    assert {"Accept", "Content-Type", "If-None-Match"} <= set(reply.headers["Access-Control-Allow-Headers"].split(", "))
    for each in (reply, request(query_url(tiny_server, "ASK {}")), request(query_url(tiny_server, "nonsense"))):
        assert each.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in each.headers
        exposed = set(each.headers["Access-Control-Expose-Headers"].lower().split(", "))
        assert {name.lower() for name in each.headers if name.lower().startswith("araxes-")} <= exposed
        assert {"etag", "retry-after", "server-timing", "allow"} <= exposed


@pytest.mark.parametrize(
    "path",
    ["", "sparql", "sparql?query=ASK%7B%7D", "nowhere", "health", "static/araxes.css", "limits", "graphs?default"],
)
def test_every_response_has_the_headers_that_protect_it(tiny_server: str, tiny_release: Release, path: str) -> None:
    headers = request(f"{tiny_server}{path}", accept=BROWSER).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Araxes-Release"] == tiny_release.name


def test_health_names_the_release(tiny_server: str, tiny_release: Release) -> None:
    expected = {"status": "ok", "release": tiny_release.name, "triples": tiny_release.triples}
    assert json.loads(request(f"{tiny_server}health").body) == expected


def test_every_type_of_problem_has_a_page(tiny_server: str) -> None:
    for kind in every_problem():
        reply = request(f"{tiny_server}problems/{kind.slug}", accept=BROWSER)
        assert (reply.status, reply.type) == (200, "text/html")
        assert kind.hint.partition("`")[0].partition("'")[0] in reply.text
    reply = request(f"{tiny_server}problems/query-too-deep", accept=BROWSER)
    assert reply.status == 200
    assert "too large in structure" in reply.text
    assert request(f"{tiny_server}problems/nope").status == 404


def test_live_and_ready_are_two_things(tiny_server: str, tiny_release: Release) -> None:
    assert request(f"{tiny_server}health/live").json() == request(f"{tiny_server}health").json()
    ready = request(f"{tiny_server}health/ready")
    assert (ready.status, ready.json()["status"], ready.json()["release"]) == (200, "ready", tiny_release.name)
    assert ready.headers["Cache-Control"] == "no-store"


def test_the_same_answer_is_not_sent_twice(tiny_server: str) -> None:
    url = query_url(tiny_server, "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 50")
    got = request(url)
    assert got.headers["Cache-Control"] == "public, max-age=60"
    for tag in (got.headers["ETag"], f"W/{got.headers['ETag']}", f'"x", {got.headers["ETag"]}', "*"):
        again = request(url, headers={"If-None-Match": tag})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", got.headers["ETag"])
        assert again.headers["Cache-Control"] and again.headers["Vary"]
    assert request(url, headers={"If-None-Match": '"x"'}).body == got.body


@pytest.mark.parametrize(
    "query", ["SELECT (NOW() AS ?a) {}", "SELECT (RAND() AS ?a) {}", "SELECT (STRUUID() AS ?a) {}"]
)
def test_an_answer_of_the_moment_is_nobodys_to_keep(tiny_server: str, query: str) -> None:
    replies = [request(query_url(tiny_server, query)) for _ in range(2)]
    assert [each.headers["Cache-Control"] for each in replies] == ["no-store"] * 2
    assert "ETag" not in replies[0].headers
    assert replies[0].body != replies[1].body


@pytest.mark.parametrize("accepted", ["gzip", "zstd", "identity", "br", "gzip;q=0.5, zstd", "*;q=0, identity"])
def test_bodies_are_packed_as_accepted(tiny_server: str, accepted: str) -> None:
    url = query_url(tiny_server, "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 60")
    plain, packed = request(url), request(url, headers={"Accept-Encoding": accepted})
    unpack = {None: bytes, "gzip": gzip.decompress, "zstd": zstandard.decompress}[packed.headers["Content-Encoding"]]
    assert unpack(packed.body) == plain.body
    assert (packed.headers["ETag"] == plain.headers["ETag"]) == (packed.body == plain.body)
    assert packed.headers["Vary"] == "Accept, Accept-Encoding"
    assert int(packed.headers["Content-Length"]) == len(packed.body)


def test_who_takes_no_coding_of_ours_is_told_which_there_are(tiny_server: str) -> None:
    reply = request(query_url(tiny_server, "ASK {}"), headers={"Accept-Encoding": "br, identity;q=0"})
    assert problem(reply, "not-acceptable", 406)["offered"] == ["identity", "zstd", "gzip"]
    packed = request(query_url(tiny_server, "ASK {}"), headers={"Accept-Encoding": "gzip, identity;q=0"})
    assert gzip.decompress(packed.body) == request(query_url(tiny_server, "ASK {}")).body


def test_a_timeout_beyond_the_limit_names_the_limit(tiny_server: str) -> None:
    document = problem(request(query_url(tiny_server, "ASK {}", timeout="11")), "bad-request", 400)
    assert (document["limit"], document["most"]) == ("query_milliseconds", 10_000)
    assert request(query_url(tiny_server, "ASK {}", timeout="1.5")).status == 200


def test_the_host_that_a_client_claims_shows_nowhere(tiny_server: str) -> None:
    hostile = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for path in ("", "sparql", "sparql?query=nonsense", "nowhere", "/sparql", "static//araxes.css", "graphs", "limits"):
        for accept in (None, BROWSER):
            reply = request(f"{tiny_server}{path}", accept=accept, headers=hostile)
            assert "evil" not in f"{reply.headers}{reply.text}"


def test_no_version_and_no_path_leaks(tiny_server: str) -> None:
    for path in ("", "sparql", "sparql?query=nonsense", "nowhere", "static/../app.py", "health/ready", "limits"):
        reply = request(f"{tiny_server}{path}", accept=BROWSER)
        assert not re.search(r"Traceback|/server/|/tmp/|site-packages|[Pp]ython/|[Ww]erkzeug|granian/", reply.text)
        assert not re.search(r"\d+\.\d+", reply.headers.get("Server", ""))
