"""Reads the results of a sweep and brings the single records down to medians and ratios."""

import json
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

OURS, NATIVE, SLOWEST = "araxes", "oxigraph", "rdflib-endpoint"
TINY = 1000.0  # microseconds on the processor

Record = dict[str, Any]


class Place(NamedTuple):
    """Where a figure comes from: which data, whose server, which query, in which mode."""

    data: str
    server: str
    query: str
    mode: str


@dataclass(frozen=True)
class Results:
    """What one sweep found."""

    about: Record
    records: list[Record]

    @cached_property
    def loads(self) -> dict[Place, dict[int, Record]]:
        """Return every measurement by its place and round."""
        found: dict[Place, dict[int, Record]] = {}
        for each in self.of("load"):
            place = Place(each["data"], each["server"], each["query"], each["mode"])
            found.setdefault(place, {})[each["turn"]] = each
        return found

    @property
    def data(self) -> list[str]:
        """Return the names of the data sets, in order."""
        return list(dict.fromkeys(each["data"] for each in self.of("check")))

    def queries(self, data: str) -> list[str]:
        """Return the names of the queries asked of a data set, in order."""
        return list(dict.fromkeys(each["query"] for each in self.of("check", data=data)))

    def of(self, kind: str, **more: object) -> list[Record]:
        """Return the records of a kind with these values."""
        wanted = {"kind": kind, **more}
        return [each for each in self.records if wanted.items() <= each.items()]

    def value(self, place: Place, name: str) -> float | None:
        """Return the median over the rounds of one figure."""
        return median(each.get(name) for each in self.loads.get(place, {}).values())

    def ratio(self, ours: Place, theirs: Place) -> float | None:
        """Return the median over the rounds of how many times as many requests per second ours answers."""
        here, there = self.loads.get(ours, {}), self.loads.get(theirs, {})
        if len(there) == 1:  # too slow to be asked more than once
            there = dict.fromkeys(here, next(iter(there.values())))
        return median(
            here[turn]["rate"] / there[turn]["rate"] for turn in here.keys() & there.keys() if there[turn]["rate"]
        )

    def against(self, data: str, query: str, mode: str, server: str = NATIVE) -> float | None:
        """Return the ratio of our requests per second, in a mode, to those of another server for a new text."""
        return self.ratio(Place(data, OURS, query, mode), Place(data, server, query, "new"))

    def by_processor(self, data: str, query: str, mode: str) -> float | None:
        """Return how many times as many answers ours gives in a second on the processor as the native server."""
        ours = self.value(Place(data, OURS, query, mode), "cpu")
        theirs = self.value(Place(data, NATIVE, query, "new"), "cpu")
        return theirs / ours if ours and theirs else None

    def rows(self, data: str, query: str) -> dict[str, int]:
        """Return how many rows each server answered."""
        found = self.of("check", data=data, query=query)
        return {each["server"]: each["rows"] for each in found if each["rows"] is not None}

    def comparable(self, data: str, query: str) -> bool:
        """Return whether all answered the same number of rows."""
        return len(set(self.rows(data, query).values())) <= 1

    def is_tiny(self, data: str, query: str) -> bool:
        """Return whether a query costs the native server less than a millisecond on the processor."""
        place = Place(data, NATIVE, query, "new")
        cost = self.value(place, "cpu") or 1000 * (self.value(place, "p50") or 0.0)
        return cost < TINY


def median(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that there are."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def load(path: Path) -> Results:
    """Return the results in a file."""
    about = json.loads(path.read_text("utf-8"))
    return Results(about, about.pop("records"))
