"""What the tests of the graph share: saved queries over HTTP, and what was counted, shown at the end of the run."""

import json
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from araxes import queries
from araxes.project import Project, Release

COUNTED: list[str] = []


@pytest.fixture(scope="session")
def counted() -> Callable[[str], None]:
    """Return a function that notes a line for the end of the run."""
    return COUNTED.append


@pytest.fixture(scope="session")
def ask(server: str) -> Callable[[str], bool]:
    """Return a function that sends an ASK query to the served endpoint."""

    def asked(query: str) -> bool:
        url = f"{server}sparql?{urllib.parse.urlencode({'query': query})}"
        request = urllib.request.Request(url, headers={"Accept": "application/sparql-results+json"})
        with urllib.request.urlopen(request) as response:
            return bool(json.load(response)["boolean"])

    return asked


@pytest.fixture(scope="session")
def saved(project: Project, select: Callable[[str], list[dict[str, str]]]) -> Callable[..., list[dict[str, str]]]:
    """Return a function that asks a query of `queries/explore` with the given parameters."""
    examples = project.queries("explore")

    def asked(name: str, **given: str) -> list[dict[str, str]]:
        return select(queries.bind(examples[name], given))

    return asked


@pytest.fixture(scope="session")
def dataset(release: Release) -> Path:
    """Return the file with the whole graph of the release."""
    return release.folder / "dataset.nq"


@pytest.fixture(scope="session")
def project_text(project: Project) -> str:
    """Return all data of the project as one text."""
    files = [file for file in project.turtle() if file.startswith("data/")]
    return "\n".join((project.root / file).read_text("utf-8") for file in files)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests counted."""
    if COUNTED:
        terminalreporter.section("the graph")
        for line in COUNTED:
            terminalreporter.write_line(line)
