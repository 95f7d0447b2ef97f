"""The server under fire, which must still be right at the end."""

from collections.abc import Iterator

import pytest
from fuzz.wire import Target


@pytest.fixture(scope="module")
def target(tiny_server: str) -> Iterator[Target]:
    """Return the server under fire; at the end it must answer, and right."""
    found = Target(tiny_server)
    yield found
    found.probe()
    assert found.sent > 0
