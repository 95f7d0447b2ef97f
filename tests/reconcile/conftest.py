"""The address of the service, at a real server over the project's release."""

import pytest


@pytest.fixture(scope="session")
def service(server: str) -> str:
    """Return the address of the reconciliation service."""
    return f"{server}reconcile"
