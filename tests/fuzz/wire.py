"""Requests as bytes over a socket, what may come back, and a probe that the server still answers right."""

import gzip
import http.client
import json
import socket
import zlib
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from helpers import Reply, query_url, request, rows
from hypothesis import HealthCheck, settings

CEILING = 30
KNOWN = {200, 204, 304, 400, 404, 405, 406, 413, 414, 415, 417, 431, 503, 504}
PROBE = "SELECT ?s WHERE { ?s a <https://w3id.org/araxes/ns/State> } ORDER BY ?s"
STATES = [{"s": f"https://w3id.org/araxes/id/state/{name}"} for name in ("aland", "oland")]
MARK = "elsewhere.example"
LEAKS = (b"Traceback", b"site-packages", b'File "/', b".py:")


def fuzz(examples: int) -> settings:
    """Return the settings of a property: as many examples, the same each time, without a limit for one."""
    unhealthy = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=unhealthy
    )


class Broken(AssertionError):
    """The connection was reset, stayed silent, or ended within a response."""


@dataclass
class Target:
    """A server under fire."""

    url: str
    sent: int = 0
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port."""
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 80)

    def exchange(self, sent: bytes, method: str = "GET") -> Reply:
        """Send bytes as they are and read one response; a reset, silence, or half an answer fails."""
        try:
            with closing(socket.create_connection(self.address, timeout=CEILING)) as wire:
                wire.sendall(sent)
                with closing(http.client.HTTPResponse(wire, method=method)) as response:
                    response.begin()
                    reply = Reply(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise Broken(f"{error!r} in place of a response to {sent[:2000]!r}") from error
        self.statuses[reply.status] = self.statuses.get(reply.status, 0) + 1
        self.sent += 1
        if self.sent % 25 == 0:
            self.probe()
        return reply

    def probe(self) -> None:
        """Ask what has a known answer, each time in other words, so that no kept answer is given."""
        assert rows(request(query_url(self.url, f"{PROBE} # {self.sent}"))) == STATES

    def ask(
        self, target: str = "/sparql", body: bytes | None = None, headers: str | bytes = b"", method: str | None = None
    ) -> Reply:
        """Send a request with a clean first line and length, and check that the response is a clean one."""
        word = method or ("GET" if body is None else "POST")
        more = headers.encode("latin-1") if isinstance(headers, str) else headers
        if b"host:" not in more.lower():
            more = f"Host: {self.address[0]}\r\n".encode() + more
        length = b"" if body is None else f"Content-Length: {len(body)}\r\n".encode()
        first = f"{word} {target} HTTP/1.1\r\n".encode("latin-1")
        sent = first + more + length + b"Connection: close\r\n\r\n" + (body or b"")
        reply = self.exchange(sent, word)
        return checked(reply, sent, without_body=word == "HEAD")


def checked(reply: Reply, sent: bytes = b"", by_http_server: bool = False, without_body: bool = False) -> Reply:
    """Check a response: its status is known, a problem is well-formed, and nothing of the inside shows.

    What the HTTP server refuses before the application sees it needs no problem document.
    """
    said = f"{reply.status} {reply.body[:500]!r} to {sent[:2000]!r}"
    assert reply.status in KNOWN, said
    assert not any(leak in reply.body for leak in LEAKS), said
    assert MARK not in str(reply.headers), f"{reply.headers} to {sent[:2000]!r}"
    if reply.status == 503:
        assert reply.headers["Retry-After"], said
    if without_body or reply.status in {204, 304}:
        assert reply.body == b"", said
    elif reply.status >= 400 and not by_http_server and reply.type != "text/html":
        assert reply.type == "application/problem+json", said
        problem = json.loads(decoded(reply))
        assert problem["status"] == reply.status, said
        for member in ("type", "title", "detail"):
            assert isinstance(problem[member], str) and problem[member], said
        assert "/problems/" in problem["type"], said
        assert problem["type"].rpartition("/")[2] != "server-fault", said
    return reply


def decoded(reply: Reply) -> bytes:
    """Return a body as it was before it was compressed, as far as the standard library can."""
    coding = reply.headers.get("Content-Encoding", "identity")
    if coding == "gzip":
        return gzip.decompress(reply.body)
    if coding == "deflate":
        return zlib.decompress(reply.body)
    assert coding in {"identity", "zstd", "br"}, coding
    return reply.body


def long(target: Target, sent: bytes, what: bytes, *, may_be_cut: bool) -> None:
    """Send something long; where a refusal may come before all has been sent, a cut connection is no fault."""
    with suppress(Broken) if may_be_cut else nullcontext():
        checked(target.exchange(sent), what, by_http_server=True)
