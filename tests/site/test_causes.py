"""The map of causes: each link of a claim is drawn once, drivers left of effects, with room for its words."""

import csv
import io
import json
import re
from collections.abc import Iterable
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from araxes import queries
from araxes.web.site import Term
from helpers import request
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.site.drawings import (
    HOSTILE,
    MEET,
    SVG,
    THING,
    THROUGH,
    Page,
    clashes,
    drawn,
    every,
    filled,
    iri,
    marks,
    rectangle,
    texts,
    written,
)

Row = dict[str, Term]
ROOT = Path(__file__).parents[2]
# Words of those who made the graph, which say nothing to those who read it.
INSIDE = re.compile(r"\b(rdf:|rdfs:|xsd:|literal|datatype|IRI|attestation)", re.IGNORECASE)
# Words that would judge an effect.
JUDGING = re.compile(r"favour|detriment|benefi|harm|worse|better|suit|good|bad", re.IGNORECASE)
MODE, STRENGTH = "https://w3id.org/araxes/scheme/mode/", "https://w3id.org/araxes/scheme/strength/"


def row(
    driver: str, effect: str, claim: str = "", *, relation: str = "hasEffect", mode: str = "interpreted", **more: str
) -> Row:
    """Return a row of the query, as the graph would give it."""
    found = {"claim": iri(claim or f"{driver}-{effect}"), "driver": iri(driver), "effect": iri(effect)}
    found |= {"relation": iri(f"ax:{relation}"), "mode": iri(MODE + mode)}
    found |= {"attestation": iri(more["attestation"])} if "attestation" in more else {}
    return found | ({"strength": iri(STRENGTH + more["strength"])} if "strength" in more else {})


def causes(rows: Iterable[Row], names: dict[str, str] | None = None) -> Page:
    return Page({"causes": list(rows)}, {THING + name: label for name, label in (names or {}).items()})


def boxes(drawing: ET.Element) -> dict[str, Any]:
    """Return what the box of each thing covers, by the name of the thing, without those that repeat one."""
    found = [each for each in every(drawing, "cm-box") if "cm-ghost" not in each.get("class", "")]
    named = {
        each.get("href", "").rpartition("/")[2].removesuffix(".html"): rectangle(next(each.iter(f"{SVG}rect")))
        for each in found
    }
    assert len(named) == len(found)
    return named


def on(link: ET.Element) -> str:
    """Return the words of a claim that stand on its link."""
    return " ".join("".join(each.itertext()).strip("\u2068\u2069") for each in every(link, "cm-said"))


def laid(drawing: ET.Element) -> list[tuple[str, str]]:
    """Return all that meets and should not: boxes each other, words on links each other and the boxes."""
    said = [
        written(each, 10)
        for link in marks(drawing).values()
        for each in link.iter(f"{SVG}text")
        if each.get("class") != "cm-said"
    ]
    words = [rectangle(each) for each in every(drawing, "cm-words")]
    return clashes([*boxes(drawing).values(), *words, *said])


def rows_of(html: str) -> dict[int, str]:
    """Return the rows of the table of a page."""
    return {int(number): row for number, row in re.findall(r'<tr id="row-(\d+)"(.*?)</tr>', html, re.DOTALL)}


def plain(html: str) -> str:
    """Return the text of a part of a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def paths(drawing: ET.Element) -> set[str]:
    """Return where the links of a drawing lead on this site."""
    return {urlsplit(each.get("href", "")).path for each in drawing.iter(f"{SVG}a")}


def test_a_driver_stands_left_of_its_effect_and_all_that_follows() -> None:
    found = boxes(drawn("causes", causes([row("c", "d"), row("a", "b"), row("b", "c"), row("a", "d")])))
    assert found["a"].right < found["b"].left < found["b"].right < found["c"].left < found["c"].right < found["d"].left


def test_a_driver_of_one_thing_stands_beside_it() -> None:
    found = boxes(drawn("causes", causes([row("a", "b"), row("b", "c"), row("x", "c")])))
    assert found["x"].left == found["b"].left


def test_each_link_of_a_claim_is_drawn_once_whatever_backs_it() -> None:
    rows = [row("a", "x", "one"), row("b", "x", "one"), row("a", "x", "two"), row("a", "x", "two", strength="strong")]
    page = causes(rows)
    drawing = drawn("causes", page)
    assert [each.get("href") for each in marks(drawing).values()] == ["/id/event/one.html"] * 2 + ["/id/event/two.html"]
    said = ["".join(each.itertext()) for each in marks(drawing).values()]
    assert ["joint" in each for each in said] == [True, True, False]
    assert "plain/strong" in said[2]
    assert "cm-strong" not in every(drawing, "cm-link")[2].get("class", ""), (
        "what is strong in one place only is not drawn as strong"
    )
    assert filled("causes.html", page).count('<tr id="row-') == 3


@pytest.mark.parametrize("mode", ["stated", "interpreted", "possible", "derived", "reported"])
def test_the_mode_is_in_the_line_and_in_words(mode: str) -> None:
    drawing = drawn("causes", causes([row("a", "b", mode=mode)]))
    assert len(every(drawing, f"cm-{mode}")) == 1
    assert mode in [box.text for box in texts(marks(drawing)[1])]


def test_the_relation_is_in_the_end_of_the_line() -> None:
    rows = [row("a", "b"), row("a", "c", relation="prevents"), row("a", "d", relation="affects")]
    found = {each.get("href"): each for each in marks(drawn("causes", causes(rows))).values()}
    ends = ("cm-head-mark", "cm-end", "cm-ring")
    assert [[bool(every(found[f"/id/event/a-{effect}.html"], end)) for end in ends] for effect in "bcd"] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


def test_what_is_only_affected_has_the_words_of_the_claim_on_its_link_and_no_others() -> None:
    said = "The long winter of the lake has deeply touched the fishers on its northern shore."
    rows = [row("a", "b", "one", relation="affects"), row("a", "c", "two"), row("a", "d", "three", relation="prevents")]
    page = causes(rows, {"one": said, "two": "not drawn", "three": "nor this"})
    drawing = drawn("causes", page)
    found = {urlsplit(each.get("href", "")).path: each for each in marks(drawing).values()}
    assert on(found["/id/event/one.html"]) == said, "the words of the claim, whole, and nothing beside them"
    assert [on(found[f"/id/event/{each}.html"]) for each in ("two", "three")] == ["", ""]
    (words,) = [rectangle(each) for each in every(drawing, "cm-words")]
    assert boxes(drawing)["a"].right < words.left < words.right < boxes(drawing)["b"].left
    lines = [written(each, 10.5) for each in every(drawing, "cm-said")]
    assert all(box.top > words.top and box.bottom < words.bottom and box.right < words.right for box in lines)
    assert laid(drawing) == []
    html = filled("causes.html", page)
    assert all(each in plain(rows_of(html)[n]) for n, each in enumerate((said, "not drawn", "nor this"), 1))
    assert JUDGING.findall(" ".join(plain(each) for each in rows_of(html).values())) == []


def test_the_title_of_a_link_is_its_claim_with_mode_and_strength() -> None:
    rows = [row("a", "b", "one", relation="affects", strength="strong"), row("a", "c", "two"), row("d", "c", "two")]
    page = causes(rows, {"one": "A is not to the favour of B.", "two": "A & D bring about C."})
    titles = [each.findtext(f"{SVG}title") for each in marks(drawn("causes", page)).values()]
    assert titles == [
        "A is not to the favour of B. (interpreted; strong)",
        "A & D bring about C. (interpreted; with other drivers)",
        "A & D bring about C. (interpreted; with other drivers)",
    ]


def test_each_passage_is_listed_with_what_it_says() -> None:
    rows = [row("a", "b", "one", attestation="mild"), row("a", "b", "one", attestation="firm", strength="strong")]
    page = causes(rows, {"mild": "It does B no favours.", "firm": "B pays for it."})
    listed = rows_of(filled("causes.html", page))
    assert len(listed) == 1
    assert plain(listed[1]).endswith("It does B no favours. interpreted; B pays for it. interpreted, strong")
    assert '<a href="/id/event/firm.html">' in listed[1]


@pytest.mark.parametrize("circle", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "a"]])
def test_a_circle_is_cut_and_said_to_be(circle: list[str]) -> None:
    rows = [row(one, other) for one, other in pairwise(circle)]
    page = causes([*rows, row("x", "a")])
    drawing = drawn("causes", page)
    assert len(marks(drawing)) == len(rows) + 1
    (again,) = every(drawing, "cm-ghost")
    assert "↺ a" in "".join(again.itertext())
    assert "closes a circle" in filled("causes.html", page)


def test_no_claim_makes_no_drawing() -> None:
    assert marks(drawn("causes", causes([]))) == {}
    assert "holds no such claim" in filled("causes.html", causes([]))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_label_stays_a_text(name: str) -> None:
    rows = [row("a", "b"), row("b", "c"), row("a", "c", "claim"), row("b", "d", "touch", relation="affects")]
    page = causes(rows, dict.fromkeys(("a", "b", "claim", "a-b", "touch"), HOSTILE[name]))
    drawing = drawn("causes", page)
    assert not list(drawing.iter(f"{SVG}script"))
    title = marks(drawing)[1].find(f"{SVG}title")
    assert title is not None
    kept = "".join(c for c in HOSTILE[name] if c >= " " and c != "\ufffe")
    assert (title.text or "").startswith(kept)
    assert "<script>alert" not in filled("causes.html", page)
    assert laid(drawing) == []
    for box in every(drawing, "cm-box"):
        outline = rectangle(next(box.iter(f"{SVG}rect")))
        lines = texts(box, 11.5)
        assert all(line.top > outline.top - 1 and line.bottom < outline.bottom + 1 for line in lines)
        assert name == "wide" or all(line.right < outline.right + 1 for line in lines)
    (outline,) = [rectangle(each) for each in every(drawing, "cm-words")]
    lines = [written(each, 10.5) for each in every(drawing, "cm-said")]
    assert lines
    assert all(line.top > outline.top - 1 and line.bottom < outline.bottom + 1 for line in lines)
    assert name == "wide" or all(line.right < outline.right + 1 for line in lines)


links = st.dictionaries(
    st.tuples(st.integers(0, 14), st.integers(0, 14)),
    st.tuples(st.sampled_from(["strong", "weak"]), st.sampled_from(["hasEffect", "affects", "prevents"])),
    min_size=1,
    max_size=40,
)


@given(links, st.data())
@settings(max_examples=50, deadline=None)
def test_whatever_is_linked_it_is_drawn_once_and_nothing_covers_anything(
    some: dict[tuple[int, int], tuple[str, str]], data: st.DataObject
) -> None:
    words = {f"n{n}": "effect of it " * data.draw(st.integers(1, 7)) for n in range(15)}
    words |= {f"n{one}-n{other}": "so it is said " * data.draw(st.integers(1, 7)) for one, other in some}
    rows = [
        row(f"n{one}", f"n{other}", strength=how, relation=relation) for (one, other), (how, relation) in some.items()
    ]
    drawing = drawn("causes", causes(rows, words))
    assert sorted(marks(drawing)) == list(range(1, len(some) + 1))
    found, again = boxes(drawing), len(every(drawing, "cm-ghost"))
    back = [(one, other) for one, other in some if found[f"n{one}"].right > found[f"n{other}"].left]
    assert len(back) <= again
    assert laid(drawing) == []
    wide, high = float(drawing.get("width", 0)), float(drawing.get("height", 0))
    assert all(box.left >= 0 and box.top >= 0 and box.right <= wide and box.bottom <= high for box in found.values())


def test_the_claims_of_the_article_are_drawn(server: str, select: Any) -> None:
    drawing = ET.fromstring(request(f"{server}causes.svg", accept="*/*").text)
    claims = {
        each["claim"].removeprefix("https://w3id.org/araxes")
        for each in select("SELECT ?claim { ?claim a <https://w3id.org/araxes/ns/CausalClaim> }")
    }
    assert len(claims) > 20
    assert {urlsplit(each.get("href", "")).path.removesuffix(".html") for each in marks(drawing).values()} == claims
    possible = {urlsplit(each.get("href", "")).path for each in every(drawing, "cm-possible")}
    assert possible == {"/id/claim/dilemma-could-drive-iran-to-react.html"}
    kept_out = [each for each in marks(drawing).values() if every(each, "cm-end")]
    assert {urlsplit(each.get("href", "")).path for each in kept_out} == {
        "/id/claim/putin-words-keep-bases-out.html",
        "/id/claim/putin-words-keep-csto-out.html",
    }
    assert not every(drawing, "cm-ghost")


def test_every_mark_leads_to_a_page(server: str) -> None:
    drawing = ET.fromstring(request(f"{server}causes.svg", accept="*/*").text)
    assert len(paths(drawing)) > 40
    assert {
        path: reply.status
        for path in paths(drawing)
        if (reply := request(server + path.lstrip("/"), accept="text/html")).status != 200
    } == {}


def test_drawing_table_and_data_say_the_same(server: str) -> None:
    html = request(f"{server}causes", accept="text/html").text
    rows = rows_of(html)
    drawing = ET.fromstring(request(f"{server}causes.svg", accept="*/*").text)
    assert len(rows) == len(marks(drawing)) > 20
    for number, mark in marks(drawing).items():
        mode = texts(mark)[0].text
        assert f"/{mode}.html" in rows[number]
        assert urlsplit(mark.get("href", "")).path in rows[number]
        assert on(mark) in plain(rows[number])
        assert bool(on(mark)) is bool(every(mark, "cm-ring"))
    given_ = list(csv.DictReader(io.StringIO(request(f"{server}causes.csv", accept="*/*").text)))
    found = json.loads(request(f"{server}causes.json", accept="*/*").text)["results"]["bindings"]
    assert [{name: value for name, value in each.items() if value} for each in given_] == [
        {name: term["value"] for name, term in each.items()} for each in found
    ]
    shown = "".join(rows.values())
    assert {name for each in given_ for name in each} >= {"claim", "driver", "effect", "attestation", "passage"}
    for each in given_:
        for name in ("claim", "driver", "effect", "attestation", "mode", "passage"):
            assert f'href="{urlsplit(each[name]).path.removeprefix("/araxes")}.html"' in shown


def test_an_effect_is_judged_only_where_the_author_does(server: str) -> None:
    """Of what is only affected: two claims of the article say how; of the others nothing is said."""
    drawing = ET.fromstring(request(f"{server}causes.svg", accept="*/*").text)
    judged = {
        urlsplit(mark.get("href", "")).path.rpartition("/")[2]: JUDGING.findall(on(mark))
        for mark in marks(drawing).values()
        if on(mark)
    }
    assert judged == {
        "approach-to-israel-unfavourable-to-iran.html": ["favour"],
        "flexible-line-unfavourable-to-iran.html": ["favour"],
        "flexible-line-creates-dilemma.html": [],
        "war-outcome-affects-iran.html": [],
        "war-outcome-affects-northwestern-frontiers.html": [],
    }
    rows = rows_of(request(f"{server}causes", accept="text/html").text)
    (row_,) = [each for each in rows.values() if "flexible-line-unfavourable" in each]
    assert row_.count('href="/id/attestation/') == 2, "the abstract and the conclusions put it differently"


def test_nothing_is_told_in_the_words_of_the_makers(server: str) -> None:
    html = request(f"{server}causes", accept="text/html").text
    assert INSIDE.findall(plain(html.partition("<main")[2].partition("</main>")[0])) == []
    columns = queries.load(ROOT / "queries" / "pages", ROOT)["causes"].columns
    assert len(columns) == 9
    assert INSIDE.findall(" ".join(said for _, said in columns)) == []


def test_at_the_width_of_a_phone_every_link_can_be_hit(visit: Any) -> None:
    """WCAG 2.2, 2.5.8: links and boxes are targets of 24 by 24, and the table below has the same targets."""
    page = visit("/causes", width=390)
    found = page.evaluate(
        """() => [...document.querySelectorAll("svg.causes a")].map(each => {
            const box = (each.querySelector(".cm-hit") || each.querySelector("rect")).getBoundingClientRect()
            each.scrollIntoView({block: "center", inline: "end"})
            const hit = (each.querySelector(".cm-hit") || each.querySelector("rect")).getBoundingClientRect()
            const at = document.elementFromPoint(hit.left + hit.width / 2, hit.top + hit.height / 2)
            return {path: each.getAttribute("href"), wide: box.width, high: box.height, hit: !!at && each.contains(at),
                listed: !!document.querySelector(`table a[href="${each.getAttribute("href")}"]`)}
        })"""
    )
    style = page.evaluate(
        "(({fill, pointerEvents}) => [fill, pointerEvents])(getComputedStyle(document.querySelector('.cm-hit')))"
    )
    assert style == ["none", "all"], "it is hit and not seen"
    assert len(found) > 50
    assert [each for each in found if each["wide"] < 24 or each["high"] < 24 or not each["hit"]] == []
    assert all(each["listed"] for each in found)


def test_in_a_browser_no_text_covers_another_and_no_line_runs_through_one(visit: Any) -> None:
    page = visit("/causes")
    found = page.evaluate(MEET, "svg.causes")
    assert found["number"] > 60
    assert found["found"] == []
    crossed = page.evaluate(THROUGH, ["svg.causes", ".cm-line"])
    assert crossed["number"] > 20
    assert crossed["found"] == []
