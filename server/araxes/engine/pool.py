"""Workers that can be killed: each query has one to itself, until it answers or a limit ends it."""

import json
import logging
import os
import signal
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from araxes.engine.crew import PATIENCE, Crew, Worker
from araxes.engine.frames import PROBLEM, problem_of, too_much_memory
from araxes.engine.guard import inspect
from araxes.engine.question import Answer, Question, State, form_of
from araxes.engine.scheduler import Scheduler, Turn
from araxes.problems import Problem, QueryTooSlow, ServerFault, TooDeep, Unavailable
from araxes.release import Release
from araxes.settings import Settings

log = logging.getLogger("araxes.engine")

LONG_KEPT = 1_000
ATTEMPTS = 2
BREAK = 1.0


class Retry(Exception):
    """The query has to be evaluated once more, by another worker."""


@dataclass(slots=True, eq=False)
class Place:
    """A worker, the crew that it belongs to, and since when it evaluates."""

    crew: Crew
    worker: Worker
    since: float = 0.0


class Pool:
    """An engine whose queries run in workers; see `Engine`."""

    def __init__(self, release: Release, settings: Settings, again: Callable[[], Release] | None = None) -> None:
        """Load a release and start the workers; `again` returns the release to load when asked to reload."""
        self._settings, self._again = settings, again or (lambda: release)
        self._scheduler = Scheduler(settings)
        self._nurse, self._loader = ThreadPoolExecutor(1, "nurse"), ThreadPoolExecutor(1, "loader")
        self._changed, self._closed = threading.Condition(), threading.Event()
        self._running: set[Place] = set()
        self._long: OrderedDict[int, None] = OrderedDict()
        self._replaced, self._reload_problem, self._ready = 0, "", True
        self._crew, self._idle = self._started(release)

    @property
    def release(self) -> Release:
        """Return the release that is asked now."""
        return self._crew.release

    def ask(self, question: Question) -> Answer:
        """Return the whole answer to a question; raises `Problem` and nothing else."""
        form_of(question.text)
        seen = inspect(question.text, self._settings)
        key = hash((question.text, question.default_graphs, question.named_graphs))
        for _ in range(self._settings.workers + ATTEMPTS):
            turn = self._scheduler.take(question.client, key in self._long, question.gone)
            try:
                return self._evaluated(question, turn, key, seen.fixed)
            except Retry:
                continue
            finally:
                self._scheduler.give_back(turn)
        raise Unavailable("The processes that evaluate queries keep ending", more={"retry_after": 5})

    def reload(self) -> None:
        """Load the release anew and ask it from then on; a problem leaves everything as it is, and shows in `state`."""
        self._loader.submit(self._reload)

    def state(self) -> State:
        """Return how the workers stand."""
        with self._changed:
            running, everyone = list(self._running), [*self._running, *self._idle]
        now, short = time.monotonic(), self._settings.short_milliseconds / 1000
        return State(
            ready=self._ready,
            workers=len(everyone),
            busy=len(running),
            waiting=self._scheduler.waiting,
            replaced=self._replaced,
            long_running=sum(now - each.since > short for each in running),
            reload_problem=self._reload_problem,
            memory=tuple(each.worker.memory() for each in everyone),
        )

    def close(self) -> None:
        """End every process."""
        self._closed.set()
        self._nurse.shutdown(cancel_futures=True)
        self._loader.shutdown(cancel_futures=True)
        self._crew.close()
        self._let_go()

    def _evaluated(self, question: Question, turn: Turn, key: int, fixed: bool) -> Answer:
        place = self._taken()
        try:
            return self._asked(place, question, turn, key, fixed)
        except BrokenPipeError:
            self._renew(place)
            raise Retry from None
        except ConnectionAbortedError:
            self._renew(place)
            raise Unavailable("The client has gone") from None
        except OSError:
            raise self._cause(place) from None

    def _asked(self, place: Place, question: Question, turn: Turn, key: int, fixed: bool) -> Answer:
        worker, short = place.worker, self._settings.short_milliseconds
        most = self._settings.query_milliseconds
        allowed = min(question.milliseconds or most, most)
        worker.ask(question)
        if not worker.answers_by(place.since + min(short, allowed) / 1000, question.gone):
            self._remember(key)
            self._go_on(place, question, turn, allowed)
        said, file = worker.answer()
        if said.used_up or time.monotonic() - place.since > short / 1000:
            self._renew(place)
        else:
            self._put_back(place)
        if said.kind == PROBLEM:
            raise problem_of(json.loads(said.body))
        media_type, release = question.format.media_type, place.crew.release.name
        return Answer(said.body, media_type, release, said.length, said.milliseconds, fixed, file)

    def _go_on(self, place: Place, question: Question, turn: Turn, allowed: int) -> None:
        """Let a query that is no longer short go on until its time ends, if there is room for it."""
        if allowed > self._settings.short_milliseconds:
            if not self._scheduler.promote(turn):
                self._renew(place)
                raise Retry
            place.worker.step_back()
            if place.worker.answers_by(place.since + allowed / 1000, question.gone):
                return
        self._renew(place)
        found = f"The query did not end within {allowed / 1000:g} seconds"
        raise QueryTooSlow(found, more={"limit": "query_milliseconds", "most": allowed})

    def _taken(self) -> Place:
        with self._changed:
            if not self._changed.wait_for(lambda: self._idle, PATIENCE):
                raise Unavailable("No worker is there", more={"retry_after": 2})
            place = self._idle.pop()
            place.since = time.monotonic()
            self._running.add(place)
            return place

    def _put_back(self, place: Place) -> None:
        with self._changed:
            self._running.discard(place)
            if place.crew is self._crew:
                self._idle.append(place)
                self._changed.notify()
                return
        place.worker.close()
        self._retire(place.crew)

    def _renew(self, place: Place) -> None:
        """Kill a worker at once, and have another take its place."""
        place.worker.kill()
        self._nurse.submit(self._replace, place)

    def _replace(self, place: Place) -> int:
        """Put a new worker in the place of one that ended, and return the status with which that one ended."""
        status = 0
        if place.crew is self._crew:
            ended = place.worker
            ended.close()
            try:
                place.worker, status = place.crew.replace(ended)
            except Problem:
                self._running.discard(place)
                self._loader.submit(self._revive, place.crew)
                return status
            self._replaced += 1
        self._put_back(place)
        return status

    def _cause(self, place: Place) -> Problem:
        """Return why a worker died; the system tells by a signal. Raises `Retry` where the query was not the reason."""
        status = self._nurse.submit(self._replace, place).result()
        sign = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if sign in {signal.SIGSEGV, signal.SIGBUS}:
            return TooDeep("The structure of the query is more than the engine can take")
        if sign == signal.SIGABRT:
            return too_much_memory(self._settings)
        if sign or not status:
            raise Retry
        return ServerFault("The process that evaluated the query failed")

    def _reload(self) -> None:
        try:
            crew, idle = self._started(self._again())
        except Problem as found:
            self._reload_problem = f"{found.title}: {found.detail}"
            log.error("The release that is served stays: %s", self._reload_problem)
        else:
            self._reload_problem = ""
            self._change(crew, idle)

    def _revive(self, lost: Crew) -> None:
        if lost is not self._crew:
            return
        self._ready = False
        self._let_go()
        while not self._closed.is_set():
            try:
                crew, idle = self._started(lost.release)
            except Problem:
                self._closed.wait(BREAK)
            else:
                self._change(crew, idle)
                return

    def _let_go(self) -> None:
        with self._changed:
            left, self._idle = self._idle, []
        for place in left:
            place.worker.close()

    def _started(self, release: Release) -> tuple[Crew, list[Place]]:
        crew = Crew(release, self._settings)
        try:
            return crew, [Place(crew, crew.hire()) for _ in range(self._settings.workers)]
        except Problem:
            crew.close()
            raise

    def _change(self, crew: Crew, idle: list[Place]) -> None:
        with self._changed:
            old, left = self._crew, self._idle
            self._crew, self._idle, self._ready = crew, idle, True
            self._changed.notify_all()
        for place in left:
            place.worker.close()
        self._retire(old)

    def _retire(self, crew: Crew) -> None:
        """Close a crew that is no longer asked, once its last query has ended."""
        with self._changed:
            if crew is not self._crew and not any(each.crew is crew for each in self._running):
                crew.close()

    def _remember(self, key: int) -> None:
        with self._changed:
            self._long[key] = None
            if len(self._long) > LONG_KEPT:
                self._long.popitem(last=False)
