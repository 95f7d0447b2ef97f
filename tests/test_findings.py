"""Findings and reports: order, counting, and nothing looked at is no pass."""

import json

from araxes.knowledge import graphs
from araxes.problems import FINDINGS, Finding, Place, Report, caret, passed, report, shown
from helpers import ROOT

ERROR = Finding("It is wrong.", "Correct it.", Place("a.ttl", 3, 5), quote="a b\n  ^")
WARNING = Finding("It is odd.", "Look at it.", Place("a.ttl", 1, 1), "warning")


def test_a_step_that_looked_at_nothing_has_not_passed() -> None:
    assert not Report("empty", 0).passed
    assert "nothing to look at" in shown([Report("empty", 0)])


def test_an_error_fails_a_step_and_a_warning_does_not() -> None:
    assert not report("one", 1, "things", [ERROR]).passed
    assert report("one", 1, "things", [WARNING]).passed


def test_no_report_at_all_is_not_a_pass() -> None:
    assert not passed([])


def test_a_step_that_was_not_run_fails_and_one_left_out_on_request_does_not() -> None:
    assert not Report("late", 0, state="not run").passed
    assert Report("logic", 0, state="skipped").passed


def test_findings_stand_in_the_order_of_their_places_each_once() -> None:
    found = report("one", 1, "things", [ERROR, WARNING, Finding("Nowhere."), ERROR]).findings
    assert [each.message for each in found] == ["It is odd.", "It is wrong.", "Nowhere."]


def test_a_finding_shows_place_message_source_and_hint() -> None:
    lines = shown([report("one", 1, "things", [ERROR])]).splitlines()[:-1]
    assert lines == ["a.ttl:3:5: error: It is wrong.", "    a b", "      ^", "    Correct it."]


def test_text_ends_each_step_with_its_summary() -> None:
    text = shown([report("one", 1_234, "things", [ERROR])])
    assert text.splitlines()[-1] == "one: 1,234 things looked at, 1 finding, 0.0 s"


def test_json_says_where_each_finding_is() -> None:
    document = json.loads(shown([report("one", 1, "things", [ERROR])], machine=True))
    assert document["passed"] is False
    found = document["steps"][0]["findings"][0]
    assert (found["file"], found["line"], found["column"]) == ("a.ttl", 3, 5)
    assert (found["message"], found["hint"], found["severity"]) == ("It is wrong.", "Correct it.", "error")


def test_no_text_is_idle_and_each_says_what_to_do() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "server").rglob("*.py"))
    asked = [each for folder in ("anchors", "lint", "texts") for each in graphs.package(folder).values()]
    assert len([*FINDINGS, *asked]) > 20
    assert [each.name for each in asked if not each.first("message") or not each.first("hint")] == []
    assert [slug for slug in FINDINGS if f'"{slug}"' not in code] == []
    assert [slug for slug, text in FINDINGS.items() if not text["message"] or not text["hint"]] == []


def test_a_caret_keeps_the_tabs_before_it() -> None:
    assert (caret("a\tb", 3), caret("ab", 1), caret("", 4)) == (" \t^", "^", "   ^")
