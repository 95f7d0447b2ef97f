"""Who may evaluate next: lanes, shares, the bounded queue."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from araxes.engine.pool import Scheduler, Turn
from araxes.problems import Busy
from araxes.settings import Settings
from hypothesis import given, settings
from hypothesis import strategies as st


def scheduler(workers: int = 4, queue: int = 10, wait: int = 60_000) -> Scheduler:
    return Scheduler(Settings(workers=workers, queue=queue, wait_milliseconds=wait))


def later(take: Callable[[], Turn], pool: ThreadPoolExecutor, queue: Scheduler, waiting: int):
    """Take a turn in another thread, and return once it waits."""
    future = pool.submit(take)
    while queue.waiting < waiting and not future.done():
        threading.Event().wait(0.001)
    return future


def test_one_client_leaves_a_general_worker_to_another() -> None:
    queue = scheduler(workers=4)
    greedy = [queue.take("a", long=True) for _ in range(2)]
    assert not any(turn.short_lane for turn in greedy)
    assert queue.take("a", long=False).short_lane
    assert not queue.take("b", long=True).short_lane


def test_long_queries_never_take_the_worker_for_short_ones() -> None:
    queue = scheduler(workers=3, queue=0)
    queue.take("a", long=True)
    queue.take("b", long=True)
    with pytest.raises(Busy):
        queue.take("c", long=True)
    assert queue.take("c", long=False).short_lane


def test_a_short_turn_is_promoted_where_there_is_room_and_frees_its_lane() -> None:
    queue = scheduler(workers=4)
    held = [queue.take("a", long=False) for _ in range(3)]
    assert held[2].short_lane
    assert not queue.promote(held[2])
    queue.give_back(held[0])
    assert queue.promote(held[2])
    assert not held[2].short_lane
    assert queue.take("a", long=False).short_lane


def test_the_queue_is_bounded_and_says_when_to_come_again() -> None:
    queue = scheduler(workers=2, queue=1)
    first, _ = queue.take("a", long=False), queue.take("a", long=False)
    with ThreadPoolExecutor() as pool:
        waiting = later(lambda: queue.take("a", long=False), pool, queue, 1)
        with pytest.raises(Busy, match="The queue is full") as found:
            queue.take("a", long=False)
        assert found.value.more["retry_after"] >= 1
        queue.give_back(first)
        assert waiting.result(timeout=60).granted


def test_in_a_full_queue_the_client_with_most_turns_gives_way() -> None:
    queue = scheduler(workers=2, queue=2)
    first, second = queue.take("a", long=False), queue.take("a", long=False)
    with ThreadPoolExecutor() as pool:
        waiting = [later(lambda: queue.take("a", long=False), pool, queue, n) for n in (1, 2)]
        other = pool.submit(lambda: queue.take("b", long=False))
        with pytest.raises(Busy, match="The queue is full"):
            waiting[1].result(timeout=60)
        queue.give_back(first)
        assert other.result(timeout=60).granted
        queue.give_back(second)
        assert waiting[0].result(timeout=60).granted


def test_who_holds_fewest_is_called_first() -> None:
    queue = scheduler(workers=5, queue=5)
    held = [queue.take("a", long=True) for _ in range(3)] + [queue.take("b", long=True)]
    with ThreadPoolExecutor() as pool:
        heavy = later(lambda: queue.take("a", long=True), pool, queue, 1)
        light = later(lambda: queue.take("c", long=True), pool, queue, 2)
        queue.give_back(held[0])
        assert light.result(timeout=60).granted
        assert not heavy.done()
        queue.give_back(held[1])
        assert heavy.result(timeout=60).granted


def test_nobody_waits_for_ever() -> None:
    queue = scheduler(workers=2, wait=20)
    queue.take("a", long=True)
    with pytest.raises(Busy, match=r"No worker was free within 0\.02 s"):
        queue.take("a", long=True)
    assert queue.waiting == 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    workers=st.integers(2, 6),
    asked=st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=40),
)
def test_never_more_than_the_workers_run_and_everyone_gets_a_turn(workers: int, asked: list[tuple[str, bool]]) -> None:
    queue = scheduler(workers=workers, queue=100)
    running, most, short = 0, 0, 0
    lock = threading.Lock()

    def use(client: str, long: bool) -> bool:
        nonlocal running, most, short
        turn = queue.take(client, long)
        with lock:
            running += 1
            short += turn.short_lane
            most = max(most, running)
            assert short <= 1
            assert not (turn.short_lane and long)
        with lock:
            running -= 1
            short -= turn.short_lane
        queue.give_back(turn)
        return turn.granted

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda each: use(*each), asked))
    assert most <= workers
    assert queue.waiting == 0
