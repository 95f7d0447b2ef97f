"""The map: what it draws is what the graph says, names stand free of each other, and its table says the same."""

import csv
import gzip
import io
import math
import re
import tomllib
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jinja2
import pytest
from araxes.web.site import Term
from helpers import ROOT, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.site.drawings import Titles
from tests.site.pages import inside

Rows = list[dict[str, str]]
Select = Callable[[str], Rows]
WEB = ROOT / "server" / "araxes" / "web"
REGION = tomllib.loads((WEB / "region.toml").read_text("utf-8"))
SVG = "{http://www.w3.org/2000/svg}"
AX, ID = "https://w3id.org/araxes/ns/", "https://w3id.org/araxes/id/"
POINTS = """
PREFIX geosparql: <http://www.opengis.net/ont/geosparql#>
SELECT DISTINCT ?place ?wkt { ?place geosparql:hasDefaultGeometry|geosparql:hasGeometry ?it . ?it geosparql:asWKT ?wkt }"""
ENDANGERED = f"""
SELECT DISTINCT ?border {{ ?threat <{AX}endangers> ?border . ?border a <{AX}Border> ; <{AX}isBorderOf> ?one , ?other
FILTER ( ?one != ?other ) }}"""


def short(iri: str) -> str:
    return iri.removeprefix(ID).replace("/", ":")


def rows_of(drawing: ET.Element) -> set[str]:
    return {row for each in drawing.iter() if (row := each.get("data-row"))}


def names(drawing: ET.Element) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Return the names in each panel of a drawing with the box that each needs at the least; panels lie far apart."""
    found = []
    panels = [each for each in drawing.iter(f"{SVG}svg") if each.get("role") == "group"]
    for number, panel in enumerate(panels):
        (group,) = (each for each in panel.iter(f"{SVG}g") if each.get("class") == "map-names")
        size = float(group.attrib["font-size"])
        for text in group.iter(f"{SVG}text"):
            lines = [text.text or "", *(each.text or "" for each in text.iter(f"{SVG}tspan"))]
            wide = max(len(each.strip()) for each in lines) * size * 0.45
            x, y = float(text.attrib["x"]), float(text.attrib["y"]) + 10_000 * number
            left = x - {"start": 0, "middle": wide / 2, "end": wide}[text.attrib["text-anchor"]]
            found.append((" ".join(lines), (left, y - size * 0.7, left + wide, y + size * (len(lines) - 1))))
    return found


def meetings(boxes: list[tuple[str, tuple[float, float, float, float]]]) -> list[tuple[str, str]]:
    return [
        (one, other)
        for (one, a), (other, b) in combinations(boxes, 2)
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]


@pytest.fixture(scope="module")
def drawing(server: str) -> ET.Element:
    reply = request(f"{server}map.svg", accept="*/*")
    assert (reply.status, reply.type) == (200, "image/svg+xml")
    return ET.fromstring(inside(reply.text))


@pytest.fixture(scope="module")
def page(server: str) -> str:
    reply = request(f"{server}map", accept="text/html")
    assert reply.status == 200
    return reply.text


def test_each_place_with_a_point_on_the_map_has_a_mark_and_no_other(drawing: ET.Element, select: Select) -> None:
    bounds = REGION["bounds"]
    within = set()
    for row in select(POINTS):
        lon, lat = (float(each) for each in re.findall(r"-?[\d.]+", row["wkt"]))
        if bounds["west"] < lon < bounds["east"] and bounds["south"] < lat < bounds["north"]:
            within.add(short(row["place"]))
    assert len(within) > 5
    marked = {row for row in rows_of(drawing) if row.startswith(("region:", "settlement:"))}
    assert marked == within


def test_a_border_that_is_feared_for_is_marked_as_such_and_no_other(drawing: ET.Element, select: Select) -> None:
    feared = {short(row["border"]) for row in select(ENDANGERED)}
    assert feared
    marked = {
        link.get("data-row")
        for link in drawing.iter(f"{SVG}a")
        if any(text.get("class") == "map-feared" for text in link.iter(f"{SVG}text"))
    }
    assert marked == feared
    paths = {each.get("d") for each in drawing.iter(f"{SVG}path") if "map-feared" in each.get("class", "")}
    assert paths == {REGION["borders"]["AM-IR"]["path"]}


def test_the_corridor_is_dashed_leads_over_armenia_and_says_who_describes_it(drawing: ET.Element, page: str) -> None:
    lines = [each.attrib["d"] for each in drawing.iter(f"{SVG}path") if "map-link" in each.get("class", "")]
    assert len(lines) == 2
    (line,) = set(lines)
    x1, _, x2, y2 = (float(each) for each in re.findall(r"-?[\d.]+", line))
    assert [x2, y2] == REGION["crossings"][0]["line"][2:]
    assert x1 < x2
    style = "".join(each.text or "" for each in drawing.iter(f"{SVG}style"))
    assert re.search(r"path\.map-link \{[^}]*stroke-dasharray", style)
    (key,) = re.findall(r"<li>(?:(?!</li>).)*schematic.*?</li>", page, re.DOTALL)
    for part in ("person/mikhail-bocharnikov.html", "passage/kaleji-2023/implications-4-2-quotation.html"):
        assert f'href="/id/{part}"' in key
    assert "gives no course" in key


def test_the_map_names_its_source_and_takes_no_view(drawing: ET.Element, page: str) -> None:
    told = " ".join(drawing.itertext())
    for text in (page, told):
        assert f"{REGION['source']['name']}" in text and REGION["source"]["version"] in text
        assert re.search(r"(?i)no view .{0,9}on the status of any territory", " ".join(text.split()))


def test_no_two_names_meet(drawing: ET.Element) -> None:
    boxes = names(drawing)
    assert len(boxes) > 15
    assert meetings(boxes) == []


def test_every_name_is_a_link_unless_the_graph_has_no_such_thing(drawing: ET.Element, server: str) -> None:
    linked = {id(text) for link in drawing.iter(f"{SVG}a") for text in link.iter(f"{SVG}text")}
    bare = {
        "".join(text.itertext())
        for text in drawing.iter(f"{SVG}text")
        if id(text) not in linked and text.get("text-anchor")
    }
    assert bare <= {country["name"] for country in REGION["countries"].values()}
    for link in {each.attrib["href"] for each in drawing.iter(f"{SVG}a")}:
        assert request(f"{server}{link.removeprefix('/')}", accept="text/html").status == 200, link


def test_the_table_has_a_row_for_each_mark_and_the_data_each_place_of_the_tables(
    drawing: ET.Element, page: str, server: str
) -> None:
    told = re.findall(r'<tr id="row-([^"]+)"', page)
    assert len(told) == len(set(told)) > 8
    assert set(told) == rows_of(drawing)
    table = list(csv.DictReader(io.StringIO(request(f"{server}map.csv", accept="*/*").text)))
    known = {short(row[column]) for row in table for column in ("place", "thing")}
    headed = set(re.findall(r'<th scope="row(?:group)?"[^>]*><a href="/id/([^"]+)\.html"', page))
    assert len(headed) > 8
    assert {each.replace("/", ":") for each in headed} <= known


def test_what_is_not_drawn_is_told(page: str) -> None:
    left_out = page.partition("What is not drawn")[2]
    assert "beyond the map" in left_out and "no point" in left_out
    assert "/id/settlement/moscow.html" in left_out


def test_a_point_says_what_it_is_of_its_place(page: str, select: Select) -> None:
    notes = select("""PREFIX geosparql: <http://www.opengis.net/ont/geosparql#>
        SELECT ?note { ?place a <https://w3id.org/araxes/ns/Region> ; geosparql:hasDefaultGeometry ?point .
        ?point <http://www.w3.org/2004/02/skos/core#editorialNote> ?note }""")
    assert len(notes) > 3
    assert [row["note"] for row in notes if row["note"] not in page] == []


def test_the_map_is_light(page: str, drawing: ET.Element) -> None:
    assert len(gzip.compress(page.encode(), 9)) < 20_000
    paths = "".join(each.attrib["d"] for each in drawing.iter(f"{SVG}path"))
    assert 0 < len(gzip.compress(paths.encode(), 9)) <= 12_000


def test_in_a_browser_no_name_meets_another_or_leaves_its_panel(visit: Any) -> None:
    found = visit("/map").evaluate("""() => [...document.querySelectorAll(".maps svg")].map(panel => {
        const box = each => { const {left, top, right, bottom} = each.getBoundingClientRect(); return [left, top, right, bottom] }
        return [box(panel), [...panel.querySelectorAll("text")].map(text => [text.textContent, box(text)])]})""")
    assert len(found) == 2
    for (left, top, right, bottom), texts in found:
        assert len(texts) > 5
        assert meetings([(text, (a + 2, b + 2, c - 2, d - 2)) for text, (a, b, c, d) in texts]) == []
        assert [t for t, (a, b, c, d) in texts if a < left or b < top or c > right or d > bottom] == []


class Made:
    """A page whose rows are made up."""

    def __init__(self, rows: Rows, states: dict[str, str], labels: dict[str, str]) -> None:
        told = dict.fromkeys(("code", "wkt"), "literal")
        self.found = {
            "map": [{name: Term(value, told.get(name, "uri")) for name, value in row.items()} for row in rows],
            "map-states": [{"code": Term(code, "literal"), "state": Term(iri, "uri")} for code, iri in states.items()],
        }
        self.labels, self.queries = labels, Titles()

    def rows(self, name: str) -> list[dict[str, Term]]:
        return self.found[name]

    def text(self, term: Term) -> str:
        return self.labels.get(term.value, term.value.rsplit("/")[-1])

    label = text

    def link(self, term: Term) -> str:
        return f"/{short(term.value)}"

    def short(self, iri: str) -> str:
        return short(iri)

    def asked(self, name: str) -> str:
        return f"/sparql?example={name}"


def filled(template: str, rows: Rows, labels: dict[str, str] | None = None) -> str:
    """Return a template of the map, filled with made-up rows."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(WEB / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    env.globals |= {"region": REGION, "math": math, "asset": str, "inline": lambda name: Path(name).name}
    states = {code: f"{ID}state/{code}" for code in ("AM", "AZ", "IR")}
    return env.get_template(template).render(page=Made(rows, states, labels or {}), standalone=True, name="map")


def drawn(rows: Rows, labels: dict[str, str] | None = None) -> ET.Element:
    return ET.fromstring(filled("map.svg", rows, labels))


def place(name: str, lon: object, lat: object, kind: str = "Settlement") -> dict[str, str]:
    return {"place": f"{ID}settlement/{name}", "kind": AX + kind, "wkt": f"POINT({lon} {lat})"}


def corridor(over: str) -> Rows:
    project = f"{ID}project/p"
    ends = [{"place": f"{ID}state/{code}", "code": code, "thing": project} for code in ("AZ", over)]
    return [
        {**ends[0], "relation": f"{AX}links", "who": f"{ID}person/a", "passage": f"{ID}passage/1"},
        {**ends[1], "relation": f"{AX}isOnTerritoryOf"},
        {**place("n", 45.5, 39.3), "thing": project, "relation": f"{AX}links", "who": f"{ID}person/b"},
    ]


def kinds(drawing: ET.Element) -> set[str]:
    return {name for each in drawing.iter() for name in each.get("class", "").split()}


def test_a_graph_that_places_nothing_gives_a_map_of_countries() -> None:
    empty = drawn([])
    assert rows_of(empty) == set()
    assert {"map-land", "map-edge", "map-country"} <= kinds(empty)
    assert not {"map-link", "map-feared", "map-told", "map-spot", "map-area"} & kinds(empty)


def test_a_project_is_drawn_only_over_the_state_that_the_graph_says() -> None:
    assert "project:p" in rows_of(drawn(corridor("AM")))
    for elsewhere in ("IR", "GE"):
        other = drawn(corridor(elsewhere))
        assert "project:p" not in rows_of(other)
        assert "map-link" not in kinds(other)


def test_all_who_describe_the_project_are_named() -> None:
    told = " ".join(drawn(corridor("AM")).itertext())
    assert "as described by a, b" in told


def test_a_border_of_which_nothing_is_feared_is_not_marked_as_feared() -> None:
    border = {"place": f"{ID}border/b", "kind": f"{AX}Border", "code": "AM-IR"}
    for relation, kind in (("isLocatedAt", "map-told"), ("endangers", "map-feared")):
        found = drawn([{**border, "thing": f"{ID}event/e", "relation": AX + relation}])
        assert {"map-told", "map-feared"} & kinds(found) == {kind}
    assert "map-told" in kinds(drawn([border]))


@pytest.mark.parametrize(
    "wkt", ["POINT EMPTY", "POINT(45)", "POINT(a b)", "POINT(nan nan)", "LINESTRING(45 39, 46 40)", ""]
)
def test_what_is_no_point_is_not_drawn(wkt: str) -> None:
    assert rows_of(drawn([{"place": f"{ID}settlement/x", "wkt": wkt}])) == set()


@pytest.mark.parametrize(
    "label",
    [
        "<script>alert(1)</script>",
        '"><a href="javascript:x">',
        "x" * 300,
        "می‌گوید \u202eabc",
        "a\x00b\x1bc\uffff",
        "",
        "&amp; ' \"",
    ],
)
def test_a_hostile_name_stays_text_and_does_not_widen_the_map(label: str) -> None:
    given = place("x", 45.5, 39.5)
    found = drawn([given], {given["place"]: label})
    assert rows_of(found) == {"settlement:x"}
    assert not [each for each in found.iter() if each.tag == f"{SVG}script" or "javascript" in each.get("href", "")]
    assert meetings(names(found)) == []
    assert "<script>alert" not in filled("map.html", [given], {given["place"]: label})


@given(
    st.lists(
        st.tuples(st.floats(41.1, 52.1), st.floats(35.3, 43.7), st.text("abcdeABC ", min_size=1, max_size=30)),
        max_size=25,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_wherever_places_are_each_has_its_mark_and_no_names_meet(places: list[tuple[float, float, str]]) -> None:
    made = [place(str(number), lon, lat) for number, (lon, lat, _) in enumerate(places)]
    found = drawn(made, {each["place"]: label for each, (_, _, label) in zip(made, places, strict=True)})
    assert rows_of(found) == {short(each["place"]) for each in made}
    assert meetings(names(found)) == []
