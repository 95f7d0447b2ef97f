"""Starts and stops the three servers, each as a process of its own on a free port, and asks them single questions."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import CEILING, HOST, Asked, asked

ROOT = Path(__file__).parents[1]
WORK = ROOT / ".make" / "bench"
BIN = ROOT / ".make" / "bench-venv" / "bin"
RESULTS, GRAPH = "application/sparql-results+json", "application/n-triples"
PATIENCE = 120.0
ANYTHING = "ASK { ?s ?p ?o }"


@dataclass(frozen=True, slots=True)
class Query:
    """A query of the benchmark."""

    name: str
    text: str

    @property
    def form(self) -> str:
        """Return the word that says what kind of answer it has."""
        words = (line.split()[0] for line in self.text.splitlines() if line.strip() and not line.startswith("#"))
        return next(word for word in words if word in {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})

    @property
    def accept(self) -> str:
        """Return the media type to ask for."""
        return GRAPH if self.form in {"CONSTRUCT", "DESCRIBE"} else RESULTS


@dataclass(frozen=True, slots=True)
class Data:
    """A data set: its name, its triples in a file, how many, and what is asked of it."""

    name: str
    file: Path
    triples: int
    queries: tuple[Query, ...]
    article: bool = False


class Server(ABC):
    """How one server is started; `most` is the largest data set, in triples, that it is given."""

    name = ""
    path = "/sparql"
    most = 10**9

    def prepare(self, data: Data) -> None:  # noqa: B027 - most need nothing
        """Do once what may be done before the server starts."""

    @abstractmethod
    def command(self, data: Data, port: int) -> list[str]:
        """Return the command that serves a data set."""


class Araxes(Server):
    """The project itself: the article's graph as it is served every day, other data from its file."""

    name = "araxes"

    def command(self, data: Data, port: int) -> list[str]:
        """Return the command that serves a data set."""
        served = ["--no-build"] if data.article else ["--data", str(data.file)]
        return [sys.executable, "-m", "araxes", "serve", "--port", str(port), "--project", str(ROOT), *served]


class Oxigraph(Server):
    """The native server of the engine that Araxes embeds, over a folder that was loaded before."""

    name = "oxigraph"
    path = "/query"

    def prepare(self, data: Data) -> None:
        """Load the folder."""
        folder = self._folder(data)
        if not folder.exists():
            words = [str(BIN / "oxigraph"), "load", "--location", str(folder), "--file", str(data.file)]
            subprocess.run(words, check=True, capture_output=True)

    def command(self, data: Data, port: int) -> list[str]:
        """Return the command that serves a data set."""
        where = ["--location", str(self._folder(data)), "--bind", f"{HOST}:{port}"]
        return [str(BIN / "oxigraph"), "serve-read-only", *where]

    def _folder(self, data: Data) -> Path:
        return data.file.with_suffix(".oxigraph")


class RdflibEndpoint(Server):
    """The endpoint over rdflib; a million triples would take it minutes to load and over a gibibyte."""

    name = "rdflib-endpoint"
    path = "/"
    most = 200_000

    def command(self, data: Data, port: int) -> list[str]:
        """Return the command that serves a data set."""
        return [str(BIN / "rdflib-endpoint"), "serve", "--host", HOST, "--port", str(port), str(data.file)]


SERVERS: tuple[Server, ...] = (Oxigraph(), Araxes(), RdflibEndpoint())


class NoStart(Exception):
    """A server ended, or did not answer in time."""


@dataclass(slots=True)
class Running:
    """A started server."""

    server: Server
    port: int
    process: subprocess.Popen[bytes]
    first_answer: float = 0.0

    def request(self, query: Query) -> Asked:
        """Return the request for a query."""
        return asked(self.port, self.server.path, query.text, query.accept)

    def ask(self, query: Query, number: int, limit: float = CEILING) -> tuple[int, bytes, float]:
        """Ask once; return status, body and seconds. Raises `OSError`, and so `TimeoutError` beyond the limit."""
        begun = time.perf_counter()
        connection = http.client.HTTPConnection(HOST, self.port, timeout=limit)
        with contextlib.closing(connection):
            address = self.request(query).head.split(" ", 1)[1] + str(number)
            connection.request("GET", address, headers={"Accept": query.accept})
            answer = connection.getresponse()
            body = answer.read()
        return answer.status, body, time.perf_counter() - begun

    def end(self) -> None:
        """Stop the server, by force if it takes its time, and everything that it started."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start(server: Server, data: Data) -> Running:
    """Start a server and wait for its first right answer. Raises `NoStart`."""
    server.prepare(data)
    port, log = _free_port(), WORK / f"{server.name}-{data.name}.log"
    with log.open("wb") as told:
        begun = time.perf_counter()
        process = subprocess.Popen(
            server.command(data, port), stdout=told, stderr=subprocess.STDOUT, start_new_session=True
        )
    found = Running(server, port, process)
    try:
        _wait(found, log)
    except BaseException:
        found.end()
        raise
    found.first_answer = time.perf_counter() - begun
    return found


@contextlib.contextmanager
def running(server: Server, data: Data) -> Iterator[Running]:
    """Start a server, and stop it in the end. Raises `NoStart`."""
    found = start(server, data)
    try:
        yield found
    finally:
        found.end()


def _wait(found: Running, log: Path) -> None:
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        if found.process.poll() is not None:
            said = log.read_text("utf-8", "replace").strip().splitlines() or ["nothing said"]
            raise NoStart(f"ended at once: {said[-1]}")
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            status, body, _ = found.ask(Query("anything", ANYTHING), 0)
            if status == 200 and json.loads(body).get("boolean") is True:
                return
        time.sleep(0.005)
    raise NoStart(f"no answer within {PATIENCE:.0f} s")


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        return int(trial.getsockname()[1])
