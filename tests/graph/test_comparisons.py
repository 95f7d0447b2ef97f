"""Agreement and divergence are computed, and come out as the article's thesis has it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

Select = Callable[[str], list[dict[str, str]]]
PREFIXES = """PREFIX ax: <https://w3id.org/araxes/ns/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
COMPARISONS = (
    PREFIXES
    + """SELECT ?comparison ?code ?one ?other ?outcome ?phase WHERE {
  ?comparison a ax:Comparison ; ax:compares ?a , ?b ; ax:hasOutcome ?outcome ; ax:holdsDuring ?phase .
  ?a ax:isHeldBy ?one ; ax:isTowards ?proposition . ?b ax:isHeldBy ?other .
  ?proposition ax:isOnIssue ?issue . ?issue skos:notation ?code .
  FILTER (STR(?one) < STR(?other)) }"""
)


def last(iri: str) -> str:
    """Return what stands after the last slash."""
    return iri.rsplit("/", 1)[-1]


@pytest.fixture(scope="module")
def comparisons(select: Select) -> list[dict[str, str]]:
    """Return every comparison with short names."""
    return [{name: last(value) for name, value in row.items()} for row in select(COMPARISONS)]


def pair(comparisons: list[dict[str, str]], one: str, other: str) -> list[dict[str, str]]:
    """Return the comparisons of two actors."""
    return [row for row in comparisons if (row["one"], row["other"]) == (one, other)]


def test_iran_and_russia_agree_on_eleven_issues_and_differ_on_three(comparisons: list[dict[str, str]]) -> None:
    rows = pair(comparisons, "iran", "russia")
    agree = {row["code"] for row in rows if row["outcome"] == "agreement"}
    differ = {row["code"]: row["outcome"] for row in rows if row["outcome"] != "agreement"}
    assert sorted(agree) == ["T01", "T02", "T04", "T05", "T06", "T07", "T09", "T10", "T11", "T13", "T14"]
    assert differ == {"T16": "weak-divergence", "T18": "weak-divergence", "T19": "opposition"}


@pytest.mark.parametrize(
    ("phase", "agreeing", "diverging"),
    [
        ("post-ussr", "T01 T02", ""),
        ("pre-2kw", "T04 T05 T06 T07 T09 T10", ""),
        ("2kw", "T11", ""),
        ("post-2kw", "T01 T13 T14", "T16 T18 T19"),
    ],
)
def test_divergence_comes_with_the_time_after_the_war(
    comparisons: list[dict[str, str]], phase: str, agreeing: str, diverging: str
) -> None:
    rows = [row for row in pair(comparisons, "iran", "russia") if row["phase"] == phase]
    found: Counter[Any] = Counter((row["code"], row["outcome"] == "agreement") for row in rows)
    assert found == Counter([(c, True) for c in agreeing.split()] + [(c, False) for c in diverging.split()])


def test_beyond_that_pair_there_are_four_and_nothing_is_rounded_up(comparisons: list[dict[str, str]]) -> None:
    others = {
        (row["code"], row["one"], row["other"], row["outcome"])
        for row in comparisons
        if (row["one"], row["other"]) != ("iran", "russia")
    }
    assert others == {
        ("T10", "armenia", "iran", "opposition"),
        ("T10", "armenia", "russia", "opposition"),
        ("T16", "azerbaijan", "iran", "opposition"),
        ("T16", "azerbaijan", "russia", "undetermined"),
    }
    assert len(comparisons) == 19


def test_each_comparison_leads_to_both_positions(select: Select) -> None:
    rows = select(
        PREFIXES
        + """SELECT ?c (COUNT(DISTINCT ?p) AS ?n) (COUNT(DISTINCT ?d) AS ?m) WHERE {
          ?c a ax:Comparison ; ax:compares ?p ; prov:wasDerivedFrom ?d ; ax:isComputedBy ?rule } GROUP BY ?c"""
    )
    assert len(rows) == 19
    assert {(row["n"], row["m"]) for row in rows} == {("2", "2")}


def test_claimed_and_computed_divergence_are_set_against_each_other(saved: Callable[..., list[dict[str, str]]]) -> None:
    claimed = {(row["code"], row["one"], row["other"]) for row in saved("claimed-not-computed")}
    computed = {(row["code"], row["one"], row["other"]) for row in saved("computed-not-claimed")}
    assert claimed == {("T08", "Iran", "Turkey"), ("T17", "Iran", "Russia")}
    assert computed == {
        ("T10", "Armenia", "Iran"),
        ("T10", "Armenia", "Russia"),
        ("T16", "Azerbaijan", "Iran"),
        ("T19", "Iran", "Russia"),
    }


def test_silence_is_told_from_a_stance(saved: Callable[..., list[dict[str, str]]]) -> None:
    russia = {row["code"]: row["stance"] for row in saved("stance-or-silence")}
    iran = {row["code"]: row["stance"] for row in saved("stance-or-silence", holder="state:iran")}
    assert (russia["T08"], iran["T08"]) == ("not stated", "neutral")
    assert (russia["T16"], iran["T16"]) == ("not-opposing", "opposes")
    assert (russia["T20"], iran["T20"]) == ("mixed", "not stated")
