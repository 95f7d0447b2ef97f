"""Keeps the servers that run over one data set, asks each of them once, and compares what they answer."""

import contextlib
import http.client
import json
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.servers import GRAPH, SERVERS, Data, NoStart, Query, Running, Server, start

Record = dict[str, object]


@dataclass
class Sweep:
    """All that was measured, as one flat list of records."""

    rounds: int
    records: list[Record] = field(default_factory=list)

    def note(self, kind: str, data: Data, server: str, **more: object) -> None:
        """Keep a record."""
        self.records.append({"kind": kind, "data": data.name, "server": server, **more})

    def write(self, path: Path, about: Record) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps({**about, "records": self.records}, indent=1) + "\n", "utf-8")


@dataclass
class Fleet:
    """The servers that run over one data set."""

    sweep: Sweep
    data: Data
    servers: dict[str, Running] = field(default_factory=dict)

    def start(self) -> None:
        """Start every server that the data is not too large for, and keep how long its first answer took."""
        for server in SERVERS:
            if self.data.triples > server.most:
                self.sweep.note("absent", self.data, server.name, why=f"not given more than {server.most:,} triples")
            else:
                self._begin(server)

    def again(self, name: str) -> None:
        """Start a server anew that was lost, or that still computes what nobody waits for."""
        lost = self.servers.pop(name)
        lost.end()
        self._begin(lost.server)

    def end(self) -> None:
        """Stop all of them."""
        for found in self.servers.values():
            found.end()

    def check(self, query: Query) -> dict[str, float]:
        """Ask every server once, compare the numbers of rows, and return the seconds of each that answered."""
        asked = {name: _asked(found, query) for name, found in self.servers.items()}
        for name, (count, why, _) in asked.items():
            self.sweep.note("check", self.data, name, query=query.name, rows=count, why=why)
            if why:
                self.again(name)
        counts = {name: count for name, (count, _, _) in asked.items() if count is not None}
        # What a DESCRIBE answers, the standard leaves to the server.
        if query.form != "DESCRIBE" and len(set(counts.values())) > 1:
            self.sweep.note("disagreement", self.data, "", query=query.name, rows=counts)
        return {name: seconds for name, (_, why, seconds) in asked.items() if not why}

    def remind(self, name: str, query: Query) -> None:
        """Ask once what will be asked again: the many texts in between may have made a server forget."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.servers[name].ask(query, 1)

    def _begin(self, server: Server) -> None:
        try:
            found = start(server, self.data)
        except NoStart as reason:
            self.sweep.note("absent", self.data, server.name, why=str(reason))
            return
        self.servers[server.name] = found
        self.sweep.note("start", self.data, server.name, seconds=found.first_answer)


def _asked(found: Running, query: Query) -> tuple[int | None, str, float]:
    """Return the number of rows, what went wrong, and the seconds of the second time: the first one warms up."""
    try:
        found.ask(query, 1)
        status, body, seconds = found.ask(query, 2)
    except TimeoutError:
        return None, "no answer within the ceiling", 0.0
    except (OSError, http.client.HTTPException) as error:
        return None, f"no answer: {error}", 0.0
    return (_rows(query, body), "", seconds) if status == 200 else (None, f"answers {status}", seconds)


def _rows(query: Query, body: bytes) -> int | None:
    """Return how many rows or different triples an answer has, where it is of the type that was asked for."""
    if query.accept == GRAPH:
        return None if body.startswith(b"<?xml") else len({line for line in body.splitlines() if line.strip()})
    document = json.loads(body)
    return int(document["boolean"]) if query.form == "ASK" else len(document["results"]["bindings"])
