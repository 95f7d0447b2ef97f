"""What the pages of things mark: whose date it is and in which words, weak wording, and what a rule computed."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from araxes import queries
from helpers import ROOT, serving
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader

from tests.site.pages import none
from tests.site.wire import ask

BASE = "https://w3id.org/araxes/"
AX = f"PREFIX ax: <{BASE}ns/> "
SAVED = queries.load(ROOT / "queries" / "pages", ROOT)
VIEWS = ("matrix", "network", "timeline", "causes", "source", "map")
TEMPLATES = FileSystemLoader(ROOT / "server" / "araxes" / "web" / "templates")
DATES = Environment(loader=TEMPLATES, trim_blocks=True, lstrip_blocks=True, autoescape=True).get_template("dates.html")
COMPUTED = '<span class="computed">Computed by a rule from the positions</span>'
Select = Callable[[str], list[dict[str, str]]]


def page_of(site: str, iri: str) -> str:
    """Return the page of a thing."""
    reply = ask(site, f"/{iri.removeprefix(BASE)}.html")
    assert reply.status == 200, iri
    return reply.text


def card_of(text: str, title: str) -> dict[str, str]:
    """Return the card with a title: what stands below each heading, without its tags."""
    card = text.partition(f"<h2>{title}</h2>")[2].partition("</section>")[0]
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", card, re.DOTALL)
    return {name: unescape(re.sub(r"<[^>]*>", "", each)) for name, each in found}


def section(text: str, title: str) -> str:
    """Return the part of a page that stands below a heading."""
    return text.partition(f"<h2>{title}</h2>")[2].partition("</section>")[0]


@pytest.mark.parametrize(
    ("text", "happens", "lasts"),
    [
        ("2021-10-06", "6 October 2021", "6 October 2021"),
        ("2021-10-06?", "6 October 2021, uncertain", "6 October 2021, uncertain"),
        ("2021-10~", "some time in October 2021, approximately", "in October 2021, approximately"),
        ("2021", "some time in 2021", "in 2021"),
        ("199X", "some time in the 1990s", "in the 1990s"),
        ("19XX%", *(f"{some}in the years 1900 to 1999, approximately and uncertain" for some in ("some time ", ""))),
        ("2021-XX", "some time in 2021, month not given", "in 2021, month not given"),
        ("2021-09/2021-10", *["from September 2021 to October 2021"] * 2),
        ("2020-06~/2023-06", *["from June 2020, approximately, to June 2023"] * 2),
        ("199X/2023-06-15", *["from the 1990s to 15 June 2023"] * 2),
        ("../2023-06-15", "some time no later than 15 June 2023", "until 15 June 2023, no beginning given"),
        ("2018-05/..", "some time no earlier than May 2018", "from May 2018, no end given"),
        *(
            (strange, "", "")
            for strange in (
                "",
                "/",
                "../..",
                "2021-13",
                "2021-21",
                "2021-10-32",
                "?2021",
                "Y17000",
                "20X1",
                "x",
                "2021~~",
                "２０２１",
            )
        ),
    ],
)
def test_a_date_is_told_in_words_no_finer_than_it_is(text: str, happens: str, lasts: str) -> None:
    assert str(DATES.module.date(text)).strip() == happens  # type: ignore[attr-defined]
    assert str(DATES.module.date(text, True)).strip() == lasts  # type: ignore[attr-defined]


@given(st.text(alphabet="0123456789X-/.~?%TZ ", max_size=25))
def test_no_text_breaks_the_words_of_dates(text: str) -> None:
    for each in (DATES.module.date(text), DATES.module.clock(text)):  # type: ignore[attr-defined]
        assert "\n" not in str(each).strip()


def test_no_table_or_card_shows_the_code_of_a_date_alone(site: str, select: Select) -> None:
    things = select(
        f"{AX}SELECT DISTINCT ?t ?d {{ {{ ?t ax:edtfDate ?d }} UNION {{ ?t ax:takesPlaceDuring|ax:isVoicedIn|ax:isMadeAt ?o . ?o ax:edtfDate ?d }} }}"
    )
    found, told = [], 0
    for row in things:
        text = re.sub(r"<script.*?</script>", "", page_of(site, row["t"]), flags=re.DOTALL)
        code = re.escape(row["d"])
        told += len(re.findall(rf'title="{code}"', text))
        if re.search(rf"<bdi>{code}</bdi>", text):
            found.append(row["t"])
    none(found)
    assert told > 40


def test_a_statement_has_the_date_that_is_stated_and_beside_it_that_of_its_occasion(site: str, select: Select) -> None:
    own = {row["t"]: row["d"] for row in select(f"{AX}SELECT ?t ?d {{ ?t a ax:Statement ; ax:edtfDate ?d }}")}
    occasion = {
        row["t"]: row["d"]
        for row in select(f"{AX}SELECT ?t ?d {{ ?t a ax:Statement ; ax:isMadeAt ?o . ?o ax:edtfDate ?d }}")
    }
    assert own
    assert occasion
    for row in select(f"{AX}SELECT ?t {{ ?t a ax:Statement ; ax:isMadeBy ?who }}"):
        card = card_of(page_of(site, row["t"]), "The statement")
        for heading, dates in (("Date as stated", own), ("Date of the occasion", occasion)):
            assert card.get(heading, "") == (str(DATES.module.date(dates[row["t"]])) if row["t"] in dates else ""), row  # type: ignore[attr-defined]
        assert ("Occasion" in card) >= ("Date of the occasion" in card)
    voiced = select(f"{AX}SELECT DISTINCT ?p ?s {{ ?p a ax:Position ; ax:isVoicedIn ?s }}")
    for row in voiced:
        card = card_of(page_of(site, row["p"]), "Who voiced it")
        assert ("Date as stated" in card) == (row["s"] in own), row
        assert ("Date of the occasion" in card) == (row["s"] in occasion), row


def test_every_query_of_a_page_that_has_the_mode_has_the_wording(select: Select) -> None:
    moded = [each for name, each in SAVED.items() if "mode" in each.kinds and not name.startswith(VIEWS)]
    assert len(moded) > 25
    none([each.name for each in moded if dict(each.columns).get("strength") != "Wording"])


def test_weak_wording_is_told_wherever_a_position_is(site: str, select: Select) -> None:
    rows = select(f"""{AX}SELECT DISTINCT ?p ?who ?to ?issue ?s
        {{ ?p a ax:Position ; ax:isHeldBy ?who ; ax:isTowards ?to ; ax:isAttestedBy/ax:hasStrength ?s OPTIONAL {{ ?to ax:isOnIssue ?issue }} }}""")
    assert len(rows) > 5
    for row in rows:
        word = row["s"].rpartition("/")[2]
        assert word in card_of(page_of(site, row["p"]), "The position")["Wording"].split(", "), row
        for iri in {row["who"], row["to"], row.get("issue") or row["to"]}:
            lines = re.findall(r"<tr id=.*?</tr>", page_of(site, iri), re.DOTALL)
            link = f'href="/{row["p"].removeprefix(BASE)}.html"'
            assert any(link in line and f'/scheme/strength/{word}.html"' in line for line in lines), (iri, row)


def test_plain_wording_beside_weak_wording_is_not_lost(site: str, select: Select) -> None:
    mixed = select(f"""{AX}SELECT DISTINCT ?p {{ ?p a ax:Position ; ax:isAttestedBy ?a, ?b . ?a ax:hasStrength ?s
        FILTER NOT EXISTS {{ ?b ax:hasStrength ?t }} }}""")
    assert mixed
    for row in mixed:
        assert card_of(page_of(site, row["p"]), "The position")["Wording"].endswith(", elsewhere plain"), row


def test_a_comparison_says_where_it_rests_on_weak_or_derived_positions(site: str, select: Select) -> None:
    facts: dict[str, list[tuple[str, str]]] = {}
    for row in select(
        f"""{AX}SELECT ?p ?a ?m ?s {{ ?p a ax:Position ; ax:isAttestedBy ?a . ?a ax:hasMode ?m OPTIONAL {{ ?a ax:hasStrength ?s }} }}"""
    ):
        facts.setdefault(row["p"], []).append((row["m"].rpartition("/")[2], (row.get("s") or "").rpartition("/")[2]))
    compared: dict[str, list[str]] = {}
    for row in select(f"{AX}SELECT ?c ?p {{ ?c a ax:Comparison ; ax:compares ?p }}"):
        compared.setdefault(row["c"], []).append(row["p"])
    warned = 0
    for iri, positions in compared.items():
        text = page_of(site, iri)
        assert COMPUTED in section(text, "Outcome")
        notes = re.findall(r'<p class="note">The comparison rests on a position that is (.*?): <a href="(.*?)">', text)
        for position in positions:
            modes, strengths = zip(*facts[position], strict=True)
            said = " ".join(words for words, link in notes if link == f"/{position.removeprefix(BASE)}.html")
            outright = {*modes} - {"derived", "possible"}
            assert all((each in said) == (not outright and each in modes) for each in ("derived", "possible")), iri
            for strength, words in (("weak", "weakly worded"), ("implied", "only implied")):
                assert (words in said) == (strength in strengths), iri
            assert ("in part" in said) == (
                bool({"weak", "implied"} & {*strengths}) and not {*strengths} <= {"weak", "implied"}
            ), iri
            warned += bool(said)
    assert warned > 5


def test_what_a_rule_computed_is_marked_as_such_and_nothing_else(site: str, select: Select) -> None:
    inferred = f"{BASE}graph/inferred"
    for iri in (f"{BASE}id/state/iran", f"{BASE}id/phase/post-2kw", f"{BASE}id/issue/zangezur-corridor"):
        text = page_of(site, iri)
        for title, pattern in (
            ("Everything the graph says of it", f"<{iri}> ?p ?o"),
            ("What points at it", f"?s ?p <{iri}> FILTER(isIRI(?s))"),
        ):
            lines = re.findall(r'<tr role="row">.*?</tr>', section(text, title), re.DOTALL)[1:]
            for line in lines:
                marked = '<span class="computed">computed by a rule</span>' in line
                assert marked == ('href="/graph/inferred.html"' in line), line
            count = select(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{inferred}> {{ {pattern} }} }}")[0]["n"]
            shown = sum("computed by a rule" in line for line in lines)
            assert shown == int(count) or "all of them by query" in section(text, title), (iri, title)
    iran = page_of(site, f"{BASE}id/state/iran")
    assert "computed by a rule" in section(iran, "Everything the graph says of it")
    assert COMPUTED in section(iran, "Compared with others")
    assert COMPUTED in section(page_of(site, f"{BASE}id/issue/zangezur-corridor"), "Agreement and divergence")
    assert COMPUTED in section(page_of(site, f"{BASE}id/position/russia-iranian-exercises-post-2kw"), "Compared with")
    assert COMPUTED not in section(iran, "Positions it holds")


def test_those_who_act_for_a_state_by_a_rule_are_marked(site: str, select: Select) -> None:
    rows = select(f"{AX}SELECT ?who ?state {{ GRAPH <{BASE}graph/inferred> {{ ?who ax:actsFor ?state }} }}")
    assert len(rows) > 4
    for row in rows:
        lines = re.findall(r'<tr id="spoken-for-.*?</tr>', page_of(site, row["state"]), re.DOTALL)
        assert lines
        for line in lines:
            assert ("computed by a rule" in line) == ("/ns/actsFor" in line), line


def test_an_issue_shows_who_takes_part_in_what_it_is_about_and_who_does_not(site: str, select: Select) -> None:
    told = 0
    for table, inside, of in (
        ("participants-about", "isParticipationIn", "isParticipationOf"),
        ("absences-about", "isAbsenceFrom", "isAbsenceOf"),
    ):
        right: dict[str, set[str]] = {row["i"]: set() for row in select(f"{AX}SELECT ?i {{ ?i a ax:Issue }}")}
        for row in select(
            f"{AX}SELECT ?i ?part ?who {{ ?i a ax:Issue ; ax:isAbout ?it . ?part ax:{inside} ?it ; ax:{of} ?who }}"
        ):
            right[row["i"]] |= {row["part"], row["who"]}
        for iri, needed in right.items():
            lines = "".join(re.findall(rf'<tr id="{table}-.*?</tr>', page_of(site, iri), re.DOTALL))
            assert bool(lines) == bool(needed), iri
            assert all(f'href="/{each.removeprefix(BASE)}.html"' in lines for each in needed), iri
            told += bool(needed)
    assert told > 1


@pytest.mark.parametrize(("number", "more"), [(2_000, False), (2_001, True)])
def test_a_page_says_when_more_points_at_a_thing_than_it_reads(tmp_path: Path, number: int, more: bool) -> None:
    file = tmp_path / "hub.nt"
    file.write_text(
        "".join(f"<{BASE}id/event/e{n}> <{BASE}ns/involves> <{BASE}id/state/hub> .\n" for n in range(number))
    )
    with serving("--data", str(file)) as url:
        text = section(page_of(url.rstrip("/"), f"{BASE}id/state/hub"), "What points at it")
        assert ("More than 2,000 triples point at it." in text) == more
        assert ("more than 2,000 triples" in text) == more
        assert ("2000 triples" in text) != more
