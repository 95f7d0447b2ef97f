"""The application is plain WSGI: another HTTP server carries it in the same way."""

import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest
from helpers import TESTS, environment, query_url, request

STATES = "SELECT ?s WHERE { ?s a <https://w3id.org/araxes/ns/State> } ORDER BY ?s"


@pytest.fixture(scope="module")
def gunicorn(tiny_releases: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--threads", "8", "plain_wsgi:app"]
    command += ["--pythonpath", str(TESTS / "fixtures")]
    env = environment(RELEASE=str(tiny_releases))
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stderr
            listening = next(line for line in process.stderr if "Listening at: " in line)
            yield listening.split("Listening at: ")[1].split()[0] + "/"
        finally:
            process.terminate()
            process.communicate(timeout=60)


def test_both_http_servers_carry_the_same(tiny_server: str, gunicorn: str) -> None:
    typed = {"Content-Type": "application/sparql-query"}
    path = f"sparql?query={quote(STATES)}"
    tag = request(f"{gunicorn}{path}").headers["ETag"]
    sent: list[tuple[str, dict[str, object]]] = [
        (path, {}),
        (path, {"method": "HEAD"}),
        (path, {"headers": {"If-None-Match": tag}}),
        (path, {"headers": {"Accept-Encoding": "zstd, identity;q=0"}}),
        ("sparql", {"data": STATES.encode(), "headers": typed}),
        ("sparql", {"data": STATES.encode(), "headers": typed, "method": "QUERY"}),
        ("sparql", {"data": b"#" * 700_000, "headers": typed}),
        ("sparql", {"method": "OPTIONS"}),
        ("sparql", {"method": "DELETE"}),
        # Without blank nodes: each process names them anew.
        (query_url("", "SELECT ?p ?b { ?s ?p ?o . ?a ?b ?c } ORDER BY ?p ?b"), {}),
        (f"graphs?graph={quote('https://w3id.org/araxes/graph/entities')}", {"accept": "application/n-quads"}),
        ("limits", {"method": "HEAD"}),
    ]
    own = {"araxes-query-id", "server-timing", "date", "server", "connection", "transfer-encoding"}
    for where, how in sent:
        replies = [request(f"{server}{where}", **how) for server in (tiny_server, gunicorn)]  # type: ignore[arg-type]
        headers = [
            {name.lower(): value for name, value in each.headers.items() if name.lower() not in own} for each in replies
        ]
        assert replies[0].status == replies[1].status, where
        if replies[0].status >= 400 or where == "limits":
            assert headers[0].keys() == headers[1].keys(), where
            continue
        assert headers[0] == headers[1], where
        assert replies[0].body == replies[1].body


@pytest.mark.parametrize("server", ["tiny_server", "gunicorn"])
def test_a_body_in_chunks_is_read(server: str, request: pytest.FixtureRequest) -> None:
    host, _, port = request.getfixturevalue(server).removeprefix("http://").rstrip("/").partition(":")
    for pieces, status in (([b"ASK", b" {}"], 200), ([b"#" * 50_000] * 14, 413)):
        connection = HTTPConnection(host, int(port), timeout=30)
        typed = {"Content-Type": "application/sparql-query"}
        connection.request("POST", "/sparql", iter(pieces), typed, encode_chunked=True)
        assert connection.getresponse().status == status
        connection.close()
