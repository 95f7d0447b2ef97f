"""Sends requests to a server over kept connections and tells how many were answered, and how fast.

`wrk` does it where it is installed; else a generator in this process, which is slower itself and so understates a
server that answers in a few microseconds. Slow queries always go through the latter, since it waits for every answer.
"""

import itertools
import json
import re
import selectors
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote

HOST = "127.0.0.1"
WRK = shutil.which("wrk")
CEILING = 20.0
BLOCK = 10_000_000
HEADER = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
BLOCKS = itertools.count(1)

SCRIPT = """\
local heads, tails = {{ {heads} }}, {{ {tails} }}
local turn, fixed = {first}, {fixed}
function request()
  turn = turn + 1
  local at = turn % #heads + 1
  return heads[at] .. (fixed and {first} or turn) .. tails[at]
end
function done(summary, latency)
  local wrong = summary.errors
  io.write(string.format('{{"answered": %d, "failed": %d, "seconds": %f, "p50": %f, "p99": %f}}\\n',
    summary.requests - wrong.status, wrong.status + wrong.connect + wrong.read + wrong.write + wrong.timeout,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


class Asked(NamedTuple):
    """A GET request, parted where the number goes that makes its query's text a new one."""

    head: str
    tail: str

    def bytes(self, number: int) -> bytes:
        """Return the request with a number."""
        return f"{self.head}{number}{self.tail}".encode()


def asked(port: int, path: str, query: str, accept: str) -> Asked:
    """Return the request that asks a query; the number stands in a comment at its end."""
    head = f"GET {path}?query={quote(query, safe='')}%0A%23"
    return Asked(head, f" HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept: {accept}\r\n\r\n")


@dataclass(frozen=True, slots=True)
class Plan:
    """How to ask: over how many connections, how long, at most how often, always the same text or not, by whom."""

    connections: int = 8
    seconds: float = 1.0
    most: int = 10**9
    same: bool = False
    wrk: bool = False
    ceiling: float = CEILING


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it; the times are in milliseconds, and missing where nothing was answered."""

    answered: int
    failed: int
    seconds: float
    p50: float | None
    p99: float | None

    @property
    def rate(self) -> float:
        """Return the right answers per second."""
        return self.answered / self.seconds


def run(port: int, requests: Sequence[Asked], plan: Plan) -> Load:
    """Ask as planned, the requests in turn."""
    return _by_wrk(port, requests, plan) if plan.wrk and WRK else _by_hand(port, requests, plan)


def _by_wrk(port: int, requests: Sequence[Asked], plan: Plan) -> Load:
    first = 1 if plan.same else next(BLOCKS) * BLOCK
    script = SCRIPT.format(
        heads=", ".join(json.dumps(each.head) for each in requests),
        tails=", ".join(json.dumps(each.tail) for each in requests),
        first=first,
        fixed=str(plan.same).lower(),
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        options = [
            "-t1",
            f"-c{plan.connections}",
            f"-d{max(1, round(plan.seconds))}s",
            f"--timeout={plan.ceiling:.0f}s",
        ]
        words = [str(WRK), *options, "-s", file.name, f"http://{HOST}:{port}/"]
        told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    found = json.loads(told.strip().splitlines()[-1])
    answers = found["answered"] > 0
    return Load(
        found["answered"],
        found["failed"],
        found["seconds"],
        found["p50"] if answers else None,
        found["p99"] if answers else None,
    )


@dataclass(slots=True)
class Connection:
    """One kept connection, and the answer that comes over it."""

    port: int
    line: socket.socket = field(init=False)
    begun: float = 0.0
    buffer: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Connect, anew if need be."""
        self.line = socket.create_connection((HOST, self.port), timeout=CEILING)
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        """Send a request and note the time."""
        self.buffer.clear()
        self.begun = time.perf_counter()
        self.line.sendall(request)

    def receive(self) -> int:
        """Take what has come; return the status once the answer is whole, 0 before, and -1 if the server hung up."""
        try:
            piece = self.line.recv(1 << 18)
        except OSError:
            return -1
        self.buffer += piece
        end = self.buffer.find(b"\r\n\r\n") + 4
        if not piece or end < 4:
            return 0 if piece else -1
        length = HEADER.search(self.buffer, 0, end)
        # Chunks end with an empty one, and nothing follows it as long as only one answer is on its way.
        whole = len(self.buffer) >= end + int(length[1]) if length else self.buffer.endswith(b"\r\n0\r\n\r\n")
        return int(self.buffer[9:12]) if whole else 0

    def closes(self) -> bool:
        """Return whether the server said that it closes the connection after this answer."""
        return b"connection: close" in self.buffer[: self.buffer.find(b"\r\n\r\n")].lower()


class Hand:
    """The generator of this process: some connections, each of which asks again once it is answered."""

    def __init__(self, port: int, requests: Sequence[Asked], plan: Plan) -> None:
        self.plan = plan
        self.sending = self._requests(requests)
        self.taken: list[float] = []
        self.failed = 0
        self.selector = selectors.DefaultSelector()
        self.begun = time.perf_counter()
        for _ in range(min(plan.connections, plan.most)):
            self.ask(Connection(port))

    def _requests(self, requests: Sequence[Asked]) -> Iterator[bytes]:
        first = 1 if self.plan.same else next(BLOCKS) * BLOCK
        for turn in range(self.plan.most):
            yield requests[turn % len(requests)].bytes(first if self.plan.same else first + turn)

    def ask(self, connection: Connection) -> None:
        """Send the next request over a connection, if there is one and time is left."""
        over = time.perf_counter() - self.begun >= self.plan.seconds
        request = None if over else next(self.sending, None)
        if request is None:
            connection.line.close()
            return
        connection.send(request)
        self.selector.register(connection.line, selectors.EVENT_READ, connection)

    def run(self) -> Load:
        """Go on until the time is over and every answer is in; what is not answered within the ceiling has failed."""
        while self.selector.get_map():
            ready = self.selector.select(self.plan.ceiling)
            if not ready:
                self.failed += len(self.selector.get_map())
                for key in list(self.selector.get_map().values()):
                    key.data.line.close()
                break
            for key, _ in ready:
                self._take(key.data)
        seconds = time.perf_counter() - self.begun
        return Load(len(self.taken), self.failed, seconds, *_percentiles(self.taken))

    def _take(self, connection: Connection) -> None:
        status = connection.receive()
        if not status:
            return
        if status == 200:
            self.taken.append(1000 * (time.perf_counter() - connection.begun))
        else:
            self.failed += 1
        self.selector.unregister(connection.line)
        if status < 0 or connection.closes():
            connection.line.close()
            connection.open()
        self.ask(connection)


def _by_hand(port: int, requests: Sequence[Asked], plan: Plan) -> Load:
    return Hand(port, requests, plan).run()


def _percentiles(taken: list[float]) -> tuple[float | None, float | None]:
    if not taken:
        return None, None
    ranked = sorted(taken)
    return statistics.median(ranked), ranked[min(len(ranked) - 1, int(0.99 * len(ranked)))]
