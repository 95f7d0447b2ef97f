"""Problems: each can be told apart, and says what to do."""

import pytest
from araxes import problems
from araxes.problems import BadQuery, Problem, every_problem

KINDS = pytest.mark.parametrize("kind", every_problem(), ids=lambda kind: kind.slug)


def test_there_are_problems() -> None:
    assert len(every_problem()) > 15


@KINDS
def test_each_has_its_own_slug_status_title_and_hint(kind: type[Problem]) -> None:
    assert [other for other in every_problem() if other.slug == kind.slug] == [kind]
    assert 400 <= kind.status < 600
    assert kind.title != Problem.title
    assert kind.hint.endswith((".", "'", "]"))
    assert kind.hint != Problem.hint


def test_no_text_is_idle() -> None:
    assert set(problems.PROBLEMS) == {kind.slug for kind in every_problem()}


def test_a_document_has_the_members_of_rfc_9457_and_its_own() -> None:
    document = BadQuery("Line 2", more={"line": 2}).document("https://example.org")
    assert document == {
        "type": "https://example.org/problems/bad-query",
        "title": "The query cannot be read",
        "status": 400,
        "detail": "Line 2",
        "hint": BadQuery.hint,
        "line": 2,
    }


def test_a_hint_of_its_own_goes_before_that_of_the_class() -> None:
    assert BadQuery("x", hint="Do this.").document()["hint"] == "Do this."
