"""Asks the three servers the same, in turns, and keeps every single result for the report.

Run `make bench`, or `python -m benchmarks.sweep --help` for parts of it.
"""

import argparse
import contextlib
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from benchmarks import data as sets
from benchmarks import hostile, machine, processes, report
from benchmarks.fleet import Fleet, Sweep
from benchmarks.load import WRK, Plan, run
from benchmarks.servers import SERVERS, WORK, Data, NoStart, Query, running

ROUNDS, STARTS = 3, 5
BRISK = 0.005  # seconds: from here on `wrk`, which counts no unfinished answers, would tell too little
SLOW = 0.02  # seconds: from here on two connections keep every processor busy, and eight would only wait longer
SLUGGISH = 1.0  # seconds: what takes longer than this is measured in the first round only
ONCE = 5.0  # seconds: what takes longer than this is not repeated
OURS = "araxes"
PAIR = {OURS, "oxigraph"}
ALONE = Plan(connections=1, seconds=0.1, most=30)


def plan_for(seconds: float, wrk: bool = True) -> Plan:
    """Return how to load a server with a query that takes that long alone."""
    if seconds < BRISK and wrk:
        return Plan(seconds=1.0, wrk=True)
    return Plan(connections=8 if seconds < SLOW else 2, seconds=0.4)


def measure(fleet: Fleet, name: str, turn: int, queries: Sequence[Query], plan: Plan) -> None:
    """Load a server and keep what came of it, with the time on the processor that each answer took."""
    mode = "alone" if plan.connections == 1 else "seen" if plan.same else "new"
    found = fleet.servers.get(name)
    if not found:
        return
    before = processes.cpu_seconds(found.process.pid)
    try:
        load = run(found.port, [found.request(query) for query in queries], plan)
    except (OSError, subprocess.CalledProcessError) as error:
        fleet.sweep.note("lost", fleet.data, name, mode=mode, query=queries[0].name, why=str(error))
        fleet.again(name)
        return
    used = processes.cpu_seconds(found.process.pid) - before
    # The system counts in hundredths of a second, which is too coarse for a few requests.
    cpu = 1e6 * used / load.answered if load.answered and mode != "alone" else None
    what = queries[0].name if len(queries) == 1 else "small"
    more = {**asdict(load), "rate": load.rate, "cpu": cpu}
    fleet.sweep.note("load", fleet.data, name, mode=mode, turn=turn, query=what, **more)


def one_round(fleet: Fleet, query: Query, taken: Mapping[str, float], turn: int) -> None:
    """Measure one query on all servers, each time in another order."""
    # The two that are compared most closely are always asked in the same manner.
    pair = max((seconds for name, seconds in taken.items() if name in PAIR), default=0.0)
    if turn and pair > SLUGGISH:
        return
    times = {name: pair if name in PAIR else seconds for name, seconds in taken.items()}
    names = [*times][turn % len(times) :] + [*times][: turn % len(times)] if times else []
    for name in names:
        if times[name] >= ONCE:
            _keep_once(fleet, name, query, taken[name])
        else:
            measure(fleet, name, turn, [query], ALONE)
    for name in names:
        if times[name] < ONCE:
            measure(fleet, name, turn, [query], plan_for(times[name], wrk=name in PAIR))
        if name == OURS and name in fleet.servers:
            fleet.remind(name, query)
            measure(fleet, name, turn, [query], Plan(wrk=True, same=True))


def _keep_once(fleet: Fleet, name: str, query: Query, seconds: float) -> None:
    """Take the time that the check took for everything: the query is too slow to be asked again."""
    for mode in ("alone", "new"):
        more = {"rate": 1 / seconds, "p50": 1000 * seconds, "failed": 0}
        fleet.sweep.note("load", fleet.data, name, mode=mode, turn=0, query=query.name, **more)


def over(sweep: Sweep, data: Data) -> None:
    """Run everything over one data set."""
    say(f"{data.name}: {data.triples:,} triples, {len(data.queries)} queries")
    fleet = Fleet(sweep, data)
    try:
        fleet.start()
        taken = {query.name: fleet.check(query) for query in data.queries}
        for turn in range(sweep.rounds):
            say(f"  round {turn + 1}")
            for query in data.queries:
                one_round(fleet, query, taken[query.name], turn)
            for name in [*fleet.servers]:
                measure(fleet, name, turn, sets.small(data), Plan(seconds=2, wrk=True))
        for name, found in fleet.servers.items():
            sweep.note("memory", data, name, processes=processes.private_memory(found.process.pid))
        sweep.note("busy", data, "", load=os.getloadavg())
    finally:
        fleet.end()


def starts(sweep: Sweep, data: Data) -> None:
    """Start each server several times, in turns."""
    for _ in range(STARTS):
        for server in SERVERS:
            with contextlib.suppress(NoStart), running(server, data) as found:
                sweep.note("start", data, server.name, seconds=found.first_answer)


def say(text: str) -> None:
    """Tell how far the run is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def whole(sweep: Sweep, names: Sequence[str], few: bool) -> None:
    """Run everything: over each data set, the starts, and the pathological queries."""
    article = sets.article(few)
    for name in names:
        over(sweep, article if name == article.name else sets.generated(name, few))
    say("starts")
    starts(sweep, article)
    for server in SERVERS:
        say(f"{server.name} with two pathological queries")
        sweep.note("hostile", article, server.name, **hostile.bear(server, article))


def main() -> None:
    """Read the command line, measure and report."""
    every = ["article", *sets.SIZES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two data sets, half of the queries, one round")
    parser.add_argument("--data", nargs="+", choices=every, help="only these data sets")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    names = given.data or (every[:2] if given.quick else every)
    WORK.mkdir(parents=True, exist_ok=True)
    if not WRK:
        say("wrk is not here (Debian: apt install wrk): answers seen before will look slower than they are.")
    about = {"partial": names != every, **machine.about()}
    sweep = Sweep(rounds=1 if given.quick else given.rounds)
    whole(sweep, names, given.quick)
    path = WORK / ("partial.json" if about["partial"] else "results.json")
    sweep.write(path, {**about, "rounds": sweep.rounds})
    report.write(path)


if __name__ == "__main__":
    main()
