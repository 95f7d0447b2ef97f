"""Addresses that nobody means: each gets a clean refusal that tells nothing of the inside."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.site.wire import ask

LONG = "/id/" + "a" * 10_000
PATHS = [
    b"/id/../../../../etc/passwd",
    b"/id/%2e%2e/%2e%2e/etc/passwd",
    b"/id/..%2f..%2f..%2fetc%2fpasswd",
    b"/static/../site.toml",
    b"/static/%2e%2e/site.toml",
    b"/static/..%5csite.toml",
    b"/ontology/../../manifest.json",
    b"/ontology/..%2f..%2fmanifest.json",
    b"/graph/..%2fontology%2f..%2f..%2fdataset.nq",
    b"/ontology/%2e%2e/%2e%2e/manifest.json.ttl",
    b"/id/state%2Fnowhere",
    b"/id/state/iran%00",
    b"/id/%00.html",
    b"/id/state/iran%0d%0aX-Evil:%20yes",
    b"/id/%ff%fe.html",
    b"/id/state/%c3%28",
    b"/id/\xff\xfe",
    b"/id/<script>alert(1)</script>",
    b"/id/%3Cscript%3Ealert(1)%3C/script%3E",
    b"/id/state/iran%3E%20%3C%3E",
    b"/id//",
    b"/id/%7B%7D",
    b"/ns/%22onload=%22",
    LONG.encode(),
    b"/search/",
    b"/matrix.exe",
    b"/matrix.html.svg",
    b"/source/nowhere",
    b"/source/..%2f..%2f",
    b"/graph/%20",
    b"//evil.example/",
    b"/ontology//etc/passwd.ttl",
]
INSIDE = (b"Traceback", b"site-packages", b"/araxes/web", b"jinja2", b"root:", b"pyoxigraph", b'File "')


def sent(site: str, path: bytes) -> bytes:
    """Send a path byte for byte, and return all that comes back."""
    parts = urlsplit(site)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=30) as connection:
        connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
        found = b""
        while piece := connection.recv(65_536):
            found += piece
    return found


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40].decode("latin-1"))
def test_it_is_refused(site: str, path: bytes) -> None:
    answer = sent(site, path)
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500, answer[:200]
    head, _, body = answer.partition(b"\r\n\r\n")
    assert not any(each in body for each in INSIDE), body[:500]
    assert b"x-evil" not in head.lower()
    assert b"<script>alert" not in body


POLICY = {"content-security-policy", "x-content-type-options", "referrer-policy"}


@pytest.mark.parametrize(
    "path",
    [
        b"/",
        b"/id/state/iran",
        b"/id/state/iran.html",
        b"/id/state/iran.ttl",
        b"/nowhere",
        b"/matrix",
        b"/matrix.svg",
        b"/matrix.csv",
        b"/search.json?q=iran",
        b"/static/araxes.css",
        b"/ontology/positions.html",
        b"/robots.txt",
        b"/sitemap.xml",
        b"/health",
        b"/sparql",
        b"/metrics",
    ],
)
def test_every_answer_says_what_a_browser_may_do_with_it(site: str, path: bytes) -> None:
    head = sent(site, path).partition(b"\r\n\r\n")[0].decode("latin-1").lower()
    names = [line.partition(":")[0] for line in head.split("\r\n")[1:]]
    assert set(names) >= POLICY
    assert names.count("content-security-policy") == 1
    policy = next(line for line in head.split("\r\n") if line.startswith("content-security-policy"))
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "x-content-type-options: nosniff" in head
    assert "referrer-policy: no-referrer" in head


@pytest.mark.parametrize("host", ['"><script>', "a@evil.example", "a b", "x/../y", "x:port", "a" * 5_000, "x\\y"])
def test_what_is_no_host_is_refused(site: str, host: str) -> None:
    for path in ("/", "/id/state/iran", "/sparql?query=ASK%20%7B%7D"):
        for _ in range(2):
            reply = ask(site, path, "application/json", Host=host)
            assert reply.status == 400, (path, host)
            assert host not in reply.text


@pytest.mark.parametrize(
    "path",
    [
        "/search?q=%ff%fe",
        "/matrix?one=state:iran&one=state:russia",
        "/network?thing=%",
        "/search?q=a&q=b",
        "/matrix?one=no%20iri",
        "/network?thing=" + "%20" * 2_000,
    ],
)
def test_what_a_page_cannot_read_is_refused(site: str, path: str) -> None:
    reply = ask(site, path, "text/html")
    assert (reply.status, reply.type) == (400, "text/html")
    assert len(reply.body) < 10_000


@pytest.mark.parametrize("query", ["", "?v=wrong", "?v=", "?xv=1"])
def test_only_the_right_mark_of_a_file_is_kept_for_long(site: str, query: str) -> None:
    marked = ask(site, "/").text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "immutable" in ask(site, marked).headers["Cache-Control"]
    assert "immutable" not in ask(site, marked.partition("?")[0] + query).headers["Cache-Control"]
