"""No page asks anybody else for anything, every answer forbids it, and no page is wider than a phone."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from helpers import request

from tests.site.pages import BROWSER, LOGS, MISSING, PAGES, VIEWS, none

HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
NEVER = ("unsafe-inline", "unsafe-eval", "*", "http:", "https:", "blob:", "strict-dynamic")


# What reaches over the edge where the text ends, where something does: the innermost elements that do not scroll.
TOO_WIDE = """direction => {
    const page = document.documentElement, end = page.clientWidth
    page.dir = direction
    if (page.scrollWidth <= end) return []
    const over = each => { const box = each.getBoundingClientRect()
        return direction === "ltr" ? box.right - end : -box.left }
    const holder = each => getComputedStyle(each).position === "absolute" ? each.offsetParent : each.parentElement
    const scrolls = each => { const around = holder(each)
        return Boolean(around && around !== page) && (getComputedStyle(around).overflowX !== "visible" || scrolls(around)) }
    const found = [...document.body.querySelectorAll("*")].filter(each => over(each) > 0.5 && !scrolls(each))
    return found.filter(each => !found.some(other => other !== each && each.contains(other))).map(each =>
        `${each.outerHTML.slice(0, 80)} by ${over(each)} pixels`).concat(`in all by ${page.scrollWidth - end} pixels`)}"""


@pytest.mark.parametrize("path", [*PAGES.values(), MISSING, "/matrix.svg", "/id/state/iran.ttl", "/static/araxes.css"])
def test_every_answer_has_a_strict_policy(site: str, path: str) -> None:
    headers = request(site + path, accept=BROWSER if "." not in path else "*/*").headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == policy["connect-src"] == policy["script-src"] == "'self'"
    assert not [word for words in policy.values() for word in words.split() if word.strip("'") in NEVER]
    assert {name: headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("path", VIEWS.values())
def test_a_drawing_that_is_saved_leads_to_pages_that_answer(site: str, path: str) -> None:
    place, _, query = path.partition("?")
    links = re.findall(r' href="([^"]*)"', request(f"{site}{place}.svg?{query}", accept="*/*").text)
    links = [each for each in links if not each.startswith(("https://", "#"))]
    assert len(links) > 10
    assert {urlsplit(each).netloc for each in links} == {urlsplit(links[0]).netloc}
    assert urlsplit(links[0]).netloc
    for each in sorted({unescape(each).partition("#")[0] for each in links})[::5]:
        found = urlsplit(each)
        assert request(f"{site}{found.path}?{found.query}", accept=BROWSER).status == 200, each


@pytest.mark.parametrize("path", VIEWS.values())
def test_a_view_says_in_its_head_in_which_forms_it_is(site: str, path: str) -> None:
    links = request(site + path, accept=BROWSER).headers["Link"]
    assert '<https://creativecommons.org/licenses/by/4.0/>; rel="license"' in links
    found = re.findall(r'<([^>]*)>; rel="alternate"', links)
    assert len(found) == 3
    assert len({request(site + each, accept="*/*").type for each in found}) == 3


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_nobody_else_and_fits_a_phone(visit: Any, name: str) -> None:
    """Whatever a page asks of others, says on the console or is refused by its policy fails in `visit`, here as in
    every test with a browser; the crawl reads what all pages load. What is wide scrolls in a region of its own."""
    page = visit(PAGES[name], scheme="dark", width=360)
    assert {urlsplit(each.url).path for each in LOGS[page].requests} >= {urlsplit(PAGES[name]).path}
    for direction in ("ltr", "rtl"):
        none([f"{direction}: {each}" for each in page.evaluate(TOO_WIDE, direction)])
