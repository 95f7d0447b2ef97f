"""Each quality query finds its fault, leaves the like of it alone, and has nothing to say of the project."""

from collections.abc import Callable
from pathlib import Path

import pytest
from araxes.project import Project
from araxes.queries import SavedQuery
from helpers import ROOT, TESTS
from pyoxigraph import Quad, QuerySolution, RdfFormat, Store, parse

FIXTURES = TESTS / "fixtures" / "quality"
QUERIES = Project(ROOT).queries("quality")
NAMES = sorted(QUERIES)
FILE = "urn:araxes:file:"


def rows(query: SavedQuery, store: Store) -> list[QuerySolution]:
    """Return what a query finds in a store with one graph a file."""
    return list(store.query(query.text))


def by_file(path: Path) -> Store:
    """Return a fixture's graphs, one a file, and their union as the default graph."""
    store = Store()
    for quad in parse(path=str(path), format=RdfFormat.TRIG):
        store.add(quad)
        store.add(Quad(quad.subject, quad.predicate, quad.object))
    return store


@pytest.fixture(scope="module")
def project_store() -> Store:
    """Return the project, one graph a file, and all but the shapes merged in the default graph."""
    from araxes.knowledge import graphs, reading

    documents, _ = reading.read_turtle(Project(ROOT))
    return graphs.by_file(documents)


@pytest.mark.parametrize("name", NAMES)
def test_a_query_finds_its_fault_once(name: str) -> None:
    found = rows(QUERIES[name], by_file(FIXTURES / f"{name}-bad.trig"))
    assert len(found) == 1
    assert found[0]["focus"]


@pytest.mark.parametrize("name", NAMES)
def test_a_query_leaves_the_like_of_it_alone(name: str) -> None:
    assert rows(QUERIES[name], by_file(FIXTURES / f"{name}-good.trig")) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_query_has_nothing_to_find_in_the_project(name: str, project_store: Store) -> None:
    assert len(project_store) > 10_000
    assert rows(QUERIES[name], project_store) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_header_says_what_is_wrong_and_what_to_do(name: str) -> None:
    query = QUERIES[name]
    variables = {variable.value for variable in Store().query(query.text).variables}
    wanted = {part.partition("}")[0] for part in (query.first("message") + query.first("hint")).split("{")[1:]}
    assert query.first("title")
    assert query.first("hint").endswith(".")
    assert query.first("message").endswith((".", ")"))
    assert query.first("severity") in {"error", "warning"}
    assert "focus" in variables
    assert wanted <= variables


def test_every_fixture_has_a_query(counted: Callable[[str], None]) -> None:
    fixtures = {path.stem.rpartition("-")[0] for path in FIXTURES.glob("*.trig")}
    assert fixtures == set(NAMES)
    assert len(NAMES) >= 18
    counted(f"{len(NAMES)} quality queries, each with a fault to find and one to leave alone")
