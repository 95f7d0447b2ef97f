"""The engine: a union that is a real graph, FROM that counts, and answers in every format."""

import json
import re
import xml.etree.ElementTree as ET

import pytest
from araxes.engine import Answer, Engine, Question, form_of, formats_for
from araxes.engine.question import GRAPHS
from araxes.problems import BadQuery, BadRequest, NotAcceptable, UpdateRefused
from araxes.project import Release
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, QueryResultsFormat, QuerySolutions, RdfFormat, parse, parse_query_results

GRAPH = "https://w3id.org/araxes/graph/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
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


TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.text(st.sampled_from("a\0\x01\x0b\r\n\t\x85\ufffe&<]> "))
XML_TEXT = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


@given(text=TEXT)
def test_an_answer_in_xml_says_what_it_should_or_is_refused(tiny_engine: Engine, text: str) -> None:
    known = Literal(text)
    rows, graph = f"SELECT ({known} AS ?a) {{}}", f"CONSTRUCT {{ <urn:a> <urn:b> {known} }} {{}}"
    if not XML_TEXT.fullmatch(text):
        for query, name in ((rows, "xml"), (graph, "rdfxml")):
            with pytest.raises(NotAcceptable, match="XML cannot carry"):
                ask(tiny_engine, query, name)
        return
    xml = ET.fromstring(ask(tiny_engine, rows, "xml").body)
    assert [each.text or "" for each in xml.iter() if each.tag.endswith("literal")] == [text]
    found = parse_query_results(ask(tiny_engine, rows, "xml").body, format=QueryResultsFormat.XML)
    assert isinstance(found, QuerySolutions)
    ET.fromstring(ask(tiny_engine, graph, "rdfxml").body)
    assert [quad.object for quad in parse(ask(tiny_engine, graph, "rdfxml").body, RdfFormat.RDF_XML)] == [known]


@pytest.mark.parametrize("name", ["http://e/1", "http://e/#", "http://e/%41", "urn:", f"{RDF}li", f"{RDF}about"])
def test_a_property_that_xml_cannot_name_is_refused(tiny_engine: Engine, name: str) -> None:
    query = f"CONSTRUCT {{ <urn:a> <{name}> 1 }} {{}}"
    with pytest.raises(NotAcceptable) as raised:
        ask(tiny_engine, query, "rdfxml")
    assert raised.value.more["offered"] == [each.media_type for each in GRAPHS if each.name != "rdfxml"]
    assert f"<{name}>" in ask(tiny_engine, query, "ntriples").body.decode()


@pytest.mark.parametrize(
    ("query", "used"),
    [
        ("CONSTRUCT { <urn:a> <urn:b> 'state: ax:code' } {}", set()),
        ("PREFIX ax: <https://w3id.org/araxes/ns/> CONSTRUCT WHERE { ?s ax:code ?o }", {"state", "ax"}),
        ("CONSTRUCT { <urn:a> a 1 } {}", set()),
        ("CONSTRUCT { <urn:a> <urn:b> 'x'^^<https://w3id.org/araxes/ns/x> } {}", {"ax"}),
    ],
)
def test_turtle_declares_the_prefixes_that_it_uses(tiny_engine: Engine, query: str, used: set[str]) -> None:
    body = ask(tiny_engine, query, "turtle").body.decode()
    assert set(re.findall(r"^@prefix ([^:]*):", body, re.MULTILINE)) == used
    assert {*parse(body, RdfFormat.TURTLE)} == {*parse(ask(tiny_engine, query, "ntriples").body, RdfFormat.N_TRIPLES)}


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
        ("SELECT * {\n  ?s foo:p ?o }", 2, 6, "a prefix is used that is not declared"),
        ("SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }", 1, 40, "neither grouped nor aggregated"),
        ("SELECT * { ?s <relative> ?o }", 1, 15, "an IRI is not absolute"),
    ],
)
def test_a_syntax_error_has_its_line_its_column_and_its_source(
    tiny_engine: Engine, text: str, line: int, column: int, part: str
) -> None:
    with pytest.raises(BadQuery, match=part) as raised:
        ask(tiny_engine, text)
    more = raised.value.more
    assert (more["line"], more["column"], more["source"]) == (line, column, text.splitlines()[line - 1])


def test_an_update_changes_nothing(tiny_engine: Engine, tiny_release: Release) -> None:
    with pytest.raises(UpdateRefused):
        ask(tiny_engine, "INSERT DATA { <urn:a> <urn:b> <urn:c> }")
    with pytest.raises(UpdateRefused):
        tiny_engine.ask(Question("DELETE WHERE { ?s ?p ?o }", formats_for(form_of("ASK {}"))[0]))
    assert number(ask(tiny_engine, COUNT.format(from_=""))) == tiny_release.triples
