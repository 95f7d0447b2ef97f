"""What a page may weigh, in bytes packed by gzip and in requests: exact, and the same on every machine."""

from typing import Any

import pytest
from helpers import request

from tests.site.crawl import Crawl, Page
from tests.site.pages import BROWSER, PAGES, VIEWS, Weight, bytes_of, kind_of, none, packed

KB = 1000
THING, VIEW, QUERY = Weight(4, 30 * KB), Weight(5, 40 * KB), Weight(8, 320 * KB)
PLAIN = sorted(PAGES.keys() - VIEWS.keys() - {"query"})


def over(found: Weight, most: Weight) -> bool:
    """Say whether a page is over its budget, or weighs nothing."""
    return not (0 < found.requests <= most.requests and 0 < found.bytes <= most.bytes)


def weight_at(site: str, path: str) -> Weight:
    """Return the weight of a page by its markup: the page and all that it loads."""
    loads = Page(site + path, request(site + path, accept=BROWSER).text).loads
    sizes = [packed(site + path, BROWSER), *(packed(each, "*/*") for each in loads if not each.startswith("data:"))]
    return Weight(len(sizes), sum(sizes))


def test_the_page_of_a_thing_is_light(crawled: Crawl) -> None:
    """Of each kind the longest page is weighed."""
    longest: dict[str, str] = {}
    for path in sorted(crawled.pages, key=lambda path: -len(crawled.seen[path].text)):
        if path.startswith(("/id/", "/scheme/", "/graph/")):
            longest.setdefault(kind_of(path), path)
    weights = {path: weight_at(crawled.site, path) for path in longest.values()}
    assert len(weights) > 30
    none([f"{path}: {weight}" for path, weight in weights.items() if over(weight, THING)])


def test_the_page_of_an_ontology_is_light(crawled: Crawl) -> None:
    """Terms lead to it, each to its part."""
    weights = {path: weight_at(crawled.site, path) for path in crawled.pages if path.startswith("/ontology/")}
    assert len(weights) > 20
    none([f"{path}: {weight}" for path, weight in weights.items() if over(weight, THING)])


@pytest.mark.parametrize("path", ["/id/state/iran.html", "/timeline"])
def test_the_browser_and_the_markup_agree(visit: Any, site: str, path: str) -> None:
    assert bytes_of(visit(path)) == weight_at(site, path)


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_page_is_light(visit: Any, name: str) -> None:
    weight = bytes_of(visit(PAGES[name]))
    assert not over(weight, THING), weight


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_light(visit: Any, name: str) -> None:
    weight = bytes_of(visit(VIEWS[name]))
    assert not over(weight, VIEW), weight


def test_the_query_page_is_light_and_its_form_comes_first(visit: Any) -> None:
    page = visit(PAGES["query"])
    page.wait_for_load_state("networkidle")
    weight = bytes_of(page)
    assert not over(weight, QUERY), weight
    assert page.locator("script[src]:not([defer]):not([type=module])").count() == 0
