"""What the tests under siege share: a probe that keeps asking, and what the processes of a server take."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from helpers import query_url, request, rows

PROBE = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
LIMIT = 1_000


@dataclass
class Probe:
    """A small question asked again and again beside everything else; each right answer is counted, each fault kept."""

    server: str
    right: int = 0
    faults: list[str] = field(default_factory=list)
    expected: str = ""

    def ask(self) -> None:
        """Ask once."""
        try:
            found = rows(request(query_url(self.server, f"{PROBE} # {self.right}.{len(self.faults)}")))
        except (AssertionError, OSError) as error:
            self.faults.append(repr(error)[:300])
            return
        value = found[0]["n"]
        self.expected = self.expected or value
        if value == self.expected:
            self.right += 1
        else:
            self.faults.append(f"{value} in place of {self.expected}")


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(word) for word in task.read_text().split()]
            except OSError:
                continue
    return found


def resident(pid: int) -> int:
    """Return the bytes that a process and its descendants hold in memory, each shared page once for every sharer."""
    total = 0
    for each in family(pid):
        try:
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
        except OSError:
            continue
    return total
