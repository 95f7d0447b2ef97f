"""Shows the stated figures as measured here, each as a share of its bound, and two engines side by side.

Run with `make bench`. Machines are noisy: read the ratios, not the seconds.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from araxes.knowledge import graphs, reading
from araxes.project import Project

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "araxes"]
BUILD, START, RULES = 60.0, 1.0, 30.0
TIMES = 5


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes, in seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def first_answer(releases: str) -> None:
    """Start the server on a built release, and stop it after the first answered query."""
    command = [*COMMAND, "serve", "--port", "0", "--project", str(ROOT), "--release", releases]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        url = server.stdout.readline().split()[-1]
        query = urllib.parse.urlencode({"query": "SELECT * WHERE { ?s a ?class } LIMIT 1"})
        with urllib.request.urlopen(f"{url}sparql?{query}") as answer:
            answer.read()
        server.terminate()


def main() -> None:
    """Measure and print."""
    project = Project(ROOT)
    with tempfile.TemporaryDirectory() as releases:
        build = [*COMMAND, "build", "--project", str(ROOT), "--release", releases]
        built = seconds(lambda: subprocess.run(build, check=True, capture_output=True))
        started = statistics.median(seconds(lambda: first_answer(releases)) for _ in range(TIMES))
    documents, _ = reading.read_turtle(project)
    saved = project.queries("rules")
    ours = statistics.median(seconds(lambda: graphs.derive(documents, saved)) for _ in range(TIMES))
    sys.path.append(str(ROOT / "tests"))
    from rdflib_rules import derive_with_rdflib

    theirs = seconds(lambda: derive_with_rdflib(documents, saved))
    print(f"full build with all checks     {built:7.2f} s   {built / BUILD:6.1%} of {BUILD:.0f} s")
    print(f"command to first answer        {started:7.2f} s   {started / START:6.1%} of {START:.0f} s")
    print(f"all rules in rdflib            {theirs:7.2f} s   {theirs / RULES:6.1%} of {RULES:.0f} s")
    print(f"all rules in pyoxigraph        {ours:7.2f} s   rdflib takes {theirs / ours:.0f} times as long")


if __name__ == "__main__":
    main()
