"""Reads from /proc what a server's processes cost: time on the processor and memory of their own."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
USED = slice(11, 15)  # own and waited-for children's time, counted after the name in /proc/PID/stat


def tree(root: int) -> list[int]:
    """Return a process and everything below it."""
    parents = {pid: int(fields[1]) for pid, fields in _all_stats().items()}
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def cpu_seconds(root: int) -> float:
    """Return how long a process and all below it have computed; ended children count once they are waited for."""
    stats = _all_stats()
    return sum(sum(int(ticks) for ticks in stats[pid][USED]) for pid in tree(root) if pid in stats) / TICKS


def private_memory(root: int) -> list[tuple[str, float]]:
    """Return the name of each process of a tree, and the MiB that it shares with no other."""
    return [(_name(pid), _private(pid)) for pid in tree(root)]


def _all_stats() -> dict[int, list[str]]:
    return {int(path.name): fields for path in Path("/proc").glob("[0-9]*") if (fields := _stat(path))}


def _stat(path: Path) -> list[str]:
    # The name stands in brackets and may hold spaces, so the fields are counted from the last bracket.
    try:
        return (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _name(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0")
    except OSError:
        return "ended"
    if any("araxes.engine" in word for word in words):
        return "workers"
    # Of an interpreter, what it runs says more than its own name.
    names = [Path(word).name for word in words if word and not word.startswith("-")]
    return names[1] if names and names[0].startswith("python") and len(names) > 1 else "".join(names[:1])


def _private(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024
