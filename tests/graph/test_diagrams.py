"""The diagrams that the pages show: drawn from what the ontology says now, in the page's own colours."""

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from araxes.knowledge import publishing
from araxes.knowledge.reading import read_turtle
from araxes.project import Project

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "ontology" / "diagrams"
SVG = "{http://www.w3.org/2000/svg}"
CHANGES = (
    (r"^.*?(?=<svg)", ""),
    (r"<!--.*?-->\n?", ""),
    (r' id="[^"]*"| xlink:title="[^"]*"| xmlns:xlink="[^"]*"| font-family="[^"]*"', ""),
    (r"xlink:href", "href"),
    (r'(fill|stroke)="black"', r'\1="currentColor"'),
    (r"<text ([^>]*?)text-anchor", r'<text fill="currentColor" \1text-anchor'),
    (r"(?<=\d)\.\d+(?=[ ,\"CLMZ)-])", ""),
)


def svg(name: str, text: str) -> str:
    """Return the SVG that Graphviz draws from a DOT text, without colours and fonts, with a name and its mark."""
    drawn = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True).stdout
    for old, new in CHANGES:
        drawn = re.sub(old, new, drawn, flags=re.DOTALL)
    labelled = (
        '<svg role="group" aria-labelledby="_diagram-title _diagram-desc"\\1>\n'
        f"{publishing.mark(text)}\n"
        f'<title id="_diagram-title">Classes and properties of {name}</title>\n'
        '<desc id="_diagram-desc">Each box and each label of an arrow leads to the description of its term. '
        "The same is said in words below.</desc>"
    )
    return re.sub(r"<svg([^>]*)>", labelled, drawn, count=1)


def shown(drawing: str) -> list[str]:
    """Return what an SVG shows, whatever the place: its nodes, its arrows and its words."""
    parts = ET.fromstring(drawing).iter()
    return sorted(f"{part.tag}: {part.text}" for part in parts if part.tag in {f"{SVG}title", f"{SVG}text"})


def texts() -> dict[str, str]:
    project = Project(ROOT)
    return publishing.Book(read_turtle(project)[0], project.prefixes()).dots()


@pytest.fixture(scope="module")
def dots() -> dict[str, str]:
    return texts()


def test_each_diagram_is_drawn_from_the_ontology_as_it_is(dots: dict[str, str], counted: Callable[[str], None]) -> None:
    present = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.svg")}
    assert len(dots) > 8
    assert present.keys() == dots.keys(), "run: python tests/graph/test_diagrams.py"
    stale = [name for name, text in dots.items() if publishing.mark(text) not in present[name]]
    assert stale == [], "run: python tests/graph/test_diagrams.py"
    arrows = sum(text.count(" -> ") for text in dots.values())
    assert arrows > 100
    counted(f"{len(present)} diagrams, {arrows} arrows in them")


def test_graphviz_draws_the_same_again(dots: dict[str, str]) -> None:
    from helpers import not_run

    if not shutil.which("dot"):
        not_run("Graphviz is not installed, so that no diagram was drawn again")
    for name, text in dots.items():
        drawing = (FOLDER / f"{name}.svg").read_text("utf-8")
        assert len(shown(drawing)) > 3, name
        assert shown(drawing) == shown(svg(name, text)), name


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.svg")), ids=lambda path: path.stem)
def test_a_diagram_takes_colours_and_fonts_from_its_page_and_has_a_name(path: Path) -> None:
    root = ET.parse(path).getroot()
    title, described = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and title.text and described is not None and described.text
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], described.attrib["id"]]
    for part in root.iter():
        assert part.tag.removeprefix(SVG) in {"svg", "g", "a", "title", "desc", "text", "path", "polygon", "ellipse"}
        assert part.attrib.keys().isdisjoint({"style", "font-family", "onclick", "{http://www.w3.org/1999/xlink}href"})
        colours = {part.attrib.get(name, "none") for name in ("fill", "stroke")}
        assert colours <= {"none", "transparent", "currentColor"}, (part.tag, part.attrib)
        assert re.fullmatch(r"[\w-]+\.html#[\w.-]+", part.attrib.get("href", "a.html#b")), part.attrib


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    drawings = {name: svg(name, text) for name, text in texts().items()}
    for old in FOLDER.glob("*.svg"):
        old.unlink()
    for name, drawing in drawings.items():
        (FOLDER / f"{name}.svg").write_text(drawing, "utf-8")
    sys.stdout.write(f"{len(drawings)} diagrams\n")
