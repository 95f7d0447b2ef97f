"""The timeline: dates are drawn as exactly as they are given and no more so, and no text covers another."""

import csv
import io
import json
import re
from datetime import date, timedelta
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
ROOT = Path(__file__).parents[2]
# Words of those who made the graph, which say nothing to those who read it.
INSIDE = re.compile(
    r"\b(EDTF|Extended Date|rdf:|rdfs:|xsd:|literal|datatype|IRI|earliest date-time|latest date-time)", re.IGNORECASE
)


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
    return found - {"tl-mark", "tl-date", "tl-end", "tl-hit"}


def solid(mark: ET.Element) -> list[ET.Element]:
    """Return the rectangles of a mark that are seen."""
    return [each for each in mark.iter(f"{SVG}rect") if each.get("class") != "tl-hit"]


def line(mark: ET.Element, name: str) -> tuple[float, float]:
    """Return where the line of a mark with a class begins and ends; an upright one ends where it begins."""
    (path,) = every(mark, name)
    found = re.fullmatch(r"M([-\d.]+) [-\d.]+(?:H([-\d.]+)|v14)", path.get("d", ""))
    assert found
    return float(found[1]), float(found[2] or found[1])


def rows_of(html: str) -> dict[int, str]:
    """Return the rows of the table of a page."""
    return {int(number): row for number, row in re.findall(r'<tr id="row-(\d+)"(.*?)</tr>', html, re.DOTALL)}


def plain(html: str) -> str:
    """Return the text of a part of a page."""
    return " ".join(re.sub(r"<[^>]*>", "", html).split())


@pytest.mark.parametrize(
    ("value", "form", "words"),
    [
        ("2021-10-06", {"tl-day"}, "6 October 2021"),
        ("2021-10", {"tl-within"}, "some time in October 2021"),
        ("2021", {"tl-within"}, "some time in 2021"),
        ("199X", {"tl-unspecified"}, "some time in the 1990s"),
        ("19XX", {"tl-unspecified"}, "some time in the years 1900 to 1999"),
        ("2021-XX", {"tl-unspecified"}, "some time in 2021, month not given"),
        ("2021-10-XX", {"tl-unspecified"}, "some time in October 2021, day not given"),
        ("2021-XX-XX", {"tl-unspecified"}, "some time in 2021, month and day not given"),
        ("2021-10~", {"tl-within", "doubt"}, "some time in October 2021, approximately (~)"),
        ("2021-10?", {"tl-within", "doubt"}, "some time in October 2021, uncertain (?)"),
        ("2021-10-06%", {"tl-day", "doubt"}, "6 October 2021, approximately and uncertain (%)"),
        ("2021-09/2021-10", {"tl-interval"}, "from September 2021 to October 2021"),
        ("2020-06~/2023-06", {"tl-interval", "doubt"}, "from June 2020, approximately (~), to June 2023"),
        ("../2023-06-15", {"tl-range", "tl-limit"}, "some time no later than 15 June 2023"),
        ("2018-05/..", {"tl-range", "tl-limit"}, "some time no earlier than May 2018"),
        ("../2022~", {"tl-range", "tl-limit", "doubt"}, "some time no later than 2022, approximately (~)"),
        ("2019?/..", {"tl-range", "tl-limit", "doubt"}, "some time no earlier than 2019, uncertain (?)"),
    ],
)
def test_each_kind_of_date_has_its_own_form_and_the_same_words_everywhere(
    value: str, form: set[str], words: str
) -> None:
    page = timeline(row("a", date=value), row("b", date="2017-01-01"), row("c", date="2024-01-01"))
    drawing = drawn("timeline", page)
    assert forms(drawing) == form
    assert [(each.text or "").strip() for each in every(marks(drawing)[1], "tl-date")] == [words]
    assert marks(drawing)[1].findtext(f"{SVG}title") == f"a, {words}"
    said = plain(rows_of(filled("timeline.html", page))[1])
    assert words in said
    assert value in said


@pytest.mark.parametrize(
    ("value", "same", "earlier"),
    [("../2023-06-15", "2023-06-15", True), ("2018-05-04/..", "2018-05-04", False)],
)
def test_what_has_only_a_limit_has_a_tick_there_and_no_body(value: str, same: str, earlier: bool) -> None:
    others = (row("b", date=same), row("c", date="2017-03-01"), row("d", date="2024-01-01"))
    drawing = drawn("timeline", timeline(row("a", date=value), *others))
    mark = marks(drawing)[1]
    assert solid(mark) == []
    assert every(mark, "tl-end") == [], "no arrow: nothing says that it goes on"
    tick, (left, right) = line(mark, "tl-limit")[0], line(mark, "tl-range")
    day = float(next(marks(drawing)[2].iter(f"{SVG}circle")).get("cx", 0))
    assert tick == pytest.approx(day, abs=1)
    assert (right < tick) if earlier else (left > tick)
    said = written(next(mark.iter(f"{SVG}text")))
    assert min(abs(said.left - tick), abs(said.right - tick)) < 120, "the text stands by the tick"


def test_a_phase_without_bounds_is_somewhere_in_the_one_around_it() -> None:
    start = "1991-12-26T00:00:00Z"
    page = timeline(
        row("outer", kind="ax:Phase", how="ax:earliestDateTime", from_=start),
        row("recent", kind="ax:Phase", how="ax:isWithin", by="outer", from_=start),
        row("b", date="1991-12-26"),
        row("c", date="2023-06-15"),
        names={"recent": "in recent years", "outer": "since the collapse"},
    )
    drawing = drawn("timeline", page)
    assert forms(drawing, 1) == {"tl-phase"}
    assert forms(drawing, 2) == {"tl-range"}, "neither a body, nor a bracket, nor a tick: no bound of its own is known"
    mark = marks(drawing)[2]
    assert solid(mark) == []
    assert every(mark, "tl-end") == []
    (box,) = texts(mark)
    assert box.text == "in recent yearsnot dated more exactly"
    begins = float(solid(marks(drawing)[1])[0].get("x", 0))
    assert box.left > begins + 30, "its name does not stand where the other phase begins"
    said = plain(rows_of(filled("timeline.html", page))[2])
    assert "not dated more exactly, since the collapse (somewhere in it): from 26 December 1991, 00:00 UTC" in said


@pytest.mark.parametrize(
    ("value", "words", "arrow"),
    [
        ("2018-05/..", "from May 2018, no end given", True),
        ("../2023-06-15", "until 15 June 2023, no beginning given", True),
        ("2018-05/2023", "from May 2018 to 2023", False),
        ("199X", "begins some time in the 1990s, no end given", True),
        ("2018-05-04", "begins on 4 May 2018, no end given", True),
    ],
)
def test_a_phase_lasts_and_is_drawn_so(value: str, words: str, arrow: bool) -> None:
    page = timeline(row("p", kind="ax:Phase", date=value), row("b", date="2017-01-01"), row("c", date="2024-01-01"))
    drawing = drawn("timeline", page)
    assert forms(drawing) - {"tl-soft"} == {"tl-phase"}
    assert bool(every(marks(drawing)[1], "tl-end")) is arrow
    assert words in "".join(marks(drawing)[1].itertext())
    assert words in plain(rows_of(filled("timeline.html", page))[1])


def test_every_form_stands_in_both_keys() -> None:
    page = timeline(row("a", date="2020-01-01"))
    html, alone = filled("timeline.html", page), drawn("timeline", page)
    listed = re.findall(r"<li>(.*?)</li>", html.partition('aria-label="Marks"')[2].partition("</ul>")[0], re.DOTALL)
    known = {"day", "within", "unspecified", "interval", "range", "limit", "during", "open", "phase"}
    assert {name for each in listed for name in re.findall(r"tl-(\w+)", each)} - {"end"} == known
    keys = [each for each in alone.iter(f"{SVG}g") if not each.get("class")]
    assert [plain(each) for each in listed] == ["".join(each.itertext()).strip() for each in keys]
    told = {plain(each): "tl-limit" in each for each in listed if "tl-range" in each}
    assert [said.partition(":")[0] for said in told] == [
        "some time before the tick, or after it",
        "not dated more exactly",
    ]
    assert list(told.values()) == [True, False]


@pytest.mark.parametrize(
    "value",
    ["2021-13", "2021-00", "2021-21", "2021-10-32", "2021-10-00", "sometime", "", "2021/", "Y-17000", "2023/2020"],
)
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
    assert [
        "".join(each.itertext()).rpartition("no date: ")[2].strip() for each in list(marks(drawing).values())[1:]
    ] == [
        "within its phase",
        "within its phase",
        "a phase begins with it",
    ]
    said = [plain(each) for each in rows_of(filled("timeline.html", page)).values()]
    assert "from 27 September 2020, 00:00 UTC until 9 November 2020, 21:00 UTC" in said[1]
    assert "from 27 September 2020, 00:00 UTC , no end given" in said[2].replace("UTC,", "UTC ,")
    assert "no date: a phase begins with it, war: 27 September 2020, 00:00 UTC" in said[3]


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
    """Return what the text of a mark and its rectangles, circles and lines cover."""
    text_ = next(mark.iter(f"{SVG}text"))
    box = written(text_)
    ends = [
        (float(each.get("x", 0)), float(each.get("width", 0)), float(each.get("y", 0)) + float(each.get("height", 0)))
        for each in mark.iter(f"{SVG}rect")
    ]
    ends += [(float(each.get("cx", 0)) - 5, 10, float(each.get("cy", 0)) + 5) for each in mark.iter(f"{SVG}circle")]
    for name in ("tl-range", "tl-limit"):
        ends += [
            (line(mark, name)[0], line(mark, name)[1] - line(mark, name)[0], box.bottom) for _ in every(mark, name)
        ]
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
    hits = [every(each, "tl-hit")[0] for each in found.values()]
    assert all(float(each.get("width", 0)) >= 24 and float(each.get("height", 0)) >= 24 for each in hits)


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
    spans = [solid(found[number])[0] for number in (2, 3)]
    month, year = [(float(each.get("x", 0)), float(each.get("x", 0)) + float(each.get("width", 0))) for each in spans]
    assert month[0] - 0.1 <= x <= month[1] + 0.1
    assert year[0] - 0.1 <= month[0]
    assert month[1] <= year[1] + 6.1  # the least width that a mark has


def test_in_a_browser_no_text_covers_another(visit: Any) -> None:
    found = visit("/timeline").evaluate(MEET, "svg.timeline")
    assert found["number"] > 30
    assert found["found"] == []


def test_at_the_width_of_a_phone_every_mark_can_be_hit(visit: Any) -> None:
    """WCAG 2.2, 2.5.8: each mark is a target of 24 by 24, and the table below has the same targets."""
    page = visit("/timeline", width=390)
    found = page.evaluate(
        """() => [...document.querySelectorAll("svg.timeline a")].map(each => {
            each.scrollIntoView({block: "center", inline: "center"})
            const box = each.getBoundingClientRect(), hit = each.querySelector(".tl-hit").getBoundingClientRect()
            const y = hit.top + hit.height / 2, seen = [hit.left + 2, hit.left + 22].filter(x => x > 0 && x < 390)
            const free = at => !at || each.contains(at) || !at.closest("svg")
            return {path: each.getAttribute("href"), wide: Math.min(box.width, hit.width),
                high: Math.min(box.height, hit.height), hit: seen.every(x => free(document.elementFromPoint(x, y))),
                listed: !!document.querySelector(`table a[href="${each.getAttribute("href")}"]`)}
        })"""
    )
    style = page.evaluate(
        "(({fill, pointerEvents}) => [fill, pointerEvents])(getComputedStyle(document.querySelector('.tl-hit')))"
    )
    assert style == ["none", "all"], "it is hit and not seen"
    assert len(found) > 20
    assert [each for each in found if each["wide"] < 24 or each["high"] < 24 or not each["hit"]] == []
    assert all(each["listed"] for each in found)


def test_nothing_is_told_in_the_words_of_the_makers(server: str) -> None:
    html = request(f"{server}timeline", accept="text/html").text
    assert INSIDE.findall(plain(html.partition("<main")[2].partition("</main>")[0])) == []
    assert INSIDE.findall(plain(request(f"{server}timeline.svg", accept="*/*").text.partition("</style>")[2])) == []
    saved = queries.load(ROOT / "queries" / "pages", ROOT)
    columns = [said for name in saved if name.startswith("timeline") for _, said in saved[name].columns]
    assert len(columns) > 15
    assert INSIDE.findall(" ".join(columns)) == []


def test_drawing_table_and_data_say_the_same(server: str) -> None:
    given_ = list(csv.DictReader(io.StringIO(request(f"{server}timeline.csv", accept="*/*").text)))
    found = json.loads(request(f"{server}timeline.json", accept="*/*").text)["results"]["bindings"]
    assert [{name: value for name, value in each.items() if value} for each in given_] == [
        {name: term["value"] for name, term in each.items()} for each in found
    ]
    html = request(f"{server}timeline", accept="text/html").text
    table = rows_of(html)
    drawing = marks(ET.fromstring(request(f"{server}timeline.svg", accept="*/*").text))
    inline = marks(
        ET.fromstring(
            html[html.index('<svg xmlns="http://www.w3.org/2000/svg" class="drawn timeline"') :].partition("</svg>")[0]
            + "</svg>"
        )
    )
    assert sorted(drawing) == sorted(table) == sorted(inline) == [*range(1, len(given_) + 1)]
    for number, each in enumerate(given_, 1):
        path = f"{urlsplit(each['thing']).path.removeprefix('/araxes')}.html"
        assert urlsplit(drawing[number].get("href", "")).path == inline[number].get("href") == path
        assert f'<a href="{path}"' in table[number]
        words = [(said.text or "").partition(", date ")[0] for said in every(drawing[number], "tl-date")]
        assert words == [(said.text or "").partition(", date ")[0] for said in every(inline[number], "tl-date")]
        assert all(said in plain(table[number]) for said in words)
        assert words or not each["date"]
        assert f"<code>{each['date']}</code>" in table[number] or not each["date"]


def test_the_events_of_the_article_stand_where_they_are_told(server: str) -> None:
    drawing = ET.fromstring(request(f"{server}timeline.svg", accept="*/*").text)
    by_path = {urlsplit(each.get("href", "")).path: each for each in marks(drawing).values()}
    said = {
        "/id/event/abdollahian-lavrov-meeting.html": "tl-day",
        "/id/event/fatehan-of-kheibar.html": "doubt",
        "/id/event/karabakh-crisis-begins.html": "tl-unspecified",
        "/id/event/proposal-of-three-plus-three.html": "tl-during",
        "/id/statement/bocharnikov-zangezur-corridor.html": "tl-during",
        "/id/event/soviet-collapse.html": "tl-open",
        "/id/event/iran-reaction-to-kurdish-opposition.html": "tl-limit",
        "/id/phase/recent.html": "tl-range",
        "/id/agreement/nagorno-karabakh-ceasefire-2020.html": "tl-within",
        "/id/phase/2kw.html": "tl-phase",
    }
    assert {path: form for path, form in said.items() if not every(by_path[path], form)} == {}
    unbounded = ("event/iran-reaction-to-kurdish-opposition", "phase/recent")
    assert all(solid(by_path[f"/id/{each}.html"]) == [] for each in unbounded)


def test_every_mark_leads_to_a_page(server: str) -> None:
    drawing = ET.fromstring(request(f"{server}timeline.svg", accept="*/*").text)
    paths = {urlsplit(each.get("href", "")).path for each in drawing.iter(f"{SVG}a")}
    assert len(paths) > 20
    assert {
        path: reply.status
        for path in paths
        if (reply := request(server + path.lstrip("/"), accept="text/html")).status != 200
    } == {}
