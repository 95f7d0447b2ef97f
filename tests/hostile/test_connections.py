"""Clients that break the rules of HTTP, hold on, let go, or come all at once."""

import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from urllib.parse import quote, urlsplit

import pytest
from helpers import JSON, Served, query_url, request, rows
from siege import ELSEWHERE, Probe, asked_from, resident

SMALL = "SELECT (1 AS ?one) {}"
LARGE = "SELECT * { ?s ?p ?o . ?x ?y ?z } LIMIT 20000"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@contextmanager
def connected(server: str, *, small_window: bool = False, source: str = "127.0.0.1") -> Iterator[socket.socket]:
    at = urlsplit(server)
    with socket.socket() as client:
        if small_window:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(60)
        client.bind((source, 0))
        client.connect((str(at.hostname), int(at.port or 80)))
        yield client


def said(server: str, data: bytes) -> bytes:
    """Send bytes, and return all that comes back until the server closes or answers once."""
    with connected(server) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        parts = []
        try:
            while part := client.recv(65_536):
                parts.append(part)
        except ConnectionResetError:
            pass
        return b"".join(parts)


def get(query: str) -> bytes:
    return f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: x\r\nAccept: {JSON}\r\n\r\n".encode()


def post(body: bytes, *headers: str) -> bytes:
    lines = ["POST /sparql HTTP/1.1", "Host: x", "Content-Type: application/sparql-query", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


BROKEN = {
    "no request at all": b"",
    "line ends only": b"\r\n\r\n\r\n\r\n",
    "binary": bytes(range(256)) * 8,
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": b"GET /sparql\r\n\r\n",
    "version that is none": b"GET /sparql HTTP/9.9\r\nHost: x\r\n\r\n",
    "method that is none": b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
    "header without a colon": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "header with a line break in it": b"GET / HTTP/1.1\r\nHost: x\r\nAccept: a\r\n b\r\n\r\n",
    "header of 200,000 bytes": b"GET / HTTP/1.1\r\nHost: x\r\nAccept: " + b"a/b, " * 40_000 + b"\r\n\r\n",
    "5,000 headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n",
    "address of 100,000 bytes": get("SELECT * { ?s ?p '" + "x" * 100_000 + "' }"),
    "length that is no number": post(b"ASK {}", "Content-Length: six"),
    "negative length": post(b"ASK {}", "Content-Length: -6"),
    "two lengths": post(b"ASK {}", "Content-Length: 6", "Content-Length: 60"),
    "length and chunks": post(b"0\r\n\r\n", "Content-Length: 6", "Transfer-Encoding: chunked"),
    "length too long": post(b"ASK {}", "Content-Length: 600"),
    "length too short": post(b"ASK {} # and more, which is another request", "Content-Length: 6"),
    "length of a terabyte": post(b"ASK {}", "Content-Length: 1099511627776"),
    "chunks that lie": post(b"fffffff\r\nASK {}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "chunks that are no numbers": post(b"zz\r\nASK {}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "coding that is none": post(b"ASK {}", "Content-Length: 6", "Transfer-Encoding: lzma"),
    "packed body": post(b"\x1f\x8b\x08\x00" * 10, "Content-Length: 40", "Content-Encoding: gzip"),
    "body that is not UTF-8": post(b"SELECT * { ?s ?p '\xff\xfe' }", "Content-Length: 25"),
    "expectation that is none": post(b"ASK {}", "Content-Length: 6", "Expect: miracles"),
    "upgrade": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "a hundred in one go": get(SMALL) * 100,
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_http_is_answered_or_hung_up(besieged: str, probe: Probe, name: str) -> None:
    answer = said(besieged, BROKEN[name])
    assert not answer or answer.startswith(b"HTTP/1.")
    for line in answer.split(b"\r\n"):
        if line.startswith(b"HTTP/1."):
            assert line.split()[1] not in {b"500", b"502"}, answer[:500]
    probe_now(besieged)


def probe_now(server: str) -> None:
    assert asked_from(ELSEWHERE, server, f"{SMALL} # {time.monotonic()}") == "1"


def test_clients_that_send_a_byte_and_wait_hold_nobody_up(besieged: str, probe: Probe) -> None:
    with ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(connected(besieged)).sendall(b"G")
        probe_now(besieged)


def test_clients_that_send_half_a_body_and_wait_hold_nobody_up(besieged: str, probe: Probe) -> None:
    with ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(connected(besieged)).sendall(post(b"SELECT", "Content-Length: 30"))
        for _ in range(5):
            probe_now(besieged)
        with connected(besieged, source=ELSEWHERE) as client:
            client.sendall(post(b"ASK {}", "Content-Length: 6", f"Accept: {JSON}"))
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
        with connected(besieged) as client:
            client.sendall(post(b"ASK {}", "Content-Length: 6"))
            refused = client.recv(2000)
        assert refused.startswith(b"HTTP/1.1 503")
        assert b"retry-after" in refused.lower()
    probe_now(besieged)


def test_clients_that_never_read_hold_nobody_up(besieged: str, probe: Probe) -> None:
    with ExitStack() as stack:
        for number in range(100):
            client = stack.enter_context(connected(besieged, small_window=True))
            client.sendall(get(f"{LARGE} # {number % 3}"))
        for _ in range(5):
            probe_now(besieged)


def test_clients_that_hang_up_at_once_cost_no_more_than_the_limit(besieged: str, probe: Probe) -> None:
    for number in range(20):
        with connected(besieged) as client:
            client.sendall(get(f"{SLOW} # {number}"))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    begun = time.monotonic()
    while request(query_url(besieged, f"{SMALL} # {time.monotonic()}")).status != 200:
        assert time.monotonic() - begun < 60
    probe_now(besieged)


def test_clients_that_hang_up_in_the_middle_of_an_answer_leave_nothing_behind(besieged: str, probe: Probe) -> None:
    for number in range(20):
        with connected(besieged, small_window=True) as client:
            client.sendall(get(f"{LARGE} # {number % 3}"))
            assert client.recv(100).startswith(b"HTTP/1.1 ")
    probe_now(besieged)


def test_two_hundred_at_once_are_all_answered(besieged: str, probe: Probe) -> None:
    def ask(number: int) -> tuple[int, bool]:
        reply = request(query_url(besieged, f"SELECT ({number} AS ?n) (COUNT(*) AS ?m) {{ ?s ?p ?o }}"))
        right = reply.status != 200 or rows(reply)[0]["n"] == str(number)
        return reply.status, right

    with ThreadPoolExecutor(200) as clients:
        found = list(clients.map(ask, range(200)))
    assert all(right for _, right in found)
    statuses = [status for status, _ in found]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 100


def test_slow_queries_of_a_crowd_are_refused_or_ended_but_never_dropped(besieged: str, probe: Probe) -> None:
    with ThreadPoolExecutor(60) as clients:
        replies = list(clients.map(lambda n: request(query_url(besieged, f"{SLOW} # crowd {n}")), range(60)))
    assert {reply.status for reply in replies} <= {503, 504}
    busy = [reply for reply in replies if reply.status == 503]
    assert all(int(reply.headers["Retry-After"]) >= 1 for reply in busy)
    assert all(json.loads(reply.body)["status"] == reply.status for reply in replies)


def test_memory_is_flat(besieged_server: Served, probe: Probe) -> None:
    def round_of(ask: Callable[[str], object]) -> int:
        for number in range(12):
            ask(f"SELECT * {{ ?a ?b ?c . ?x ?y ?z }} ORDER BY ?c # {number}")
            ask(f"{LARGE} # {number}")
            ask(f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o }} # {number}")
        return resident(besieged_server.process.pid)

    def ask(query: str) -> None:
        request(query_url(besieged_server.url, f"{query} {time.monotonic()}"))

    first = round_of(ask)
    second = round_of(ask)
    third = round_of(ask)
    assert third < 1.3 * max(first, second) + 150_000_000
