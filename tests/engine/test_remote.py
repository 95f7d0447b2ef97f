"""Other endpoints in place of a store: in turn, without those that are down, and whatever is wrong with them is told."""

import gzip
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pyoxigraph as ox
import pytest
from araxes.engine import Engine, Question
from araxes.engine.question import GRAPHS, RESULTS
from araxes.problems import AnswerTooLarge, BadQuery, EndpointFailed
from araxes.project import Release, open_release
from araxes.settings import Settings
from engine.others import COUNTED, JSON, NTRIPLES, Handler, other, over
from engine.test_no_hit import Listener
from helpers import CEILING, TINY, araxes, query_url, ready, request, rows, serving, until

ROW = b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"urn:s"}}]}}'
SELECT, CONSTRUCT = "SELECT ?s { ?s ?p ?o }", "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


def engine_over(release: Release, *urls: str, **more: int) -> Engine:
    return Engine(release, Settings(workers=3, backend=" ".join(urls), **more))  # type: ignore[arg-type]


def then(answer):  # type: ignore[no-untyped-def]
    """Return what answers the first query, by which a server looks whether anybody is there, and fails afterwards."""
    return lambda handler, query: handler.give(COUNTED) if "COUNT" in query else answer(handler, query)


@pytest.mark.parametrize("told", ["{}", '{"n":{"type":"literal","value":"many"}}', ""])
def test_an_endpoint_that_does_not_count_is_named_at_the_start(tiny_release: Release, told: str) -> None:
    body = f'{{"head":{{"vars":["n"]}},"results":{{"bindings":[{told}]}}}}'.encode()
    with other(lambda handler, _: handler.give(body)) as there, pytest.raises(EndpointFailed, match=there.url):
        engine_over(tiny_release, there.url)


def drip(handler: Handler, _: str) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    while not handler.server.stopped.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def half(handler: Handler, _: str) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    handler.wfile.write(ROW[:20])
    handler.wfile.flush()
    handler.server.rest()


FAULTS = {
    "503": (lambda handler, _: handler.give(b"", status=503), "503"),
    "500": (lambda handler, _: handler.give(b"", status=500), "500"),
    "302": (lambda handler, _: handler.give(b"", status=302, Location="http://127.0.0.1:9/"), "302"),
    "no headers": (lambda handler, _: handler.server.rest(), "within"),
    "no body": (half, "within"),
    "drip": (drip, "within"),
    "page": (lambda handler, _: handler.give(b"<p>Hello", "text/html"), "text/html"),
    "no type": (lambda handler, _: handler.give(ROW, ""), "no media type"),
    "wrong type": (lambda handler, _: handler.give(b"<urn:s> <urn:p> <urn:o> .", NTRIPLES), NTRIPLES),
    "broken": (lambda handler, _: handler.give(ROW[:-9]), "cannot be read"),
    "not json": (lambda handler, _: handler.give(b"Hello"), "cannot be read"),
    "boolean": (lambda handler, _: handler.give(b'{"head":{},"boolean":true}'), "does not answer SELECT"),
    "too short": (lambda handler, _: handler.give(ROW, Content_Length="900"), "cannot be reached"),
    "hung up": (lambda handler, _: handler.connection.close(), "cannot be reached"),
    "false gzip": (lambda handler, _: handler.give(ROW, Content_Encoding="gzip"), "cannot be reached"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_with_an_endpoint_is_told_with_its_name(tiny_release: Release, name: str) -> None:
    answer, said = FAULTS[name]
    with (
        other(then(answer)) as there,
        closing(engine_over(tiny_release, there.url, query_milliseconds=1_500)) as engine,
    ):
        with pytest.raises(EndpointFailed, match=there.url) as caught:
            engine.ask(Question(SELECT, RESULTS[0]))
        assert said in caught.value.detail
        assert engine.state().ready


GRAPH_FAULTS = {
    "rows": (lambda handler, _: handler.give(ROW), JSON),
    "broken": (lambda handler, _: handler.give(b"<urn:s> <urn:p> .", NTRIPLES), "cannot be read"),
    "turtle": (lambda handler, _: handler.give(b"<urn:s> <urn:p", "text/turtle"), "cannot be read"),
}


@pytest.mark.parametrize("name", GRAPH_FAULTS)
def test_what_is_wrong_with_a_graph_is_told_too(tiny_release: Release, name: str) -> None:
    answer, said = GRAPH_FAULTS[name]
    with other(then(answer)) as there, closing(engine_over(tiny_release, there.url)) as engine:
        for query in (CONSTRUCT, "DESCRIBE <urn:s>"):
            with pytest.raises(EndpointFailed, match=there.url) as caught:
                engine.ask(Question(query, GRAPHS[0]))
            assert said in caught.value.detail


def test_packed_answers_are_read_though_nobody_asked_for_them(tiny_release: Release) -> None:
    packed = then(lambda handler, _: handler.give(gzip.compress(ROW), Content_Encoding="gzip"))
    with other(packed) as there, closing(engine_over(tiny_release, there.url)) as engine:
        assert json.loads(engine.ask(Question(SELECT, RESULTS[0])).body) == json.loads(ROW)


def large(handler: Handler, _: str) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" " * (1 << 20))


def bomb(handler: Handler, _: str) -> None:
    handler.give(gzip.compress(b" " * (200 << 20), 1), Content_Encoding="gzip")


@pytest.mark.parametrize("answer", [large, bomb])
def test_two_hundred_megabytes_are_too_many(tiny_release: Release, answer: object) -> None:
    with other(then(answer)) as there, closing(engine_over(tiny_release, there.url)) as engine:
        with pytest.raises(AnswerTooLarge):
            engine.ask(Question(SELECT, RESULTS[0]))
        assert engine.ask(Question("SELECT (COUNT(*) AS ?n) {}", RESULTS[0])).body


def test_what_an_endpoint_refuses_is_a_bad_query_in_its_words(tiny_release: Release) -> None:
    refuses = then(lambda handler, _: handler.give(b"I know no geof:far", "text/plain", 400))
    with other(refuses) as there, closing(engine_over(tiny_release, there.url)) as engine:
        with pytest.raises(BadQuery, match="geof:far"):
            engine.ask(Question(SELECT, RESULTS[0]))
        with pytest.raises(BadQuery, match="Line 1"):
            engine.ask(Question("SELECT ?s { ?s ?p }", RESULTS[0]))


def test_a_redirect_leads_nowhere(tiny_release: Release) -> None:
    with closing(Listener()) as trap:
        away = then(lambda handler, _: handler.give(b"", status=307, Location=trap.url))
        with (
            other(away) as there,
            closing(engine_over(tiny_release, there.url)) as engine,
            pytest.raises(EndpointFailed, match="307"),
        ):
            engine.ask(Question(SELECT, RESULTS[0]))
        assert trap.hits == 0


def test_replicas_take_turns_and_one_that_is_down_is_passed_by(tiny_release: Release) -> None:
    up = [True]
    first = then(lambda handler, _: handler.give(ROW) if up[0] else handler.give(b"", status=503))
    with (
        other(first) as one,
        other(then(lambda handler, _: handler.give(ROW))) as two,
        closing(engine_over(tiny_release, one.url, two.url)) as engine,
    ):
        ask = lambda: engine.ask(Question(SELECT, RESULTS[0]))  # noqa: E731
        for _ in range(6):
            ask()
        assert abs(len(one.sent) - len(two.sent)) <= 2
        up[0] = False
        for _ in range(6):
            ask()
        before = len(one.sent)
        for _ in range(6):
            ask()
        assert len(one.sent) == before  # left out
        up[0] = True
        until(lambda: ask() and len(one.sent) > before + 2)


def test_all_down_names_each(tiny_release: Release) -> None:
    fails = then(lambda handler, _: handler.give(b"", status=503))
    with other(fails) as one, other(fails) as two, closing(engine_over(tiny_release, one.url, two.url)) as engine:
        with pytest.raises(EndpointFailed) as caught:
            engine.ask(Question(SELECT, RESULTS[0]))
        assert one.url in caught.value.detail
        assert two.url in caught.value.detail
        assert "retry_after" in caught.value.more


def test_none_there_at_the_start_is_said_so() -> None:
    urls = ("http://127.0.0.1:9/one", "http://127.0.0.1:9/two")
    words = ("serve", "--port", "0", "--no-build", "--project", str(TINY))
    done = araxes(*words, *(word for url in urls for word in ("--backend", url)))
    assert (done.returncode, done.stdout) == (3, "")
    assert all(url in done.stderr for url in urls) or "release" in done.stderr


@pytest.fixture(scope="module")
def backed(tiny_releases: Path) -> Iterator[tuple[str, object]]:
    """A server over an endpoint that holds the tiny project's release."""
    store = ox.Store()
    store.load(path=str(open_release(tiny_releases).dataset))
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    words = ("--no-build", "--project", str(TINY), "--release", str(tiny_releases))
    with other(over(store)) as there, serving(*words, "--backend", there.url) as url:
        yield url, there


QUERIES = [
    ("SELECT ?s { ?s a ?c FILTER(isIRI(?s)) } ORDER BY ?s ?c", RESULTS),
    ("ASK { ?s ?p ?o }", RESULTS),
    ("CONSTRUCT { ?s a ?c } WHERE { ?s a ?c }", GRAPHS),
    ("DESCRIBE <https://w3id.org/araxes/id/state/oland>", GRAPHS),
]


@pytest.mark.parametrize(("query", "formats"), QUERIES)
def test_every_form_and_format_is_as_over_the_graph_itself(
    backed: tuple[str, object], tiny_server: str, query: str, formats: tuple[object, ...]
) -> None:
    for each in formats:
        accept = each.media_type  # type: ignore[attr-defined]
        there, here = (request(query_url(url, query), accept=accept) for url in (backed[0], tiny_server))
        assert (there.status, there.type) == (here.status, here.type)
        if each.name == "rdfxml" or "_:" not in here.text:  # type: ignore[attr-defined]
            assert sorted(there.body.split()) == sorted(here.body.split()), accept


def test_answers_over_an_endpoint_are_never_kept(backed: tuple[str, object]) -> None:
    for path in ("id/state/oland", "", query_url("", QUERIES[0][0]).lstrip("/")):
        accept = JSON if "query=" in path else "text/html"
        reply = request(backed[0] + path, accept=accept)
        assert reply.status == 200
        if path:
            assert reply.headers["Cache-Control"] == "no-store"
            assert "ETag" not in reply.headers


def test_the_pages_work_over_an_endpoint(backed: tuple[str, object]) -> None:
    assert "Øland" in request(backed[0] + "id/state/oland", accept="text/html").text
    assert ready(backed[0]).status == 200


def test_the_graphs_of_the_request_are_passed_on(backed: tuple[str, object]) -> None:
    url, there = backed
    more = {"default-graph-uri": "urn:one", "named-graph-uri": "urn:two"}
    request(query_url(url, SELECT, **more))
    sent = there.sent[-1]  # type: ignore[attr-defined]
    assert (sent["default-graph-uri"], sent["named-graph-uri"]) == (["urn:one"], ["urn:two"])


@contextmanager
def replica(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    with socket.create_server(("127.0.0.1", 0)) as free:  # it cannot say which port it took itself
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("oxigraph")), "serve-read-only", "--location", str(folder)]
    command += ["--bind", f"127.0.0.1:{port}", "--union-default-graph"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            assert next(line for line in process.stderr if "http://" in line)
            yield f"http://127.0.0.1:{port}/query", process
        finally:
            process.kill()


def test_no_answer_fails_when_one_of_three_replicas_is_killed_under_load(
    tiny_releases: Path, tmp_path: Path, tiny_server: str
) -> None:
    store = ox.Store(str(tmp_path / "data"))
    store.bulk_load(path=str(open_release(tiny_releases).dataset))
    store.flush()
    del store
    statuses: list[int] = []
    with ExitStack() as stack:
        urls, processes = zip(*(stack.enter_context(replica(tmp_path / "data")) for _ in range(3)), strict=True)
        words = [word for url in urls for word in ("--backend", url)]
        words += ["--no-build", "--project", str(TINY), "--release", str(tiny_releases)]
        server = stack.enter_context(serving(*words))
        right = rows(request(query_url(tiny_server, QUERIES[0][0])))
        enough, killed = threading.Event(), threading.Event()

        def client() -> None:
            after = 0
            while after < 40:
                reply = request(query_url(server, QUERIES[0][0]))
                statuses.append(reply.status if reply.status != 200 or rows(reply) == right else -1)
                after += killed.is_set()
                if len(statuses) > 30:
                    enough.set()

        clients = [threading.Thread(target=client) for _ in range(4)]
        for each in clients:
            each.start()
        assert enough.wait(CEILING)
        processes[1].kill()
        processes[1].wait()
        killed.set()
        for each in clients:
            each.join(CEILING * 2)
    assert len(statuses) >= 160
    assert set(statuses) == {200}
