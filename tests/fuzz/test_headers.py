"""Headers: what clients, proxies and attackers write there never breaks an answer, nor shows in one."""

import json

import pytest
from fuzz.wire import MARK, PROBE, STATES, Target, checked, decoded, fuzz, long
from helpers import Reply
from hypothesis import given
from hypothesis import strategies as st

ASKED = "/sparql?query=" + PROBE.replace(" ", "%20").replace("<", "%3C").replace(">", "%3E").replace("#", "%23")
JSON = "application/sparql-results+json"
PIECES = [
    *("text", "/", "*", "*/*", "text/csv", JSON, "application/json", "text/html", "text/turtle", "image/png", "a/b/c"),
    *(
        ";",
        ";q=",
        ";q=0",
        ";q=0.5",
        ";q=1.0001",
        ";q=-1",
        ";q=NaN",
        ";q=1e3",
        ";Q=0.3",
        ";q",
        ";q==1",
        '"',
        '\\"',
        ",",
        ",,",
    ),
    *(" ", "\t", "=", "(", ")", "<", ">", "gzip", "zstd", "br", "identity", "deflate", "x-gzip", "gzip;q=0", "*;q=0"),
    *("W/", '"abc"', '"', "W/*", '""', "é", "ÿ", "%", "\\", "for=", "host=", "proto=https", "by=_x", "[::1]", MARK),
    *("charset=", "utf-8", "UTF-16", "boundary=x", "application/sparql-query", "application/x-www-form-urlencoded"),
    *(
        "multipart/form-data",
        "text/plain",
        "0",
        "-1",
        "bytes=0-1",
        "100-continue",
        "Sat, 01 Jan 2000 00:00:00 GMT",
        "q" * 300,
    ),
]
VALUES = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40),
)
ANSWERS = [
    *("Accept", "Accept-Encoding", "Accept-Language", "Accept-Charset", "If-None-Match", "If-Modified-Since", "Range"),
    *("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Real-IP"),
    *(
        "Cookie",
        "Authorization",
        "Origin",
        "Referer",
        "User-Agent",
        "Cache-Control",
        "Pragma",
        "Upgrade-Insecure-Requests",
    ),
    *("X-HTTP-Method-Override", "X-Original-URL", "Via", "TE", "Prefer", "Accept-Datetime", "Sec-Fetch-Mode"),
]


def lines(headers: list[tuple[str, str]]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers)


def right(reply: Reply) -> None:
    """Check that a 200 holds the known rows, where it holds JSON that can be read here."""
    if reply.status == 200 and reply.type == JSON and reply.headers.get("Content-Encoding", "gzip") == "gzip":
        found = json.loads(decoded(reply))["results"]["bindings"]
        assert [{name: term["value"] for name, term in row.items()} for row in found] == STATES


@fuzz(250)
@given(headers=st.lists(st.tuples(st.sampled_from(ANSWERS), VALUES), min_size=1, max_size=4))
def test_headers_of_any_value_leave_the_answer_right(target: Target, headers: list[tuple[str, str]]) -> None:
    reply = target.ask(ASKED, headers=lines(headers))
    assert reply.status in {200, 206, 304, 406, 417}, f"{headers}\n{reply.text}"
    assert MARK.encode() not in decoded(reply)
    right(reply)


@fuzz(150)
@given(accept=VALUES)
def test_any_accept_is_answered_or_refused_with_what_there_is(target: Target, accept: str) -> None:
    reply = target.ask(ASKED, headers=lines([("Accept", accept)]))
    assert reply.status in {200, 406}, f"{accept}\n{reply.text}"
    if reply.status == 406 and reply.type != "text/html":
        assert json.loads(reply.body)["offered"]
    assert "accept" in reply.headers["Vary"].lower()


@fuzz(150)
@given(coding=VALUES)
def test_any_accept_encoding_gives_what_can_be_decoded(target: Target, coding: str) -> None:
    reply = target.ask(ASKED, headers=lines([("Accept-Encoding", coding), ("Accept", JSON)]))
    assert reply.status in {200, 406}, f"{coding}\n{reply.text}"
    if (packed := reply.headers.get("Content-Encoding")) is not None:
        assert packed in coding.lower() or "*" in coding, coding
    right(reply)


@fuzz(150)
@given(kind=VALUES, method=st.sampled_from(["POST", "QUERY", "PUT", "GET"]))
def test_any_content_type_is_read_or_refused(target: Target, kind: str, method: str) -> None:
    reply = target.ask(body=PROBE.encode(), headers=lines([("Content-Type", kind)]), method=method)
    assert reply.status in {200, 400, 405, 415}, f"{kind}\n{reply.text}"
    if reply.type != "text/html":
        right(reply)


@pytest.mark.parametrize(
    "name", ["Host", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Original-URL", "Origin"]
)
@pytest.mark.parametrize(
    "value", [MARK, f"host={MARK};proto=https", f"http://{MARK}/", f"x@{MARK}:80", f"{MARK}%0d%0aX: y"]
)
@pytest.mark.parametrize("path", [ASKED, "/sparql?query=nonsense", "/sparql", "/nowhere", "/", "/health"])
def test_no_host_of_the_senders_shows_in_an_answer(target: Target, path: str, name: str, value: str) -> None:
    for accept in ("application/json", "text/turtle", "text/html"):
        headers = lines([(name, value), ("Accept", accept)])
        sent = f"GET {path} HTTP/1.1\r\n{'' if name == 'Host' else 'Host: localhost' + chr(13) + chr(10)}"
        sent += f"{headers}Connection: close\r\n\r\n"
        reply = checked(target.exchange(sent.encode()), sent.encode(), by_http_server=name == "Host")
        assert MARK.encode() not in reply.body, sent


@fuzz(150)
@given(
    name=st.one_of(
        st.sampled_from(["Accept", "Host", "X", "Content-Type", "If-None-Match"]).map(str.encode),
        st.binary(max_size=12),
    ),
    value=st.binary(max_size=40),
)
def test_bytes_that_are_no_header_are_refused_or_passed_over(target: Target, name: bytes, value: bytes) -> None:
    """Line breaks, NUL and colons in wrong places: whoever finds it, the HTTP server or the application, says so."""
    lowered = (name + value).lower()
    if b"\n" in name + value or any(word in lowered for word in (b"content-length", b"transfer-encoding", b"upgrade")):
        name, value = name.replace(b"\n", b"_"), value.replace(b"\n", b"_")
    head = f"GET {ASKED} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".encode()
    sent = head + name + b": " + value + b"\r\n\r\n"
    checked(target.exchange(sent), sent, by_http_server=True)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET http://elsewhere.example/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET //../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /static/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"BREW /sparql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\nConnection: close\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\nConnection: close\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabc",
        b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\nASK {}\r\n0\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET  /  HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
    ids=range(16),
)
def test_a_broken_first_line_or_length_gets_an_answer(target: Target, sent: bytes) -> None:
    reply = target.exchange(sent)
    assert reply.status < 600
    assert reply.status in {200, 204, 301, 302, 307, 308, 400, 404, 405, 411, 421, 501, 505}, reply.body
    assert MARK.encode() not in reply.body
    target.probe()


@pytest.mark.parametrize("size", [8_000, 60_000, 1_000_000])
def test_a_header_of_any_length_gets_an_answer(target: Target, size: int) -> None:
    """A refusal may come before all has been sent; then the rest is cut off, which is no fault."""
    sent = f"GET {ASKED} HTTP/1.1\r\nHost: localhost\r\nX-Long: {'a' * size}\r\nConnection: close\r\n\r\n".encode()
    long(target, sent, b"a long header", may_be_cut=size > 100_000)
    target.probe()
