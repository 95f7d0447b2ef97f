"""Drawings without a server: a view's templates over rows of a test's own, and what is in the drawing that comes of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from araxes.settings import Settings
from araxes.web import create_app
from araxes.web.site import SITE, Term, path_of
from markupsafe import Markup, escape

AX, THING = "https://w3id.org/araxes/ns/", "https://w3id.org/araxes/id/event/"
SVG = "{http://www.w3.org/2000/svg}"
# The sizes that the style sheet gives to texts, by class.
SIZES = {"tl-kind": 13.0, "nw-also": 11.0}
LETTER = 0.55  # of the size of a text: what letters take on average, with fonts that are not narrow
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "quotes": "\"'><img src=x onerror=alert(1)> & ]]>",
    "persian": "گذرگاه زنگزور",
    "turned": "a \u202e turned \u2066 text",
    "control": "bell \x07 and \x1b and \ufffe end",
    "long": "very long " * 30,
    "unbroken": "W" * 300,
    "wide": "漢字" * 40,
}


class Box(NamedTuple):
    """A rectangle with the text that it holds."""

    left: float
    top: float
    right: float
    bottom: float
    text: str = ""

    def meets(self, other: "Box", slack: float = 0.5) -> bool:
        """Return whether two rectangles share more than their edges."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > slack and down > slack


class Titles(dict[str, SimpleNamespace]):
    """Saved queries by name, whatever the name is: each is titled so."""

    def __missing__(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(title=name, columns=())


@dataclass
class Page:
    """What templates ask of a page, from rows and names that a test gives."""

    answers: Mapping[str, list[dict[str, Term]]]
    names: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    queries: Mapping[str, SimpleNamespace] = field(default_factory=Titles)

    def rows(self, name: str, **_: str) -> list[dict[str, Term]]:
        return self.answers.get(name, [])

    def text(self, term: Term | str) -> str:
        iri = term if isinstance(term, str) else term.value
        return self.names.get(iri, iri.rpartition("/")[2])

    def label(self, term: Term | str) -> Markup:
        return escape(self.text(term))

    def short(self, iri: str) -> str:
        return iri.replace(THING, "event:")

    def link(self, term: Term | str) -> str:
        return path_of(term if isinstance(term, str) else term.value)

    def asked(self, name: str, **_: str) -> str:
        return f"/sparql?example={name}"


def iri(value: str) -> Term:
    """Return a term for an IRI: whole, a term of ours (`ax:x`), or the name of a thing."""
    if value.startswith("ax:"):
        return Term(AX + value[3:], "uri")
    return Term(value if "//" in value else THING + value, "uri")


def text(value: str) -> Term:
    """Return a term for a literal."""
    return Term(value, "literal")


@cache
def templates() -> Any:
    """Return the templates as the server has them."""
    engine = SimpleNamespace(release=SimpleNamespace(folder=Path(), name="test"), state=lambda **_: None)
    return create_app(engine, Settings()).jinja_env  # type: ignore[arg-type]


def filled(name: str, page: Page, **more: Any) -> str:
    """Return a view's template, filled."""
    release = SimpleNamespace(name="test", triples=1, manifest=SimpleNamespace(files={}))
    made: str = templates().get_template(name).render(page=page, site=SITE, release=release, **more)
    return made


def drawn(name: str, page: Page) -> ET.Element:
    """Return a view's drawing as it stands alone: this also shows that it is XML."""
    return ET.fromstring(filled(f"{name}.svg", page, standalone=True))


def has(element: ET.Element, name: str) -> bool:
    """Return whether an element has a class."""
    return name in element.get("class", "").split()


def every(drawing: ET.Element, name: str) -> list[ET.Element]:
    """Return the elements with a class."""
    return [each for each in drawing.iter() if has(each, name)]


def marks(drawing: ET.Element) -> dict[int, ET.Element]:
    """Return the marks by their rows; no two have the same."""
    found = [each for each in drawing.iter() if each.get("data-row")]
    numbered = {int(each.get("data-row", "")): each for each in found}
    assert len(numbered) == len(found)
    return numbered


def written(element: ET.Element, size: float = 12) -> Box:
    """Return about what a text covers."""
    size = next((SIZES[each] for each in element.get("class", "").split() if each in SIZES), size)
    said = "".join(element.itertext())
    wide = len(said) * size * LETTER
    x, y, anchor = float(element.get("x", 0)), float(element.get("y", 0)), element.get("text-anchor", "start")
    left = x - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
    return Box(left, y - size * 0.75, left + wide, y + size * 0.2, said)


def texts(drawing: ET.Element, size: float = 12) -> list[Box]:
    """Return about what each text of a drawing covers."""
    return [written(each, size) for each in drawing.iter(f"{SVG}text")]


def rectangle(element: ET.Element) -> Box:
    """Return what a rectangle covers."""
    x, y, wide, high = (float(element.get(name, 0)) for name in ("x", "y", "width", "height"))
    return Box(x, y, x + wide, y + high)


def clashes(boxes: Iterable[Box]) -> list[tuple[str, str]]:
    """Return each two that meet."""
    return [(one.text, other.text) for one, other in combinations(boxes, 2) if one.meets(other)]


# In a browser: each two texts of a drawing that meet, and each text that leaves it.
MEET = """selector => {
    const svg = document.querySelector(selector), whole = svg.getBoundingClientRect()
    const all = [...svg.querySelectorAll("text")].map(each => [each.textContent, each.getBoundingClientRect()])
    const found = all.filter(([, box]) => box.left < whole.left - 1 || box.right > whole.right + 1
        || box.top < whole.top - 1 || box.bottom > whole.bottom + 1).map(([text]) => ["leaves", text])
    all.forEach(([text, a], at) => all.slice(at + 1).forEach(([other, b]) => {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left)
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
        if (across > 1 && down > 3) found.push([text, other])
    }))
    return {number: all.length, found}}"""
# In a browser: each line of a drawing that runs through a box or through a text that is not its own.
THROUGH = """([selector, line]) => {
    const svg = document.querySelector(selector), found = []
    const place = each => { const box = each.getBBox(); return {each, ...{x: box.x, y: box.y, r: box.x + box.width, b: box.y + box.height}} }
    const solid = [...svg.querySelectorAll("rect:not(.ground), text")].map(place)
    const lines = [...svg.querySelectorAll(line)]
    for (const path of lines) {
        const own = path.closest("a, g")
        for (let at = 0; at <= path.getTotalLength(); at += 2) {
            const {x, y} = path.getPointAtLength(at)
            const hit = solid.find(box => box.each.closest("a, g") !== own && x > box.x + 2 && x < box.r - 2 && y > box.y + 2 && y < box.b - 2)
            if (hit) { found.push([own.textContent.trim().slice(0, 60), hit.each.parentNode.textContent.trim().slice(0, 60)]); break }
        }
    }
    return {number: lines.length, found}}"""
