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

from araxes.engine.crew import Crew, Worker
from araxes.engine.guard import form_of, inspect
from araxes.engine.question import Answer, Question, State
from araxes.engine.scheduler import Scheduler, Turn
from araxes.engine.worker import PROBLEM, problem_of, too_much_memory
from araxes.problems import Problem, QueryTooDeep, QueryTooSlow, ServerFault, Unavailable
from araxes.release import Release
from araxes.settings import Settings

log = logging.getLogger("araxes.engine")

LONG_KEPT, ATTEMPTS = 1_000, 2
BREAK, PATIENCE = 1.0, 5.0


class Retry(Exception):
    """The query has to be evaluated once more, by another worker."""


class Pool:
    """An engine that answers questions over one release at a time, each in a worker that can be killed."""

    def __init__(self, release: Release, settings: Settings, again: Callable[[], Release] | None = None) -> None:
        """Load a release, or raise the `Problem` that this met; `again` returns the one to change to in a reload."""
        self._settings, self._again = settings, again or (lambda: release)
        self._scheduler = Scheduler(settings)
        self._nurse, self._loader = ThreadPoolExecutor(1, "nurse"), ThreadPoolExecutor(1, "loader")
        self._changed, self._closed = threading.Condition(), threading.Event()
        self._running: set[Worker] = set()
        self._long: OrderedDict[int, None] = OrderedDict()
        self._replaced, self._reload_problem, self._ready = 0, "", True
        self._crew = Crew(release, settings)

    @property
    def release(self) -> Release:
        """Return the release that is asked now."""
        return self._crew.release

    def ask(self, question: Question) -> Answer:
        """Return the whole answer to a question; raises `Problem` and nothing else."""
        form_of(question.text)
        fixed = inspect(question.text, self._settings)
        key = hash((question.text, question.default_graphs, question.named_graphs))
        for _ in range(self._settings.workers + ATTEMPTS):
            turn = self._scheduler.take(question.client, key in self._long)
            try:
                return self._evaluated(question, turn, key, fixed)
            except Retry:
                continue
            finally:
                self._scheduler.give_back(turn)
        raise Unavailable("The processes that evaluate queries keep ending", more={"retry_after": 5})

    def reload(self) -> None:
        """Load the release anew and ask it from then on; a problem leaves everything as it is, and shows in `state`."""
        self._loader.submit(self._reload)

    def state(self, *, memory: bool = True) -> State:
        """Return how the workers stand; to look at their memory takes time where there is much of it."""
        with self._changed:
            busy, everyone = len(self._running), [*self._running, *self._crew.idle]
        ready, own = self._ready and self._crew.alive(), tuple(each.memory() for each in everyone if memory)
        return State(ready, len(everyone), busy, self._scheduler.waiting, self._replaced, self._reload_problem, own)

    def close(self) -> None:
        """End every process."""
        self._closed.set()
        self._nurse.shutdown(cancel_futures=True)
        self._loader.shutdown(cancel_futures=True)
        with self._changed:
            self._crew.close()

    def _evaluated(self, question: Question, turn: Turn, key: int, fixed: bool) -> Answer:
        with self._changed:
            if not self._changed.wait_for(lambda: self._crew.idle, PATIENCE):
                raise Unavailable("No worker is there", more={"retry_after": 2})
            worker = self._crew.idle.pop()
            self._running.add(worker)
        try:
            return self._asked(worker, question, turn, key, fixed)
        except BrokenPipeError:
            self._renew(worker)
            raise Retry from None
        except (OSError, EOFError):
            raise self._cause(worker) from None

    def _asked(self, worker: Worker, question: Question, turn: Turn, key: int, fixed: bool) -> Answer:
        short, most = self._settings.short_milliseconds, self._settings.query_milliseconds
        allowed = min(question.milliseconds or most, most)
        worker.ask(question)
        quick = worker.answers_within(min(short, allowed))
        if not quick:
            self._long.update({key: None} if allowed >= short else {})
            while len(self._long) > LONG_KEPT:
                self._long.popitem(last=False)
            self._go_on(worker, turn, allowed)
        said, file = worker.answer()
        if said.used_up or not quick:
            self._renew(worker)
        else:
            self._put_back(worker)
        if said.kind == PROBLEM:
            raise problem_of(json.loads(said.body))
        media_type, release = question.format.media_type, worker.crew.release.name
        return Answer(said.body, media_type, release, said.length, said.milliseconds, fixed, file)

    def _go_on(self, worker: Worker, turn: Turn, allowed: int) -> None:
        """Let a query that is no longer short go on until its time ends, if there is room for it."""
        if allowed > self._settings.short_milliseconds:
            if not self._scheduler.promote(turn):
                self._renew(worker)
                raise Retry
            worker.step_back(self._scheduler.held(turn))
            if worker.answers_within(allowed):
                return
        self._renew(worker)
        found = f"The query did not end within {allowed / 1000:g} s"
        raise QueryTooSlow(found, more={"limit": "query_milliseconds", "most": allowed})

    def _cause(self, worker: Worker) -> Problem:
        """Return why a worker died; the system tells by a signal. Raises `Retry` where the query was not the reason."""
        status = self._nurse.submit(self._replace, worker).result()
        sign = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if sign in {signal.SIGSEGV, signal.SIGBUS}:
            return QueryTooDeep("The structure of the query is more than the engine can take")
        if sign == signal.SIGABRT:
            return too_much_memory(self._settings)
        if (sign or not status) and time.monotonic() - worker.since < BREAK:
            raise Retry
        if sign or not status:
            return Unavailable("The process that evaluated the query was ended from outside", more={"retry_after": 5})
        return ServerFault("The process that evaluated the query failed")

    def _put_back(self, worker: Worker) -> None:
        with self._changed:
            self._running.discard(worker)
            worker.crew.idle.append(worker)
            self._changed.notify()
            self._retire(worker.crew)

    def _renew(self, worker: Worker) -> None:
        """Kill a worker at once, and have another take its place."""
        worker.kill()
        self._nurse.submit(self._replace, worker)

    def _replace(self, ended: Worker) -> int:
        """Put a new worker in the place of one that ended, and return the status with which that one ended."""
        ended.close()
        self._replaced += 1
        worker, status = ended, 0
        if ended.crew is self._crew:
            try:
                worker, status = ended.crew.hire(ended.pid)
            except Problem as found:
                log.error("%s", json.dumps({"worker": "lost", "problem": found.detail}))
                self._loader.submit(self._revive, ended.crew)
        with self._changed:
            self._running.discard(ended)
        if worker is not ended or worker.crew is not self._crew:
            self._put_back(worker)
        return status

    def _reload(self) -> None:
        try:
            crew = Crew(self._again(), self._settings)
            self._reload_problem = ""
            self._change(crew)
        except Exception as found:  # noqa: BLE001 - whatever it is, what is served stays, and the operator hears of it
            self._reload_problem = f"{type(found).__name__}: {found}"
            log.error("%s", json.dumps({"reload": "failed", "problem": self._reload_problem}))

    def _revive(self, lost: Crew) -> None:
        """Start a zygote again that has ended, however long it takes."""
        self._ready = lost is not self._crew
        while lost is self._crew and not self._closed.is_set():
            with self._changed:
                lost.let_go()
            try:
                self._change(Crew(self._again(), self._settings))
            except (Problem, OSError):
                self._closed.wait(BREAK)

    def _change(self, crew: Crew) -> None:
        with self._changed:
            old, self._crew, self._ready = self._crew, crew, True
            old.let_go()
            self._changed.notify_all()
        self._retire(old)

    def _retire(self, crew: Crew) -> None:
        """Close a crew that is no longer asked, once its last query has ended."""
        with self._changed:
            if crew is not self._crew and not any(each.crew is crew for each in self._running):
                crew.close()
