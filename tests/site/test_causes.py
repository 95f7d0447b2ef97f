"""The map of causes: each link of a claim is drawn once, drivers left of effects, with room for its words."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
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
)

Row = dict[str, Term]
MODE, STRENGTH = "https://w3id.org/araxes/scheme/mode/", "https://w3id.org/araxes/scheme/strength/"


def row(
    driver: str, effect: str, claim: str = "", *, relation: str = "hasEffect", mode: str = "interpreted", **more: str
) -> Row:
    """Return a row of the query, as the graph would give it."""
    found = {"claim": iri(claim or f"{driver}-{effect}"), "driver": iri(driver), "effect": iri(effect)}
    found |= {"relation": iri(f"ax:{relation}"), "mode": iri(MODE + mode)}
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


def laid(drawing: ET.Element) -> list[tuple[str, str]]:
    """Return all that meets and should not: boxes each other, words on links each other and the boxes."""
    said = [box for link in marks(drawing).values() for box in texts(link, 10)]
    return clashes([*boxes(drawing).values(), *said])


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
    rows = [row("a", "b"), row("b", "c"), row("a", "c", "claim")]
    page = causes(rows, dict.fromkeys(("a", "b", "claim", "a-b"), HOSTILE[name]))
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


links = st.dictionaries(
    st.tuples(st.integers(0, 14), st.integers(0, 14)), st.sampled_from(["strong", "weak"]), min_size=1, max_size=40
)


@given(links, st.data())
@settings(max_examples=50, deadline=None)
def test_whatever_is_linked_it_is_drawn_once_and_nothing_covers_anything(
    some: dict[tuple[int, int], str], data: st.DataObject
) -> None:
    words = {f"n{n}": "effect of it " * data.draw(st.integers(1, 7)) for n in range(15)}
    drawing = drawn(
        "causes", causes([row(f"n{one}", f"n{other}", strength=how) for (one, other), how in some.items()], words)
    )
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
    assert {each.get("href", "").removesuffix(".html") for each in marks(drawing).values()} == claims
    possible = {each.get("href") for each in every(drawing, "cm-possible")}
    assert possible == {"/id/claim/dilemma-could-drive-iran-to-react.html"}
    kept_out = [each for each in marks(drawing).values() if every(each, "cm-end")]
    assert {each.get("href") for each in kept_out} == {
        "/id/claim/putin-words-keep-bases-out.html",
        "/id/claim/putin-words-keep-csto-out.html",
    }
    assert not every(drawing, "cm-ghost")


def test_every_mark_leads_to_a_page(server: str) -> None:
    drawing = ET.fromstring(request(f"{server}causes.svg", accept="*/*").text)
    paths = {each.get("href", "") for each in drawing.iter(f"{SVG}a")}
    assert len(paths) > 40
    assert {
        path: reply.status
        for path in paths
        if (reply := request(server + path.lstrip("/"), accept="text/html")).status != 200
    } == {}


def test_the_words_of_a_link_are_those_of_its_row(server: str) -> None:
    html = request(f"{server}causes", accept="text/html").text
    rows = dict(re.findall(r'<tr id="row-(\d+)"(.*?)</tr>', html, re.DOTALL))
    drawing = ET.fromstring(request(f"{server}causes.svg", accept="*/*").text)
    assert len(rows) == len(marks(drawing)) > 20
    for number, mark in marks(drawing).items():
        mode = texts(mark)[0].text
        assert f"/{mode}.html" in rows[str(number)]
        assert mark.get("href", "") in rows[str(number)]


def test_in_a_browser_no_text_covers_another_and_no_line_runs_through_one(visit: Any) -> None:
    page = visit("/causes")
    found = page.evaluate(MEET, "svg.causes")
    assert found["number"] > 60
    assert found["found"] == []
    crossed = page.evaluate(THROUGH, ["svg.causes", ".cm-line"])
    assert crossed["number"] > 20
    assert crossed["found"] == []
