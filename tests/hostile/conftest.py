"""A server with short limits, and a client that keeps asking it small questions."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import Served, served
from siege import LIMIT, Probe


@pytest.fixture(scope="session")
def besieged_server(releases: Path) -> Iterator[Served]:
    """Return a server whose queries may run for a second."""
    settings = {"ARAXES_QUERY_MILLISECONDS": str(LIMIT), "ARAXES_WAIT_MILLISECONDS": "2000"}
    with served("--no-build", "--release", str(releases), **settings) as running:
        yield running


@pytest.fixture(scope="session")
def besieged(besieged_server: Served) -> str:
    """Return its address."""
    return besieged_server.url


@pytest.fixture(scope="module")
def probe(besieged: str) -> Iterator[Probe]:
    """Return a probe that asks all the time; at the end, every answer must have been right."""
    asking = Probe(besieged)
    asking.ask()
    over = threading.Event()

    def keep_asking() -> None:
        while not over.wait(0.02):
            asking.ask()

    thread = threading.Thread(target=keep_asking)
    thread.start()
    yield asking
    over.set()
    thread.join()
    for _ in range(25):
        asking.ask()
    assert asking.faults == []
    assert asking.right > 20
