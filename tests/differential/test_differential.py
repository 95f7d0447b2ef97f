"""Random queries over the real graph, answered by the server and by rdflib: the two must say the same."""

import os
import random
from collections import Counter
from collections.abc import Callable

import pytest
from araxes.project import Release
from differential import forms, patterns
from differential.data import Data
from differential.reference import Answered, Asked, by_reference, by_server
from differential.values import told

Kind = Callable[[random.Random, Data], Asked]

KINDS: dict[str, Kind] = {
    each.__name__: each
    for each in (
        patterns.bgp,
        patterns.distinct,
        patterns.optional,
        patterns.optionals,
        patterns.union,
        patterns.joined_union,
        patterns.compare,
        patterns.compare_terms,
        patterns.string_tests,
        patterns.exists,
        patterns.minus,
        patterns.values,
        patterns.bind,
        patterns.path,
        patterns.lists,
        forms.count,
        forms.aggregate,
        forms.group_by_expression,
        forms.ordered,
        forms.ordered_numbers,
        forms.subselect,
        forms.graph,
        forms.dataset,
        forms.ask,
        forms.construct,
        forms.mixed,
        forms.typed,
    )
}
EACH = int(os.environ.get("DIFFERENTIAL_EACH", "16"))
SEED = os.environ.get("DIFFERENTIAL_SEED", "araxes")
SHARE = 0.4


@pytest.fixture(scope="session")
def data(release: Release) -> Data:
    """Return the triples that are served, read from the release."""
    return Data(release.dataset)


def queries(kind: str, data: Data) -> list[Asked]:
    """Return the queries of a kind; another seed, from the environment, gives others."""
    return [KINDS[kind](random.Random(f"{SEED} {kind} {number}"), data) for number in range(EACH)]


def difference(asked: Asked, served: Answered, right: Answered) -> str:
    """Return in which way two answers differ, for a person to read; nothing where they do not."""
    if served.truth is not right.truth:
        return f"{asked.served}\nserver: {served.truth}, reference: {right.truth}"
    if served.rows != right.rows:
        more, less = served.rows - right.rows, right.rows - served.rows
        counts = f"server: {served.rows.total()} rows, reference: {right.rows.total()}"
        return f"{asked.served}\n{counts}\nonly the server:\n{told(more)}\nonly the reference:\n{told(less)}"
    if served.order != right.order:
        at = next(n for n, pair in enumerate(zip(served.order, right.order, strict=True)) if pair[0] != pair[1])
        return f"{asked.served}\nthe order differs from row {at + 1} on"
    return ""


def judged(found: list[str], full: int) -> None:
    """Fail where answers differ, and where too few held anything."""
    assert not found, f"{len(found)} of {EACH} differ:\n\n" + "\n\n".join(found[:5])
    assert full >= SHARE * EACH, f"only {full} of {EACH} answers hold anything: that compares nothing"


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_answers_as_the_reference_does(server: str, data: Data, kind: str) -> None:
    found, full = [], 0
    for asked in queries(kind, data):
        served, right = by_server(server, asked), by_reference(data, asked)
        full += not right.empty
        if differs := difference(asked, served, right):
            found.append(differs)
    judged(found, full)


def test_there_are_enough_queries_and_hardly_two_alike(data: Data) -> None:
    texts = [asked.served for kind in KINDS for asked in queries(kind, data)]
    assert len(texts) >= 300
    assert len(set(texts)) > 0.95 * len(texts)


def test_most_answers_of_the_patterns_alone_hold_something(data: Data) -> None:
    asked = [each for kind in ("bgp", "distinct") for each in queries(kind, data)]
    assert not any(by_reference(data, each).empty for each in asked)


ROW, OTHER = (frozenset({("a", ("text", each))}) for each in "xy")
TWO = Answered(None, Counter([ROW, OTHER]), (ROW, OTHER))


@pytest.mark.parametrize(
    "wrong",
    [
        Answered(None, Counter([ROW])),
        Answered(None, Counter([ROW, OTHER, OTHER])),
        Answered(None, Counter([ROW, frozenset({("a", ("text", "y", "en"))})])),
        Answered(None, Counter([ROW, frozenset({("b", ("text", "y"))})])),
        Answered(None, Counter([ROW, OTHER]), (OTHER, ROW)),
        Answered(True, Counter()),
    ],
    ids=["missing", "twice", "language", "variable", "order", "truth"],
)
def test_a_wrong_answer_is_seen(wrong: Answered) -> None:
    asked = Asked("SELECT * WHERE { ?s ?p ?a }", ordered=True)
    assert difference(asked, wrong, TWO)
    assert not difference(asked, TWO, TWO)
    with pytest.raises(AssertionError, match="differ"):
        judged([difference(asked, wrong, TWO)], EACH)


def test_empty_answers_alone_prove_nothing() -> None:
    with pytest.raises(AssertionError, match="compares nothing"):
        judged([], int(SHARE * EACH) - 1)
