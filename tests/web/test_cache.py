"""The cache: what is kept, under what, for how long, and what it costs."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from araxes.engine import Answer
from araxes.web.front import OVERHEAD, Cache, Kept
from helpers import JSON

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LONG = b'{"head":{"vars":[]},"results":{"bindings":[' + b",".join([b"{}"] * 2_000) + b"]}}"


def hit(reply: Any) -> bool:
    return reply.headers["Server-Timing"] == "cache;desc=hit"


def test_the_second_time_the_engine_is_not_asked(site: Any) -> None:
    found = site()
    first, second = found.query(), found.query()
    assert len(found.engine.asked) == 1
    assert (hit(first), hit(second)) == (False, True)
    assert (first.status, first.body) == (second.status, second.body)
    own = {"araxes-query-id", "server-timing"}
    kept = [{name.lower(): value for name, value in each.headers.items()} for each in (first, second)]
    assert {name: kept[0][name] for name in kept[0].keys() - own} == {
        name: kept[1][name] for name in kept[1].keys() - own
    }
    assert first.headers["Araxes-Query-Id"] != second.headers["Araxes-Query-Id"]


def test_head_and_get_share_what_is_kept(site: Any) -> None:
    found = site()
    headed, got = found.query(method="HEAD"), found.query()
    assert (headed.body, hit(got), got.headers["Content-Length"]) == (b"", True, str(len(got.body)))
    assert headed.headers["Content-Length"] == got.headers["Content-Length"]
    again = found.query(method="HEAD")
    assert (again.body, hit(again), again.headers["Content-Length"]) == (b"", True, str(len(got.body)))


@pytest.mark.parametrize(
    "more",
    [
        {"path": "/sparql?query=ASK%7B%7D%20"},
        {"accept": "text/csv"},
        {"accept_encoding": "gzip, identity;q=0"},
        {"SCRIPT_NAME": "/elsewhere"},
        {"cache_control": "no-cache"},
        {"cache_control": "max-age=0, no-cache"},
    ],
)
def test_what_can_change_the_answer_is_asked_anew(site: Any, more: dict[str, str]) -> None:
    found = site()
    path = "/sparql?query=ASK%7B%7D"
    found.send(path)
    assert hit(found.send(path))
    assert not hit(found.send(**({"path": path} | more)))


@pytest.mark.parametrize("more", [{"host": "evil.example"}, {"user_agent": "x"}, {"accept_encoding": "br"}])
def test_what_cannot_change_the_answer_is_no_part_of_the_key(site: Any, more: dict[str, str]) -> None:
    found = site()
    found.query()
    assert hit(found.query(**more))


def test_no_cache_asks_the_engine_and_keeps_what_it_says(site: Any) -> None:
    found = site()
    found.query()
    found.engine.body = b'{"head":{},"boolean":true}'
    assert found.query(cache_control="no-cache").body == found.engine.body


def test_a_new_release_is_never_answered_from_the_old(site: Any, tmp_path: Path) -> None:
    found = site()
    old = found.query()
    found.engine.release = found.engine.release._replace(
        manifest={**found.engine.release.manifest, "dataset_sha256": "b" * 64}
    )
    found.engine.body = b'{"head":{"vars":[]},"results":{"bindings":[]}}'
    new = found.query(if_none_match=old.headers["ETag"])
    assert (new.status, new.body, new.headers["Araxes-Release"]) == (200, found.engine.body, "b" * 16)
    assert new.headers["ETag"] != old.headers["ETag"]


def test_a_release_that_changes_while_it_answers_is_not_kept(site: Any) -> None:
    found = site()
    found.engine.reply = lambda question: Answer(b"{}", question.format.media_type, "b" * 16, 2)
    replies = [found.query() for _ in range(2)]
    assert [(each.headers["Araxes-Release"], each.headers["Cache-Control"]) for each in replies] == [
        ("b" * 16, "no-store")
    ] * 2
    assert len(found.engine.asked) == 2


def test_an_answer_that_is_not_fixed_is_not_kept(site: Any) -> None:
    found = site()
    found.engine.fixed = False
    for accept in (JSON, BROWSER):
        replies = [found.query(accept=accept) for _ in range(2)]
        assert not any(map(hit, replies))
        assert {each.headers["Cache-Control"] for each in replies} == {"no-store"}
        assert not any("ETag" in each.headers for each in replies)


def test_problems_and_health_are_not_kept(site: Any) -> None:
    found = site()
    for path in ("/sparql?query=nonsense", "/nowhere", "/health", "/health/ready", "/metrics"):
        replies = [found.send(path) for _ in range(2)]
        assert not any(map(hit, replies))
        assert {each.headers["Cache-Control"] for each in replies} == {"no-store"}


def test_pages_and_files_are_kept_too(site: Any) -> None:
    found = site()
    for path in ("/sparql", "/limits", "/static/araxes.css", "/problems/busy"):
        replies = [found.send(path, accept=BROWSER, accept_encoding="gzip") for _ in range(2)]
        assert [hit(each) for each in replies] == [False, True]
        assert (
            found.send(path, accept=BROWSER, if_none_match=found.send(path, accept=BROWSER).headers["ETag"]).status
            == 304
        )
        assert found.send(path, accept=BROWSER, range="bytes=0-1").status == 200


def test_a_304_comes_from_what_is_kept_and_has_no_body(site: Any) -> None:
    found = site()
    tag = found.query().headers["ETag"]
    again = found.query(if_none_match=tag)
    assert (again.status, again.body, hit(again), len(found.engine.asked)) == (304, b"", True, 1)
    assert {"ETag", "Cache-Control", "Vary", "Araxes-Release", "Content-Security-Policy"} <= set(again.headers)
    assert not {"Content-Length", "Content-Type", "Content-Encoding"} & set(again.headers)


def test_what_was_posted_is_nobodys_to_keep(site: Any) -> None:
    found = site()
    reply = found.send("/sparql", "POST", b"SELECT * {}", CONTENT_TYPE="application/sparql-query", if_none_match="*")
    assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")
    assert "ETag" not in reply.headers


def test_no_cache_at_all_is_a_setting(site: Any) -> None:
    found = site(cache_megabytes=0, cache_seconds=5)
    replies = [found.query() for _ in range(2)]
    assert not any(map(hit, replies))
    assert replies[0].headers["Cache-Control"] == "public, max-age=5"


def kept(size: int) -> Kept:
    return Kept([], "", b"x" * size)


def test_the_cache_keeps_to_its_room_and_lets_go_what_was_asked_longest_ago() -> None:
    size, keys = 10_000, [("a", f"{number:02}") for number in range(11)]
    one = size + OVERHEAD + 3
    cache = Cache(10 * one)
    for key in keys[:10]:
        cache.put(key, kept(size))
    assert cache.get(keys[0])
    cache.put(keys[10], kept(size))
    assert [key for key in keys if cache.get(key) is None] == [keys[1]]
    assert cache.kept.currsize == 10 * one
    cache.put(("a", "large"), kept(size * 2))
    cache.put(("a", "long" * 5_000), kept(0))
    assert cache.get(("a", "large")) is cache.get(("a", "long" * 5_000)) is None
    cache.put(("b", "new"), kept(size))
    assert cache.get(keys[5]) is None
    assert cache.kept.currsize == one + 1


def test_many_threads_leave_the_cache_whole() -> None:
    cache = Cache(50 * (1_004 + OVERHEAD))

    def work(start: int) -> None:
        for number in range(start, start + 2_000):
            cache.put(("a", f"{number % 300:03}"), kept(1_000))
            cache.get(("a", f"{number * 7 % 300:03}"))

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 8_000, 1_000)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    present = sum(cache.get(("a", f"{number:03}")) is not None for number in range(300))
    assert cache.kept.currsize == present * (1_004 + OVERHEAD)
    assert present == 50
    assert cache.hits + cache.misses == 8 * 2_000 + 300


def test_what_is_kept_costs_next_to_nothing(site: Any) -> None:
    found = site()
    found.query(accept=JSON)
    environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/sparql", "HTTP_ACCEPT": JSON}
    environ["QUERY_STRING"] = "query=SELECT+%2A+%7B%7D"
    front, statuses = found.app.wsgi_app, []

    def times(count: int) -> float:
        begun = time.process_time()
        for _ in range(count):
            front(environ, lambda *told: statuses.append(told[0]))
        return (time.process_time() - begun) / count

    assert min(times(500) for _ in range(5)) < 30e-6
    assert set(statuses) == {"200 OK"}
    assert len(found.engine.asked) == 1
