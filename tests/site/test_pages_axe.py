"""Every kind of page is accessible, in light, in dark and from right to left."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.site.pages import MISSING, PAGES, axe_in_all_modes, fullest, kinds, none

KINDS = kinds()


@pytest.fixture(scope="module")
def things(select: Callable[[str], list[dict[str, str]]]) -> dict[str, str]:
    """Return a thing of each kind, the one of which the most is said."""
    return fullest(select)


def no_grave_fault(page: Page) -> None:
    """Fail with one line for each fault of a page, in whichever mode it has it."""
    none([f"{mode}: {text}" for mode, texts in axe_in_all_modes(page).items() for text in texts])


def test_no_kind_of_thing_is_forgotten(things: dict[str, str]) -> None:
    assert len(KINDS) > 30
    assert sorted(kind for kind in things if kind.startswith(("id/", "scheme"))) == KINDS


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_grave_fault(visit: Any, name: str) -> None:
    no_grave_fault(visit(PAGES[name]))


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_a_thing_has_no_grave_fault(visit: Any, things: dict[str, str], kind: str) -> None:
    no_grave_fault(visit(f"{things[kind]}.html"))


def test_a_page_that_is_not_there_has_no_grave_fault(visit: Any) -> None:
    no_grave_fault(visit(MISSING, status=404))


def test_an_answer_and_a_refusal_have_no_grave_fault(visit: Any) -> None:
    no_grave_fault(visit("/sparql?query=SELECT%20%2A%20%7B%20%3Fs%20a%20%3Fo%20%7D%20LIMIT%205"))
    no_grave_fault(visit("/sparql?query=nonsense", status=400))
