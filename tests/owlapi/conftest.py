"""What the tests through OWLAPI share: everything opened in one child process, and what was counted."""

from collections.abc import Callable
from typing import Any

import pytest
from helpers import not_run
from owlapi import opened
from owlapi.jobs import FIXTURES, ONTOLOGY, job

COUNTED: list[str] = []


@pytest.fixture(scope="session")
def counted() -> Callable[[str], None]:
    """Return a function that notes a line for the end of the run."""
    return COUNTED.append


@pytest.fixture(scope="session")
def owlapi(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return what OWLAPI made of the documents of the release, of the checkout and of the fixtures."""
    missing = opened.missing_jars()
    if missing:
        not_run(f"OWLAPI is not here (Debian: apt install libowlapi-java); missing: {', '.join(missing)}")
    documents = request.getfixturevalue("release").folder / "documents"
    # Protégé looks for the catalogue beside the file that it opens
    return opened.ask([*map(job, (documents / "ontology", documents / "graph", ONTOLOGY, FIXTURES))])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was opened."""
    if COUNTED:
        terminalreporter.section("OWLAPI")
        for line in COUNTED:
            terminalreporter.write_line(line)
