"""What the tests share: the command line as a process, a served release, and a loud way not to run."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any, NoReturn

import pytest

TESTS = Path(__file__).parent
ROOT = TESTS.parent
TINY = TESTS / "fixtures" / "project"
TINY_TEXT = TESTS / "fixtures" / "tiny-2024.txt"
JSON = "application/sparql-results+json"
CEILING = 30.0
NOT_RUN: list[str] = []


def not_run(reason: str) -> NoReturn:
    """Skip a test, and list it at the end of the run under NOT RUN."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
    NOT_RUN.append(f"{test}: {reason}")
    pytest.skip(reason)


def environment(**more: str) -> dict[str, str]:
    """Return the environment for a child process, without what would point it to another project."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARAXES_")}
    return {**kept, **more}


def araxes(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `araxes` to its end."""
    command = [sys.executable, "-m", "araxes", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment(**more))


def built(project: Path, releases: Path, *words: str) -> Path:
    """Build a project by the command line, and return the folder of its releases."""
    done = araxes("build", "--project", str(project), "--release", str(releases), *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return releases


@dataclass(frozen=True)
class Served:
    """A running server: its address, its process, and what it says on its two streams."""

    url: str
    process: subprocess.Popen[str]
    errors: Path


@contextmanager
def served(*words: str, **settings: str) -> Iterator[Served]:
    """Run `araxes serve` on a free port with settings as environment variables, and give it once it answers."""
    command = [sys.executable, "-m", "araxes", "serve", "--port", "0", *words]
    env = environment(**settings)
    with (
        tempfile.NamedTemporaryFile("w", prefix="araxes-errors-") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=env) as process,
    ):
        try:
            assert process.stdout
            line = next((line for line in process.stdout if line.startswith("Araxes serves")), "")
            assert line, f"the server did not start:\n{Path(errors.name).read_text()}"
            yield Served(line.split()[-1], process, Path(errors.name))
        finally:
            process.terminate()


@contextmanager
def serving(*words: str, **settings: str) -> Iterator[str]:
    """Run `araxes serve` on a free port, and give its address once it answers."""
    with served(*words, **settings) as running:
        yield running.url


@dataclass(frozen=True)
class Reply:
    """A response as it came."""

    status: int
    headers: Message
    body: bytes

    @property
    def type(self) -> str:
        """Return the media type without its parameters."""
        return self.headers.get_content_type()

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode("utf-8")

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


def request(
    url: str,
    data: Mapping[str, str] | bytes | None = None,
    method: str | None = None,
    accept: str | None = JSON,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Send a request, whatever the status of its answer."""
    sent = {**({"Accept": accept} if accept is not None else {}), **(headers or {})}
    body = urllib.parse.urlencode(data).encode() if isinstance(data, Mapping) else data
    asked = urllib.request.Request(url, data=body, headers=sent, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=60) as response:
            return Reply(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.headers, error.read())


def query_url(server: str, query: str, **more: str) -> str:
    """Return the address that asks a query by GET."""
    return f"{server}sparql?{urllib.parse.urlencode({'query': query, **more})}"


def rows(reply: Reply) -> list[dict[str, str]]:
    """Return the rows of SPARQL JSON results as plain values."""
    assert reply.status == 200, reply.text
    return [{name: term["value"] for name, term in row.items()} for row in reply.json()["results"]["bindings"]]


def count(url: str, more: str = "") -> int:
    """Return how many triples the default graph has; `more` is put after the query."""
    return int(rows(request(query_url(url, f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o }} {more}")))[0]["n"])


def ready(url: str) -> Reply:
    """Return whether a server is ready, as it says itself."""
    return request(f"{url}health/ready", accept="application/json")


def until(fulfilled: Callable[[], object]) -> None:
    """Wait until something is so; far beyond any time that this should take, it fails."""
    begun = time.monotonic()
    while not fulfilled():
        assert time.monotonic() - begun < CEILING
        threading.Event().wait(0.02)


def descendants(pid: int) -> list[int]:
    """Return a process and those that it started, and they in turn."""
    found = [pid]
    for each in found:
        for path in Path(f"/proc/{each}/task").glob("*/children"):
            found += [int(word) for word in path.read_text().split()]
    return found


@dataclass
class Copy:
    """A copy of the tiny project that a test may spoil."""

    root: Path
    files: list[str] = field(default_factory=list)

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a part of a file, which must be there."""
        path = self.root / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1), "utf-8")

    def write(self, file: str, text: str) -> None:
        """Write a file."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def add(self, file: str, text: str) -> None:
        """Add text to the end of a file."""
        with (self.root / file).open("a", encoding="utf-8") as out:
            out.write(text)

    def araxes(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this copy, with its releases beside it."""
        return araxes(*words, "--project", str(self.root), "--release", str(self.releases), **more)

    @property
    def releases(self) -> Path:
        """Return the folder of its releases."""
        return self.root / "releases"


def copy_of_tiny(into: Path) -> Copy:
    """Return a copy of the tiny project in a folder."""
    for part in ("ontology", "data", "queries"):
        shutil.copytree(TINY / part, into / part)
    return Copy(into)
