"""The engine: a union that is a real graph, FROM that counts, and answers in every format."""

import json
import xml.etree.ElementTree as ET

import pytest
from araxes.engine import Answer, Engine, Question, form_of, formats_for
from araxes.problems import BadQuery, BadRequest, UpdateRefused
from araxes.release import Release

GRAPH = "https://w3id.org/araxes/graph/"
COUNT = "SELECT (COUNT(*) AS ?n) {from_} WHERE {{ ?s ?p ?o }}"


def ask(engine: Engine, text: str, name: str | None = None, **graphs: tuple[str, ...]) -> Answer:
    offered = formats_for(form_of(text))
    chosen = next((each for each in offered if each.name == name), offered[0])
    return engine.ask(Question(text, chosen, **graphs))


def number(answer: Answer) -> int:
    return int(json.loads(answer.body)["results"]["bindings"][0]["n"]["value"])


def test_the_default_graph_holds_each_distinct_triple_once(tiny_engine: Engine, tiny_release: Release) -> None:
    lines = tiny_release.dataset.read_text("utf-8").splitlines()
    distinct = {line.rpartition(" <")[0] for line in lines}
    assert len(distinct) < len(lines)
    assert number(ask(tiny_engine, COUNT.format(from_=""))) == len(distinct) == tiny_release.triples


def test_from_one_graph_gives_that_graph_alone(tiny_engine: Engine, tiny_release: Release) -> None:
    for graph, triples in tiny_release.manifest["triples_by_graph"].items():
        assert number(ask(tiny_engine, COUNT.format(from_=f"FROM <{graph}>"))) == triples


def test_the_request_can_name_graphs_in_place_of_the_query(tiny_engine: Engine, tiny_release: Release) -> None:
    counts = tiny_release.manifest["triples_by_graph"]
    query = COUNT.format(from_=f"FROM <{GRAPH}ontology>")
    assert number(ask(tiny_engine, query, default_graphs=(GRAPH + "links",))) == counts[GRAPH + "links"]


def test_a_named_graph_alone_leaves_the_default_graph_empty(tiny_engine: Engine) -> None:
    query = "SELECT (COUNT(*) AS ?n) WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    assert number(ask(tiny_engine, query, named_graphs=(GRAPH + "links",))) == 2
    assert number(ask(tiny_engine, query, default_graphs=(GRAPH + "links",))) == 2


def test_a_graph_that_is_not_there_is_empty(tiny_engine: Engine) -> None:
    assert number(ask(tiny_engine, COUNT.format(from_="FROM <urn:nope>"))) == 0


def test_a_graph_without_an_iri_is_refused(tiny_engine: Engine) -> None:
    with pytest.raises(BadRequest, match="not an IRI"):
        ask(tiny_engine, "ASK {}", default_graphs=("no iri",))


def test_rows_come_in_four_formats(tiny_engine: Engine) -> None:
    query = 'SELECT ?a WHERE { VALUES ?a { "x,y" } }'
    assert json.loads(ask(tiny_engine, query, "json").body)["results"]["bindings"][0]["a"]["value"] == "x,y"
    assert ET.fromstring(ask(tiny_engine, query, "xml").body).tag.endswith("sparql")
    assert ask(tiny_engine, query, "csv").body == b'a\r\n"x,y"\r\n'
    assert ask(tiny_engine, query, "tsv").body == b'?a\n"x,y"\n'


def test_graphs_come_in_four_formats(tiny_engine: Engine) -> None:
    query = "PREFIX ax: <https://w3id.org/araxes/ns/> CONSTRUCT WHERE { ?s ax:code ?o }"
    aland = "https://w3id.org/araxes/id/state/aland"
    assert ask(tiny_engine, query, "ntriples").body.decode() == f'<{aland}> <https://w3id.org/araxes/ns/code> "AX" .\n'
    assert 'state:aland ax:code "AX"' in ask(tiny_engine, query, "turtle").body.decode()
    assert json.loads(ask(tiny_engine, query, "jsonld").body)[0]["@id"] == aland
    assert aland in ask(tiny_engine, query, "rdfxml").body.decode()


def test_a_graph_has_each_triple_once(tiny_engine: Engine) -> None:
    query = "CONSTRUCT { <urn:a> <urn:b> <urn:c> } WHERE { ?s ?p ?o }"
    assert ask(tiny_engine, query, "ntriples").body == b"<urn:a> <urn:b> <urn:c> .\n"


def test_describe_and_ask_are_answered(tiny_engine: Engine) -> None:
    described = ask(tiny_engine, "DESCRIBE <https://w3id.org/araxes/id/state/oland>", "ntriples").body
    assert b"isAtOddsWith" in described
    assert json.loads(ask(tiny_engine, "ASK {}").body)["boolean"] is True


def test_every_answer_names_its_release(tiny_engine: Engine, tiny_release: Release) -> None:
    assert ask(tiny_engine, "ASK {}").release == tiny_release.name


@pytest.mark.parametrize(
    ("text", "line", "column", "part"),
    [
        ("SELECT * {\n  ?s ?p\n}", 3, 1, "not SPARQL 1.1 from here on"),
        ("SELECT * {\n  ?s foo:p ?o }", 2, 13, "a prefix is used that is not declared"),
        ("SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }", 1, 40, "neither grouped nor aggregated"),
        ("SELECT * { ?s <relative> ?o }", 1, 25, "an IRI is not absolute"),
    ],
)
def test_a_syntax_error_has_its_line_its_column_and_its_source(
    tiny_engine: Engine, text: str, line: int, column: int, part: str
) -> None:
    with pytest.raises(BadQuery, match=part) as raised:
        ask(tiny_engine, text)
    more = raised.value.more
    assert (more["line"], more["source"]) == (line, text.splitlines()[line - 1])
    assert abs(int(str(more["column"])) - column) <= 8


def test_an_update_changes_nothing(tiny_engine: Engine, tiny_release: Release) -> None:
    with pytest.raises(UpdateRefused):
        ask(tiny_engine, "INSERT DATA { <urn:a> <urn:b> <urn:c> }")
    with pytest.raises(UpdateRefused):
        tiny_engine.ask(Question("DELETE WHERE { ?s ?p ?o }", formats_for(form_of("ASK {}"))[0]))
    assert number(ask(tiny_engine, COUNT.format(from_=""))) == tiny_release.triples
