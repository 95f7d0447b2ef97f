"""The project, its release and its server, made once a run; and what the end of the run says."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from araxes.engine import Engine
from araxes.project import Project, Release, open_release
from araxes.settings import Settings
from helpers import NOT_RUN, ROOT, TINY, Copy, built, copy_of_tiny, query_url, request, rows, serving


@pytest.fixture(scope="session")
def project() -> Project:
    """Return the project of the checkout."""
    return Project(ROOT)


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the project's release, built by the command line."""
    return built(ROOT, tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="session")
def release(releases: Path) -> Release:
    """Return the project's release."""
    return open_release(releases)


@pytest.fixture(scope="session")
def server(releases: Path) -> Iterator[str]:
    """Return the address of a real server over the project's release."""
    with serving("--no-build", "--project", str(ROOT), "--release", str(releases)) as url:
        yield url


@pytest.fixture(scope="session")
def select(server: str) -> Callable[[str], list[dict[str, str]]]:
    """Return a function that sends a SELECT query to the real server and returns its rows."""
    return lambda query: rows(request(query_url(server, query)))


@pytest.fixture(scope="session")
def tiny_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the tiny project's release."""
    return built(TINY, tmp_path_factory.mktemp("tiny-releases"), "--without-reasoner")


@pytest.fixture(scope="session")
def tiny_release(tiny_releases: Path) -> Release:
    """Return the tiny project's release."""
    return open_release(tiny_releases)


@pytest.fixture(scope="session")
def tiny_server(tiny_releases: Path) -> Iterator[str]:
    """Return the address of a real server over the tiny project's release."""
    with serving("--no-build", "--project", str(TINY), "--release", str(tiny_releases)) as url:
        yield url


@pytest.fixture(scope="session")
def tiny_engine(tiny_release: Release) -> Iterator[Engine]:
    """Return an engine over the tiny project's release."""
    with closing(Engine(tiny_release, Settings(workers=2))) as engine:
        yield engine


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """Return a copy of the tiny project that the test may spoil."""
    return copy_of_tiny(tmp_path / "project")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the time that each area took, and what was not run."""
    seconds: dict[str, float] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[_area(report.nodeid)] = seconds.get(_area(report.nodeid), 0.0) + report.duration
    terminalreporter.section("time by area")
    for area, spent in sorted(seconds.items()):
        terminalreporter.write_line(f"{area}: {spent:.1f} s")
    if NOT_RUN:
        terminalreporter.section("NOT RUN", red=True)
        for line in NOT_RUN:
            terminalreporter.write_line(line)


def _area(nodeid: str) -> str:
    parts = nodeid.partition("::")[0].split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else "tests (base)"
