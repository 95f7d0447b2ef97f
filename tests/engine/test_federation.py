"""SERVICE reaches the endpoints that the operator lists and nobody else, and joins as the standard has it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pyoxigraph as ox
import pytest
from araxes.engine import Engine, Question
from araxes.engine.question import GRAPHS, RESULTS
from araxes.problems import AnswerTooLarge, BadQuery, EndpointFailed, Problem, ServiceRefused
from araxes.project import release_of
from araxes.settings import Settings
from engine.others import JSON, NO_ROWS, Other, other, over
from engine.test_no_hit import HOSTILE, Listener, written
from helpers import environment, query_url, request, serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HERE = "@prefix : <http://x/> . :a :p :b . :b :p :c . :c :n 1 . :d :n 2 ."
THERE = "@prefix : <http://x/> . :a :q :x . :b :q :y , :x . :c :q 'c' . :x :r [ :s 1 ] , [ :s 2 ] ."
PREFIX = "PREFIX : <http://x/> "


class Federation:
    """An engine over a little data, an endpoint that it may ask, and traps that it may not."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        (folder / "here.ttl").write_text(HERE)
        there, self.both = ox.Store(), ox.Store()
        there.load(THERE.encode(), ox.RdfFormat.TURTLE)
        self.both.load((HERE + THERE).encode(), ox.RdfFormat.TURTLE)
        self.endpoint, self.trap = stack.enter_context(other(over(there))), stack.enter_context(closing(Listener()))
        self.port = self.endpoint.server_address[1]
        self.services = f"{self.endpoint.url} http://127.0.0.1:9/down"
        self.engine = stack.enter_context(closing(engine_over(folder, self.services)))

    def ask(self, text: str, at: int = 0) -> bytes:
        text = text.replace("CALL", f"SERVICE <{self.endpoint.url}>").replace("TRAP", self.trap.url)
        return self.engine.ask(Question(PREFIX + text, (GRAPHS if at else RESULTS)[0])).whole()

    def rows(self, text: str) -> list[dict[str, str]]:
        found = json.loads(self.ask(text))["results"]["bindings"]
        return [{name: term["value"] for name, term in row.items()} for row in found]


def engine_over(folder: Path, services: str, **more: int) -> Engine:
    return Engine(release_of([folder / "here.ttl"]), Settings(workers=3, services=services, **more))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    with ExitStack() as stack:
        yield Federation(tmp_path_factory.mktemp("here"), stack)


PLACES = [
    "SELECT * {{ ?s :p ?o {} }}",
    "SELECT * {{ {{ ?s :p ?o }} UNION {{ {} }} }}",
    "SELECT * {{ ?s :p ?o OPTIONAL {{ {} }} }}",
    "SELECT * {{ ?s :p ?o MINUS {{ {} }} }}",
    "SELECT * {{ ?s :p ?o FILTER EXISTS {{ {} }} }}",
    "SELECT * {{ {{ SELECT * {{ {} }} }} }}",
    "ASK {{ {} }}",
    "CONSTRUCT {{ ?s :made ?q }} WHERE {{ {} }}",
    "DESCRIBE ?s {{ {} }}",
    "SELECT * {{ CALL {{ {} }} }}",
    "SELECT * {{ ?s :p ?o CALL {{ ?s :q ?q }} {} }}",
    "SELECT * {{ ?s :p ?o {} CALL {{ ?s :q ?q }} }}",
]
UNLISTED = [
    "SERVICE <TRAP> { ?s :q ?q }",
    "SERVICE SILENT <TRAP> { ?s :q ?q }",
    "SERVICE # one\n <TRAP> { ?s :q ?q }",
    "service<TRAP>{ ?s :q ?q }",
    "SERVICE ?g { ?s :q ?q }",
    "VALUES ?g { <TRAP> } SERVICE ?g { ?s :q ?q }",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("call", UNLISTED)
def test_no_endpoint_is_asked_that_is_not_listed(fed: Federation, place: str, call: str) -> None:
    heard = len(fed.endpoint.sent)
    with pytest.raises((ServiceRefused, BadQuery)):
        fed.ask(place.format(call), at=int(place[0] in "CD"))
    assert fed.trap.hits == 0
    assert len(fed.endpoint.sent) == heard


@pytest.mark.parametrize(
    "spelled",
    [
        "<http://127.0.0.1:{port}/sparql/>",
        "<http://127.0.0.1:{port}/SPARQL>",
        "<HTTP://127.0.0.1:{port}/sparql>",
        "<http://127.0.0.1:0{port}/sparql>",
        "<http://localhost:{port}/sparql>",
        "<http://127.1:{port}/sparql>",
        "<http://user@127.0.0.1:{port}/sparql>",
        "<http://127.0.0.1:{port}/sparql#a>",
        "<http://127.0.0.1:{port}/sparql?a>",
        "<http://127.0.0.1:{port}/a/../sparql>",
        "<http://127.0.0.1:{port}/\\u0073parql>",
        "<http://127.0.0.1:{port}/%73parql>",
        "<sparql>",
        "</sparql>",
        "<//127.0.0.1:{port}/sparql>",
        "x:sparql",
        "?x",
        "# comment\n <http://127.0.0.1:{port}/sparql>",
    ],
)
@pytest.mark.parametrize("silent", ["", "SILENT "])
def test_a_listed_endpoint_is_asked_by_its_own_spelling_only(fed: Federation, spelled: str, silent: str) -> None:
    heard, base = len(fed.endpoint.sent), f"http://127.0.0.1:{fed.port}/"
    query = f"BASE <{base}> PREFIX x: <{base}> SELECT * {{ SERVICE {silent}{spelled} {{ ?s :q ?q }} }}"
    with pytest.raises(BadQuery):
        fed.ask(query.replace("{port}", str(fed.port)))
    assert len(fed.endpoint.sent) == heard


@pytest.mark.parametrize("word", ["SELECT * { ?s :p :oSERVICE <URL> { ?s :q ?q } }", "SELECT * { aSERVICE<URL>{} }"])
def test_service_that_is_glued_to_a_word_is_refused(fed: Federation, word: str) -> None:
    heard = len(fed.endpoint.sent)
    with pytest.raises(BadQuery):
        fed.ask(word.replace("URL", fed.endpoint.url))
    assert len(fed.endpoint.sent) == heard


@pytest.mark.parametrize("text", HOSTILE)
def test_no_disguise_reaches_a_trap_beside_a_listed_call(fed: Federation, text: str) -> None:
    for query in (
        written(text, fed.trap.url),
        written(text.replace("CALL", f"CALL SERVICE <{fed.endpoint.url}> {{ }}"), fed.trap.url),
    ):
        try:
            fed.engine.ask(Question(query, RESULTS[0]))
        except Problem:
            continue
    assert fed.trap.hits == 0


def test_the_engine_itself_has_no_way_out(fed: Federation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("araxes.engine.pool.inspect", lambda *_: True)  # as if the guard had let it pass
    with pytest.raises(Problem):
        fed.ask("SELECT * { CALL { ?s :q ?q } SERVICE ?g { ?a ?b ?c } VALUES ?g { <TRAP> } }")
    assert fed.trap.hits == 0


JOINED = [
    "SELECT * { ?s :p ?o CALL { ?s :q ?q } }",
    "SELECT * { CALL { ?s :q ?q } ?s :p ?o }",
    "SELECT * { ?s :p ?o OPTIONAL { CALL { ?o :q ?q } } }",
    "SELECT * { ?s :p ?o MINUS { CALL { ?s :q :y } } }",
    "SELECT * { ?s :p ?o FILTER NOT EXISTS { CALL { ?s :q :y } } }",
    "SELECT * { { ?s :p ?o } UNION { CALL { ?s :q ?q } } }",
    "SELECT ?s { { SELECT ?s (COUNT(*) AS ?n) { CALL { ?s :q ?q } } GROUP BY ?s } ?s :p ?o }",
    "SELECT * { CALL { ?s :q ?q FILTER(isIRI(?q)) } CALL { ?q :r/:s ?n } }",
    "SELECT * { CALL { ?s :q ?q . { ?s :q :x } UNION { ?s :q :y } } }",
    "SELECT * { CALL { { SELECT ?s (COUNT(*) AS ?n) { ?s :q ?q } GROUP BY ?s } } }",
    "SELECT * { ?s :p ?o CALL { } }",
    "SELECT * { ?s :p ?o CALL { :a :q :x } }",
    "SELECT * { ?s :p ?o CALL { :a :q :none } }",
    "SELECT * { ?s :p ?o CALL { VALUES (?s ?v) { (:a UNDEF) (UNDEF 1) } } }",
    "SELECT * { ?s :p ?o CALL { ?s :q ?q # }\n . FILTER(STR(?q) != '}') } }",
    "SELECT * { ?s :p ?o sErViCe\n\t<URL>\n{ ?s :q ?q } }",
]


def same(fed: Federation, text: str) -> None:
    local = text.replace("CALL", "").replace("sErViCe\n\t<URL>\n", "")
    right = fed.both.query(PREFIX + local).serialize(format=ox.QueryResultsFormat.JSON)
    rows = json.loads(fed.ask(text.replace("URL", fed.endpoint.url)))["results"]["bindings"]
    assert sorted(map(repr, map(sorted, map(dict.items, map(flat, rows))))) == sorted(
        map(repr, map(sorted, map(dict.items, map(flat, json.loads(right or b"")["results"]["bindings"]))))
    )


def flat(row: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: repr(sorted(term.items())) for name, term in row.items()}


@pytest.mark.parametrize("text", JOINED)
def test_it_joins_as_if_all_stood_in_one_store(fed: Federation, text: str) -> None:
    same(fed, text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ours=st.sampled_from(["?s :p ?o", "?o :p ?s", "?s :p ?o . ?o :p ?z", "VALUES ?s { :a :b }"]),
    theirs=st.sampled_from(["?s :q ?q", "?o :q ?q", "?q :q ?s", "?s :q ?q FILTER(?q != :x)", "?s :q ?o"]),
    shape=st.sampled_from(
        ["%s CALL { %s }", "{ %s } UNION { CALL { %s } }", "%s OPTIONAL { CALL { %s } }", "%s MINUS { CALL { %s } }"]
    ),
)
def test_any_mixture_joins_as_if_all_stood_in_one_store(fed: Federation, ours: str, theirs: str, shape: str) -> None:
    same(fed, f"SELECT * {{ {shape % (ours, theirs)} }}")


def test_it_works_in_every_form(fed: Federation) -> None:
    assert json.loads(fed.ask("ASK { CALL { :a :q :x } }"))["boolean"] is True
    assert json.loads(fed.ask("ASK { CALL { :a :q :none } }"))["boolean"] is False
    made = fed.ask("CONSTRUCT { ?s :made ?q } WHERE { ?s :p ?o CALL { ?s :q ?q } }", at=1)
    assert made.count(b"made>") == 2
    assert b"<http://x/n> 1" in fed.ask("DESCRIBE ?s { CALL { ?s :q 'c' } }", at=1)


def test_blank_nodes_of_two_calls_are_never_the_same(fed: Federation) -> None:
    assert fed.rows("SELECT * { CALL { ?x :r ?b } }")[0]["b"].startswith("urn:araxes:blank:")
    assert len(fed.rows("SELECT * { CALL { ?x :r ?b . ?b :s ?n } }")) == 2
    assert fed.rows("SELECT * { CALL { ?x :r ?b } CALL { ?b :s ?n } }") == []


VALUES = [
    "'",
    '"',
    "\\",
    "a\\u0022b",
    "line\nline\r\t",
    "\u0001\u007f",
    "é漢😀\u2028",
    "} SERVICE <TRAP> {",
    "'''\"\"\"",
    "",
]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("kind", [{}, {"xml:lang": "az-latn"}, {"datatype": "http://x/t"}])
def test_every_value_comes_through_whole(fed: Federation, tmp_path: Path, value: str, kind: dict[str, str]) -> None:
    term = {"type": "literal", "value": value.replace("TRAP", fed.trap.url), **kind}
    body = json.dumps({"head": {"vars": ["v"]}, "results": {"bindings": [{"v": term}, {}]}}).encode()
    with other(lambda handler, _: handler.give(body)) as there, closing(made(tmp_path, there)) as engine:
        query = f"SELECT ?v {{ SERVICE <{there.url}> {{ ?v ?b ?c }} }}"
        assert json.loads(engine.ask(Question(query, RESULTS[0])).body)["results"]["bindings"] == [{"v": term}, {}]
    assert fed.trap.hits == 0


def made(folder: Path, *there: Other, **more: int) -> Engine:
    (folder / "here.ttl").write_text(HERE)
    return engine_over(folder, " ".join(each.url for each in there), **more)


def bindings(term: object, name: str = "v") -> bytes:
    return json.dumps({"head": {"vars": [name]}, "results": {"bindings": [{name: term}]}}).encode()


FAILING = {
    "500": lambda handler, _: handler.give(b"", status=500),
    "400": lambda handler, _: handler.give(b"no\x1b[31m query", "text/plain", 400),
    "503": lambda handler, _: handler.give(b"", status=503),
    "page": lambda handler, _: handler.give(b"<p>Hello", "text/html"),
    "no type": lambda handler, _: handler.give(NO_ROWS, ""),
    "broken": lambda handler, _: handler.give(NO_ROWS[:-3]),
    "boolean": lambda handler, _: handler.give(b'{"head":{},"boolean":true}'),
    "short": lambda handler, _: handler.give(NO_ROWS, Content_Length="900"),
    "bad iri": lambda handler, _: handler.give(bindings({"type": "uri", "value": "a> } SERVICE <b"})),
    "bad node": lambda handler, _: handler.give(bindings({"type": "bnode", "value": "a> } SERVICE <b"})),
    "bad name": lambda handler, _: handler.give(bindings({"type": "uri", "value": "a:b"}, "v) { } SERVICE <b")),
    "hangs": lambda handler, _: handler.server.rest(),
}


@pytest.mark.parametrize("name", FAILING)
def test_silent_hides_an_endpoint_that_fails_and_else_it_is_named(tmp_path: Path, name: str) -> None:
    with other(FAILING[name]) as there, closing(made(tmp_path, there, query_milliseconds=1_500)) as engine:
        query = f"SELECT * {{ ?s <http://x/p> ?o SERVICE %s <{there.url}> {{ ?s ?b ?c }} }}"
        with pytest.raises(BadQuery if name == "400" else EndpointFailed, match=there.url) as caught:
            engine.ask(Question(query % "", RESULTS[0]))
        assert "\x1b" not in caught.value.detail
        found = json.loads(engine.ask(Question(query % "SILENT", RESULTS[0])).body)["results"]["bindings"]
        assert [sorted(row) for row in found] == [["o", "s"]] * 2


def test_a_redirect_is_not_followed(fed: Federation, tmp_path: Path) -> None:
    away = lambda handler, _: handler.give(b"", status=307, Location=fed.trap.url)  # noqa: E731
    with other(away) as there, closing(made(tmp_path, there)) as engine, pytest.raises(EndpointFailed, match="307"):
        engine.ask(Question(f"SELECT * {{ SERVICE <{there.url}> {{ ?s ?b ?c }} }}", RESULTS[0]))
    assert fed.trap.hits == 0


def test_size_and_rows_have_their_caps_and_silent_does_not_hide_them(tmp_path: Path) -> None:
    row = {"v": {"type": "literal", "value": "x" * 100}}
    many = json.dumps({"head": {"vars": ["v"]}, "results": {"bindings": [row] * 200}}).encode()
    for more in ({"answer_rows": 50}, {"answer_kilobytes": 16}):
        with (
            other(lambda handler, _: handler.give(many)) as there,
            closing(made(tmp_path, there, **more)) as engine,
            pytest.raises(AnswerTooLarge),
        ):
            engine.ask(Question(f"SELECT * {{ SERVICE SILENT <{there.url}> {{ ?v ?b ?c }} }}", RESULTS[0]))


def test_the_line_of_a_fault_below_a_call_is_the_one_that_was_written(fed: Federation) -> None:
    with pytest.raises(BadQuery) as caught:
        fed.ask("SELECT *\n{\n CALL {\n ?s :q ?q\n }\n ?s :p ?o .\n ?s nope:p ?o }")
    assert caught.value.more["line"] == 7


def test_what_the_endpoint_refuses_is_said_in_its_words(fed: Federation) -> None:
    with pytest.raises(BadQuery, match=fed.endpoint.url):
        fed.ask("SELECT * { CALL { ?s nope:q ?q } }")


NAMES = """
import socket, sys
real = socket.getaddrinfo
def fake(host, port, *rest, **more):
    if host == "listed.example":
        family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (sys.argv[1], port))]
    return real(host, port, *rest, **more)
socket.getaddrinfo = fake
from araxes.engine.remote import ask
from araxes.settings import Settings
try:
    ask(sys.argv[2], "SELECT * {}", (), Settings(query_milliseconds=2000), guarded=True)
except Exception as found:
    print(type(found).__name__)
"""
INWARD = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "fe80::1"]
INWARD += ["0.0.0.0", "::", "fd00::1", "100.64.0.1", "224.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"]


@pytest.mark.parametrize("address", INWARD)
def test_a_listed_name_that_leads_inward_is_refused(fed: Federation, address: str) -> None:
    before = fed.trap.hits
    url = fed.trap.url.replace("127.0.0.1", "listed.example")
    command = [sys.executable, "-c", NAMES, address, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert done.stdout == "ServiceRefused\n", done.stderr
    assert fed.trap.hits == before


def test_answers_with_service_are_never_kept(tmp_path: Path) -> None:
    store = ox.Store()
    (tmp_path / "here.ttl").write_text(HERE)
    count = "SELECT (COUNT(*) AS ?n) {{ SERVICE <{}> {{ ?s ?p ?o }} }}"
    with (
        other(over(store)) as there,
        serving("--data", str(tmp_path / "here.ttl"), ARAXES_SERVICES=there.url) as url,
    ):
        for at in range(3):
            reply = request(query_url(url, count.format(there.url)))
            assert reply.json()["results"]["bindings"][0]["n"]["value"] == str(at)
            assert reply.headers["Cache-Control"] == "no-store"
            assert "ETag" not in reply.headers
            store.add(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal(at)))
        refused = request(query_url(url, "SELECT * { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }"))
        assert (refused.status, refused.json()["services"]) == (400, [there.url])
        assert JSON in there.sent[0]["accept"][0]
        assert "authorization" not in there.sent[0]["headers"][0].lower()
