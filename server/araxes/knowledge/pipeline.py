"""The straight line from files to a release, in the order of its steps."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from araxes.findings import Finding, Report, passed, report
from araxes.knowledge import agreement, lint, logic, packing, quality, reading, rules, shapes
from araxes.knowledge.reading import Document
from araxes.problems import Problem
from araxes.project import Project
from araxes.release import Release, publish

Tell = Callable[[str], None]


@dataclass
class Work:
    """What the steps share: the project, what was read of it, and how each step went."""

    project: Project
    reasoner: bool = True
    tell: Tell = lambda _: None
    documents: list[Document] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)

    @property
    def done(self) -> list[Report]:
        """Return the reports in the order of the steps."""
        return list(self.reports.values())


@dataclass(frozen=True)
class Step:
    """One step: its name, the steps that must have passed before, and what it does."""

    name: str
    needs: tuple[str, ...]
    run: Callable[[Work], Report]


def _turtle(work: Work) -> Report:
    work.documents, found = reading.read_turtle(work.project)
    return found


def _queries(work: Work, below: str = "queries/") -> Report:
    found = reading.read_queries(work.project, below)
    if not work.reports["turtle"].passed:  # then nobody knows what is declared
        return found
    terms = lint.in_files(work.project, below, work.documents)
    return report("queries", found.looked_at, found.unit, [*found.findings, *terms])


def _rule_queries(work: Work) -> Report:
    return _queries(work, "queries/rules/")


def _prefixes(work: Work) -> Report:
    return agreement.check(work.project, work.documents)


def _quality(work: Work) -> Report:
    return quality.check(work.documents, work.project.queries("quality"), work.project.prefixes())


def _lint(work: Work) -> Report:
    return lint.check(work.documents, work.project.prefixes())


def _shapes(work: Work) -> Report:
    return shapes.check(work.documents, work.project.prefixes())


def _logic(work: Work) -> Report:
    if not work.reasoner:
        return Report("logic", 0, state="skipped", remark="left out on request: NOT checked for contradictions")
    return logic.check(work.documents, work.project.prefixes(), work.tell)


def _comparisons(work: Work) -> Report:
    return shapes.check_derived(work.documents, work.project.prefixes())


def _rules(work: Work) -> Report:
    derived = rules.derive(work.documents, work.project.queries("rules"))
    return rules.compare(work.project, work.documents, derived)


def _write(work: Work) -> Report:
    derived = rules.derive(work.documents, work.project.queries("rules"))
    work.changed = rules.write(work.project, derived)
    return report("rules", len(derived), "files", ())


STEPS = (
    Step("turtle", (), _turtle),
    Step("queries", (), _queries),
    Step("prefixes", ("turtle",), _prefixes),
    Step("quality", ("queries", "prefixes"), _quality),
    Step("lint", ("prefixes",), _lint),
    Step("shapes", ("lint",), _shapes),
    Step("logic", ("quality", "shapes"), _logic),
    Step("rules", ("logic",), _rules),
    Step("comparisons", ("rules",), _comparisons),
)
DERIVING = (
    Step("turtle", (), _turtle),
    Step("queries", (), _rule_queries),
    Step("prefixes", ("turtle",), _prefixes),
    Step("rules", ("queries", "prefixes"), _write),
)


def check(project: Project, *, reasoner: bool = True, tell: Tell = lambda _: None) -> Work:
    """Run every step that can run, and return the work with all reports.

    Parameters: `reasoner`, whether the OWL reasoner is asked; `tell`, called with the name of each step as it begins.
    """
    work = Work(project, reasoner, tell)
    for step in STEPS:
        work.reports[step.name] = _run(step, work)
    return work


def derive(project: Project, tell: Tell = lambda _: None) -> tuple[list[Report], list[str]]:
    """Run the rules and write what they make; returns the reports and the paths of the files that changed.

    Nothing is written where a file cannot be read, or a rule cannot be run.
    """
    work = Work(project, tell=tell)
    for step in DERIVING:
        work.reports[step.name] = _run(step, work)
    return work.done, work.changed


def build(
    project: Project, into: Path, *, reasoner: bool = True, tell: Tell = lambda _: None
) -> tuple[list[Report], Release | None]:
    """Check the project and, if every step passed, publish a release below `into`.

    Returns the reports and the release, or None in its place: then nothing was written.
    """
    work = check(project, reasoner=reasoner, tell=tell)
    if not passed(work.done):
        return work.done, None
    tell("release")
    with _timed() as seconds:
        parts, manifest = packing.pack(project, work.documents, work.done)
        release = publish(parts, manifest, into)
    packed = report("release", release.triples, "distinct triples", ())
    return [*work.done, replace(packed, seconds=seconds[0])], release


def _run(step: Step, work: Work) -> Report:
    broken = [name for name in step.needs if not work.reports[name].passed]
    if broken:
        return Report(step.name, 0, state="not run", remark=f"waits for {', '.join(broken)}")
    work.tell(step.name)
    with _timed() as seconds:
        found = _guarded(step, work)
    return replace(found, seconds=seconds[0])


def _guarded(step: Step, work: Work) -> Report:
    try:
        return step.run(work)
    except Problem as problem:
        listed = problem.more.get("findings")
        each = listed if isinstance(listed, list) else [Finding(f"{problem.detail}.", problem.advice)]
        return report(step.name, 0, "things", each)


@contextmanager
def _timed() -> Iterator[list[float]]:
    seconds = [0.0]
    start = time.perf_counter()
    yield seconds
    seconds[0] = time.perf_counter() - start
