"""Each quality query finds its fault and no other does, leaves the like of it alone, and has something to look at."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from araxes.project import Project, graph_of
from araxes.queries import PREFIX, SavedQuery
from helpers import ROOT, TESTS
from pyoxigraph import Literal, NamedNode, Quad, QuerySolution, RdfFormat, Store, parse

FIXTURES = TESTS / "fixtures" / "quality"
SOUND = FIXTURES / "sound.trig"
QUERIES = Project(ROOT).queries("quality")
NAMES = sorted(QUERIES)
BAD = sorted(path.stem for path in FIXTURES.glob("*-bad*.trig"))
GOOD = sorted(path.stem for path in FIXTURES.glob("*-good.trig"))
FILE = "urn:araxes:file:"


def rows(query: SavedQuery, store: Store) -> list[QuerySolution]:
    """Return what a query finds in a store with one graph a file."""
    return list(store.query(query.text))


def by_file(*paths: Path) -> Store:
    """Return the graphs of fixtures, one a file, and what is served of them as the default graph."""
    store = Store()
    for path in paths:
        for quad in parse(path=str(path), format=RdfFormat.TRIG, rename_blank_nodes=True):
            store.add(quad)
            if isinstance(quad.graph_name, NamedNode) and graph_of(quad.graph_name.value.removeprefix(FILE)):
                store.add(Quad(quad.subject, quad.predicate, quad.object))
    return store


def found(store: Store) -> dict[str, int]:
    """Return for each query that finds something the number of its findings."""
    numbers = {name: len(rows(query, store)) for name, query in QUERIES.items()}
    return {name: number for name, number in numbers.items() if number}


def looked_at(query: SavedQuery, store: Store) -> int:
    """Return how often what a query looks at is there."""
    prefixes = "".join(f"PREFIX {name}: <{namespace}> " for name, namespace in PREFIX.findall(query.text))
    pattern = query.first("looks-at")
    (row,) = store.query(f"{prefixes} SELECT (COUNT(*) AS ?number) WHERE {{ GRAPH ?file {{ {pattern} }} }}")
    assert isinstance(row["number"], Literal)
    return int(row["number"].value)


@pytest.fixture(scope="module")
def project_store() -> Store:
    """Return the project, one graph a file, and all but the shapes merged in the default graph."""
    from araxes.knowledge import graphs, reading

    documents, _ = reading.read_turtle(Project(ROOT))
    return graphs.by_file(documents)


def test_no_query_finds_anything_in_the_sound_graph() -> None:
    assert len(by_file(SOUND)) > 500
    assert found(by_file(SOUND)) == {}


@pytest.mark.parametrize("fixture", BAD)
def test_a_fault_is_found_once_by_its_query_and_by_no_other(fixture: str) -> None:
    assert found(by_file(SOUND, FIXTURES / f"{fixture}.trig")) == {fixture.partition("-bad")[0]: 1}


@pytest.mark.parametrize("fixture", GOOD)
def test_the_like_of_a_fault_is_left_alone_by_every_query(fixture: str) -> None:
    assert found(by_file(SOUND, FIXTURES / f"{fixture}.trig")) == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_query_has_nothing_to_find_in_the_project(name: str, project_store: Store) -> None:
    assert len(project_store) > 10_000
    assert rows(QUERIES[name], project_store) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_query_has_something_to_look_at_in_the_project(name: str, project_store: Store) -> None:
    assert looked_at(QUERIES[name], project_store) > 0


def test_a_query_with_nothing_to_look_at_is_told_from_one_with_something() -> None:
    store = Store()
    store.add(Quad(NamedNode("urn:a"), NamedNode("urn:b"), NamedNode("urn:c"), NamedNode(FILE + "data/x.ttl")))
    assert looked_at(QUERIES["class-cycle"], store) == 0
    assert looked_at(QUERIES["foreign-term"], store) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_header_says_what_is_wrong_and_what_to_do(name: str) -> None:
    query = QUERIES[name]
    variables = {variable.value for variable in Store().query(query.text).variables}
    wanted = {part.partition("}")[0] for part in (query.first("message") + query.first("hint")).split("{")[1:]}
    assert query.first("title")
    assert query.first("looks-at")
    assert query.first("hint").endswith(".")
    assert query.first("message").endswith((".", ")", "?"))
    assert query.first("severity") in {"error", "warning"}
    assert "focus" in variables
    assert wanted <= variables


def test_the_properties_excused_from_domain_or_range_need_it(project_store: Store) -> None:
    excused = re.findall(r"\( ax:(\w+) rdfs:(domain|range) \)", QUERIES["no-ends"].text)
    assert len(excused) > 10
    for name, end in excused:
        term, kind = NamedNode(f"https://w3id.org/araxes/ns/{name}"), f"http://www.w3.org/2000/01/rdf-schema#{end}"
        assert list(project_store.quads_for_pattern(term, None, None, None)), name
        assert not list(project_store.quads_for_pattern(term, NamedNode(kind), None, None)), (name, end)


def test_every_query_has_its_fixtures_and_every_fixture_a_query(counted: Callable[[str], None]) -> None:
    assert {fixture.partition("-bad")[0] for fixture in BAD} == set(NAMES)
    assert {f"{name}-bad" for name in NAMES} <= set(BAD)
    assert {fixture.removesuffix("-good") for fixture in GOOD} == set(NAMES)
    assert {path.stem for path in FIXTURES.glob("*.trig")} == {*BAD, *GOOD, SOUND.stem}
    assert len(NAMES) >= 70
    counted(f"{len(NAMES)} quality queries, {len(BAD)} faults for them to find and {len(GOOD)} graphs to leave alone")
