"""Endpoints of others for the tests: each answers, or fails, in a way of its own, and counts who came."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pyoxigraph as ox

JSON = "application/sparql-results+json"
NTRIPLES = "application/n-triples"
NO_ROWS = b'{"head":{"vars":[]},"results":{"bindings":[]}}'
COUNTED = b'{"head":{"vars":["n"]},"results":{"bindings":[{"n":{"type":"literal","value":"1"}}]}}'


class Handler(BaseHTTPRequestHandler):
    """One request, answered as the server is told to."""

    protocol_version = "HTTP/1.1"
    server: "Other"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = dict(parse_qs(body, keep_blank_values=True).items())
        self.server.sent.append({**sent, "accept": [self.headers["Accept"]], "headers": [str(self.headers)]})
        self.close_connection = True
        self.server.answer(self, sent["query"][0])

    do_GET = do_POST  # noqa: N815

    def give(self, body: bytes, kind: str = JSON, status: int = 200, **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        fields = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
        for name, value in {**fields, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Other(ThreadingHTTPServer):
    """An endpoint of somebody else's on loopback."""

    daemon_threads, block_on_close = True, False

    def __init__(self, answer: Callable[[Handler, str], None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.sent, self.stopped = answer, list[dict[str, list[str]]](), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/sparql"

    def handle_error(self, *_: object) -> None:
        """Say nothing of those who leave early."""

    def rest(self, *_: object) -> None:
        """Wait until the test has ended."""
        self.stopped.wait()


@contextmanager
def other(answer: Callable[[Handler, str], None]) -> Iterator[Other]:
    """Run an endpoint that answers each query so."""
    with Other(answer) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.shutdown()


def over(store: ox.Store) -> Callable[[Handler, str], None]:
    """Return what answers from a store, as SPARQL 1.1 has it."""

    def answer(handler: Handler, query: str) -> None:
        try:
            found = store.query(query)
        except SyntaxError as error:
            return handler.give(str(error).encode(), "text/plain", 400)
        if isinstance(found, ox.QueryTriples):
            return handler.give(found.serialize(format=ox.RdfFormat.N_TRIPLES) or b"", NTRIPLES)
        return handler.give(found.serialize(format=ox.QueryResultsFormat.JSON) or b"")

    return answer
