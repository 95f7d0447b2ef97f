"""A crawl of the whole site: no dead end, every page well formed, and every IRI of the graph answers."""

import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from tests.site.crawl import AT_ONCE, DATA, Crawl, inner
from tests.site.pages import BASE, PAGES, none

FEWEST = 300
FOLLOWED = {"http", "https", "mailto"}


def test_the_crawl_saw_the_site(crawled: Crawl, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{len(crawled.pages)} pages, {len(crawled.seen)} addresses\n")
    assert len(crawled.pages) >= FEWEST
    assert {path for path in PAGES.values() if "?" not in path and not crawled.landed(path)[0].page} == set()


def test_no_address_is_dead(crawled: Crawl) -> None:
    dead = [each for each in crawled.seen.values() if each.status not in {200, 303}]
    none([f"{each.path} answers {each.status}; {_leading_to(crawled, each.path)} leads to it" for each in dead])


def test_no_redirect_leads_to_another(crawled: Crawl) -> None:
    led = [path for path, each in crawled.seen.items() if each.status == 303]
    assert led
    none([path for path in led if crawled.landed(path)[0].status != 200])


def test_no_fragment_is_dead(crawled: Crawl) -> None:
    checked, dead = 0, []
    for path, page in crawled.pages.items():
        for link in page.links:
            to, fragment = inner(crawled.site, link), unquote(urldefrag(link).fragment)
            if not fragment or to not in crawled.seen or not crawled.seen[to].page:
                continue
            checked += 1
            there = crawled.landed(to)[0].page
            if not there or fragment not in there.names:
                dead.append(f"{path} leads to {to}#{fragment}")
    assert checked > FEWEST
    none(dead)


def test_every_redirect_to_a_fragment_finds_it(crawled: Crawl) -> None:
    led = {path: crawled.landed(path) for path, each in crawled.seen.items() if "#" in each.location}
    assert led
    none(
        [
            f"{path} at {each.path}#{part}"
            for path, (each, part) in led.items()
            if not each.page or part not in each.page.names
        ]
    )


def test_every_page_has_a_title_a_language_and_one_heading(crawled: Crawl) -> None:
    none([path for path, page in crawled.pages.items() if not page.title.strip()])
    none([f"{path} is in {page.lang!r}" for path, page in crawled.pages.items() if page.lang != "en"])
    none([f"{path} has {page.h1}" for path, page in crawled.pages.items() if page.h1 != 1])


def test_no_page_uses_an_identifier_twice(crawled: Crawl) -> None:
    twice = {
        path: {each for each, times in Counter(page.ids).items() if times > 1} for path, page in crawled.pages.items()
    }
    none([f"{path}: {', '.join(sorted(names))}" for path, names in twice.items() if names])


def test_no_page_is_the_namesake_of_another(crawled: Crawl) -> None:
    """Whoever keeps two pages open, or reads a list of finds, tells them apart by their titles."""
    titles: dict[str, list[str]] = {}
    for path, page in crawled.pages.items():
        if "?" not in path:
            titles.setdefault(page.title.strip(), []).append(path)
    none([f"{title}: {', '.join(paths)}" for title, paths in titles.items() if len(paths) > 1])


def test_every_link_leads_where_a_reader_may_go(crawled: Crawl) -> None:
    schemes = {urlsplit(link).scheme for page in crawled.pages.values() for link in {*page.links} - {*page.loads}}
    assert "https" in schemes
    assert schemes <= FOLLOWED


def test_every_form_of_the_data_was_taken(crawled: Crawl) -> None:
    taken = {suffix for path in crawled.seen for suffix in DATA if path.partition("?")[0].endswith(suffix)}
    assert taken == set(DATA)


def test_no_page_loads_anything_from_elsewhere(crawled: Crawl) -> None:
    loads = {load for page in crawled.pages.values() for load in page.loads if not load.startswith("data:")}
    assert loads
    none([load for load in loads if not load.startswith(f"{crawled.site}/")])


def test_every_iri_of_the_graph_has_a_page_that_names_it(
    crawled: Crawl, select: Callable[[str], list[dict[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = select(f"""
        SELECT DISTINCT ?iri
        WHERE {{
          {{ ?iri ?property ?value }} UNION {{ ?thing ?property ?iri }} UNION {{ ?thing ?iri ?value }}
          UNION {{ GRAPH ?iri {{ ?thing ?property ?value }} }}
          FILTER(ISIRI(?iri) && STRSTARTS(STR(?iri), "{BASE}"))
        }}""")
    iris = sorted(row["iri"] for row in rows)
    assert len(iris) > FEWEST
    with ThreadPoolExecutor(AT_ONCE) as crew:
        faults = list(filter(None, crew.map(lambda iri: _fault(crawled, iri), iris)))
    with capsys.disabled():
        sys.stdout.write(f"\n{len(iris)} IRIs, {len(faults)} without a page that names them\n")
    none(faults)


def _fault(crawled: Crawl, iri: str) -> str:
    """Return what is wrong with the page of an IRI, or nothing."""
    last, part = crawled.landed("/" + iri.removeprefix(BASE))
    if last.status != 200 or not last.page:
        return f"{iri} ends with {last.status} {last.type} at {last.path}"
    named = part in last.page.names if part else iri in unescape(last.text)
    return "" if named else f"{last.path} does not name {iri}{f' at #{part}' if part else ''}"


def _leading_to(crawled: Crawl, path: str) -> str:
    return next((origin for origin, each in crawled.seen.items() if path in each.leads), "")
