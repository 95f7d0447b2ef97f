"""Measures small queries while two clients keep a server busy with queries that never end by themselves."""

import contextlib
import http.client
import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from benchmarks import data as sets
from benchmarks.load import Plan, run
from benchmarks.servers import Data, NoStart, Query, Running, Server, running

# Some thousand triples to the third power: no server counts to the end.
ENDLESS = Query("endless", "SELECT ( COUNT(*) AS ?n ) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
CLIENTS, HEAD_START, SECONDS, PATIENCE = 2, 1.0, 6.0, 60.0
PLANS = {
    "one": Plan(connections=1, seconds=SECONDS, ceiling=5.0),
    "eight": Plan(connections=8, seconds=SECONDS, wrk=True, ceiling=5.0),
}


@dataclass
class Foe:
    """A client that sends one pathological query after the other, each with a text of its own."""

    found: Running
    first: int
    over: threading.Event
    answers: list[tuple[str, float]] = field(default_factory=list)

    def run(self) -> None:
        """Ask until it is over."""
        number = self.first
        while not self.over.is_set():
            number += 1
            begun = time.perf_counter()
            try:
                said = str(self.found.ask(ENDLESS, number, PATIENCE)[0])
            except (OSError, http.client.HTTPException) as error:
                said = type(error).__name__
            # What is cut off by the end of the measurement says nothing about the server.
            if not self.over.is_set():
                self.answers.append((said, time.perf_counter() - begun))
                time.sleep(0.01)


def bear(server: Server, data: Data) -> dict[str, object]:
    """Return how small queries fared, and what became of the pathological ones."""
    try:
        with running(server, data) as found:
            return _bear(found, data)
    except NoStart as reason:
        return {"why": str(reason)}


def _bear(found: Running, data: Data) -> dict[str, object]:
    over = threading.Event()
    foes = [Foe(found, 1_000_000 * number, over) for number in range(CLIENTS)]
    for foe in foes:
        threading.Thread(target=foe.run, daemon=True).start()
    time.sleep(HEAD_START)
    requests = [found.request(query) for query in sets.small(data)]
    told: dict[str, object] = {}
    for name, plan in PLANS.items():
        told[name] = None
        with contextlib.suppress(OSError):
            load = run(found.port, requests, plan)
            told[name] = {"p50": load.p50, "p99": load.p99, "rate": load.rate, "failed": load.failed}
    over.set()
    answers = [answer for foe in foes for answer in foe.answers]
    told["endings"] = dict(Counter(said for said, _ in answers))
    told["ended_after"] = statistics.median(seconds for _, seconds in answers) if answers else None
    return told
