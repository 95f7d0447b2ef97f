"""Says what speed was promised, and holds the results of a sweep against it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.results import OURS, SLOWEST, Place, Results, median

REACHED = "**reached**"
CROWDS = ("one", "eight")


@dataclass(frozen=True, slots=True)
class Found:
    """What a sweep found for one promise: the figure, the worst single one, whose that is, and a steadier figure.

    The last is the same ratio taken by time on the processor: what else the machine does, changes it little.
    """

    figure: float
    worst: float
    where: str = ""
    steady: float | None = None


Measure = Callable[[Results, Sequence[str]], Found | None]


@dataclass(frozen=True, slots=True)
class Target:
    """A promise: what it says, its bound, how it is measured on data sets, and what it would take where it is not kept.

    It is made for each single query, or (`together`) for the median over all queries of all data sets.
    """

    name: str
    bound: float
    measure: Measure
    remedy: str
    at_least: bool = True
    together: bool = False
    more: str = ""

    @property
    def words(self) -> str:
        """Return the bound in words."""
        return f"{'at least' if self.at_least else 'at most'} {self.bound:g}{self.more}"

    def kept(self, figure: float) -> bool:
        """Return whether a figure is within the bound."""
        return figure >= self.bound if self.at_least else figure <= self.bound

    def verdict(self, results: Results) -> str:
        """Return whether the promise is kept: by every query, in the median, or on which data it is not."""
        single = {data: self.measure(results, [data]) for data in results.data}
        asked = {"all queries": self.measure(results, results.data)} if self.together else single
        found = {data: each for data, each in asked.items() if each}
        missed = [data for data, each in found.items() if not self.kept(each.figure)]
        if missed or not found:
            return f"**not reached**: {', '.join(missed)}" if found else "not measured"
        if not self.together and not all(self.kept(each.worst) for each in found.values()):
            return "reached in the median, **not by every query**"
        return REACHED


Ratio = Callable[[str, str], float | None]


def _spread(results: Results, names: Sequence[str], ratio: Ratio, steady: Ratio | None = None) -> Found | None:
    compared = [(data, query) for data in names for query in results.queries(data) if results.comparable(data, query)]
    figures = {place: ratio(*place) for place in compared}
    known = {place: figure for place, figure in figures.items() if figure is not None}
    middle = median(known.values())
    if middle is None:
        return None
    where = min(known, key=lambda place: known[place])
    return Found(middle, known[where], where[1], median(steady(*place) for place in known) if steady else None)


def _seen(results: Results, names: Sequence[str]) -> Found | None:
    return _spread(
        results,
        names,
        lambda data, query: results.against(data, query, "seen"),
        lambda data, query: results.by_processor(data, query, "seen"),
    )


def _new(tiny: bool) -> Measure:
    def measure(results: Results, names: Sequence[str]) -> Found | None:
        def ratio(data: str, query: str) -> float | None:
            return results.against(data, query, "new") if results.is_tiny(data, query) is tiny else None

        return _spread(results, names, ratio, lambda data, query: results.by_processor(data, query, "new"))

    return measure


def _slowest(results: Results, names: Sequence[str]) -> Found | None:
    return _spread(results, names, lambda data, query: results.against(data, query, "new", SLOWEST))


def _highest(figures: Iterable[float | None]) -> Found | None:
    known = [figure for figure in figures if figure is not None]
    return Found(max(known), max(known)) if known else None


def _crowd(results: Results, names: Sequence[str]) -> Found | None:
    return _highest(results.value(Place(data, OURS, "small", "new"), "p99") for data in names)


def _hostile(results: Results, names: Sequence[str]) -> Found | None:
    told = [
        each.get(name) for data in names for each in results.of("hostile", data=data, server=OURS) for name in CROWDS
    ]
    return _highest(each["p99"] for each in told if each)


def _start(results: Results, names: Sequence[str]) -> Found | None:
    taken = [each["seconds"] for each in results.of("start", data="article", server=OURS)]
    return _highest([median(taken)]) if "article" in names else None


TARGETS = (
    Target(
        "answers seen before, times oxigraph's requests per second",
        1.5,
        _seen,
        "An answer that is kept costs what its HTTP request costs in the one process in front. More takes a second "
        "such process, each with answers of its own, or keeping them in native code.",
    ),
    Target(
        "not seen before, tiny queries, times oxigraph's requests per second",
        0.15,
        _new(tiny=True),
        "A tiny query costs a Python request and two pipes more than in a native server. More takes workers that are "
        "whole HTTP processes, at the price of the one queue and of the answers that they would share.",
        more=" (0.25 where workers are whole HTTP processes)",
    ),
    Target(
        "not seen before, queries of a millisecond or more, times oxigraph's requests per second",
        0.9,
        _new(tiny=False),
        "The engine is the same; what is missing is the price of HTTP in Python, which weighs most where a query "
        "takes little more than a millisecond. The same remedy as for tiny queries would help.",
    ),
    Target(
        "not seen before, times rdflib-endpoint's requests per second, in the median",
        20,
        _slowest,
        "Where a query is tiny, both servers mostly speak HTTP in Python: the same remedy as for tiny queries.",
        together=True,
    ),
    Target(
        "99 % of small queries, 8 connections, ms",
        30,
        _crowd,
        "More processors, or fewer queries evaluated side by side than there are processors.",
        at_least=False,
    ),
    Target(
        "99 % of small queries while two pathological ones run, 1 and 8 connections, ms",
        100,
        _hostile,
        "A lower priority for queries that have run for long, or more processors.",
        at_least=False,
    ),
    Target(
        "first answer after the start, article's graph, s",
        1,
        _start,
        "Fewer modules loaded before the first answer.",
        at_least=False,
    ),
)
