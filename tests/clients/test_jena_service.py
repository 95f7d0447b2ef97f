"""Jena asking the endpoint by SERVICE: a whole query, a join, what is optional, and values of its own."""

from collections.abc import Callable
from functools import partial

import pytest
from clients import jena
from clients.asked import NS, OPPOSES, PHASE, PREFIXES, STATE, TABLES
from clients.jena import Rows

CAPITAL = "<https://example.org/capital>"
CAPITALS = {"armenia": "Yerevan", "iran": "Tehran", "russia": "Moscow", "france": "Paris"}
Ask = Callable[[str, tuple[str, ...]], Rows]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Return a function that has Jena ask over data of somebody else's: the capital of each state."""
    folder = tmp_path_factory.mktemp("jena")
    own = folder / "own.ttl"
    own.write_text("".join(f'<{STATE}{state}> {CAPITAL} "{name}" .\n' for state, name in CAPITALS.items()), "utf-8")
    return partial(jena.ask, jena.class_path(folder), own)


@pytest.mark.parametrize("name", TABLES)
def test_jena_gets_a_whole_query_by_service(ask: Ask, endpoint: str, name: str) -> None:
    query, names, right = TABLES[name]
    inner = query.removeprefix(PREFIXES)
    found = ask(f"{PREFIXES} SELECT * {{ SERVICE <{endpoint}> {{ {{ {inner} }} }} }}", names)
    assert len(found) == len(right)
    assert set(found) == right


def test_jena_joins_its_own_data_with_ours(ask: Ask, endpoint: str) -> None:
    query = f"""{PREFIXES} SELECT ?capital ?phase {{ ?state {CAPITAL} ?capital
      SERVICE <{endpoint}> {{ ?position ax:isHeldBy ?state ; ax:isTowards proposition:western-intervention ;
        ax:hasStance <{OPPOSES}> ; ax:holdsDuring ?phase }} }}"""
    right = {(capital, PHASE + phase) for capital in ("Tehran", "Moscow") for phase in ("post-2kw", "post-ussr")}
    assert set(ask(query, ("capital", "phase"))) == right


def test_jena_keeps_its_rows_where_ours_are_optional(ask: Ask, endpoint: str) -> None:
    query = f"""{PREFIXES} SELECT ?capital ?code {{ ?state {CAPITAL} ?capital
      OPTIONAL {{ SERVICE <{endpoint}> {{ ?state ax:isoAlpha2Code ?code }} }} }}"""
    right = {("Yerevan", "AM"), ("Tehran", "IR"), ("Moscow", "RU"), ("Paris", None)}
    assert set(ask(query, ("capital", "code"))) == right


@pytest.mark.parametrize("place", ["before", "after"])
def test_jena_sends_the_values_of_a_bind_join(ask: Ask, endpoint: str, place: str) -> None:
    values = " ".join(f"(<{STATE}{state}> {number})" for number, state in enumerate(CAPITALS))
    values = f"VALUES (?state ?__index) {{ {values} (UNDEF 99) }}"
    pattern = "?state ax:isoAlpha2Code ?code"
    both = f"{values} {pattern}" if place == "before" else f"{pattern} {values}"
    query = f"{PREFIXES} SELECT ?code ?__index {{ SERVICE <{endpoint}> {{ {both} }} FILTER (?__index < 99) }}"
    assert set(ask(query, ("code", "__index"))) == {("AM", "0"), ("IR", "1"), ("RU", "2")}


def test_jena_reads_signs_beyond_ascii_right(ask: Ask, endpoint: str) -> None:
    query = f'{PREFIXES} SELECT ?s ?l {{ SERVICE <{endpoint}> {{ ?s skos:altLabel "Türkiye"@en , ?l }} }}'
    assert (f"{STATE}turkey", "Türkiye") in ask(query, ("s", "l"))


def test_a_refusal_fails_jena_unless_silent(ask: Ask, endpoint: str) -> None:
    query = f"SELECT ?s {{ SERVICE %s <{endpoint}> {{ SERVICE <http://127.0.0.1:9/> {{ ?s a <{NS}State> }} }} }}"
    with pytest.raises(jena.Refused, match=r"\b400\b"):
        ask(query % "", ("s",))
    assert ask(query % "SILENT", ("s",)) == [(None,)]
