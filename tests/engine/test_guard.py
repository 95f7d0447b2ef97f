"""The guard: what must be refused is found in whatever dress, and what is harmless passes."""

from contextlib import suppress

import pytest
from araxes.engine import guard
from araxes.problems import BadQuery, QueryTooLong, ServiceRefused, TooDeep
from araxes.settings import Settings

SETTINGS = Settings()

SERVICES = [
    "SELECT * { SERVICE <http://x/> {} }",
    "SELECT * { service silent <http://x/> {} }",
    "SELECT * { SERVICE?g {} }",
    "SELECT * { SERVICE\n<http://x/> {} }",
    "PREFIX : <http://x/> SELECT * { SERVICE:a {} }",
    "PREFIX x: <http://x/> SELECT * { SERVICEx:a {} }",
    "PREFIX : <http://x/> SELECT * { SERVICESILENT:a {} }",
    "SELECT * { ?a ?b 1SERVICE <http://x/> {} }",
    "SELECT * { ?a ?b true.SERVICE <http://x/> {} }",
    "SELECT * { ?a ?b trueSERVICE <http://x/> {} }",
    "PREFIX x: <http://x/> SELECT * { ?a ?b 'x'@en.SERVICEx:a {} }",
    "SELECT * { ?a ?b 'it''s' . SERVICE <http://x/> {} }",
    "SELECT * { FILTER(1<2)SERVICE<http://x/>{} }",
    'SELECT * { ?a ?b "\\"" . SERVICE <http://x/> {} }',
    "SELECT * { ?a ?b '''x''' . SERVICE <http://x/> {} }",
    "SELECT * { # it's\nSERVICE <http://x/> {} }",
    "SELECT * { # a\rSERVICE <http://x/> {} }",
    "SELECT * { ?a <http://x/#b> ?c . SERVICE <http://x/> {} }",
]
HARMLESS = [
    'SELECT * { ?a ?b "SERVICE <http://x/> {}" }',
    "SELECT * { ?a ?b '''SERVICE 'x' <http://x/>''' }",
    "SELECT * { ?SERVICE ?b $service }",
    "SELECT * { ?a <http://example.org/SERVICE> ?c } # SERVICE",
    "PREFIX ex: <http://x/> SELECT * { ?a ex:SERVICE ex:service }",
    "PREFIX ex: <http://x/o'brien#it> SELECT * { ?a ex:b <http://x/o'brien> }",
    "SELECT * { FILTER ( ?a < ?b && ?c > 'x' ) }",
]
DOUBTFUL = [
    "SELECT * { FILTER(?a<'>')SERVICE<http://x/>{} FILTER(?a<'b') }",
    "SELECT * { FILTER(?a<?b#>'''\n)SERVICE<http://x/>{} #'''\n }",
    "SELECT * { FILTER(?a<x:y('>')) SERVICE<http://x/>{} FILTER(?a<'b') }",
]


@pytest.mark.parametrize("text", SERVICES)
def test_another_endpoint_is_never_asked(text: str) -> None:
    with pytest.raises(ServiceRefused, match="SERVICE in line") as raised:
        guard.inspect(text, SETTINGS)
    assert raised.value.more["line"]


@pytest.mark.parametrize("text", HARMLESS)
def test_the_word_elsewhere_is_harmless(text: str) -> None:
    guard.inspect(text, SETTINGS)


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_could_hide_something_is_refused(text: str) -> None:
    with pytest.raises(BadQuery):
        guard.inspect(text, SETTINGS)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * " + "{" * 201 + "}" * 201,
        "SELECT * { FILTER" + "(" * 200 + "1" + ")" * 200 + "}",
        "SELECT * { ?a <urn:p> " + "[" * 200 + "]" * 200 + "}",
        "SELECT * { FILTER(1<" + "(" * 200 + "1" + ")" * 200 + ">2) }",
        "SELECT * { FILTER(" + "!" * 2_001 + "true) }",
        "SELECT (1" + "+1" * 2_001 + " AS ?x) {}",
        "SELECT * { {}" + " UNION {}" * 2_001 + "}",
        "SELECT * {" + " ?a ?b ?c ." * 2_001 + "}",
        "SELECT * { ?a <urn:p>" + "/<urn:p>" * 2_001 + " ?b }",
    ],
    ids=["groups", "brackets", "nodes", "hidden", "not", "plus", "union", "patterns", "path"],
)
def test_what_would_end_the_process_is_refused(text: str) -> None:
    with pytest.raises(TooDeep):
        guard.inspect(text, SETTINGS)


def test_deep_text_within_a_string_is_harmless() -> None:
    guard.inspect(f"SELECT * {{ ?a ?b '{'{(' * 1000}' }}", SETTINGS)


def test_a_long_list_of_values_is_harmless() -> None:
    guard.inspect("SELECT * { VALUES ?a { " + "<urn:a> " * 5_000 + "} }", SETTINGS)


def test_a_query_that_is_too_long_is_refused() -> None:
    with pytest.raises(QueryTooLong, match="at most 50,000 are read"):
        guard.inspect("#" * 50_001, SETTINGS)


@pytest.mark.parametrize("piece", ["'''", '"', "'", "a-", "a.", "<a", "\\", "'\\", "@a-", "(<a", "# ", "a:", "?"])
def test_reading_a_hostile_text_ends(piece: str) -> None:
    text = f"ASK {piece * 25_000}"[:50_000]
    with suppress(TooDeep):
        guard.inspect(text, SETTINGS)
