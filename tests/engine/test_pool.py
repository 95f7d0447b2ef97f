"""Workers that are killed, die, or are swapped: nobody else notices, and every ending has its own problem."""

import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from araxes.engine.crew import Crew, Worker
from araxes.engine.pool import Pool
from araxes.engine.question import GRAPHS, RESULTS, Answer, Question
from araxes.problems import AnswerTooLarge, BadRelease, BadSetting, Problem, QueryTooSlow, TooMuchMemory, Unavailable
from araxes.project import Release, release_of
from araxes.settings import Settings, load

SETTINGS = Settings(
    query_milliseconds=1_000, short_milliseconds=150, query_megabytes=128, answer_kilobytes=2_048, memory_kilobytes=64
)
JSON, _, CSV, _ = RESULTS
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
SORT = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c DESC(?f)"
LARGE = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 4000"
PATIENT = SETTINGS._replace(query_milliseconds=60_000)
CEILING = 10.0


@pytest.fixture(scope="module")
def pool(tiny_release: Release) -> Iterator[Pool]:
    made = Pool(tiny_release, SETTINGS)
    yield made
    made.close()


@pytest.fixture
def own(tiny_release: Release) -> Iterator[Pool]:
    """Return a pool that a test may harm."""
    made = Pool(tiny_release, SETTINGS)
    yield made
    made.close()


def ask(pool: Pool, text: str, **more: object) -> Answer:
    return pool.ask(Question(text, CSV)._replace(**more))


def number(pool: Pool) -> int:
    return int(ask(pool, f"{COUNT} # {time.monotonic()}").body.split()[1])


def until(fulfilled) -> None:
    begun = time.monotonic()
    while not fulfilled():
        assert time.monotonic() - begun < CEILING
        threading.Event().wait(0.01)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def zygote(pool: Pool) -> int:
    return pool._crew._process.pid


def test_the_answer_is_the_release_s(pool: Pool, tiny_release: Release) -> None:
    answer = ask(pool, COUNT)
    assert int(answer.body.split()[1]) == tiny_release.triples == pool.release.triples
    assert answer.release == tiny_release.name
    assert answer.length == len(answer.body)
    assert answer.fixed


def test_a_slow_query_ends_in_its_problem_and_its_worker_is_replaced(pool: Pool) -> None:
    before = pool.state().replaced
    begun = time.monotonic()
    with pytest.raises(QueryTooSlow, match="within 1 s") as found:
        ask(pool, SLOW)
    assert 1.0 <= time.monotonic() - begun < 1.0 + 10 * 0.1
    assert found.value.more == {"limit": "query_milliseconds", "most": 1_000}
    until(lambda: pool.state().replaced > before and pool.state().workers == SETTINGS.workers)
    assert number(pool) > 0


def test_a_client_may_lower_the_limit_but_not_raise_it(pool: Pool) -> None:
    with pytest.raises(QueryTooSlow, match=r"within 0\.1 s"):
        ask(pool, SLOW, milliseconds=100)
    with pytest.raises(QueryTooSlow, match="within 1 s"):
        ask(pool, SLOW, milliseconds=50_000)


def test_a_query_that_takes_too_much_memory_ends_in_its_problem(pool: Pool) -> None:
    with pytest.raises(TooMuchMemory, match="128 MiB") as found:
        ask(pool, SORT)
    assert found.value.more["limit"] == "query_megabytes"
    assert number(pool) > 0


def test_an_answer_above_the_memory_limit_comes_whole_in_a_file_without_a_name(pool: Pool) -> None:
    small, large = ask(pool, COUNT), ask(pool, LARGE)
    assert small.file is None
    assert large.file
    with large.file as file:
        body = file.read()
        assert os.fstat(file.fileno()).st_nlink == 0
    assert len(body) == large.length > SETTINGS.memory_kilobytes * 1024
    assert body.count(b"\n") == 4_001
    assert large.body == b""


def test_two_large_answers_at_once_do_not_mix(pool: Pool) -> None:
    texts = [LARGE.replace("4000", str(size)) for size in (3_000, 3_500, 4_000, 4_500)]
    with ThreadPoolExecutor(4) as clients:
        for _ in range(3):
            for text, answer in zip(texts, clients.map(lambda text: ask(pool, text), texts), strict=True):
                assert answer.file
                with answer.file as file:
                    assert file.read().count(b"\n") == int(text.split()[-1]) + 1


def test_an_answer_above_the_cap_is_refused_and_not_cut(pool: Pool) -> None:
    with pytest.raises(AnswerTooLarge, match="2,048 KiB") as found:
        pool.ask(Question(LARGE.replace("4000", "100000"), JSON))
    assert found.value.more == {"limit": "answer_kilobytes", "most": 2_048}
    assert number(pool) > 0


def test_others_notice_nothing_of_a_query_that_is_killed(pool: Pool) -> None:
    with ThreadPoolExecutor(6) as clients:
        slow = [clients.submit(ask, pool, f"{SLOW} # {n}", client="slow") for n in range(3)]
        while not all(each.done() for each in slow):
            assert number(pool) == pool.release.triples
    assert all(isinstance(each.exception(), QueryTooSlow) for each in slow)


def test_a_worker_killed_from_outside_costs_no_answer(own: Pool) -> None:
    for _ in range(3):
        for pid in children(zygote(own)):
            os.kill(pid, signal.SIGKILL)
        assert number(own) == own.release.triples
    until(lambda: own.state().workers == SETTINGS.workers)


def test_a_worker_that_breaks_tells_the_structure_of_the_query(own: Pool) -> None:
    with ThreadPoolExecutor(1) as client:
        asked = client.submit(ask, own, SLOW)
        until(lambda: own.state().busy)
        for pid in children(zygote(own)):
            os.kill(pid, signal.SIGSEGV)
        with pytest.raises(Problem) as found:
            asked.result(timeout=60)
    assert found.value.slug == "query-too-deep"
    assert number(own) == own.release.triples


def test_a_dead_zygote_is_started_again(own: Pool) -> None:
    os.kill(zygote(own), signal.SIGKILL)
    until(lambda: _answers(own) and own.state().ready and own.state().workers == SETTINGS.workers)
    assert number(own) == own.release.triples


def _answers(pool: Pool) -> bool:
    try:
        return number(pool) > 0
    except Unavailable:
        return False


def test_reloading_asks_the_new_release_and_leaves_running_queries_to_the_old(
    tiny_release: Release, tmp_path: Path
) -> None:
    more = tmp_path / "more.nt"
    more.write_text("<http://a/s> <http://a/p> <http://a/o> .\n")
    newer = release_of([tiny_release.dataset, more])
    pool = Pool(tiny_release, SETTINGS, lambda: newer)
    try:
        before = number(pool)
        with ThreadPoolExecutor(1) as client:
            running = client.submit(ask, pool, SLOW)
            until(lambda: pool.state().busy)
            pool.reload()
            until(lambda: pool.release.name == newer.name)
            assert number(pool) == before + 1 == pool.release.triples
            with pytest.raises(QueryTooSlow):
                running.result(timeout=60)
        assert ask(pool, COUNT).release == newer.name
        assert pool.state().reload_problem == ""
    finally:
        pool.close()


def test_readers_see_the_old_or_the_new_release_and_never_a_mixture(tiny_release: Release, tmp_path: Path) -> None:
    data, turn = tmp_path / "data.nt", iter(range(1_000))

    def write() -> Release:
        generation = next(turn)
        data.write_text(
            "".join(
                f"<http://a/{n}> <http://a/g> {generation} .\n".replace(f" {generation} .", f' "{generation}" .')
                for n in range(50)
            )
        )
        return release_of([data])

    pool = Pool(write(), SETTINGS, write)
    over = threading.Event()

    def read() -> set[int]:
        seen = set()
        while not over.is_set():
            rows = ask(pool, "SELECT ?g (COUNT(*) AS ?n) { ?s <http://a/g> ?g } GROUP BY ?g").body.split()[1:]
            assert len(rows) == 1
            generation, count = rows[0].decode().split(",")
            assert count == "50"
            seen.add(int(generation))
        return seen

    try:
        with ThreadPoolExecutor(3) as readers:
            reading = [readers.submit(read) for _ in range(3)]
            try:
                for _ in range(5):
                    name = pool.release.name
                    pool.reload()
                    until(lambda old=name: pool.release.name != old)
            finally:
                over.set()
            assert len(set().union(*(each.result(timeout=60) for each in reading))) >= 2
    finally:
        pool.close()


def test_a_release_that_cannot_be_loaded_changes_nothing_and_shows(tiny_release: Release) -> None:
    def spoilt() -> Release:
        raise BadRelease("it was spoilt")

    pool = Pool(tiny_release, SETTINGS, spoilt)
    try:
        pool.reload()
        until(lambda: pool.state().reload_problem)
        assert "it was spoilt" in pool.state().reload_problem
        assert number(pool) == tiny_release.triples
        assert pool.state().ready
    finally:
        pool.close()


def test_closing_leaves_no_process(tiny_release: Release) -> None:
    pool = Pool(tiny_release, SETTINGS)
    pids = [zygote(pool), *children(zygote(pool))]
    assert len(pids) == SETTINGS.workers + 1
    pool.close()
    until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in pids))


def hired(monkeypatch: pytest.MonkeyPatch) -> list[Worker]:
    """Return the list into which every worker comes that is made from now on."""
    hire, found = Crew.hire, []

    def noted(crew: Crew, ended: int = 0):
        worker, status = hire(crew, ended)
        found.append(worker)
        return worker, status

    monkeypatch.setattr(Crew, "hire", noted)
    return found


def test_closing_tells_whoever_still_asks_and_lets_go_of_every_worker(
    tiny_release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = hired(monkeypatch)
    with closing(Pool(tiny_release, PATIENT)) as pool, ThreadPoolExecutor(6) as clients:
        asked = [clients.submit(ask, pool, f"{SLOW} # {n}", client=str(n)) for n in range(6)]
        until(lambda: pool.state().busy == 6)
        pool.close()
        assert all(isinstance(each.exception(timeout=60), Unavailable) for each in asked)
        with pytest.raises(Unavailable):
            ask(pool, COUNT)
    assert len(workers) >= SETTINGS.workers
    assert all(each._channel.closed for each in workers)


def test_closing_ends_the_release_before_too_while_it_is_still_asked(
    tiny_release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = tmp_path / "more.nt"
    more.write_text("<http://a/s> <http://a/p> <http://a/o> .\n")
    newer, workers = release_of([tiny_release.dataset, more]), hired(monkeypatch)
    with closing(Pool(tiny_release, PATIENT, lambda: newer)) as pool, ThreadPoolExecutor(1) as client:
        old, running = zygote(pool), client.submit(ask, pool, SLOW)
        until(lambda: pool.state().busy)
        pool.reload()
        until(lambda: pool.release.name == newer.name)
        pids = [old, *children(old), zygote(pool), *children(zygote(pool))]
        pool.close()
        assert isinstance(running.exception(timeout=60), Unavailable)
    until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in pids))
    assert all(each._channel.closed for each in workers)


def test_a_worker_s_memory_is_reported(pool: Pool) -> None:
    number(pool)
    memory = pool.state().memory
    assert len(memory) == SETTINGS.workers
    assert all(0 < each < 500_000_000 for each in memory)


def test_a_worker_has_nothing_to_open_a_file_or_a_socket_with(pool: Pool) -> None:
    for pid in children(zygote(pool)):
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        most = next(int(line.split()[3]) for line in limits if line.startswith("Max open files"))
        opened = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        assert most <= 5
        assert opened >= most - 1


@pytest.mark.parametrize(
    "said", [b"", struct.pack("!i", 3) + b"abc", struct.pack("!i", 1 << 30), struct.pack("!iQ", -1, 1 << 50)]
)
def test_what_a_worker_says_is_never_taken_on_trust(said: bytes) -> None:
    here, there = socket.socketpair()
    worker = Worker(None, 0, Connection(here.detach()))
    with there:
        there.sendall(said)
    assert worker.answers_within(100)
    with pytest.raises((OSError, EOFError)):
        worker.answer()
    worker.close()


def test_there_is_always_a_worker_for_short_queries() -> None:
    with pytest.raises(BadSetting, match="between 3 and 64"):
        load({"ARAXES_WORKERS": "2"}, {})


def test_a_worker_that_cannot_be_replaced_now_is_replaced_later(own: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    hire, failed = Crew.hire, []

    def fail_once(crew: Crew, ended: int = 0):
        if not failed:
            failed.append(ended)
            raise Unavailable("no descriptor is free")
        return hire(crew, ended)

    monkeypatch.setattr(Crew, "hire", fail_once)
    with pytest.raises(QueryTooSlow):
        ask(own, SLOW)
    until(lambda: failed and not own.state().busy)
    until(lambda: own.state().ready and own.state().workers == SETTINGS.workers)
    assert own.state().busy == 0
    assert number(own) == own.release.triples


@pytest.mark.parametrize("fault", [OSError("no room"), BadRelease("it was spoilt")])
def test_whatever_goes_wrong_when_reloading_shows(tiny_release: Release, fault: Exception) -> None:
    def fail() -> Release:
        raise fault

    pool = Pool(tiny_release, SETTINGS, fail)
    try:
        pool.reload()
        until(lambda: str(fault) in pool.state().reload_problem)
        assert number(pool) == tiny_release.triples
    finally:
        pool.close()


def test_a_client_in_a_hurry_does_not_mark_a_short_query_as_long(pool: Pool) -> None:
    text = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f } # hurried"
    with pytest.raises(QueryTooSlow):
        ask(pool, SLOW + " # hurried", milliseconds=20)
    assert ask(pool, text).body
    assert not any(hash((SLOW + " # hurried", (), ())) == key for key in pool._long)


def test_blank_nodes_that_say_the_same_do_not_cost_an_answer(tmp_path: Path) -> None:
    file = tmp_path / "alike.nt"
    lines = [
        f'_:p{parent} <http://a/has> _:c{parent}x{n} .\n_:c{parent}x{n} <http://a/v> "same" .\n'
        for parent in range(2)
        for n in range(12)
    ]
    file.write_text("".join(lines))
    pool = Pool(release_of([file]), SETTINGS)
    try:
        for form in GRAPHS:
            answer = pool.ask(Question("CONSTRUCT WHERE { ?s ?p ?o }", form))
            assert answer.body.count(b"same") == 24
    finally:
        pool.close()
