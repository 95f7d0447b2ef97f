"""rdflib's SPARQLStore: a graph in code whose triples are behind the endpoint."""

import pytest
from araxes.project import Release
from clients.asked import GRAPH, NO, NS, PREFIXES, STATE, TABLES, TRIPLES, YES, triples_of
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SKOS, XSD
from rdflib.plugins.stores.sparqlstore import SPARQLStore

TURKEY = URIRef(f"{STATE}turkey")


@pytest.fixture(params=["GET", "POST", "POST_FORM"])
def store(endpoint: str, request: pytest.FixtureRequest) -> SPARQLStore:
    return SPARQLStore(endpoint, method=request.param)


def plain(term: object) -> str | None:
    """Return a term as it came: rdflib writes the time zone of a dateTime its own way."""
    if isinstance(term, Literal) and term.datatype == XSD.dateTime:
        return str(term).replace("+00:00", "Z")
    return None if term is None else str(term)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_sparqlstore_reads_every_format_of_rows(endpoint: str, name: str, form: str) -> None:
    asked = TABLES[name]
    found = SPARQLStore(endpoint, returnFormat=form).query(asked.query)
    assert tuple(str(each) for each in found.vars) == asked.names
    rows = [tuple(plain(term) for term in row) for row in found]
    assert len(rows) == len(asked.rows)
    assert set(rows) == asked.rows


@pytest.mark.parametrize("name", TABLES)
def test_sparqlstore_gets_the_same_rows_by_every_method(store: SPARQLStore, name: str) -> None:
    rows = [tuple(plain(term) for term in row) for row in store.query(TABLES[name].query)]
    assert len(rows) == len(TABLES[name].rows)
    assert set(rows) == TABLES[name].rows


def test_sparqlstore_keeps_types_and_languages(store: SPARQLStore) -> None:
    (row,) = store.query(TABLES["numbers"].query)
    assert [term.datatype for term in row[1:]] == [XSD.integer, XSD.date, XSD.dateTime, XSD.boolean]
    assert row[1].toPython() == 11217
    labels = {term for (term,) in store.query(f"{PREFIXES} SELECT ?l {{ state:turkey rdfs:label ?l }}")}
    assert {Literal("Turkey", lang="en"), Literal("Türkiye", lang="tr"), Literal("ترکیه", lang="fa")} <= labels
    assert len({label.language for label in labels}) == len(labels)


def test_sparqlstore_gets_both_answers_to_ask(store: SPARQLStore) -> None:
    assert store.query(YES).askAnswer is True
    assert store.query(NO).askAnswer is False


def test_sparqlstore_constructs_a_graph(store: SPARQLStore) -> None:
    assert triples_of(store.query(GRAPH).graph) == TRIPLES


def test_a_graph_over_the_store_has_triples_and_a_length(store: SPARQLStore, release: Release) -> None:
    graph = Graph(store)
    assert (TURKEY, SKOS.altLabel, Literal("Türkiye", lang="en")) in set(graph.triples((TURKEY, SKOS.altLabel, None)))
    assert (TURKEY, RDF.type, URIRef(f"{NS}State")) in graph
    assert (TURKEY, RDF.type, URIRef(f"{NS}FormerState")) not in graph
    assert Literal("Turkey", lang="en") in set(graph.objects(TURKEY, RDFS.label))
    assert len(list(graph.subjects(RDF.type, URIRef(f"{NS}State")))) == 11
    assert len(graph) == release.triples


def test_a_named_graph_over_the_store_is_that_graph_alone(endpoint: str, release: Release) -> None:
    for name, triples in release.manifest["triples_by_graph"].items():
        graph = Graph(SPARQLStore(endpoint, context_aware=True), identifier=URIRef(name))
        ((count,),) = graph.query("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
        assert int(count) == triples


def test_sparqlstore_binds_a_variable(store: SPARQLStore) -> None:
    query = "SELECT ?label WHERE { ?state rdfs:label ?label FILTER ( LANG(?label) = 'en' ) }"
    found = Graph(store).query(query, initBindings={"state": TURKEY}, initNs={"rdfs": RDFS})
    assert [str(label) for (label,) in found] == ["Turkey"]


def test_sparqlstore_says_that_a_query_failed(endpoint: str) -> None:
    with pytest.raises(ValueError, match="SPARQL query"):
        SPARQLStore(endpoint).query("SELECT * WHERE { ?s ?p }")
