"""Data that means harm, on every kind of page, in a real browser: nothing of it runs."""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from helpers import query_url, request, rows, serving

from tests.site.pages import LOGS, TELLING, Log
from tests.site.wire import ask

DATA = Path(__file__).with_name("hostile.ttl")
BASE = "https://w3id.org/araxes/"
VIEWS = [
    "/matrix",
    "/timeline",
    "/map",
    "/causes",
    "/network?thing=" + quote(f"{BASE}id/evil/state", safe=""),
    "/source",
    "/source/document",
    "/",
    "/browse",
    "/about",
    "/search?q=hacked",
    "/search?q=script",
    "/sparql",
]
SCRIPTS = {"application/json", "application/ld+json"}


class Reader(HTMLParser):
    """Finds what a browser would run: scripts that are not ours, handlers, and links to a script."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        ours = given.get("src", "").startswith("/static/") or given.get("type") in SCRIPTS
        runs = any(value.strip().lower().startswith(("javascript:", "data:text")) for value in given.values())
        if (tag == "script" and not ours) or runs or any(name.startswith("on") or name == "style" for name in given):
            self.found.append(self.get_starttag_text() or tag)


@pytest.fixture(scope="module")
def hostile_site() -> Iterator[str]:
    """Return the address of a site over hostile data."""
    with serving("--data", str(DATA)) as url:
        yield url.rstrip("/")


@pytest.fixture(scope="module")
def paths(hostile_site: str) -> list[str]:
    """Return the pages of all things that the data describes, and of all views."""
    found = rows(
        request(
            query_url(
                f"{hostile_site}/",
                f"SELECT DISTINCT ?s {{ ?s ?p ?o FILTER(isIRI(?s) && STRSTARTS(STR(?s), '{BASE}')) }}",
            )
        )
    )
    return [*(f"/{quote(row['s'].removeprefix(BASE), safe='/')}.html" for row in found), *VIEWS]


def test_every_page_is_well_formed_and_quotes_what_it_shows(hostile_site: str, paths: list[str]) -> None:
    assert len(paths) > 35
    for path in paths:
        reply = ask(hostile_site, path, "text/html")
        assert (reply.status, reply.type) == (200, "text/html"), (path, reply.text[:300])
        reader = Reader()
        reader.feed(reply.text)
        assert reader.found == [], path


@pytest.mark.parametrize("view", ["matrix", "timeline", "map", "causes", "network", "source"])
def test_drawings_and_data_are_whole(hostile_site: str, view: str) -> None:
    from xml.etree import ElementTree as ET

    ET.fromstring(ask(hostile_site, f"/{view}.svg").body)
    assert ask(hostile_site, f"/{view}.json").json()["head"]
    assert ask(hostile_site, f"/{view}.csv").type == "text/csv"


def test_a_real_browser_runs_none_of_it(hostile_site: str, paths: list[str], new_context: Callable[..., Any]) -> None:
    context = new_context(reduced_motion="reduce")
    context.add_init_script(TELLING)
    page = context.new_page()
    LOGS[page] = log = Log(hostile_site, page)
    page.on("dialog", lambda dialog: log.faults.append(f"{page.url} opens a dialog: {dialog.message}"))
    for path in paths:
        page.goto(hostile_site + path)
        assert page.evaluate("typeof hacked") == "undefined", path
        assert page.title(), path
    assert log.faults == []
