"""Each shape finds what it is for and nothing else: one invalid fixture a shape, and valid ones that none objects to."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from helpers import ROOT, TESTS
from pyshacl import validate
from rdflib import Graph, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH
from rdflib.plugins.sparql import prepareQuery
from rdflib.query import Result
from rdflib.term import Node

AX = "https://w3id.org/araxes/ns/"
SHAPE = "https://w3id.org/araxes/shapes/"
BASE = TESTS / "fixtures" / "valid" / "base.ttl"
VALID = sorted(path for path in BASE.parent.glob("*.ttl") if path != BASE)
INVALID = sorted((TESTS / "fixtures" / "invalid").glob("*.ttl"))
ONTOLOGY = ROOT / "ontology"
COMPUTED = {"Comparison"}
ABSTRACT = {"Absence", "Actor", "Arrangement", "Territory"}

prepared = cache(prepareQuery)


class Data(Graph):
    """A graph that reads each query once, since the constraints ask the same ones for every focus node."""

    def query(self, query_object: Any, *words: Any, **more: Any) -> Result:
        return super().query(prepared(str(query_object)), *words, **more)


def read(paths: Iterable[Path]) -> Graph:
    """Return the triples of Turtle files."""
    graph = Graph()
    for path in paths:
        graph.parse(path)
    return graph


@pytest.fixture(scope="module")
def shapes() -> Graph:
    """Return all shapes."""
    return read(sorted((ONTOLOGY / "shapes").glob("*.ttl")))


@pytest.fixture(scope="module")
def classes() -> Graph:
    """Return the modules and axioms, where classes are declared."""
    return read(sorted([*(ONTOLOGY / "modules").glob("*.ttl"), *(ONTOLOGY / "axioms").glob("*.ttl")]))


@pytest.fixture(scope="module")
def company(classes: Graph) -> Graph:
    """Return what data is always seen together with: the schemes and which class is a kind of which."""
    graph = read(sorted((ONTOLOGY / "schemes").glob("*.ttl")))
    for kind, wider in classes.subject_objects(RDFS.subClassOf):
        if isinstance(wider, URIRef):
            graph.add((kind, RDFS.subClassOf, wider))
    return graph


@pytest.fixture(scope="module")
def found(shapes: Graph, company: Graph) -> Callable[[Iterable[Path]], list[str]]:
    """Return a function that validates files and names the shape of each result."""

    def run(paths: Iterable[Path]) -> list[str]:
        data = Data()
        for part in (company, read(paths)):
            for triple in part:
                data.add(triple)
        conforms, results, text = validate(data, shacl_graph=shapes, inference="none")
        names = [name(each) for each in results.objects(None, SH.sourceShape)]
        assert conforms == (not names), text
        return names

    return run


def name(shape: Node) -> str:
    """Return the local name of a named shape; an unnamed one keeps its node."""
    return str(shape).removeprefix(SHAPE)


def named(shapes: Graph, kind: URIRef) -> dict[str, URIRef]:
    """Return the named shapes of a kind."""
    return {name(shape): shape for shape in shapes.subjects(RDF.type, kind) if isinstance(shape, URIRef)}


def shape_of(fixture: Path) -> str:
    """Return which shape a fixture is for: its name up to the first hyphen."""
    return fixture.stem.partition("-")[0]


@pytest.mark.parametrize("fixture", INVALID, ids=lambda path: path.stem)
def test_an_invalid_fixture_triggers_its_shape_and_no_other(fixture: Path, found: Callable[..., list[str]]) -> None:
    assert set(found([BASE, fixture])) == {shape_of(fixture)}


@pytest.mark.parametrize("fixture", [BASE, *VALID], ids=lambda path: path.stem)
def test_a_valid_fixture_triggers_none(fixture: Path, found: Callable[..., list[str]]) -> None:
    assert found([BASE, fixture]) == []


def test_the_project_triggers_none(found: Callable[..., list[str]]) -> None:
    files = sorted((ROOT / "data").rglob("*.ttl"))
    assert len(files) > 20
    assert found([path for path in files if "inferred" not in path.parts]) == []
    assert found(files) == []


def test_every_shape_has_a_fixture_and_every_fixture_a_shape(shapes: Graph, counted: Callable[[str], None]) -> None:
    nodes, properties = named(shapes, SH.NodeShape), named(shapes, SH.PropertyShape)
    assert len(nodes) > 80
    assert len(properties) > 130
    assert {shape_of(path) for path in INVALID} == nodes.keys() | properties.keys()
    counted(f"{len(nodes)} node shapes and {len(properties)} property shapes, {len(INVALID)} invalid fixtures")


def test_every_class_has_a_node_shape_of_its_name(shapes: Graph, classes: Graph) -> None:
    own = {str(each).removeprefix(AX) for each in classes.subjects(RDF.type, OWL.Class) if str(each).startswith(AX)}
    assert len(own) > 70
    nodes = named(shapes, SH.NodeShape)
    assert own - {each.removesuffix("Shape") for each in nodes} == set()
    for each in own:
        assert (nodes[f"{each}Shape"], SH.targetClass, URIRef(AX + each)) in shapes


def test_the_valid_fixtures_leave_no_shape_idle(shapes: Graph, company: Graph) -> None:
    data = read([BASE, *VALID]) + company
    present = {name(each).removeprefix(AX) for each in data.objects(None, RDF.type)}
    targets = {name(each).removeprefix(AX) for each in shapes.objects(None, SH.targetClass)}
    assert targets - present == ABSTRACT
    for shape, iri in named(shapes, SH.PropertyShape).items():
        path = shapes.value(iri, SH.path)
        assert not isinstance(path, URIRef) or (None, path, None) in data, shape


def test_each_shape_says_what_it_is_and_what_to_change(shapes: Graph) -> None:
    for shape, iri in named(shapes, SH.PropertyShape).items():
        for words in (SH.name, SH.description, SH.message):
            texts = list(shapes.objects(iri, words))
            assert [text.language for text in texts] == ["en"], (shape, words)
    for shape, iri in named(shapes, SH.NodeShape).items():
        assert [label.language for label in shapes.objects(iri, RDFS.label)] == ["en"], shape
        queries = list(shapes.objects(iri, SH.sparql))
        said = [shapes.value(each, SH.message) for each in queries] or [shapes.value(iri, SH.message)]
        assert all(said), shape


def test_no_two_messages_are_shown_for_one_result(shapes: Graph) -> None:
    # pyshacl shows the message of a shape beside that of its query, so a shape has one or the other
    both = [shape for shape in shapes.subjects(SH.sparql) if (shape, SH.message, None) in shapes]
    assert both == []


def test_a_query_selects_what_its_message_names(shapes: Graph) -> None:
    queries = list(shapes.objects(None, SH.sparql))
    assert len(queries) > 15
    for query in queries:
        text = str(shapes.value(query, SH.select))
        selected = set(re.findall(r"[?$](\w+)", text.partition("WHERE")[0]))
        wanted = set(re.findall(r"\{[?$](\w+)\}", str(shapes.value(query, SH.message))))
        assert wanted <= selected, text
        assert "VALUES" not in text


@pytest.mark.parametrize("fixture", INVALID, ids=lambda path: path.stem)
def test_an_invalid_fixture_says_what_is_wrong(fixture: Path) -> None:
    first = fixture.read_text("utf-8").partition("\n")[0]
    assert re.fullmatch(r"# [A-Z].+\.", first)
