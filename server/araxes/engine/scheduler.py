"""Who may evaluate next: one lane for short queries, a bounded queue, and a fair share for each client."""

import threading
from collections import Counter
from dataclasses import dataclass

from araxes.problems import Busy
from araxes.settings import Settings

NOBODY = threading.Event()


@dataclass(slots=True, eq=False)
class Turn:
    """A query that waits or runs: whose it is, whether it is known to be long, and what it got."""

    client: str
    long: bool
    granted: bool = False
    refused: bool = False
    short_lane: bool = False
    called: threading.Event = NOBODY


class Scheduler:
    """Grants turns; at most as many run as there are workers.

    All workers but one are general. A client holds at most all but one of the general ones, so that another finds one
    free. The last worker is for queries that are not known to be long; a turn there ends after the short time, unless
    `promote` finds room among the general ones.
    """

    def __init__(self, settings: Settings) -> None:
        self._general = settings.workers - 1
        self._share = max(1, self._general - 1)
        self._room, self._longest = settings.queue, settings.wait_milliseconds / 1000
        self._lock = threading.Lock()
        self._waiting: list[Turn] = []
        self._running: Counter[str] = Counter()
        self._short: Turn | None = None

    @property
    def waiting(self) -> int:
        """Return how many turns wait."""
        return len(self._waiting)

    def take(self, client: str, long: bool) -> Turn:
        """Return a granted turn, maybe after a wait; raises `Busy` where the queue is full or the wait too long."""
        turn = Turn(client, long)
        with self._lock:
            if self._grant(turn):
                return turn
            turn.called = threading.Event()
            self._queue(turn)
        turn.called.wait(self._longest)
        with self._lock:
            if turn.granted:
                return turn
            if not turn.refused:
                self._waiting.remove(turn)
        found, limit, most = f"No worker was free within {self._longest:g} s", "wait_milliseconds", self._longest * 1000
        if turn.refused:
            found, limit, most = "The queue is full", "queue", self._room
        more = {"retry_after": max(1, round(self._longest / 2)), "limit": limit, "most": round(most)}
        raise Busy(found, more=more)

    def promote(self, turn: Turn) -> bool:
        """Return whether a turn of the short lane could be made a general one."""
        with self._lock:
            if self._short is turn and self._grant(turn) and not turn.short_lane:
                self._short = None
                self._call()
            return not turn.short_lane

    def give_back(self, turn: Turn) -> None:
        """End a turn, and call those that it made room for."""
        with self._lock:
            if turn.short_lane:
                self._short = None
            else:
                self._running[turn.client] -= 1
                if not self._running[turn.client]:
                    del self._running[turn.client]
            self._call()

    def _queue(self, turn: Turn) -> None:
        """Put a turn into the queue; where that is full, the client with most turns in it loses its last."""
        self._waiting.append(turn)
        if len(self._waiting) > self._room:
            waiting = Counter(each.client for each in self._waiting)
            most = max(waiting.values())
            last = next(each for each in reversed(self._waiting) if waiting[each.client] == most)
            self._waiting.remove(last)
            last.refused = True
            last.called.set()

    def _call(self) -> None:
        for turn in sorted(self._waiting, key=self.held):
            if self._grant(turn):
                self._waiting.remove(turn)
                turn.called.set()

    def held(self, turn: Turn) -> int:
        """Return how many workers the client of a turn holds."""
        return self._running[turn.client] + bool(self._short and self._short.client == turn.client)

    def _grant(self, turn: Turn) -> bool:
        """Grant a turn among the general ones, else in the short lane, where there is room."""
        if self._running.total() < self._general and self._running[turn.client] < self._share:
            self._running[turn.client] += 1
            turn.granted, turn.short_lane = True, False
        elif not self._short and not turn.long:
            turn.granted = turn.short_lane = True
            self._short = turn
        return turn.granted
