"""What the pages of kinds list: what belongs to the thing, and nothing else."""

import re
from collections.abc import Callable

import pytest

from tests.site.wire import ask

BASE = "https://w3id.org/araxes/"
PREFIX = f"PREFIX ax: <{BASE}ns/> "
Select = Callable[[str], list[dict[str, str]]]


def listed(site: str, iri: str, name: str) -> set[str]:
    """Return the addresses in the rows of a table on the page of a thing."""
    text = ask(site, f"/{iri.removeprefix(BASE)}.html").text
    rows = re.findall(rf'<tr id="{name}-\d+" role="row">(.*?)</tr>', text, re.DOTALL)
    return {each for row in rows for each in re.findall(r'href="(/id/(?:position|comparison)/[^"]*)"', row)}


@pytest.mark.parametrize(
    ("table", "kind", "pattern"),
    [
        ("positions-towards", "Issue", "?found a ax:Position ; ax:isTowards/ax:isOnIssue ?thing"),
        ("positions-towards", "Proposition", "?found a ax:Position ; ax:isTowards ?thing"),
        ("comparisons-on", "Issue", "?found a ax:Comparison ; ax:compares/ax:isTowards/ax:isOnIssue ?thing"),
        ("comparisons-on", "Proposition", "?found a ax:Comparison ; ax:compares/ax:isTowards ?thing"),
        ("positions-held", "Actor", "?found a ax:Position ; ax:isHeldBy ?thing"),
        ("comparisons-with", "State", "?found a ax:Comparison ; ax:compares/ax:isHeldBy ?thing"),
        ("positions-during", "Phase", "?found a ax:Position ; ax:holdsDuring ?thing"),
    ],
)
def test_a_table_lists_what_belongs_to_its_thing(
    site: str, select: Select, table: str, kind: str, pattern: str
) -> None:
    things = [row["t"] for row in select(f"{PREFIX}SELECT ?t {{ ?t a ax:{kind} }}")]
    rows = select(f"{PREFIX}SELECT DISTINCT ?thing ?found {{ ?thing a ax:{kind} . {pattern} }}")
    right = {(row["thing"], f"/{row['found'].removeprefix(BASE)}.html") for row in rows}
    assert right
    assert {(thing, found) for thing in things for found in listed(site, thing, table)} == right


def test_the_position_says_who_says_so_in_which_mode_and_where(site: str) -> None:
    text = ask(site, "/id/position/russia-iranian-exercises-post-2kw.html").text
    card = text.partition("The position</h2>")[2].partition("</section>")[0]
    for needed in (
        "/id/person/sergei-lavrov.html",
        "/scheme/mode/reported.html",
        "/id/passage/kaleji-2023/implications-7-3.html",
    ):
        assert f'href="{needed}"' in card
