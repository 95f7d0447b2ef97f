"""What the tests under siege share: a probe that keeps asking, and what the processes of a server take."""

import os
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from helpers import query_url

ELSEWHERE = "127.0.0.2"
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
            value = asked_from(ELSEWHERE, self.server, f"{PROBE} # {self.right}.{len(self.faults)}")
        except (OSError, HTTPException, ValueError, LookupError) as error:
            self.faults.append(repr(error)[:300])
            return
        self.expected = self.expected or value
        if value == self.expected:
            self.right += 1
        else:
            self.faults.append(f"{value} in place of {self.expected}")


def asked_from(address: str, server: str, query: str) -> str:
    """Return the only value of the answer to a query sent from another address, so that it is another client's."""
    at = urlsplit(server)
    client = HTTPConnection(str(at.hostname), at.port, timeout=60, source_address=(address, 0))
    try:
        client.request("GET", query_url("/", query), headers={"Accept": "text/csv"})
        answer = client.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            raise ValueError(body)
        return body.split()[1]
    finally:
        client.close()


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
