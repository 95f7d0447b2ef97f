"""Comunica, the engine behind most query editors in browsers: it finds out what an endpoint is by itself."""

import json
import subprocess
from collections.abc import Callable
from typing import NamedTuple

import pytest
from clients.asked import COUNTS, GRAPH, NO, PREFIXES, STATE, TABLES, TRIPLES, YES, triples_of
from clients.comunica.install import installed
from rdflib import Graph

JSON = "application/sparql-results+json"
SECONDS = 120


class Said(NamedTuple):
    """What Comunica printed."""

    out: str
    log: str


Ask = Callable[..., Said]
Rows = list[tuple[str | None, ...]]


@pytest.fixture(scope="session")
def comunica() -> Ask:
    """Return a function that runs Comunica to its end over some sources."""
    command = installed()

    def ask(query: str, *sources: str, form: str = JSON, level: str = "warn") -> Said:
        words = [*command, *sources, "-q", query, "-t", form, "-l", level]
        done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        return Said(done.stdout, done.stderr)

    return ask


@pytest.fixture(params=["found out", "told"])
def source(endpoint: str, request: pytest.FixtureRequest) -> str:
    """Return the endpoint as a bare address, of which Comunica finds out what it is, or named as an endpoint."""
    return endpoint if request.param == "found out" else f"sparql@{endpoint}"


def rows(said: Said, names: tuple[str, ...]) -> Rows:
    bindings = json.loads(said.out)["results"]["bindings"]
    return [tuple(row[name]["value"] if name in row else None for name in names) for row in bindings]


@pytest.mark.parametrize("name", TABLES)
def test_comunica_gets_the_rows_of_each_table(comunica: Ask, source: str, name: str) -> None:
    query, names, right = TABLES[name]
    found = rows(comunica(query, source), names)
    assert len(found) == len(right)
    assert set(found) == right


def test_comunica_discovers_the_endpoint_without_a_warning(comunica: Ask, endpoint: str) -> None:
    said = comunica(YES, endpoint, level="info")
    assert f"Identified {endpoint} as sparql source" in said.log
    assert "WARN" not in said.log, said.log


def test_comunica_constructs_a_graph(comunica: Ask, source: str) -> None:
    said = comunica(GRAPH, source, form="application/n-triples")
    assert triples_of(Graph().parse(data=said.out, format="nt")) == TRIPLES


def test_comunica_gets_both_answers_to_ask(comunica: Ask, source: str) -> None:
    assert json.loads(comunica(YES, source).out)["boolean"] is True
    assert json.loads(comunica(NO, source).out)["boolean"] is False


def test_comunica_orders_as_the_endpoint_does(comunica: Ask, endpoint: str) -> None:
    found = rows(comunica(COUNTS.query, f"sparql@{endpoint}"), ("n",))
    assert found == [("17",), ("12",), ("4",)]


@pytest.mark.parametrize("kind", ["", "sparql@"], ids=["found out", "told"])
def test_comunica_joins_over_two_endpoints(comunica: Ask, endpoint: str, tiny_server: str, kind: str) -> None:
    """With two sources it counts each pattern, asks which has it, and sends its bindings in parts."""
    query = f"{PREFIXES} SELECT DISTINCT ?state ?label {{ ?state a ax:State ; rdfs:label ?label }}"
    found = rows(comunica(query, kind + endpoint, f"{kind}{tiny_server}sparql"), ("state", "label"))
    names = "armenia azerbaijan georgia iran iraq israel russia syria turkey ukraine united-states aland oland"
    assert {state for state, _ in found} == {STATE + name for name in names.split()}
    assert {"Turkey", "United States"} < {label for _, label in found}


def test_comunica_joins_a_file_of_ones_own_with_the_endpoint(comunica: Ask, endpoint: str) -> None:
    """It sends what it has of the file as VALUES, or as a union, and joins what comes back."""
    capital = "https://example.org/capital"
    own = {"iran": "Tehran", "russia": "Moscow", "france": "Paris"}
    turtle = "".join(f'<{STATE}{state}> <{capital}> "{name}" .' for state, name in own.items())
    sources = [
        {"type": "serialized", "value": turtle, "mediaType": "text/turtle", "baseIRI": "https://example.org/"},
        {"type": "sparql", "value": endpoint},
    ]
    query = f"{PREFIXES} SELECT ?capital ?code {{ ?state <{capital}> ?capital ; ax:isoAlpha2Code ?code }}"
    said = comunica(query, "-c", json.dumps({"sources": sources}))
    assert sorted(rows(said, ("capital", "code"))) == [("Moscow", "RU"), ("Tehran", "IR")]
