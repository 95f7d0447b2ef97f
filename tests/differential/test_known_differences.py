"""Where two right engines, or one of them wrongly, say something else: each shown, so that the comparison hides no more.

The first part is what `values` takes as the same; the second is what the random queries leave out or put right,
since rdflib answers it wrongly or not at all; the third is where the server's engine is at fault.
"""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from araxes.project import Release
from differential.data import Data
from differential.reference import Asked, by_reference, by_server
from differential.values import value
from helpers import query_url, request
from pyoxigraph import RdfFormat, parse
from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.namespace import XSD

Both = Callable[[str], tuple[Any, Any]]


@pytest.fixture(scope="module")
def data(release: Release) -> Data:
    return Data(release.dataset)


@pytest.fixture
def both(select: Callable[[str], list[dict[str, str]]]) -> Both:
    """Return what each engine gives for `?a` in the one row of a query without data, as text."""

    def ask(query: str) -> tuple[str | None, str | None]:
        (served,), (own,) = select(query), Graph().query(query)
        return served.get("a"), None if own[0] is None else str(own[0])

    return ask


def datatype(text: str) -> str:
    return f"http://www.w3.org/2001/XMLSchema#{text}"


def expression(text: str) -> str:
    return f"SELECT ({text} AS ?a) WHERE {{}}"


# The same, written another way.


def test_both_write_the_same_moment_in_their_own_way(both: Both) -> None:
    text = "2020-09-27T00:00:00Z"
    served, own = both(expression(f'"{text}"^^<{XSD.dateTime}>'))[0], str(Literal(text, datatype=XSD.dateTime))
    assert (served, own) == ("2020-09-27T00:00:00Z", "2020-09-27T00:00:00+00:00")
    assert value("literal", served, str(XSD.dateTime)) == value("literal", own, str(XSD.dateTime))


def test_both_cut_decimals_at_a_length_of_their_own(both: Both) -> None:
    served, own = both(expression("1 / 3"))
    assert len(served) < len(own)
    assert value("literal", served, str(XSD.decimal)) == value("literal", own, str(XSD.decimal))
    assert value("literal", "0.34", str(XSD.decimal)) != value("literal", own, str(XSD.decimal))


# Wrong or missing in rdflib.


def test_rdflib_multiplies_integers_into_decimals(both: Both) -> None:
    assert both(expression("DATATYPE(2 * 3)")) == (datatype("integer"), datatype("decimal"))


def test_rdflib_makes_a_group_of_no_rows(select: Callable[[str], list[dict[str, str]]]) -> None:
    query = "SELECT ?s (COUNT(*) AS ?n) WHERE { ?s <urn:none> ?o } GROUP BY ?s"
    assert select(query) == []
    assert list(Graph().query(query).bindings) == [{}]


def test_rdflib_takes_a_blank_node_for_a_text(both: Both) -> None:
    served, own = both("SELECT ?a WHERE { BIND ( STR(BNODE()) AS ?a ) }")
    assert served is None
    assert own


def test_rdflib_leaves_the_variables_of_trailing_values_out_of_the_star(
    select: Callable[[str], list[dict[str, str]]],
) -> None:
    query = "SELECT * WHERE { BIND ( 1 AS ?b ) } VALUES ?a { 2 }"
    assert select(query) == [{"a": "2", "b": "1"}]
    assert [row.asdict() for row in Graph().query(query)] == [{"b": Literal(1)}]


def test_rdflib_constructs_triples_whose_subject_is_a_text(server: str) -> None:
    """SPARQL leaves out what would be no triple."""
    query = 'CONSTRUCT { ?a <urn:b> 1 . <urn:c> <urn:b> ?a } WHERE { BIND ( "x" AS ?a ) }'
    assert len(by_server(server, Asked(query)).rows) == 1
    assert len(Graph().query(query).graph) == 2


def test_rdflib_cannot_ask_from_chosen_graphs(data: Data, server: str) -> None:
    """It adds them to what is there; so the reference is given a dataset of just these graphs."""
    graph = data.graphs[0]
    text = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
    asked = Asked(text, (graph,))
    assert f"FROM <{graph}>" in asked.served
    assert by_server(server, asked) == by_reference(data, asked)
    assert by_server(server, asked) != by_server(server, Asked(text))


def test_rdflib_cannot_read_a_negated_inverse_beside_another() -> None:
    graph = Graph().add((URIRef("urn:a"), URIRef("urn:b"), URIRef("urn:c")))
    with pytest.raises(Exception, match="Invalid path"):
        list(graph.query("SELECT * WHERE { ?a !(<urn:a>|^<urn:b>) <urn:c> }"))


def test_rdflib_counts_a_subquery_within_the_row_outside(select: Callable[[str], list[dict[str, str]]]) -> None:
    """It binds the outer row's variables first, where SPARQL puts the subquery first: rows that are none."""
    inner = "{ SELECT ?s (COUNT(*) AS ?n) WHERE { ?s <urn:none> ?o } GROUP BY ?s }"
    query = f"SELECT * WHERE {{ VALUES ?s {{ <urn:a> }} ?s <urn:b>? ?x {inner} }}"
    assert select(query) == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert len(list(Dataset().query(query))) == 1


# Wrong in the server's engine.


def test_the_engine_forgets_which_kind_of_integer_it_was_given(release: Release, server: str) -> None:
    """It serves every derived type as `xsd:integer`; the release's file has them as they were written."""
    query = "SELECT ?n WHERE { ?s <http://www.w3.org/2002/07/owl#cardinality> ?n }"
    served = {term["n"]["datatype"] for term in request(query_url(server, query)).json()["results"]["bindings"]}
    built = {quad.object.datatype.value for quad in parse(release.dataset.read_bytes(), RdfFormat.N_QUADS)
             if quad.predicate.value.endswith("#cardinality")}  # fmt: skip
    assert built == {datatype("nonNegativeInteger")}
    assert served == {datatype("integer")}
