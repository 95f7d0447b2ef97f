"""The pages of the site, kind by kind, and what the browser tests ask of each."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

from araxes.project import Project
from helpers import ROOT, request
from playwright.sync_api import ConsoleMessage, Page, Request

BASE = "https://w3id.org/araxes/"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
VENDOR = Path(__file__).parent / "vendor"
AXE = (VENDOR / "axe-core" / "axe.min.js").read_text("utf-8")
RANKS = ("minor", "moderate", "serious", "critical")
# A mode is a colour scheme, a direction, and what axe is to look at: the dark changes colours, the direction none.
MODES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "light": ("light", "ltr", {}),
    "dark": ("dark", "ltr", {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}),
    "right to left": ("light", "rtl", {"rules": {"color-contrast": {"enabled": False}}}),
}

NETWORK = f"/network?thing={quote(BASE + 'id/state/iran', safe='')}"
VIEWS = {
    "matrix": "/matrix",
    "timeline": "/timeline",
    "map": "/map",
    "causes": "/causes",
    "network": NETWORK,
    "source": "/source/kaleji-2023",
}
PAGES = {
    "home": "/",
    "browse": "/browse",
    "search": "/search?q=iran",
    "search without a find": "/search?q=qqqqqqqq",
    "about": "/about",
    "tables": "/tables",
    "limits": "/limits",
    "description": "/description",
    "query": "/sparql",
    "problem": "/problems/busy",
    "ontology": "/ontology/positions.html",
    "graph": "/graph/kaleji-2023.html",
    **VIEWS,
}
MISSING = "/nowhere"

# Telling over the console needs no handle into the page, and outlives a change of page.
TELLING = """addEventListener("securitypolicyviolation", event => console.error(
    `policy: ${event.effectiveDirective} refuses ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`))"""
RUN_AXE = """async more => (await axe.run(document, {resultTypes: ["violations"], ...more})).violations.flatMap(found =>
    found.nodes.map(node => [found.impact, `${found.id}: ${node.target.flat().join(" ")}: ${node.failureSummary}`]))"""

Select = Callable[[str], list[dict[str, str]]]
LINK = re.compile(r' href="([^"]*)"')
HERE = re.compile(r' href="http://[^/"]+/')


@dataclass
class Log:
    """What a page asked for, and what went wrong in it."""

    origin: str
    page: Page
    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))

    def _asked(self, request: Request) -> None:
        if request.url.startswith(("data:", "blob:")):
            return
        self.requests.append(request)
        if not request.url.startswith(f"{self.origin}/"):
            self.faults.append(f"{self.page.url} asks {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        # The status of the page itself is the test's to judge.
        if message.location["url"] == self.page.url and message.text.startswith("Failed to load resource"):
            return
        self.faults.append(f"{self.page.url} says: {message.text}")


def none(faults: list[str]) -> None:
    """Fail with one line for each fault."""
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults)


LOGS: WeakKeyDictionary[Page, Log] = WeakKeyDictionary()


@dataclass(frozen=True)
class Weight:
    """How many requests a page makes, and how many bytes their answers have, packed by gzip."""

    requests: int
    bytes: int


def axe(page: Page, least: str = "serious", options: dict[str, Any] | None = None) -> list[str]:
    """Return what axe finds in a page that is at least that grave: rule, place and what to do."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[list[str]] = page.evaluate(RUN_AXE, options or {})
    return [text for rank, text in found if RANKS.index(rank) >= RANKS.index(least)]


def axe_in_all_modes(page: Page, least: str = "serious") -> dict[str, list[str]]:
    """Return what axe finds in a page in light, in dark and from right to left, for the modes with findings."""
    found = {}
    for mode, (scheme, direction, options) in MODES.items():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        found[mode] = axe(page, least, options)
    return {mode: texts for mode, texts in found.items() if texts}


def bytes_of(page: Page) -> Weight:
    """Return the weight of a page: what it asked for by GET is asked for again, packed by gzip, and so are its icons."""
    asked = LOGS[page].requests
    # The browser asks for them when it likes, and does not always tell.
    icons = set(page.eval_on_selector_all("link[rel~=icon]", "links => links.map(link => link.href)"))
    icons -= {each.url for each in asked}
    sent = [each.sizes()["responseBodySize"] for each in asked if each.method != "GET"]
    got = [packed(each.url, each.headers.get("accept", "*/*")) for each in asked if each.method == "GET"]
    got += [packed(each, "*/*") for each in icons if not each.startswith("data:")]
    return Weight(len(sent + got), sum(sent + got))


@cache
def packed(url: str, accept: str) -> int:
    """Return how many bytes the answer at an address has, packed by gzip where it can be."""
    reply = request(url, accept=accept, headers={"Accept-Encoding": "gzip"})
    assert reply.status == 200, f"{url} answers {reply.status}"
    assert reply.headers["Content-Encoding"] in {"gzip", None}
    return len(reply.body)


def kind_of(path: str) -> str:
    """Return the kind of a path: `id/state` of `/id/state/iran.html`, the first part of any other."""
    parts = path.partition("?")[0].strip("/").split("/")
    return "/".join(parts[:2] if parts[0] in {"id", "scheme"} and len(parts) > 2 else parts[:1])


def kinds() -> list[str]:
    """Return every kind of thing that the project has a prefix for."""
    spaces = {name.removeprefix(BASE) for name in Project(ROOT).prefixes().values() if name.startswith(BASE)}
    return sorted({kind_of(f"{space}name") for space in spaces if space.startswith(("id/", "scheme/"))})


def fullest(select: Select) -> dict[str, str]:
    """Return, for each kind of thing in the graph, the path of the one of which the most is said."""
    found: dict[str, str] = {}
    for row in select(f"""
        SELECT ?thing (COUNT(*) AS ?said)
        WHERE {{ {{ ?thing ?property ?value }} UNION {{ ?other ?property ?thing }} FILTER(STRSTARTS(STR(?thing), "{BASE}")) }}
        GROUP BY ?thing ORDER BY DESC(?said) ?thing"""):
        path = row["thing"].removeprefix(BASE)
        found.setdefault(kind_of(path), f"/{path}")
    return found


def marks(page: Page) -> list[dict[str, Any]]:
    """Return the marks that a view draws, each with its row and its box."""
    return page.evaluate("""() => [...document.querySelectorAll("[data-row]")].map(mark => {
        const box = mark.getBoundingClientRect()
        return {row: mark.dataset.row, width: box.width, height: box.height}})""")  # type: ignore[no-any-return]


def inside(drawing: str) -> str:
    """Return a drawing that stands alone with the links that it has within its page: paths in place of addresses."""
    links = LINK.findall(drawing)
    assert [each for each in links if not each.startswith(("http://", "https://", "#"))] == []
    return HERE.sub(' href="/', drawing)
