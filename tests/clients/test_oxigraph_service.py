"""Oxigraph asking the endpoint by SERVICE, as one endpoint asks another."""

import pytest
from clients.asked import NS, OPPOSES, PHASE, PREFIXES, STATE, TABLES
from pyoxigraph import Literal, NamedNode, Quad, Store

CAPITALS = {"armenia": "Yerevan", "iran": "Tehran", "russia": "Moscow", "france": "Paris"}
CAPITAL = NamedNode("https://example.org/capital")


@pytest.fixture
def store() -> Store:
    """A store of somebody else's, with the capital of each state."""
    store = Store()
    store.extend(Quad(NamedNode(STATE + state), CAPITAL, Literal(name)) for state, name in CAPITALS.items())
    return store


def inner(query: str) -> str:
    """The query as a subselect, without its prefixes."""
    return query.removeprefix(PREFIXES)


def rows(store: Store, query: str, names: tuple[str, ...]) -> list[tuple[str | None, ...]]:
    found = store.query(query)
    return [tuple(term.value if (term := row[name]) is not None else None for name in names) for row in found]


@pytest.mark.parametrize("name", TABLES)
def test_oxigraph_gets_a_whole_query_by_service(store: Store, endpoint: str, name: str) -> None:
    query, names, right = TABLES[name]
    found = rows(store, f"{PREFIXES} SELECT * {{ SERVICE <{endpoint}> {{ {{ {inner(query)} }} }} }}", names)
    assert len(found) == len(right)
    assert set(found) == right


def test_oxigraph_joins_its_own_data_with_ours(store: Store, endpoint: str) -> None:
    query = f"""{PREFIXES} SELECT ?capital ?phase {{ ?state {CAPITAL} ?capital
      SERVICE <{endpoint}> {{ ?position ax:isHeldBy ?state ; ax:isTowards proposition:western-intervention ;
        ax:hasStance <{OPPOSES}> ; ax:holdsDuring ?phase }} }}"""
    right = {(capital, PHASE + phase) for capital in ("Tehran", "Moscow") for phase in ("post-2kw", "post-ussr")}
    assert set(rows(store, query, ("capital", "phase"))) == right


def test_oxigraph_keeps_its_rows_where_ours_are_optional(store: Store, endpoint: str) -> None:
    query = f"""{PREFIXES} SELECT ?capital ?code {{ ?state {CAPITAL} ?capital
      OPTIONAL {{ SERVICE <{endpoint}> {{ ?state ax:isoAlpha2Code ?code }} }} }}"""
    right = {("Yerevan", "AM"), ("Tehran", "IR"), ("Moscow", "RU"), ("Paris", None)}
    assert set(rows(store, query, ("capital", "code"))) == right


@pytest.mark.parametrize("place", ["before", "after"])
def test_oxigraph_sends_the_values_of_a_bind_join(store: Store, endpoint: str, place: str) -> None:
    values = " ".join(f"(<{STATE}{state}> {number})" for number, state in enumerate(CAPITALS))
    values = f"VALUES (?state ?__index) {{ {values} (UNDEF 99) }}"
    pattern = "?state ax:isoAlpha2Code ?code"
    both = f"{values} {pattern}" if place == "before" else f"{pattern} {values}"
    query = f"{PREFIXES} SELECT ?code ?__index {{ SERVICE <{endpoint}> {{ {both} }} FILTER (?__index < 99) }}"
    assert set(rows(store, query, ("code", "__index"))) == {("AM", "0"), ("IR", "1"), ("RU", "2")}


def test_the_index_of_a_bind_join_comes_back_on_each_row(store: Store, endpoint: str) -> None:
    query = f"""{PREFIXES} SELECT ?__index (COUNT(*) AS ?n) {{ SERVICE <{endpoint}> {{
      VALUES (?state ?__index) {{ (<{STATE}iran> 0) (<{STATE}russia> 1) (<{STATE}none> 2) }}
      ?position ax:isHeldBy ?state ; a ax:Position }} }} GROUP BY ?__index"""
    local = f"{PREFIXES} SELECT ?p {{ SERVICE <{endpoint}> {{ ?p ax:isHeldBy state:%s ; a ax:Position }} }}"
    right = {(str(at), str(len(rows(store, local % each, ("p",))))) for at, each in enumerate(("iran", "russia"))}
    assert set(rows(store, query, ("__index", "n"))) == right
    assert all(int(count) > 5 for _, count in right)


def test_oxigraph_reads_types_and_languages_right(store: Store, endpoint: str) -> None:
    query = f"{PREFIXES} SELECT * {{ SERVICE <{endpoint}> {{ ?d ax:readCount ?n . state:turkey skos:altLabel ?l }} }}"
    (row,) = store.query(query)
    assert row["n"] == Literal("11217", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer"))
    assert row["l"] == Literal("Türkiye", language="en")


def test_a_refusal_fails_the_caller_unless_silent(store: Store, endpoint: str) -> None:
    query = f"SELECT * {{ SERVICE %s <{endpoint}> {{ SERVICE <http://127.0.0.1:9/> {{ ?s a <{NS}State> }} }} }}"
    with pytest.raises((OSError, RuntimeError, ValueError)):
        list(store.query(query % ""))
    (row,) = store.query(query % "SILENT")
    assert row["s"] is None
