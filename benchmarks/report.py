"""Writes the results of a sweep as Markdown tables and a plot.

A full sweep goes to `docs/benchmarks.md`, a quick one stays beside its results. `python -m benchmarks.report FILE`
writes the report of results that there are already.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import plot
from benchmarks.results import NATIVE, OURS, SLOWEST, Place, Record, Results, load, median
from benchmarks.servers import ROOT
from benchmarks.targets import REACHED, TARGETS, Found, Target

SERVERS = (NATIVE, OURS, SLOWEST)
INTRODUCTION = """\
Araxes beside `oxigraph serve-read-only`, the native server of the engine that it embeds, and `rdflib-endpoint`, over
the same triples, asked the same requests in turns. A query *not seen before* has a text of its own, so that no kept
answer fits; one *seen before* is the same request again. Oxigraph keeps no answers, so its figures stand for both. A
query is *tiny* where it costs oxigraph less than a millisecond on the processor. What a DESCRIBE answers is up to each
server: it is measured, but held against no promise where the numbers of triples differ.

Read the ratios: each is the median over the rounds of a ratio within one round; *by processor time* is the same taken
by what an answer costs, which other work on the machine changes little. The load generator runs on the same processors.
`make bench` makes this page anew; `make bench QUICK=1` is a short run that leaves the page alone.
"""
COLUMNS = (
    "query", "rows", "ms oxigraph", "ms araxes", "ms rdflib-e.", "req/s oxigraph", "req/s new", "req/s seen",
    "new : oxigraph", "seen : oxigraph", "new : rdflib-e.", "CPU us oxigraph", "CPU us new", "CPU us seen", "p99 ms",
)  # fmt: skip
LEGEND = """\
*ms*: median over one connection. *req/s*: right answers per second over 8 connections; over 2 where a query takes 20 ms
or more. *CPU us*: microseconds on the processor that an answer takes, all processes of the server together. *p99*: 99 %
of the answers of Araxes to new texts came within this. **Bold**: a millisecond or more for oxigraph.
"""
START = """\
## Start

Seconds from the command to the first right answer, median (number of starts); oxigraph's folder was loaded before.
"""
MEMORY = """\
## Memory

MiB that each process shares with no other, after all queries: the sum, then process by process from the first started.
Of Araxes: the command and the front that speaks HTTP, then the process that the workers are forked from, and those.
"""
HOSTILE = """\
## Small queries beside two that never end

Two clients send a count over three copies of the whole graph again and again. Of the small queries: milliseconds, 50 %
and 99 %, answers per second, failures.
"""


def write(path: Path) -> None:
    """Write the report of the results in a file, and print what was promised and found."""
    results = load(path)
    target = path.with_suffix(".md") if results.about["partial"] else ROOT / "docs" / "benchmarks.md"
    picture = target.with_suffix(".svg")
    picture.write_text(plot.draw(results), "utf-8")
    target.write_text(text(results, picture.name), "utf-8")
    print(promises(results))
    print(f"\nWritten: {target} and {picture.name}")


def text(results: Results, picture: str) -> str:
    """Return the whole page."""
    parts = [
        "# Speed", INTRODUCTION, machine(results),
        "## What was promised", promises(results), remedies(results),
        f"![Requests per second of each query as a multiple of oxigraph's]({picture})",
        starts(results), memory(results), hostile(results),
        "## Every query", LEGEND, *(queries(results, data) for data in results.data), missing(results),
    ]  # fmt: skip
    return "\n".join(part.rstrip() + "\n" for part in parts if part)


def machine(results: Results) -> str:
    """Return on what and with what it was measured."""
    about, found = results.about, results.about["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in {**about["ours"], **about["theirs"]}.items())
    busy = [about["load_before"], *(each["load"] for each in results.of("busy"))]
    loads = ", ".join(f"{each[0]:.1f}" for each in busy)
    return (
        f"Measured on {about['day']} on {found['cores']} cores of {found['model']}, {found['memory']}, "
        f"{found['system']}, Python {found['python']}, in {about['rounds']} round(s); {versions}; load generator: "
        f"{about['generator']}. "
        f"Load average over a minute before the run and after each data set: {loads}; the run itself makes most of it."
    )


def promises(results: Results) -> str:
    """Return the table of what was promised and what was found."""
    lines = [[target.name, target.words, *_cells(target, results), target.verdict(results)] for target in TARGETS]
    return table(["figure", "promised", *results.data, "all", "kept?"], lines)


def remedies(results: Results) -> str:
    """Return what it would take where a promise is not kept by all."""
    missed = [target for target in TARGETS if target.verdict(results) != REACHED]
    said = "".join(f"- *{target.name}*: {target.remedy}\n" for target in missed)
    return f"What it would take where a promise is not kept throughout:\n\n{said}" if said else ""


def _cells(target: Target, results: Results) -> list[str]:
    found = [target.measure(results, names) for names in (*([data] for data in results.data), results.data)]
    return [_cell(each, target) if each else "" for each in found]


def _cell(found: Found, target: Target) -> str:
    if not found.where or target.together:
        return number(found.figure)
    more = [f"lowest {number(found.worst)}: {_short(found.where)}", f"by processor time {number(found.steady)}"]
    return f"{number(found.figure)} ({'; '.join(more)})"


def starts(results: Results) -> str:
    """Return the table of starts."""
    lines = []
    for server in SERVERS:
        taken = [[each["seconds"] for each in results.of("start", data=data, server=server)] for data in results.data]
        lines.append([server, *(f"{number(median(each))} ({len(each)})" if each else "" for each in taken)])
    head = (
        "## Start\n\nSeconds from the command to the first right answer, median (number of starts); oxigraph's folder "
    )
    return head + "was loaded before.\n\n" + table(["server", *results.data], lines)


def memory(results: Results) -> str:
    """Return the table of memory."""
    lines = []
    for server in SERVERS:
        cells = []
        for data in results.data:
            found = results.of("memory", data=data, server=server)
            cells.append(_sizes(found[0]["processes"]) if found else "")
        lines.append([server, *cells])
    return f"{MEMORY}\n{table(['server', *results.data], lines)}"


def _sizes(processes: list[tuple[str, float]]) -> str:
    groups: dict[str, list[float]] = {}
    for name, size in processes:
        groups.setdefault(name, []).append(size)
    parts = [f"{name} {' + '.join(f'{size:.0f}' for size in sizes)}" for name, sizes in groups.items()]
    return f"{sum(size for _, size in processes):.0f} ({', '.join(parts)})"


def hostile(results: Results) -> str:
    """Return the table of small queries beside pathological ones."""
    lines = []
    for each in results.of("hostile"):
        endings = ", ".join(f"{times} x {said}" for said, times in each.get("endings", {}).items()) or "none ended"
        after = f" after {each['ended_after']:.1f} s" if each.get("ended_after") else ""
        cells = [_crowd(each.get(name)) for name in ("one", "eight")]
        lines.append([each["server"], *cells, each.get("why") or endings + after])
    return f"{HOSTILE}\n{table(['server', '1 connection', '8 connections', 'the endless queries'], lines)}"


def _crowd(found: dict[str, float | None] | None) -> str:
    if not found or not found["rate"]:
        return "no answer"
    return f"{number(found['p50'])} / {number(found['p99'])}, {number(found['rate'])}/s, {found['failed']} failed"


def queries(results: Results, data: str) -> str:
    """Return the table of all queries over one data set."""
    lines = [_line(results, data, query) for query in results.queries(data)]
    absent = "".join(f"\n{each['server']}: {each['why']}.\n" for each in results.of("absent", data=data))
    return f"### {data}\n{absent}\n{table(COLUMNS, lines)}"


def _line(results: Results, data: str, query: str) -> list[str]:
    def value(server: str, mode: str, name: str) -> str:
        return number(results.value(Place(data, server, query, mode), name))

    rows = results.rows(data, query).values()
    return [
        _short(query) if results.is_tiny(data, query) else f"**{_short(query)}**",
        " / ".join(str(each) for each in (set(rows) if results.comparable(data, query) else rows)),
        *(value(server, "alone", "p50") for server in SERVERS),
        value(NATIVE, "new", "rate"),
        value(OURS, "new", "rate"),
        value(OURS, "seen", "rate"),
        number(results.against(data, query, "new")),
        number(results.against(data, query, "seen")),
        number(results.against(data, query, "new", SLOWEST)),
        value(NATIVE, "new", "cpu"),
        value(OURS, "new", "cpu"),
        value(OURS, "seen", "cpu"),
        value(OURS, "new", "p99"),
    ]


def missing(results: Results) -> str:
    """Return what went wrong: failed checks, different numbers of rows, failed requests."""
    said = [f"{_where(each)}: {each['why']}" for each in results.of("check") if each["why"]]
    said += [f"{_where(each)}: different numbers of rows: {each['rows']}" for each in results.of("disagreement")]
    failed = [each for each in results.of("load") if each["failed"] or not each["rate"]]
    said += [
        f"{_where(each)}, {each['mode']}: {each['failed']} requests failed, {each['rate']:.1f} answered per second"
        for each in failed
    ]
    said += [f"{_where(each)}, {each['mode']}: connection lost, {each['why']}" for each in results.of("lost")]
    if not results.of("disagreement"):
        said.insert(0, "All servers gave the same number of rows to every query that they answered (DESCRIBE apart).")
    return "## Checks and failures\n\n" + "".join(f"- {line}\n" for line in said)


def _where(record: Record) -> str:
    return f"{record['server'] or 'all'}, {record['data']}, {_short(record['query'])}"


def number(value: float | None) -> str:
    """Return a number with three digits that count."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _short(query: str) -> str:
    return query.rpartition("/")[2]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
