"""What is seen from outside: the log, which nobody can write into, and the counts."""

import json
import logging
import re
from typing import Any

import pytest
from araxes.engine import State
from helpers import request
from prometheus_client.parser import text_string_to_metric_families

HOSTILE = 'SELECT * {} #\n{"time": "forged"}\r\n\x1b[31m\u2028\x00"é'


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(each.getMessage()) for each in caplog.records if each.name == "araxes.access"]


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "araxes.access")
    return caplog


def test_each_request_has_one_line(site: Any, logged: pytest.LogCaptureFixture) -> None:
    found = site()
    replies = [found.query(), found.query("nonsense"), found.send("/nowhere"), found.send("/limits")]
    told = lines(logged)
    assert [each["id"] for each in told] == [each.headers["Araxes-Query-Id"] for each in replies]
    assert [each["status"] for each in told] == [200, 400, 404, 200]
    assert [each["outcome"] for each in told] == ["answered", "bad-query", "not-found", "answered"]
    assert [each.get("form") for each in told] == ["SELECT", "", None, None]
    assert (told[0]["method"], told[0]["path"], told[0]["bytes"]) == ("GET", "/sparql", len(replies[0].body))
    assert re.fullmatch(r"[0-9a-f]{16}", told[0]["hash"])
    assert not any("client" in each for each in told)


def test_no_query_can_write_a_line_of_its_own(site: Any, logged: pytest.LogCaptureFixture) -> None:
    found = site()
    found.query(HOSTILE)
    found.send("/no\nwhere\x1b", method="GET")
    for record in logged.records:
        assert record.getMessage().isascii()
        assert not re.search(r"[\x00-\x1f\x7f]", record.getMessage())
    assert lines(logged)[0]["query"] == HOSTILE


def test_queries_are_shown_as_far_as_wanted(site: Any, logged: pytest.LogCaptureFixture) -> None:
    site(log_queries=9).query("SELECT * {} # and more")
    site(log_queries=0).query("SELECT * {} # and more")
    told = lines(logged)
    assert told[0]["query"] == "SELECT * "
    assert "query" not in told[1]
    assert told[0]["hash"] == told[1]["hash"]


def test_addresses_are_shown_where_they_are_wanted(site: Any, logged: pytest.LogCaptureFixture) -> None:
    site(log_addresses=1).query()
    site(log_addresses=1, proxies=1).query(x_forwarded_for="198.51.100.9")
    assert [each["client"] for each in lines(logged)] == ["192.0.2.7", "198.51.100.9"]


def counts(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted(site: Any) -> None:
    found = site()
    for text in ("SELECT * {}", "SELECT * {}", "nonsense", "SELECT ?a {}"):
        found.query(text)
    reply = found.send("/metrics")
    assert reply.type == "text/plain"
    told = counts(reply.text)
    assert told["araxes_requests_total", "200", "answered"] == 2
    assert told["araxes_requests_total", "400", "bad-query"] == 1
    assert told["araxes_request_seconds_count",] == 3
    assert (told["araxes_cache_hits",], told["araxes_cache_misses",]) == (1, 4)
    assert told["araxes_cache_bytes",] > 0
    assert (told["araxes_ready",], told["araxes_workers",], told["araxes_busy",]) == (1, 5, 1)
    assert (told["araxes_waiting",], told["araxes_replaced",]) == (2, 3)
    assert (told["araxes_worker_bytes", "0"], told["araxes_worker_bytes", "1"]) == (1024, 2048)
    assert told["araxes_release_triples", "a" * 16] == 3


def test_two_applications_count_apart(site: Any) -> None:
    first, second = site(), site()
    first.query()
    assert ("araxes_requests_total", "200", "answered") not in counts(second.send("/metrics").text)


def test_not_ready_is_a_503_and_a_failed_reload_shows(site: Any) -> None:
    found = site()
    found.engine.stands = State(ready=False, reload_problem="/secret/path is missing")
    ready = found.send("/health/ready")
    assert (ready.status, ready.json()["status"], ready.json()["reload"]) == (503, "not ready", "failed")
    assert "secret" not in ready.text
    assert found.send("/health/live").status == 200
    found.engine.stands = found.engine.stands._replace(ready=True, reload_problem="")
    assert (found.send("/health/ready").status, found.send("/health/ready").json()["reload"]) == (200, "ok")


def test_a_real_server_counts_too(tiny_server: str) -> None:
    told = counts(request(f"{tiny_server}metrics", accept=None).text)
    assert told["araxes_ready",] == 1
    assert told["araxes_workers",] >= 2
