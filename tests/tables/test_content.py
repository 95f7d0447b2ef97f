"""What the tables say, held against the graph by ways that share nothing with their queries."""

import calendar
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from araxes.project import Release
from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store, Triple

from tests.tables.conftest import NS, QUERIES, read

BASE = "https://w3id.org/araxes/"
TYPE, LABEL = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://www.w3.org/2000/01/rdf-schema#label"
ISSUED, SOURCE = "http://purl.org/dc/terms/issued", "http://www.w3.org/ns/oa#hasSource"
SUB = NamedNode("http://www.w3.org/2000/01/rdf-schema#subPropertyOf")
SAME = "https://schema.org/sameAs"
BACKED = {
    "positions": "Position",
    "statements": "Statement",
    "events": "Event",
    "agreements": "Agreement",
    "memberships": "Participation",
}
SIDE_BY_SIDE = (
    "attestations",
    "modes",
    "strengths",
    "according_to",
    "according_to_labels",
    "passages",
    "places",
    "sources",
)
OUTCOMES = ("agreement", "weak-divergence", "opposition", "undetermined")

Said = Mapping[str, Mapping[str, list[str]]]


def of_class(said: Said, name: str) -> set[str]:
    return {thing for thing, facts in said.items() if NS + name in facts.get(TYPE, [])}


@pytest.mark.parametrize("name", BACKED)
def test_a_table_holds_each_fact_of_its_kind_with_all_its_passages(tables: Path, said: Said, name: str) -> None:
    rows = {row[QUERIES[name].first("key")]: row for row in read(tables / f"{name}.csv")}
    assert rows.keys() == of_class(said, BACKED[name])
    for thing, row in rows.items():
        lists = [row[column].split("|") for column in SIDE_BY_SIDE]
        assert len({len(each) for each in lists}) == 1
        expected = Counter(
            (attestation, said[attestation]["accordingTo"][0], passage, said[passage][SOURCE][0])
            for attestation in said[thing]["isAttestedBy"]
            for passage in said[attestation]["hasPassage"]
        )
        attestations, modes, strengths, words, _, passages, _, sources = lists
        assert Counter(zip(attestations, words, passages, sources, strict=True)) == expected
        for attestation, mode, strength in zip(attestations, modes, strengths, strict=True):
            assert said[attestation]["hasMode"] == [f"{BASE}scheme/mode/{mode}"]
            assert said[attestation].get("hasStrength", [f"{BASE}scheme/strength/plain"]) == [
                f"{BASE}scheme/strength/{strength}"
            ]


def test_a_position_has_its_holder_stance_phase_and_codes(tables: Path, said: Said) -> None:
    for row in read(tables / "positions.csv"):
        facts = said[row["position"]]
        assert [row["holder"]] == facts["isHeldBy"]
        assert [row["stance"]] == facts["hasStance"]
        assert [row["proposition"]] == facts["isTowards"]
        assert [row["phase"]] == facts["holdsDuring"]
        assert ([row["edtf"]] if row["edtf"] else []) == facts.get("edtfDate", [])
        for column, code in (("holder_cow", "cowNumber"), ("holder_gw", "gwNumber"), ("holder_iso3", "isoAlpha3Code")):
            assert ([row[column]] if row[column] else []) == said[row["holder"]].get(code, [])


def test_a_comparison_has_both_positions_and_no_claim_decides_it(tables: Path, said: Said) -> None:
    rows = read(tables / "comparisons.csv")
    assert {row["comparison"] for row in rows} == of_class(said, "Comparison")
    for row in rows:
        facts = said[row["comparison"]]
        assert sorted([row["position_1"], row["position_2"]]) == sorted(facts["compares"])
        assert [row["outcome"]] == facts["hasOutcome"]
        assert [row["computed_by"]] == facts["isComputedBy"]
        both = zip(row["attested_positions"].split("|"), row["attestations"].split("|"), strict=True)
        assert set(both) == {(each, at) for each in facts["compares"] for at in said[each]["isAttestedBy"]}


def test_no_code_and_no_link_is_lost(tables: Path, said: Said, triples: frozenset[Triple]) -> None:
    codes = {
        each.subject.value.removeprefix(NS)
        for each in triples
        if each.predicate == SUB and each.object == NamedNode(f"{NS}code")
    }
    assert len(codes) > 10
    rows = {row["entity"]: row for row in read(tables / "entities.csv")}
    told = Counter(cell for row in rows.values() for cell in row.values())
    for thing, facts in said.items():
        for code in codes & facts.keys():
            assert told[facts[code][0]] > 0
            assert facts[code][0] in rows[thing].values(), (thing, code)
        if SAME in facts and thing.startswith(f"{BASE}id/"):
            assert sorted(rows[thing]["same_as"].split("|")) == sorted(facts[SAME])
            short = {
                cell
                for column in ("wikidata", "geonames", "dbpedia", "loc", "isni", "ror")
                for cell in rows[thing][column].split("|")
                if cell
            }
            assert len(short) == len(facts[SAME]), thing


def test_names_in_every_language_are_there(tables: Path, triples: frozenset[Triple]) -> None:
    rows = {row["entity"]: row for row in read(tables / "entities.csv")}
    labels = [each for each in triples if each.predicate.value == LABEL and getattr(each.subject, "value", "") in rows]
    languages: Counter[str | None] = Counter()
    for each in labels:
        assert isinstance(each.object, Literal)
        languages[each.object.language] += 1
        assert rows[each.subject.value][f"name_{each.object.language}"] == each.object.value
        assert f"{each.object.value}@{each.object.language}" in rows[each.subject.value]["names"].split("|")
    assert len(languages) >= 8


def bounds(edtf: str) -> tuple[str, str]:
    """Return the first and the last day that a date can mean, or nothing for a side that bounds nothing."""
    start, _, end = edtf.partition("/")
    end = end or start

    def first(side: str) -> str:
        if not re.fullmatch(r"[0-9X-]+", side):
            return ""
        year, month, day = (*side.split("-"), "XX", "XX")[:3]
        return f"{year.replace('X', '0')}-{month.replace('XX', '01')}-{day.replace('XX', '01')}"

    def last(side: str) -> str:
        if not re.fullmatch(r"[0-9X-]+", side):
            return ""
        year, month, day = (*side.split("-"), "XX", "XX")[:3]
        year, month = year.replace("X", "9"), month.replace("XX", "12")
        return f"{year}-{month}-{day if day != 'XX' else calendar.monthrange(int(year), int(month))[1]:0>2}"

    return first(start), last(end)


DATES = [
    "2021",
    "2021-10",
    "2021-10-06",
    "199X",
    "19XX",
    "2021-XX",
    "2021-02-XX",
    "2020-02",
    "1900-02",
    "2000-02",
    "2021-04",
    "2021-XX-XX",
]
DATES += [
    "2021-10~",
    "2021?",
    "2021%",
    "2021-09/2021-10",
    "2018-05/..",
    "../2023-06-15",
    "2020-06~/2023-06",
    "199X/2023-06-15",
    "2021/2022~",
]


@pytest.mark.parametrize("name", ["events", "positions", "memberships", "agreements", "statements"])
def test_dates_are_bounded_no_closer_than_they_are_given(tables: Path, name: str) -> None:
    for row in read(tables / f"{name}.csv"):
        assert (row["earliest"], row["latest"]) == (bounds(row["edtf"]) if row["edtf"] else ("", "")), row


def test_every_form_of_a_date_is_bounded_rightly() -> None:
    store = Store()
    data = "".join(
        f'<urn:{at}> a <{NS}Event> ; <{LABEL}> "e"@en ; <{NS}edtfDate> "{each}" .' for at, each in enumerate(DATES)
    )
    store.load(data.encode(), format=RdfFormat.TURTLE)
    found = store.query(QUERIES["events"].text)
    assert isinstance(found, QuerySolutions)
    told = {
        row["edtf"].value: tuple(row[side].value if row[side] else "" for side in ("earliest", "latest"))
        for row in found
    }
    assert told == {each: bounds(each) for each in DATES}


def years_of(said: Said, comparison: str) -> tuple[range, bool]:
    """Return the years in which a comparison counts, and whether its end is carried."""
    (phase,) = said[comparison]["holdsDuring"]
    begins = said[phase].get("earliestDateTime")
    if not begins:
        return range(0), False
    firsts, lasts = [int(begins[0][:4])], [int(each[:4]) for each in said[phase].get("latestDateTime", [])]
    known = []
    for position in said[comparison]["compares"]:
        for edtf in said[position].get("edtfDate", []):
            first, last = bounds(edtf)
            firsts += [int(first[:4])] if first else []
            lasts += [int(last[:4])] if last else []
        evidence = [
            each for each in said[position]["isAttestedBy"] if not said[each]["hasMode"][0].endswith("/possible")
        ]
        sources = {said[passage][SOURCE][0] for each in evidence for passage in said[each]["hasPassage"]}
        known.append(max(int(said[source][ISSUED][0][:4]) for source in sources))
    ended = bool(lasts) and min(lasts) <= min(known)
    return range(max(firsts), (min(lasts) if ended else min(known)) + 1), not ended


def test_pairs_of_states_are_counted_as_a_count_without_queries_has_it(tables: Path, said: Said) -> None:
    expected: Counter[tuple[str, str, int, str]] = Counter()
    for comparison in of_class(said, "Comparison"):
        holders = [said[each]["isHeldBy"][0] for each in said[comparison]["compares"]]
        if any(NS + "State" not in said[each][TYPE] or "cowNumber" not in said[each] for each in holders):
            continue
        one, other = sorted((said[each]["cowNumber"][0] for each in holders), key=int)
        years, carried = years_of(said, comparison)
        for year in years:
            outcome = said[comparison]["hasOutcome"][0].rpartition("/")[2]
            expected[one, other, year, outcome] += 1
            expected[one, other, year, "carried"] += carried
    told: Counter[tuple[str, str, int, str]] = Counter()
    for row in read(tables / "dyad_years.csv"):
        for name in (*OUTCOMES, "carried"):
            told[row["cow_1"], row["cow_2"], int(row["year"]), name] = int(row[name.replace("-", "_")])
        assert int(row["comparisons"]) == sum(int(row[name.replace("-", "_")]) for name in OUTCOMES)
        listed = row["comparison_iris"].split("|")
        assert len(listed) == len(set(listed)) == int(row["comparisons"])
        assert int(row["propositions"]) == len({said[said[each]["compares"][0]]["isTowards"][0] for each in listed})
    assert +told == +expected
    assert sum(told[key] for key in told if key[3] == "undetermined") > 0


def test_no_year_is_beyond_the_sources_and_no_pair_is_told_twice(tables: Path, said: Said) -> None:
    rows = read(tables / "dyad_years.csv")
    last = max(int(said[each][ISSUED][0][:4]) for each in of_class(said, "Document"))
    assert max(int(row["year"]) for row in rows) == last
    assert all(int(row["cow_1"]) < int(row["cow_2"]) for row in rows)
    assert len({(row["cow_1"], row["cow_2"], row["year"]) for row in rows}) == len(rows)
    assert not {"score", "share", "similarity"} & set(rows[0])


def test_a_stance_is_not_counted_before_its_own_date(tables: Path) -> None:
    """The phase of Armenia's and Iran's stances on the government of 2018 begins in 1991."""
    years = {
        int(row["year"]) for row in read(tables / "dyad_years.csv") if (row["iso3_1"], row["iso3_2"]) == ("ARM", "IRN")
    }
    assert years == {2018, 2019, 2020}


def test_no_year_is_written_into_the_query() -> None:
    text = QUERIES["dyad_years"].text
    assert not re.search(r"\b(19|20)\d\d\b", text[text.index("SELECT") :])


def test_pairs_of_states_merge_with_other_peoples_tables(tables: Path) -> None:
    text = {"cow_1": str, "cow_2": str, "gw_1": str, "gw_2": str}
    own = pd.read_csv(tables / "dyad_years.csv", dtype=text)
    others = pd.DataFrame(
        {
            "ccode1": [365, 365, 371, 2],
            "ccode2": [630, 630, 630, 200],
            "year": [2021, 1950, 2019, 2021],
            "trade": [1.5, 0.2, 0.7, 9.0],
        }
    )
    numbers = own.assign(ccode1=own.cow_1.astype(int), ccode2=own.cow_2.astype(int))
    merged = others.merge(numbers, on=["ccode1", "ccode2", "year"], how="left", validate="one_to_one")
    assert merged.trade.tolist() == others.trade.tolist()
    assert merged.comparisons.notna().tolist() == [True, False, True, False]
    assert merged.iso3_1.tolist()[:3:2] == ["RUS", "ARM"]
    by_gw = others.rename(columns={"ccode1": "gw_1", "ccode2": "gw_2"}).astype({"gw_1": str, "gw_2": str})
    assert len(by_gw.merge(own, on=["gw_1", "gw_2", "year"])) == 2


def test_tables_hold_no_sentence_of_a_source(tables: Path, release: Release) -> None:
    """A cell of words is a name or a label of the editors: each stands in the graph as it is."""
    held = release.dataset.read_text("utf-8")
    for name in QUERIES:
        for row in read(tables / f"{name}.csv"):
            for column, cell in row.items():
                if column.endswith(("label", "labels")) and cell:
                    assert all(each.replace('"', '\\"') in held for each in cell.split("|"))
