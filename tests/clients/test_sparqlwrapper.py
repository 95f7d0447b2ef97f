"""SPARQLWrapper, which sends `format`, `output` and `results` beside Accept, as people use it."""

from urllib.error import HTTPError

import pytest
from clients.asked import GRAPH, NO, STATE, TABLES, TRIPLES, YES, triples_of
from rdflib import Graph
from SPARQLWrapper import CSV, GET, JSON, JSONLD, N3, POST, POSTDIRECTLY, RDFXML, TSV, TURTLE, URLENCODED, XML
from SPARQLWrapper import SPARQLWrapper as Wrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

# SPARQLWrapper 2.0 makes a class of graph that rdflib 7.6 is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

WAYS = [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)]
ways = pytest.mark.parametrize(("method", "by"), WAYS, ids=["get", "form", "direct"])
tables = pytest.mark.parametrize("name", TABLES)


def wrapper(endpoint: str, query: str, form: str | None = None, method: str = GET, by: str = URLENCODED) -> Wrapper:
    client = Wrapper(endpoint)
    client.setMethod(method)
    client.setRequestMethod(by)
    if form is not None:
        client.setReturnFormat(form)
    client.setQuery(query)
    return client


@ways
@tables
def test_sparqlwrapper_reads_json_rows(endpoint: str, name: str, method: str, by: str) -> None:
    _, names, right = TABLES[name]
    found = wrapper(endpoint, TABLES[name].query, JSON, method, by).queryAndConvert()
    assert tuple(found["head"]["vars"]) == names
    rows = [
        tuple(row[each]["value"] if each in row else None for each in names) for row in found["results"]["bindings"]
    ]
    assert len(rows) == len(right)
    assert set(rows) == right


@ways
@tables
def test_sparqlwrapper_reads_xml_rows(endpoint: str, name: str, method: str, by: str) -> None:
    _, names, right = TABLES[name]
    found = wrapper(endpoint, TABLES[name].query, XML, method, by).queryAndConvert()
    assert [each.getAttribute("name") for each in found.getElementsByTagName("variable")] == list(names)
    rows = []
    for result in found.getElementsByTagName("result"):
        row = {
            each.getAttribute("name"): "".join(part.data for part in each.firstChild.childNodes)
            for each in result.getElementsByTagName("binding")
        }
        rows.append(tuple(row.get(each) for each in names))
    assert len(rows) == len(right)
    assert set(rows) == right


@ways
@tables
@pytest.mark.parametrize(("form", "separator"), [(CSV, ","), (TSV, "\t")])
def test_sparqlwrapper_reads_tables(endpoint: str, name: str, method: str, by: str, form: str, separator: str) -> None:
    _, names, right = TABLES[name]
    found = wrapper(endpoint, TABLES[name].query, form, method, by).queryAndConvert().decode("utf-8")
    header, *lines = found.splitlines()
    assert tuple(each.lstrip("?") for each in header.split(separator)) == names
    assert len(lines) == len(right)
    if form == CSV:
        assert {tuple(cell or None for cell in line.split(",")) for line in lines} == right


@ways
def test_sparqlwrapper_reads_both_answers_to_ask(endpoint: str, method: str, by: str) -> None:
    assert wrapper(endpoint, YES, JSON, method, by).queryAndConvert()["boolean"] is True
    assert wrapper(endpoint, NO, JSON, method, by).queryAndConvert()["boolean"] is False


@ways
@pytest.mark.parametrize("form", [XML, RDFXML, JSONLD, None], ids=["xml", "rdfxml", "jsonld", "as-it-comes"])
def test_sparqlwrapper_converts_a_constructed_graph(endpoint: str, form: str | None, method: str, by: str) -> None:
    graph = wrapper(endpoint, GRAPH, form, method, by).queryAndConvert()
    assert isinstance(graph, Graph)
    assert triples_of(graph) == TRIPLES


@ways
@pytest.mark.parametrize("form", [TURTLE, N3])
def test_sparqlwrapper_gets_turtle(endpoint: str, form: str, method: str, by: str) -> None:
    found = wrapper(endpoint, GRAPH, form, method, by).queryAndConvert()
    assert triples_of(Graph().parse(found, format="turtle")) == TRIPLES


@ways
def test_sparqlwrapper_describes(endpoint: str, method: str, by: str) -> None:
    graph = wrapper(endpoint, f"DESCRIBE <{STATE}turkey>", RDFXML, method, by).queryAndConvert()
    own = {o for s, _, o in triples_of(graph) if s == f"{STATE}turkey"}
    assert {"Turkey", "Türkiye", "TR"} < own


@ways
def test_sparqlwrapper_says_that_a_query_is_badly_formed(endpoint: str, method: str, by: str) -> None:
    with pytest.raises(QueryBadFormed, match="Line 1, column"):
        wrapper(endpoint, "SELECT * WHERE { ?s ?p }", JSON, method, by).query()


def test_sparqlwrapper_cannot_update(endpoint: str) -> None:
    client = wrapper(endpoint, "INSERT DATA { <urn:a> <urn:b> <urn:c> }", JSON, POST)
    with pytest.raises((QueryBadFormed, HTTPError)):
        client.query()
    assert wrapper(endpoint, "ASK { <urn:a> ?p ?o }", JSON).queryAndConvert()["boolean"] is False
