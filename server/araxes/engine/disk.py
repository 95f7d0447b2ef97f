"""A store on disk, for data beyond memory: made beside its place by a process of its own, moved there when whole."""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import click
import pyoxigraph as ox

from araxes.engine.evaluate import Loaded, fill
from araxes.problems import BadData, Problem, Unavailable

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # unshare(2)
END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
STORE, FACTS, PREFIX, KEPT = "data", "facts.json", "store-", 2
MOST_DESCRIPTORS = 65_536
OPEN = "WARNING: this machine does not let the workers be cut off from the network; SERVICE is refused all the same."
TWICE = "ASK { ?s ?p ?o GRAPH ?g { ?s ?p ?o } }", "ASK { GRAPH ?g { ?s ?p ?o } GRAPH ?h { ?s ?p ?o } FILTER(?g != ?h) }"


@dataclass
class OnDisk(Loaded):
    """A store on disk: each process that asks opens it for itself, since none survives a fork."""

    place: Path = Path()

    def opened(self) -> Loaded:
        """Return the store opened, never to be written."""
        return replace(self, store=ox.Store.read_only(str(self.place)))


def load(files: Mapping[Path, str], prefixes: Mapping[str, str], folder: Path, name: str) -> OnDisk:
    """Return the data of files as `evaluate.load` does, from a store of that name in a folder, made if it is not there.

    Raises `BadData`, and `Unavailable` where the process that makes it is ended; then the folder is as it was.
    """
    place = folder / f"{PREFIX}{name[:16]}"
    try:
        heard, told = Pipe(duplex=False)
        process = get_context("fork").Process(target=_told, args=(os.getpid(), told, files, place))
        process.start()
        told.close()
        if problem := heard.recv():
            raise problem
        process.join()
        facts = json.loads((place / FACTS).read_text("utf-8"))
        with suppress(OSError):
            os.utime(place)  # what was used last is removed last
    except EOFError:
        raise Unavailable(f"The process that loads data into {folder} was ended", more={"retry_after": 2}) from None
    except (OSError, ValueError) as error:
        raise BadData(f"The store cannot be made or read: {error}", hint="See to the folder of --store.") from None
    return OnDisk(ox.Store(), prefixes, **facts, descriptors=MOST_DESCRIPTORS, place=place / STORE)


def seal() -> None:
    """Take the network from this process and those that it forks: a store opens files at any time, so they may too."""
    if ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNET):
        click.echo(OPEN, err=True)


def end_with_parent(parent: int) -> None:
    """Have the system end this process when its parent ends, also while a query runs."""
    ctypes.CDLL(None).prctl(END_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _told(parent: int, told: Connection, files: Mapping[Path, str], place: Path) -> None:
    end_with_parent(parent)
    problem = None
    try:
        _make(files, place)
    except (Problem, OSError) as found:
        problem = found
    told.send(problem)


def _make(files: Mapping[Path, str], place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / f"{PREFIX}lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go of by the system where this process ends before its time
        if place.is_dir():
            ox.Store.read_only(str(place / STORE))  # which tells here and now whether it can be opened
            return
        beside = place.with_name(f"{PREFIX}loading")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        try:
            (beside / FACTS).write_text(json.dumps(_filled(beside / STORE, files)), "utf-8")
            beside.rename(place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        others = (each.parent for each in place.parent.glob(f"{PREFIX}*/{FACTS}") if each.parent != place)
        for each in sorted(others, key=lambda each: each.stat().st_mtime)[: 1 - KEPT]:
            shutil.rmtree(each, ignore_errors=True)


def _filled(place: Path, files: Mapping[Path, str]) -> dict[str, Any]:
    """Return what is counted of the data of files, once all of it is on disk."""
    store = ox.Store(str(place))
    size = sum(path.stat().st_size for path in files if path.is_file())
    with click.progressbar(length=size, label="Loading", file=sys.stderr) as bar:
        fill(store.bulk_load, files, bar.update)
    union = any(store.named_graphs())
    if shared := union and any(map(store.query, TWICE)):  # the engine would count such triples twice
        store.bulk_extend(ox.Quad(*quad.triple) for quad in store)
    counted: Any = store.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", use_default_graph_as_union=union and not shared)
    return {"triples": int(next(counted)["n"].value), "shared": shared, "union": union and not shared}
