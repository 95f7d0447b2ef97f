"""Without scripts nothing is missing: views, search, the query form and the way to the evidence."""

import re
from typing import Any

import pytest

from tests.site.pages import PAGES, VIEWS, marks


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_whole_without_scripts(visit: Any, name: str) -> None:
    without, with_scripts = visit(VIEWS[name], javascript=False), visit(VIEWS[name])
    assert len(marks(without)) > 5
    assert [each["row"] for each in marks(without)] == [each["row"] for each in marks(with_scripts)]
    assert without.locator("main").inner_text() == with_scripts.locator("main").inner_text()


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_leads_to_its_query_and_to_its_other_forms(visit: Any, name: str) -> None:
    page = visit(VIEWS[name], javascript=False)
    links = page.eval_on_selector_all("main a[href]", "links => links.map(link => link.getAttribute('href'))")
    place = VIEWS[name].partition("?")[0]
    for suffix in (".svg", ".csv", ".json"):
        assert [link for link in links if link.partition("?")[0] == place + suffix], suffix
    page.locator("main a[href^='/sparql?example=']").first.click()
    page.wait_for_url("**/sparql?example=*")
    assert "SELECT" in page.locator("textarea").first.input_value()


@pytest.mark.parametrize("name", sorted(PAGES.keys() - VIEWS.keys()))
def test_a_page_needs_no_script(visit: Any, name: str) -> None:
    page = visit(PAGES[name], javascript=False)
    assert page.locator("h1").count() == 1
    assert page.locator("h1").is_visible()
    assert len(page.locator("main").inner_text()) > 100


def test_search_works_without_scripts(visit: Any) -> None:
    page = visit("/", javascript=False)
    page.get_by_role("search").get_by_role("searchbox").fill("rusia")
    page.get_by_role("search").get_by_role("button").click()
    page.wait_for_url("**/search?q=rusia")
    page.locator("main").get_by_role("link", name="Russia", exact=True).first.click()
    page.wait_for_url("**/id/state/russia.html")
    assert page.locator("h1").inner_text() == "Russia"


def test_a_query_can_be_asked_without_scripts(visit: Any) -> None:
    page = visit("/sparql", javascript=False)
    page.locator("textarea").fill("SELECT ?state WHERE { ?state a <https://w3id.org/araxes/ns/State> }")
    page.locator("form:has(textarea) button[type=submit], form:has(textarea) button:not([type])").first.click()
    page.locator("main table td a[href^='/id/state/iran']").first.click()
    page.wait_for_url("**/id/state/iran*")


def test_three_clicks_lead_to_the_sentence_and_to_who_voiced_it(visit: Any) -> None:
    """Which sentence says that Russia objected to Iran's exercises, and who voiced it?"""
    page = visit("/", javascript=False)
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Matrix").click()
    mark = page.locator("main a[href^='/id/position/russia-iranian-exercises-post-2kw']").first
    assert {"Russia", "opposes"} <= set(re.findall(r"\w+", mark.get_attribute("title") or mark.inner_text()))
    mark.click()
    evidence = page.locator("#evidence")
    assert "Sergei Lavrov" in evidence.inner_text()
    evidence.locator("a[href^='/id/passage/'], a[href^='/source/']").first.click()
    assert "7" in page.locator("h1").inner_text() or page.url.endswith("#implications-7-3")
    assert "Lavrov" in page.locator("main").inner_text()
