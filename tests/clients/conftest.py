"""The endpoint that every client asks."""

import pytest


@pytest.fixture(scope="session")
def endpoint(server: str) -> str:
    """Return the address of the SPARQL endpoint of the real server."""
    return f"{server}sparql"
