"""Oxigraph as a server of its own, by the command that the package `oxigraph` brings."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from backends.running import ATTEMPTS, Ended, Running, free_port, running
from helpers import not_run

# `--union-default-graph` would count a triple twice that stands in two graphs
UNION = "INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"


def command() -> str:
    """Return the path of the command; where it is not installed, the test is listed as not run."""
    found = Path(sys.executable).with_name("oxigraph")
    return str(found) if found.is_file() else not_run("oxigraph is not installed (pip install oxigraph)")


def load(dataset: Path, into: Path) -> Path:
    """Load N-Quads into a new folder, with the union of all graphs as the default graph, and return the folder."""
    for words in (("load", "--file", str(dataset)), ("update", "--update", UNION)):
        full = [command(), words[0], "--location", str(into), *words[1:]]
        done = subprocess.run(full, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return into


@contextmanager
def serve(store: Path, logs: Path, read_only: bool = True) -> Iterator[Running]:
    """Serve a loaded folder; only of those that read there may be several."""
    logs.mkdir(parents=True, exist_ok=True)
    form = "serve-read-only" if read_only else "serve"
    with ExitStack() as stack:
        yield _started(stack, [command(), form, "--location", str(store)], logs)


def _started(stack: ExitStack, words: list[str], logs: Path) -> Running:
    said = ""
    for _ in range(ATTEMPTS):
        at = f"127.0.0.1:{free_port()}"
        try:
            return stack.enter_context(running([*words, "--bind", at], f"http://{at}/query", logs))
        except Ended as problem:
            said = str(problem)
    raise AssertionError(said)
