"""The base map of the region: what is recorded of its source, and that its lines are where they should be.

`python tests/site/test_region.py PATH-TO-countries-10m.json` writes it anew from the file in the npm package world-atlas.
"""

import gzip
import hashlib
import json
import math
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

REGION = Path(__file__).parents[2] / "server" / "araxes" / "web" / "region.toml"
Point = tuple[float, float]
Box = tuple[float, float, float, float]

WEST, EAST, SOUTH, NORTH = 41.0, 52.2, 35.2, 43.8
CLOSE = (44.6, 47.7, 38.5, 40.25)
DOWN = 160
ACROSS = round(DOWN * math.cos(math.radians((SOUTH + NORTH) / 2)), 3)
SLACK = 0.6  # units that a line may be off by
SMALLEST = 30  # square units of an island that is drawn
CODES = {
    "051": "AM",
    "031": "AZ",
    "268": "GE",
    "364": "IR",
    "368": "IQ",
    "398": "KZ",
    "643": "RU",
    "760": "SY",
    "792": "TR",
    "795": "TM",
}
SOURCE = {
    "name": "Natural Earth",
    "address": "https://www.naturalearthdata.com/",
    "version": "4.1.0",
    "scale": "1:10,000,000",
    "licence": "public domain",
    "package": "world-atlas",
    "package_version": "2.0.2",
    "package_licence": "ISC",
    "archive": "world-atlas-2.0.2.tgz",
    "archive_sha256": "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97",
    "file": "countries-10m.json",
    "file_sha256": "3bc6f1d367a9bcec479841bae0e76092f512838411d0cef124e92eec4db45f79",
}
HEAD = """\
# The region as its source draws it; written by `python tests/site/test_region.py PATH-TO-countries-10m.json`.
#
# A point at longitude LON and latitude LAT is drawn at x = (LON - west) * across and y = (north - LAT) * down: an
# equirectangular projection, true to scale at the latitude in the middle. `close` is the part that is drawn again, larger.
# Paths are those of SVG, in whole units: M and a first point, l and the steps to the next ones, z at the end of a ring. A
# country is filled by the rule evenodd. `at` and `close_at` are where there is room for its name. Borders are named by the
# two codes; `close` has points along one that a name should leave free. A crossing leads straight east or west from the middle of
# a detached part of one country, over another, to the rest of the first: schematic, and no course of anything.
"""


def project(lon: float, lat: float) -> Point:
    return (lon - WEST) * ACROSS, (NORTH - lat) * DOWN


WHOLE: Box = (0, 0, round((EAST - WEST) * ACROSS), round((NORTH - SOUTH) * DOWN))
NEAR: Box = tuple(round(each) for each in (*project(CLOSE[0], CLOSE[3]), *project(CLOSE[1], CLOSE[2])))  # type: ignore[assignment]


def distance(point: Point, start: Point, end: Point) -> float:
    """Return how far a point is from a segment."""
    (x, y), (ax, ay), (bx, by) = point, start, end
    length = (bx - ax) ** 2 + (by - ay) ** 2
    part = max(0.0, min(1.0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) if length else 0.0
    return math.hypot(x - ax - part * (bx - ax), y - ay - part * (by - ay))


def simpler(line: list[Point]) -> list[Point]:
    """Return a line without the points that lie within the slack of it, by Douglas and Peucker; its ends stay."""
    if len(line) < 3:
        return line
    far, at = max((distance(point, line[0], line[-1]), at) for at, point in enumerate(line[1:-1], 1))
    if far <= SLACK:
        return [line[0], line[-1]]
    return [*simpler(line[: at + 1])[:-1], *simpler(line[at:])]


def area(ring: list[Point]) -> float:
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*ring, ring[0]]))) / 2


def cut(start: Point, end: Point, axis: int, bound: float) -> Point:
    part = (bound - start[axis]) / (end[axis] - start[axis])
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])


def sides(box: Box) -> Iterator[tuple[int, float, int]]:
    """Yield axis, bound and direction of each side of a box."""
    yield from ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1))


def clipped_ring(ring: list[Point], box: Box) -> list[Point]:
    """Return the part of a ring within a box, by Sutherland and Hodgman."""
    for axis, bound, way in sides(box):
        kept: list[Point] = []
        for start, end in pairwise([ring[-1], *ring]) if ring else ():
            if (start[axis] - bound) * way < 0 < (end[axis] - bound) * way or (end[axis] - bound) * way < 0 < (
                start[axis] - bound
            ) * way:
                kept.append(cut(start, end, axis, bound))
            if (end[axis] - bound) * way >= 0:
                kept.append(end)
        ring = kept
    return ring


def clipped_lines(line: list[Point], box: Box) -> list[list[Point]]:
    """Return the parts of a line within a box."""
    lines: list[list[Point]] = []
    for start, end in pairwise(line):
        a, b = start, end
        for axis, bound, way in sides(box):
            if (a[axis] - bound) * way < 0 and (b[axis] - bound) * way < 0:
                break
            if (a[axis] - bound) * way < 0:
                a = cut(a, b, axis, bound)
            elif (b[axis] - bound) * way < 0:
                b = cut(a, b, axis, bound)
        else:
            if lines and lines[-1][-1] == a:
                lines[-1].append(b)
            else:
                lines.append([a, b])
    return lines


def inside(point: Point, rings: Iterable[list[Point]]) -> bool:
    """Say whether a point is within some rings, by the rule evenodd."""
    x, y = point
    return bool(
        sum(
            (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax
            for ring in rings
            for (ax, ay), (bx, by) in pairwise([*ring, ring[0]])
        )
        % 2
    )


def roomiest(rings: list[list[Point]], box: Box) -> list[int]:
    """Return the point in the part of a country within a box that is farthest from its edge, with room for a wide name."""
    seen = [part for ring in rings if len(part := clipped_ring(ring, box)) > 2]
    edges = [[(x / 3, y) for x, y in (*part, part[0])] for part in seen]
    step = (box[2] - box[0]) / 90
    grid = (
        (box[0] + i * step, box[1] + j * step) for i in range(1, 90) for j in range(1, int((box[3] - box[1]) / step))
    )
    found = max(
        (
            (min(distance((x / 3, y), a, b) for edge in edges for a, b in pairwise(edge)), x, y)
            for x, y in grid
            if inside((x, y), seen)
        ),
        default=(0.0, 0.0, 0.0),
    )
    return [round(found[1]), round(found[2])] if found[0] > 1.2 * step else []


def crossing(part: list[Point], rest: list[Point]) -> list[Point]:
    """Return the line due east or west from the middle of one part of a country to the first land of the other."""
    size = sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*part, part[0]]))
    x, y = (
        sum((a[axis] + b[axis]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairwise([*part, part[0]])) / (3 * size)
        for axis in (0, 1)
    )
    meets = [cut(a, b, 1, y)[0] for a, b in pairwise([*rest, rest[0]]) if (a[1] > y) != (b[1] > y)]
    return [(x, y), (min(meets, key=lambda each: abs(each - x)), y)]


class Atlas:
    """The arcs and countries of a TopoJSON file, drawn and made simpler."""

    def __init__(self, text: str) -> None:
        self.topology: dict[str, Any] = json.loads(text)
        self.shapes: dict[str, list[list[list[int]]]] = {}
        self.names: dict[str, str] = {}
        for shape in self.topology["objects"]["countries"]["geometries"]:
            if shape.get("id") in CODES:
                code = CODES[shape["id"]]
                self.names[code] = shape["properties"]["name"]
                self.shapes[code] = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        self.drawn: dict[int, list[Point]] = {}

    def arc(self, number: int) -> list[Point]:
        """Return an arc as a line in units; one that is counted from below zero runs the other way."""
        if number < 0:
            return self.arc(~number)[::-1]
        if number not in self.drawn:
            (across, down), (left, below) = (self.topology["transform"][key] for key in ("scale", "translate"))
            x = y = 0
            points: list[Point] = []
            for right, up in self.topology["arcs"][number]:
                x, y = x + right, y + up
                points.append(project(x * across + left, y * down + below))
            self.drawn[number] = self._simpler(points)
        return self.drawn[number]

    @staticmethod
    def _simpler(points: list[Point]) -> list[Point]:
        if points[0] != points[-1]:
            return simpler(points)
        half = len(points) // 2
        return [*simpler(points[: half + 1])[:-1], *simpler(points[half:])]

    def ring(self, arcs: list[int]) -> list[Point]:
        return [point for number in arcs for point in self.arc(number)[1:]]

    def rings(self, code: str) -> list[list[Point]]:
        """Return the rings of a country that are large enough to be seen, the largest first."""
        owners = self.owners()
        kept = [
            ring
            for polygon in self.shapes[code]
            for arcs in polygon
            if area(ring := self.ring(arcs)) >= SMALLEST or any(len(owners[max(each, ~each)]) > 1 for each in arcs)
        ]
        return sorted(kept, key=area, reverse=True)

    def owners(self) -> dict[int, list[str]]:
        """Return the codes of the countries that each arc bounds."""
        found: dict[int, list[str]] = {}
        for code, polygons in self.shapes.items():
            for number in (number for polygon in polygons for ring in polygon for number in ring):
                found.setdefault(max(number, ~number), []).append(code)
        return found


def steps(line: list[Point]) -> list[tuple[int, int]]:
    """Return a line in whole units: its first point, then each step."""
    points = [(round(x), round(y)) for x, y in line]
    moves = ((bx - ax, by - ay) for (ax, ay), (bx, by) in pairwise(points))
    return [points[0], *(move for move in moves if move != (0, 0))]


def path(lines: Iterable[list[tuple[int, int]]], end: str = "") -> str:
    """Return lines as a path of SVG."""
    parts = (f"M{x} {y}l{' '.join(f'{right} {down}' for right, down in moves)}{end}" for (x, y), *moves in lines)
    return "".join(parts).replace(" -", "-")


def lines_of(atlas: Atlas) -> dict[str, list[list[Point]]]:
    """Return what each two neighbours share, by their codes, and the coasts, within the bounds."""
    found: dict[str, list[list[Point]]] = {"coasts": []}
    for number, codes in atlas.owners().items():
        line = atlas.arc(number)
        if len(codes) == 1 and line[0] == line[-1] and area(line) < SMALLEST:
            continue
        parts = [part for part in clipped_lines(line, WHOLE) if len(steps(part)) > 1]
        if parts:
            found.setdefault("-".join(sorted(codes)) if len(codes) > 1 else "coasts", []).extend(parts)
    return {name: sorted(parts) for name, parts in sorted(found.items())}


def along(lines: list[list[Point]]) -> list[list[int]]:
    """Return points on the parts of lines that are drawn larger, some six units apart."""
    found = []
    for line in (part for each in lines for part in clipped_lines(each, NEAR)):
        for (ax, ay), (bx, by) in pairwise(line):
            number = max(1, round(math.dist((ax, ay), (bx, by)) / 6))
            for part in range(number):
                at = [round(ax + (bx - ax) * part / number), round(ay + (by - ay) * part / number)]
                if not found or math.dist(at, found[-1]) >= 4:
                    found.append(at)
    return found


def written(text: str) -> str:
    """Return the base map that a TopoJSON file gives."""
    atlas = Atlas(text)
    out = [HEAD, "[source]", *(f"{key} = {json.dumps(value)}" for key, value in SOURCE.items()), ""]
    out += ["[bounds]", f"west = {WEST}", f"east = {EAST}", f"south = {SOUTH}", f"north = {NORTH}", ""]
    out += ["[drawing]", f"across = {ACROSS}", f"down = {DOWN}", f"width = {WHOLE[2]}", f"height = {WHOLE[3]}"]
    out += [f"close = {list(NEAR)}", ""]
    for code in sorted(atlas.shapes):
        rings = atlas.rings(code)
        seen = [each for ring in rings if len(part := clipped_ring(ring, WHOLE)) > 2 and len(each := steps(part)) > 2]
        if not seen:
            continue
        number = next(key for key, value in CODES.items() if value == code)
        out += [f"[countries.{code}]", f'id = "{number}"', f"name = {json.dumps(atlas.names[code])}"]
        out += [f"at = {roomiest(rings, WHOLE)}", f"close_at = {roomiest(rings, NEAR)}"]
        out += [f'path = "{path(seen, "z")}"', ""]
    lines = lines_of(atlas)
    coasts = lines.pop("coasts")
    for name, parts in lines.items():
        out += [f"[borders.{name}]", f'path = "{path(map(steps, parts))}"', f"close = {along(parts)}", ""]
    out += ["[coasts]", f'path = "{path(map(steps, coasts))}"', ""]
    main, detached, *_ = atlas.rings("AZ")
    (x1, y), (x2, _) = crossing(detached, main)
    out += ["[[crossings]]", 'over = "AM"', 'of = "AZ"', f"line = {[round(x1), round(y), round(x2), round(y)]}"]
    return "\n".join(out) + "\n"


def drawn(path: str) -> list[list[Point]]:
    """Return the points of each line or ring of a path as it is written."""
    assert re.fullmatch(
        r"(M-?\d+ -?\d+l(-?\d+[ -]?)+z?)+", path.replace("-", " -").replace("l ", "l").replace("M ", "M")
    )
    found = []
    for part in path.split("M")[1:]:
        numbers = [int(each) for each in re.findall(r"-?\d+", part)]
        points = [(0.0, 0.0)]
        for right, down in zip(numbers[::2], numbers[1::2], strict=True):
            points.append((points[-1][0] + right, points[-1][1] + down))
        found.append(points[1:])
    return found


@pytest.fixture(scope="module")
def region() -> dict[str, Any]:
    return tomllib.loads(REGION.read_text("utf-8"))


def rings(region: dict[str, Any], code: str) -> list[list[Point]]:
    assert region["countries"][code]["path"].endswith("z")
    return drawn(region["countries"][code]["path"])


def test_the_source_is_recorded_with_version_licence_and_hash(region: dict[str, Any]) -> None:
    assert region["source"] == SOURCE
    assert all(re.fullmatch("[0-9a-f]{64}", region["source"][name]) for name in ("archive_sha256", "file_sha256"))


def test_the_head_says_how_a_point_is_drawn(region: dict[str, Any]) -> None:
    assert REGION.read_text("utf-8").startswith(HEAD)
    drawing, bounds = region["drawing"], region["bounds"]
    middle = math.radians((bounds["south"] + bounds["north"]) / 2)
    assert drawing["across"] == pytest.approx(drawing["down"] * math.cos(middle), abs=0.001)
    assert drawing["width"] == round((bounds["east"] - bounds["west"]) * drawing["across"])
    assert drawing["height"] == round((bounds["north"] - bounds["south"]) * drawing["down"])
    left, top, right, bottom = drawing["close"]
    assert 0 < left < right < drawing["width"] and 0 < top < bottom < drawing["height"]


def test_every_line_lies_within_the_bounds_and_every_ring_is_closed_and_has_an_area(region: dict[str, Any]) -> None:
    paths = [country["path"] for country in region["countries"].values()]
    assert all(path.count("z") == path.count("M") > 0 for path in paths)
    closed = [ring for path in paths for ring in drawn(path)]
    others = [each["path"] for each in (*region["borders"].values(), region["coasts"])]
    assert not [path for path in others if "z" in path]
    lines = [line for path in others for line in drawn(path)]
    assert len(closed) > 12 and len(lines) > 20
    for line in [*closed, *lines]:
        assert all(0 <= x <= region["drawing"]["width"] and 0 <= y <= region["drawing"]["height"] for x, y in line)
    assert all(len(ring) > 2 and area(ring) > 0 for ring in closed)


@pytest.mark.parametrize(
    ("place", "lon", "lat", "code"),
    [
        ("Yerevan", 44.5126, 40.17765, "AM"),
        ("Tehran", 51.42151, 35.69439, "IR"),
        ("Baku", 49.89201, 40.37767, "AZ"),
        ("Nakhichevan", 45.505482, 39.305797, "AZ"),
        ("Agdam", 46.92736, 39.99096, "AZ"),
        ("Tbilisi", 44.83412, 41.69143, "GE"),
        ("Erbil", 44.00943, 36.19117, "IQ"),
    ],
)
def test_a_town_lies_in_its_country_and_in_no_other(
    region: dict[str, Any], place: str, lon: float, lat: float, code: str
) -> None:
    drawing, bounds = region["drawing"], region["bounds"]
    at = (lon - bounds["west"]) * drawing["across"], (bounds["north"] - lat) * drawing["down"]
    back = at[0] / drawing["across"] + bounds["west"], bounds["north"] - at[1] / drawing["down"]
    assert back == pytest.approx((lon, lat)), place
    assert [each for each in region["countries"] if inside(at, rings(region, each))] == [code]


def test_the_sea_is_in_no_country(region: dict[str, Any]) -> None:
    for lon, lat in ((51.0, 39.5), (41.2, 42.0)):
        assert not [each for each in region["countries"] if inside(project(lon, lat), rings(region, each))]


@pytest.mark.parametrize(
    "name", ["AM-AZ", "AM-IR", "AM-TR", "AM-GE", "AZ-IR", "AZ-GE", "AZ-RU", "GE-RU", "GE-TR", "IR-TR"]
)
def test_a_border_runs_along_the_edges_of_both_its_countries(region: dict[str, Any], name: str) -> None:
    for code in name.split("-"):
        edges = [edge for ring in rings(region, code) for edge in pairwise([*ring, ring[0]])]
        for line in drawn(region["borders"][name]["path"]):
            assert max(min(distance(point, *edge) for edge in edges) for point in line) <= 1, code


def test_each_border_is_named_by_two_countries_in_order(region: dict[str, Any]) -> None:
    assert len(region["borders"]) > 10
    for name in region["borders"]:
        first, second = name.split("-")
        assert first < second and {first, second} <= region["countries"].keys()


def test_iran_and_armenia_meet_at_one_short_line_between_the_two_parts_of_azerbaijan(region: dict[str, Any]) -> None:
    (line,) = drawn(region["borders"]["AM-IR"]["path"])
    length = sum(math.dist(*step) for step in pairwise(line)) / region["drawing"]["down"] * 111.2
    assert 25 < length < 60  # kilometres, of a line that is made simpler: a check and no figure to show
    ends = {end for each in drawn(region["borders"]["AZ-IR"]["path"]) for end in (each[0], each[-1])}
    assert all(min(math.dist(point, end) for end in ends) <= 1 for point in (line[0], line[-1]))


def test_nakhichevan_is_detached_and_the_crossing_leads_from_it_over_armenia_only(region: dict[str, Any]) -> None:
    main, detached, *_ = rings(region, "AZ")
    assert area(detached) > 1000
    (only,) = region["crossings"]
    start, end = only["line"][:2], only["line"][2:]
    assert (only["over"], only["of"], start[1]) == ("AM", "AZ", end[1])
    assert inside(start, [detached]) and not inside(start, [main])
    met = []
    for part in range(1, 100):
        at = start[0] + (end[0] - start[0]) * part / 100, start[1] + 0.5
        met.append("detached" if inside(at, [detached]) else "over" if inside(at, rings(region, "AM")) else "other")
    assert list(dict.fromkeys(met)) == ["detached", "over"]


def test_the_points_to_leave_free_lie_on_their_border_in_the_part_that_is_drawn_larger(region: dict[str, Any]) -> None:
    left, top, right, bottom = region["drawing"]["close"]
    assert len(region["borders"]["AM-IR"]["close"]) > 3
    for border in region["borders"].values():
        edges = [edge for line in drawn(border["path"]) for edge in pairwise(line)]
        for x, y in border["close"]:
            assert left - 1 <= x <= right + 1 and top - 1 <= y <= bottom + 1
            assert min(distance((x, y), *edge) for edge in edges) <= 1.5


def test_a_name_stands_within_its_country(region: dict[str, Any]) -> None:
    named = [
        (code, country[key])
        for code, country in region["countries"].items()
        for key in ("at", "close_at")
        if country[key]
    ]
    assert len(named) > 10
    assert all(inside((x + 0.3, y + 0.3), rings(region, code)) for code, (x, y) in named)


def test_another_file_than_the_one_recorded_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "countries-10m.json"
    other.write_text("{}", "utf-8")
    before = REGION.read_bytes()
    done = subprocess.run([sys.executable, __file__, str(other)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "is not the file that is recorded" in done.stderr
    assert REGION.read_bytes() == before


def test_the_file_is_small() -> None:
    assert len(gzip.compress(REGION.read_bytes(), 9)) < 8_000


if __name__ == "__main__":
    source = Path(sys.argv[1]).read_bytes()
    if hashlib.sha256(source).hexdigest() != SOURCE["file_sha256"]:
        sys.exit(f"{sys.argv[1]} is not the file that is recorded")
    REGION.write_text(written(source.decode("utf-8")), "utf-8")
    sys.stdout.write(f"{REGION}: {REGION.stat().st_size:,} bytes\n")
