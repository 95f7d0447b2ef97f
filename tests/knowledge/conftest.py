"""What the tests of the knowledge share: the tiny project as read."""

import pytest
from araxes.knowledge import reading
from araxes.knowledge.graphs import Document
from araxes.project import Project
from helpers import TINY


@pytest.fixture
def documents() -> list[Document]:
    """Return the documents of the tiny project."""
    return reading.read_turtle(Project(TINY))[0]


@pytest.fixture
def prefixes() -> dict[str, str]:
    """Return the prefixes of the tiny project."""
    return Project(TINY).prefixes()
