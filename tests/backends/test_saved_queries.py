"""What pages, tables and figures ask, asked of foreign stores: the rows are those that the server here gives."""

import json
import re
from collections import Counter

import pytest
from araxes import queries
from backends.running import Running
from backends.test_questions import asked
from helpers import JSON, ROOT

GAP, GIVEN = "VALUES ?it { }", "VALUES ?it { <https://w3id.org/araxes/id/state/iran> }"
FOLDERS = ("queries/explore", "queries/pages", "queries/stats", "queries/tables", "server/araxes/web/describe")
SAVED = {
    f"{folder.rpartition('/')[2]}/{name}": saved
    for folder in FOLDERS
    for name, saved in queries.load(ROOT / folder, ROOT).items()
    # those that ask a third endpoint too are tested beside what is recorded of it
    if not saved.first("service") and "SELECT" in saved.text
}
SEPARATOR = re.compile("[ |]")
# docs/backends.md says why
DIFFERENT = {
    "oxigraph": set(),
    "virtuoso": {
        "pages/addresses",  # GRAPH ?g { }
        "pages/kinds",  # GRAPH ?g { }
        "pages/map",  # coordinates in single precision
        "pages/point",  # coordinates in single precision
        "pages/reconciliation",  # coordinates in single precision
        "pages/reconciliation-values",  # some names in Hebrew
        "pages/things",  # GRAPH ?g { }
        "tables/events",  # an empty string where a cell is empty
        "describe/graphs",  # distinct values of the whole
        "describe/whole",
    },
}


def found(text: str) -> Counter[tuple[str | None, ...]]:
    """Return the rows of JSON results; blank nodes are all alike, and a list in a cell has no order."""
    answer = json.loads(text)
    names = answer["head"]["vars"]
    return Counter(tuple(map(cell, map(row.get, names))) for row in answer["results"]["bindings"])


def cell(term: dict[str, str] | None) -> str | None:
    """Return what a cell says, without the datatype."""
    if term is None:
        return None
    return "_:" if term["type"] == "bnode" else " ".join(sorted(SEPARATOR.split(term["value"])))


@pytest.mark.parametrize("kind", DIFFERENT)
def test_the_rows_are_those_of_the_server_here(kind: str, server: str, request: pytest.FixtureRequest) -> None:
    store: Running = request.getfixturevalue(f"{kind}_store")
    different = set()
    for name, saved in SAVED.items():
        text = saved.text.replace(GAP, GIVEN)
        here = asked(Running(f"{server}sparql", store.process), text, JSON)
        there = asked(store, text, JSON)
        if found(here.text) != found(there.text):
            different.add(name)
    assert different == DIFFERENT[kind]
