"""Who may evaluate next, and workers that can be killed: each query has one to itself until it answers or is ended."""

import json
import logging
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from araxes.engine.crew import PROBLEM, Crew, Worker
from araxes.engine.question import Answer, Question, State, form_of, inspect
from araxes.problems import Busy, QueryTooDeep, QueryTooSlow, ServerFault, TooMuchMemory, Unavailable, problem_of
from araxes.project import Release
from araxes.settings import Settings, beyond

log = logging.getLogger("araxes.engine")
LONG_KEPT, ATTEMPTS, BREAK, PATIENCE = 1_000, 2, 1.0, 5.0


class Retry(Exception):
    """The query has to be evaluated once more, by another worker."""


@dataclass(slots=True, eq=False)
class Turn:
    """A query that waits or runs: whose it is, whether it is known to be long, and what it got."""

    client: str
    long: bool
    granted: bool = False
    short_lane: bool = False
    called: threading.Event = field(default_factory=threading.Event)
    limit: str = "wait_milliseconds"  # where it got nothing, the one that was passed


class Scheduler:
    """Grants turns; at most as many run as there are workers."""

    # All workers but one are general. A client holds at most all but one of the general ones, so that another finds one
    # free. The last worker is for queries that are not known to be long; a turn there ends after the short time, unless
    # `promote` finds room among the general ones.
    def __init__(self, settings: Settings) -> None:
        self._settings, self._general = settings, settings.workers - 1
        self._lock = threading.Lock()
        self._waiting, self._running = list[Turn](), list[Turn]()

    @property
    def waiting(self) -> int:
        """Return how many turns wait."""
        return len(self._waiting)

    def take(self, client: str, long: bool) -> Turn:
        """Return a granted turn, maybe after a wait; raises `Busy` where the queue is full or the wait too long."""
        turn = Turn(client, long)
        with self._lock:
            self._waiting.append(turn)
            self._call()
            if len(self._waiting) > self._settings.queue:  # the client with most turns in the queue loses its last
                turns = Counter(each.client for each in self._waiting)
                last = max(reversed(self._waiting), key=lambda each: turns[each.client])
                last.limit = "queue"
                self._waiting.remove(last)
                last.called.set()
        longest = self._settings.wait_milliseconds / 1000
        turn.called.wait(longest)
        with self._lock:
            if turn.granted:
                return turn
            self._waiting = [each for each in self._waiting if each is not turn]
        raise beyond(Busy, turn.limit, getattr(self._settings, turn.limit), retry_after=max(1, round(longest / 2)))

    def promote(self, turn: Turn) -> bool:
        """Return whether a turn of the short lane could be made a general one."""
        with self._lock:
            if turn.short_lane and self._room(turn):
                turn.short_lane = False
                self._call()
            return not turn.short_lane

    def give_back(self, turn: Turn) -> None:
        """End a turn, and call those that it made room for."""
        with self._lock:
            self._running.remove(turn)
            self._call()

    def held(self, turn: Turn) -> int:
        """Return how many workers the client of a turn holds."""
        return sum(each.client == turn.client for each in self._running)

    def _call(self) -> None:
        """Grant turns to those that wait: among the general ones, else in the short lane, where there is room."""
        for turn in sorted(self._waiting, key=self.held):
            general = self._room(turn)
            if general or not (turn.long or any(each.short_lane for each in self._running)):
                turn.granted, turn.short_lane = True, not general
                self._waiting.remove(turn)
                self._running.append(turn)
                turn.called.set()

    def _room(self, turn: Turn) -> bool:
        general = [each.client for each in self._running if not each.short_lane]
        return len(general) < self._general and general.count(turn.client) < max(1, self._general - 1)


class Pool:
    """An engine that answers questions over one release at a time, each in a worker that can be killed."""

    def __init__(self, release: Release, settings: Settings, again: Callable[[], Release] | None = None) -> None:
        """Load a release, or raise the `Problem` that this met; `again` returns the one to change to in a reload."""
        self._settings, self._again = settings, again or (lambda: release)
        self._scheduler = Scheduler(settings)
        self._nurse, self._loader = ThreadPoolExecutor(1, "nurse"), ThreadPoolExecutor(1, "loader")
        self._changed, self._closed = threading.Condition(), threading.Event()
        self._running: set[Worker] = set()
        self._long: deque[int] = deque(maxlen=LONG_KEPT)
        self._replaced, self._reload_problem, self._ready = 0, "", True
        self._crew = Crew(release, settings)

    @property
    def release(self) -> Release:
        """Return the release that is asked now."""
        return self._crew.release

    def ask(self, question: Question) -> Answer:
        """Return the whole answer to a question; raises `Problem` and nothing else."""
        form_of(question.text)
        fixed = inspect(question.text, self._settings) and not self._settings.backend  # its data may change unseen
        key = hash((question.text, question.default_graphs, question.named_graphs))
        for _ in range(self._settings.workers + ATTEMPTS):
            turn = self._scheduler.take(question.client, key in self._long)
            try:
                return self._asked(question, turn, key, fixed)
            except (Retry, BrokenPipeError):
                continue
            finally:
                self._scheduler.give_back(turn)
        raise Unavailable("The processes that evaluate queries keep ending", more={"retry_after": 5})

    def reload(self) -> None:
        """Load the release anew and ask it from then on; a problem leaves everything as it is, and shows in `state`."""
        self._loader.submit(self._load)

    def state(self, *, memory: bool = True) -> State:
        """Return how the workers stand; to look at their memory takes time where there is much of it."""
        with self._changed:
            busy, everyone = len(self._running), [*self._running, *self._crew.idle]
        ready, own = self._ready and self._crew.alive(), tuple(each.memory() for each in everyone if memory)
        return State(ready, len(everyone), busy, self._scheduler.waiting, self._replaced, self._reload_problem, own)

    def close(self) -> None:
        """End every process, once whoever still asks has been told."""
        self._closed.set()
        with self._changed:
            for crew in {self._crew, *(each.crew for each in self._running)}:
                crew.close()
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._running, PATIENCE)
        # What was begun is ended: a worker to bury still has a channel, and a release that is loaded a process.
        self._nurse.shutdown()
        self._loader.shutdown(cancel_futures=True)
        self._crew.close()

    def _asked(self, question: Question, turn: Turn, key: int, fixed: bool) -> Answer:
        short, most = self._settings.short_milliseconds, self._settings.query_milliseconds
        allowed = min(question.milliseconds or most, most)
        with self._changed:
            self._changed.wait_for(lambda: self._crew.idle or self._closed.is_set(), PATIENCE)
            if not self._crew.idle:
                raise Unavailable("No worker is there", more={"retry_after": 2})
            worker = self._crew.idle.pop()
            self._running.add(worker)
        try:
            worker.ask(question)
            quick = worker.answers_within(min(short, allowed))
            if not quick and allowed > short:
                self._long.extend({key}.difference(self._long))
                if not self._scheduler.promote(turn):
                    raise Retry
                worker.step_back(self._scheduler.held(turn))  # others go first from now on
            if not worker.answers_within(allowed):
                raise beyond(QueryTooSlow, "query_milliseconds", allowed)
            said, file = worker.answer()
        except (BrokenPipeError, Retry, QueryTooSlow):
            self._renew(worker)
            raise
        except (OSError, EOFError):
            raise self._cause(worker) from None
        if said.used_up or not quick:
            self._renew(worker)
        else:
            self._put_back(worker, worker)
        if said.kind == PROBLEM:
            raise problem_of(json.loads(said.body))
        media_type, release = question.format.media_type, worker.crew.release.name
        return Answer(said.body, media_type, release, said.length, said.milliseconds, fixed, file)

    def _cause(self, worker: Worker) -> Exception:
        """Return why a worker died; the system tells by a signal. It is `Retry` where the query was not the reason."""
        status = self._nurse.submit(self._replace, worker).result()
        sign = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if sign in {signal.SIGSEGV, signal.SIGBUS}:
            return QueryTooDeep("The structure of the query is more than the engine can take")
        if sign == signal.SIGABRT:
            return beyond(TooMuchMemory, "query_megabytes", self._settings.query_megabytes)
        if status and not sign:
            return ServerFault("The process that evaluated the query failed")
        if time.monotonic() - worker.since < BREAK:
            return Retry()
        return Unavailable("The process that evaluated the query was ended from outside", more={"retry_after": 5})

    def _put_back(self, asked: Worker, rested: Worker | None) -> None:
        """Have a worker that was asked, or another in its place, wait for the next question."""
        with self._changed:
            self._running.discard(asked)
            asked.crew.idle += [rested] if rested else []
            self._settle(asked.crew)

    def _renew(self, worker: Worker) -> None:
        """Kill a worker at once, and have another take its place."""
        worker.kill()
        self._nurse.submit(self._replace, worker)

    def _replace(self, ended: Worker) -> int:
        """Put a new worker in the place of one that ended, and return the status with which that one ended."""
        ended.close()
        self._replaced += 1
        worker, status = None, 0
        if ended.crew is self._crew and not self._closed.is_set():
            try:
                worker, status = ended.crew.hire(ended.pid)
            except Unavailable as found:
                log.error("%s", json.dumps({"worker": "lost", "problem": found.detail}))
                self._loader.submit(self._load, ended.crew)
        self._put_back(ended, worker)
        return status

    def _load(self, lost: Crew | None = None) -> None:
        """Change to the release as it is now; in place of a lost crew this is tried until it works, however long."""
        if lost not in {None, self._crew}:
            return
        if lost:
            with self._changed:
                self._ready = False
                lost.let_go()
        try:
            crew = Crew(self._again(), self._settings)
        except Exception as found:  # noqa: BLE001 - whatever it is, what is served stays, and the operator hears of it
            self._reload_problem = f"{type(found).__name__}: {found}"
            log.error("%s", json.dumps({"reload": "failed", "problem": self._reload_problem}))
            if lost and not self._closed.wait(BREAK):
                self._loader.submit(self._load, lost)
            return
        with self._changed:
            old, self._crew, self._ready, self._reload_problem = self._crew, crew, True, ""
            old.let_go()
            self._settle(old)

    def _settle(self, crew: Crew) -> None:
        """Tell of a change, and close a crew that is no longer asked, once its last query has ended."""
        self._changed.notify_all()
        if crew is not self._crew and not any(each.crew is crew for each in self._running):
            crew.close()
