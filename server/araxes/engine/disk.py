"""A store on disk, for data beyond memory: made beside its place by a process of its own, moved there when whole."""

import ctypes
import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import pyoxigraph as ox

from araxes.engine.evaluate import Loaded, fill
from araxes.problems import BadData, Problem, Unavailable, problem_of

START = "from araxes.engine import disk; disk.main()"
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # unshare(2)
STORE, FACTS, PREFIX, KEPT = "data", "facts.json", "store-", 2
MOST_DESCRIPTORS = 65_536
TWICE = (
    "ASK { ?s ?p ?o GRAPH ?g { ?s ?p ?o } }",
    "ASK { GRAPH ?g { ?s ?p ?o } GRAPH ?h { ?s ?p ?o } FILTER(?g != ?h) }",
)


@dataclass
class OnDisk(Loaded):
    """A store on disk: each process that asks opens it for itself, since none survives a fork."""

    place: Path = Path()

    def opened(self, *, sealed: bool) -> Loaded:
        """Return the store opened, never to be written. It opens files later on, so another lock must hold."""
        if sealed:
            ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNET)
        return replace(self, store=ox.Store.read_only(str(self.place)))


def load(files: Mapping[Path, str], prefixes: Mapping[str, str], folder: Path, name: str) -> OnDisk:
    """Return the data of files as `evaluate.load` does, from a store of that name in a folder, made if it is not there.

    Raises `BadData`, and `Unavailable` where the process that makes it is ended; then the folder is as it was.
    """
    place = folder / f"{PREFIX}{name[:16]}"
    if not place.is_dir():
        order = json.dumps({"files": {str(path): graph for path, graph in files.items()}, "place": str(place)})
        command = [sys.executable, "-P", "-c", START]
        done = subprocess.run(command, input=order, stdout=subprocess.PIPE, text=True, check=False)
        if not done.stdout:
            raise Unavailable(f"The process that loads data into {folder} was ended", more={"retry_after": 2})
        if document := json.loads(done.stdout):
            raise problem_of(document)
    facts = json.loads((place / FACTS).read_text("utf-8"))
    return OnDisk(ox.Store(), prefixes, **facts, descriptors=MOST_DESCRIPTORS, place=place / STORE)


def main() -> None:
    """Be the process that makes a store, and say what went wrong as a problem document, or nothing."""
    order = json.load(sys.stdin)
    try:
        _make({Path(name): graph for name, graph in order["files"].items()}, Path(order["place"]))
    except Problem as found:
        json.dump(found.document(), sys.stdout)
    except OSError as error:
        json.dump(
            BadData(f"The store cannot be made: {error}", hint="See to the folder of --store.").document(), sys.stdout
        )
    else:
        sys.stdout.write("{}")


def _make(files: Mapping[Path, str], place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go of by the system where this process ends before its time
        if not place.is_dir():
            beside = place.with_name(".loading")
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
    with click.progressbar(length=size, label=f"Loading {len(files)} files", file=sys.stderr) as bar:
        fill(store.bulk_load, files, bar.update)
    union = any(store.named_graphs())
    if shared := union and any(map(store.query, TWICE)):  # the engine would count such triples twice (its one fault)
        store.bulk_extend(ox.Quad(*quad.triple) for quad in store)
    counted: Any = store.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", use_default_graph_as_union=union and not shared)
    return {"triples": int(next(counted)["n"].value), "shared": shared, "union": union and not shared}
