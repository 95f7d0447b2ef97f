"""By the keyboard alone: everything that can be clicked is reached, seen and left."""

from typing import Any

import pytest

from tests.site.pages import PAGES, VIEWS, none

# What Tab should reach: links with an address, controls, editors, what unfolds, and what was given a place in the order.
NUMBER = """() => {
    const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0'], [contenteditable=true]"
    const stops = [...document.querySelectorAll(wanted)].filter(each =>
        !each.disabled && each.tabIndex >= 0 && each.checkVisibility({visibilityProperty: true}))
    stops.forEach((each, index) => each.dataset.stop = index)
    return stops.length}"""
WHERE = """() => {
    const host = document.activeElement, at = host.shadowRoot?.activeElement ?? host, box = at.getBoundingClientRect()
    const outlined = element => { const style = element && getComputedStyle(element)
        return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 }
    return {
        stop: host.dataset.stop ?? null,
        left: at === document.body,
        name: `${at.tagName}.${at.getAttribute("class")} ${(at.getAttribute("aria-label") || at.textContent || at.id).trim().slice(0, 40)}`,
        // An editor is outlined as a whole, a drawn mark in its shape.
        seen: [at, at.parentElement, at.parentElement?.parentElement, ...at.querySelectorAll("*")].some(outlined),
        shown: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth}}"""
SPARE = 10


def stops_of(page: Any) -> list[dict[str, Any]]:
    """Return what Tab reaches one after the other until it leaves the page: everything that it should, and once."""
    number, steps = page.evaluate(NUMBER), []
    for _ in range(number + SPARE):
        page.keyboard.press("Tab")
        at = page.evaluate(WHERE)
        if at["left"]:
            break
        steps.append(at)
    assert at["left"], f"Tab does not leave the page; it was at {[each['name'] for each in steps[-4:]]}"
    assert sorted(int(each["stop"]) for each in steps if each["stop"]) == list(range(number))
    return steps


@pytest.mark.parametrize("name", ["home", "search", "query", *VIEWS])
def test_tab_reaches_everything_shows_where_it_is_and_leaves(visit: Any, name: str) -> None:
    steps = stops_of(visit(PAGES[name]))
    none([f"{each['name']} does not show that it is in focus" for each in steps if not each["seen"]])
    none([f"{each['name']} is out of sight" for each in steps if not each["shown"]])
    assert steps[0]["name"].startswith("A.skip")


def test_tab_goes_in_the_order_of_the_page(visit: Any) -> None:
    stops = [int(each["stop"]) for each in stops_of(visit("/"))]
    assert stops == sorted(stops)


def test_the_skip_link_skips(visit: Any) -> None:
    page = visit("/matrix")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_search_is_reached_and_sent_by_keys(visit: Any) -> None:
    page = visit("/matrix")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type === 'search'"):
            break
    page.keyboard.type("iran")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=iran")


def test_every_mark_of_the_matrix_is_a_stop_that_leads_to_its_evidence(visit: Any) -> None:
    page = visit("/matrix")
    lost = page.evaluate("""() => [...document.querySelectorAll("[data-row]")].filter(mark => {
        const link = mark.closest("a[href^='/id/']") ?? mark.querySelector("a[href^='/id/']")
        return !link || link.tabIndex < 0}).map(mark => mark.dataset.row)""")
    assert page.locator("[data-row]").count() > 20
    assert lost == []
    page.locator(":is(a[data-row], [data-row] a, a:has([data-row]))").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/id/**")
    assert page.locator("#evidence").is_visible()
