"""The timeline: dates are drawn as exactly as they are given and no more so, and no text covers another."""

import re
from datetime import date, timedelta
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
    Box,
    Page,
    clashes,
    drawn,
    every,
    filled,
    iri,
    marks,
    texts,
    written,
)
from tests.site.drawings import text as literal

Row = dict[str, Term]
KINDS = {"ax:Phase": 1, "ax:Event": 2, "ax:Statement": 3}


def row(name: str, *, kind: str = "ax:Event", **more: str) -> Row:
    """Return a row of the query, as the graph would give it."""
    found = {"lane": literal(str(KINDS[kind])), "kind": iri(kind), "thing": iri(name)}
    literals = {"date", "from_", "until", "opened"}
    found |= {key.rstrip("_"): literal(value) if key in literals else iri(value) for key, value in more.items()}
    return found | ({"how": iri("ax:edtfDate")} if "date" in more and "how" not in more else {})


def timeline(*rows: Row, names: dict[str, str] | None = None) -> Page:
    return Page({"timeline": list(rows)}, {THING + name: label for name, label in (names or {}).items()})


def forms(drawing: ET.Element, number: int = 1) -> set[str]:
    """Return the classes of the shapes of a mark."""
    found = {name for each in marks(drawing)[number].iter() for name in each.get("class", "").split()}
    return found - {"tl-mark", "tl-date", "tl-end"}


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("2021-10-06", {"tl-day"}),
        ("2021-10", {"tl-within"}),
        ("2021", {"tl-within"}),
        ("199X", {"tl-unspecified"}),
        ("19XX", {"tl-unspecified"}),
        ("2021-XX", {"tl-unspecified"}),
        ("2021-10~", {"tl-within", "doubt"}),
        ("2021-10?", {"tl-within", "doubt"}),
        ("2021-10-06%", {"tl-day", "doubt"}),
        ("2021-09/2021-10", {"tl-interval"}),
        ("2020-06~/2023-06", {"tl-interval", "doubt"}),
        ("../2023-06-15", {"tl-interval"}),
        ("2018-05/..", {"tl-interval"}),
    ],
)
def test_each_kind_of_date_has_its_own_form(value: str, form: set[str]) -> None:
    drawing = drawn(
        "timeline", timeline(row("a", date=value), row("b", date="2017-01-01"), row("c", date="2024-01-01"))
    )
    (number,) = [n for n, mark in marks(drawing).items() if value in "".join(mark.itertext())]
    assert forms(drawing, number) == form
    assert bool(every(marks(drawing)[number], "tl-end")) == (".." in value)


@pytest.mark.parametrize("value", ["2021-13", "2021-21", "2021-10-32", "sometime", "", "2021/", "Y-17000", "2023/2020"])
def test_a_date_that_cannot_be_drawn_is_listed_with_its_text(value: str) -> None:
    page = timeline(row("a", date=value), row("b", date="2020-01-01"))
    assert list(marks(drawn("timeline", page))) == [1]
    html = filled("timeline.html", page)
    listed = html.partition("Not drawn")[2]
    assert "event/a.html" in listed
    assert value in listed


def test_a_thing_without_a_time_is_listed_and_not_guessed() -> None:
    page = timeline(row("a"), row("b", date="2020-01-01"), row("c", how="ax:takesPlaceDuring", by="ax:somePhase"))
    assert list(marks(drawn("timeline", page))) == [1]
    listed = filled("timeline.html", page).partition("Not drawn")[2]
    assert "no time given" in listed
    assert "somePhase" in listed


def test_what_has_only_a_phase_looks_like_nothing_that_has_a_date() -> None:
    phase = {"how": "ax:takesPlaceDuring", "by": "ax:war", "from_": "2020-09-27T00:00:00Z"}
    page = timeline(
        row(
            "p", kind="ax:Phase", how="ax:earliestDateTime", from_="2020-09-27T00:00:00Z", until="2020-11-09T21:00:00Z"
        ),
        row("closed", until="2020-11-09T21:00:00Z", **phase),
        row("open", **phase),
        row("opening", opens="ax:war", opened="2020-09-27T00:00:00Z"),
    )
    drawing = drawn("timeline", page)
    assert [forms(drawing, number) for number in (1, 2, 3, 4)] == [
        {"tl-phase"},
        {"tl-during"},
        {"tl-during"},
        {"tl-open"},
    ]
    assert "no date" in "".join(marks(drawing)[2].itertext())
    said = filled("timeline.html", page)
    assert said.count("only a phase") >= 2
    assert "no end given" in said


def test_a_phase_that_begins_at_an_uncertain_time_has_a_soft_beginning() -> None:
    drawing = drawn(
        "timeline",
        timeline(row("p", kind="ax:Phase", date="199X", how="ax:beginsWith", by="begin"), row("b", date="2020-01-01")),
    )
    soft, sure = every(marks(drawing)[1], "tl-phase")
    assert "tl-soft" in soft.get("class", "")
    assert float(soft.get("x", 0)) + float(soft.get("width", 0)) == pytest.approx(float(sure.get("x", 0)), abs=0.2)


def test_nothing_to_draw_is_drawn_as_nothing() -> None:
    assert marks(drawn("timeline", timeline())) == {}
    assert "Not drawn" in filled("timeline.html", timeline(row("a")))


def test_quiet_years_are_narrow_and_said_to_be() -> None:
    page = timeline(row("a", date="1991-12-26"), row("b", date="2020-09-27"), row("c", date="2021-10"))
    drawing = drawn("timeline", page)
    assert [written(each).text for each in every(drawing, "tl-years")] == ["1992–2019"]
    assert [written(each).text for each in every(drawing, "tl-year")] == ["1991", "2020", "2021"]
    assert len(every(drawing, "tl-quiet")) == 1
    assert "1991, 2020, 2021 are drawn wide" in re.sub(r"\s+", " ", filled("timeline.html", page))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_label_stays_a_text(name: str) -> None:
    page = timeline(
        row("a", date="2021-10-06"), row("b", date="2021-10-07"), names={"a": HOSTILE[name], "b": HOSTILE[name]}
    )
    drawing = drawn("timeline", page)
    assert not list(drawing.iter(f"{SVG}script"))
    title = marks(drawing)[1].find(f"{SVG}title")
    assert title is not None
    kept = "".join(c for c in HOSTILE[name] if c >= " " and c != "\ufffe")
    assert (title.text or "").startswith(kept)
    assert all(len(box.text) < 90 for box in texts(marks(drawing)[1]))
    assert "<script>alert" not in filled("timeline.html", page)
    assert clashes(texts(drawing)) == []


days = st.dates(date(1985, 1, 1), date(2024, 12, 31))
dates = st.one_of(
    days.map(str),
    days.map(lambda day: str(day)[:7]),
    days.map(lambda day: str(day)[:4]),
    days.map(lambda day: str(day)[:3] + "X"),
    days.map(lambda day: str(day)[:7] + "~"),
    st.tuples(days, days).map(lambda both: f"{min(both)}/{max(both)}"),
    days.map(lambda day: f"../{day}"),
    days.map(lambda day: f"{day}/.."),
)
labels = st.text(st.sampled_from("aeinorst lmdW"), min_size=1, max_size=90).filter(str.strip)


def shapes(mark: ET.Element) -> Box:
    """Return what the text of a mark and its rectangles and circles cover."""
    text_ = next(mark.iter(f"{SVG}text"))
    box = written(text_)
    ends = [
        (float(each.get("x", 0)), float(each.get("width", 0)), float(each.get("y", 0)) + 10)
        for each in mark.iter(f"{SVG}rect")
    ]
    ends += [(float(each.get("cx", 0)) - 5, 10, float(each.get("cy", 0)) + 5) for each in mark.iter(f"{SVG}circle")]
    assert ends
    left, right = min(at for at, _, _ in ends), max(at + wide for at, wide, _ in ends)
    return Box(min(left, box.left), box.top, max(right, box.right), max(y for _, _, y in ends), box.text)


@given(st.lists(st.tuples(dates, labels, st.sampled_from(["ax:Event", "ax:Statement"])), min_size=1, max_size=25))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_nothing_covers_anything_else(some: list[tuple[str, str, str]]) -> None:
    rows = [row(f"e{n}", date=when, kind=kind) for n, (when, _, kind) in enumerate(some)]
    drawing = drawn("timeline", timeline(*rows, names={f"e{n}": label for n, (_, label, _) in enumerate(some)}))
    found = marks(drawing)
    assert sorted(found) == list(range(1, len(some) + 1))
    assert clashes(shapes(each) for each in found.values()) == []
    width = float(drawing.get("width", 0))
    assert all(box.left >= 0 and box.right <= width for box in map(shapes, found.values()))


@given(st.lists(days, min_size=2, max_size=20, unique=True))
@settings(max_examples=60, deadline=None)
def test_what_is_later_is_drawn_further_right(some: list[date]) -> None:
    drawing = drawn("timeline", timeline(*(row(str(day), date=str(day)) for day in sorted(some))))
    places = [float(next(each.iter(f"{SVG}circle")).get("cx", 0)) for _, each in sorted(marks(drawing).items())]
    assert places == sorted(places)


@given(days)
@settings(max_examples=40, deadline=None)
def test_a_day_lies_within_its_month_and_its_month_within_its_year(day: date) -> None:
    rows = [row("day", date=str(day)), row("month", date=str(day)[:7]), row("year", date=str(day)[:4])]
    rows.append(row("next", date=str(day + timedelta(days=800))))
    found = marks(drawn("timeline", timeline(*rows)))
    x = float(next(found[1].iter(f"{SVG}circle")).get("cx", 0))
    spans = [next(found[number].iter(f"{SVG}rect")) for number in (2, 3)]
    month, year = [(float(each.get("x", 0)), float(each.get("x", 0)) + float(each.get("width", 0))) for each in spans]
    assert month[0] - 0.1 <= x <= month[1] + 0.1
    assert year[0] - 0.1 <= month[0]
    assert month[1] <= year[1] + 6.1  # the least width that a mark has


def test_in_a_browser_no_text_covers_another(visit: Any) -> None:
    found = visit("/timeline").evaluate(MEET, "svg.timeline")
    assert found["number"] > 30
    assert found["found"] == []


def test_the_events_of_the_article_stand_where_they_are_told(server: str) -> None:
    drawing = ET.fromstring(request(f"{server}timeline.svg", accept="*/*").text)
    by_path = {each.get("href"): each for each in marks(drawing).values()}
    said = {
        "/id/event/abdollahian-lavrov-meeting.html": "tl-day",
        "/id/event/fatehan-of-kheibar.html": "doubt",
        "/id/event/karabakh-crisis-begins.html": "tl-unspecified",
        "/id/event/proposal-of-three-plus-three.html": "tl-during",
        "/id/statement/bocharnikov-zangezur-corridor.html": "tl-during",
        "/id/event/soviet-collapse.html": "tl-open",
        "/id/agreement/nagorno-karabakh-ceasefire-2020.html": "tl-within",
        "/id/phase/2kw.html": "tl-phase",
    }
    assert {path: form for path, form in said.items() if not every(by_path[path], form)} == {}


def test_every_mark_leads_to_a_page(server: str) -> None:
    drawing = ET.fromstring(request(f"{server}timeline.svg", accept="*/*").text)
    paths = {each.get("href", "") for each in drawing.iter(f"{SVG}a")}
    assert len(paths) > 20
    assert {
        path: reply.status
        for path in paths
        if (reply := request(server + path.lstrip("/"), accept="text/html")).status != 200
    } == {}
