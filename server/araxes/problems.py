"""What goes wrong for a person: problems, which end the work, and what checks found; texts are in two files of TOML."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

Severity = Literal["error", "warning"]
HERE = Path(__file__).parent
PROBLEMS, FINDINGS = (tomllib.loads((HERE / f"{name}.toml").read_text("utf-8")) for name in ("problems", "findings"))


class Problem(Exception):
    """Something a person can act on; `detail` is a sentence without its full stop, `more` has members for a machine."""

    slug, status, title, hint, when = "problem", 500, "Something went wrong", "", ""

    def __init_subclass__(cls) -> None:
        """Give a kind its slug, and its texts."""
        cls.slug = re.sub("(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        for name, text in PROBLEMS[cls.slug].items():
            setattr(cls, name, text)

    def __init__(self, detail: str, *, hint: str | None = None, more: Mapping[str, object] | None = None) -> None:
        super().__init__(detail)
        self.detail, self.advice, self.more = detail, hint or self.hint, dict(more or {})

    def document(self, base: str = "") -> dict[str, object]:
        """Return the members of a problem document (RFC 9457, 3.1); `base` is put before `/problems/...`."""
        kind = {"type": f"{base}/problems/{self.slug}", "title": self.title, "status": self.status}
        return {**kind, "detail": self.detail, "hint": self.advice, **self.more}


# fmt: off
class BadProject(Problem): ...
class BadRelease(Problem): ...
class BadRule(Problem): ...
class ToolMissing(Problem): ...
class BadSetting(Problem): ...
class CannotListen(Problem): ...
class BadData(Problem): ...
class UnknownQuery(Problem): ...
class BadParameter(Problem): ...
class BadQuery(Problem): ...
class UpdateRefused(BadQuery): ...
class ServiceRefused(BadQuery): ...
class QueryTooDeep(BadQuery): ...
class BadRequest(Problem): ...
class BadReconciliation(Problem): ...
class BatchTooLarge(Problem): ...
class QueryTooLong(Problem): ...
class AnswerTooLarge(Problem): ...
class TooMuchMemory(Problem): ...
class QueryTooSlow(Problem): ...
class Busy(Problem): ...
class Unavailable(Problem): ...
class EndpointFailed(Problem): ...
class UnknownGraph(Problem): ...
class NotAcceptable(Problem): ...
class UnsupportedMediaType(Problem): ...
class NotFound(Problem): ...
class Gone(Problem): ...
class MethodNotAllowed(Problem): ...
class ServerFault(Problem): ...
# fmt: on


def every_problem(below: type[Problem] = Problem) -> list[type[Problem]]:
    """Return every kind of problem, each before those that are kinds of it."""
    return [kind for child in below.__subclasses__() for kind in (child, *every_problem(child))]


def problem_of(document: Mapping[str, Any]) -> Problem:
    """Return the problem that a document, made without a base, tells of."""
    kind = next((each for each in every_problem() if document["type"] == f"/problems/{each.slug}"), ServerFault)
    more = {name: value for name, value in document.items() if name not in {"type", "title", "status"}}
    return kind(more.pop("detail"), hint=more.pop("hint"), more=more)


class Place(NamedTuple):
    """Where something stands: a file of the project, and in it a line and a column, both counted from 1."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column`, without the parts that are not known."""
        return ":".join(str(part) for part in self if part)


class Finding(NamedTuple):
    """One thing that somebody should change; `quote` is the source line with its caret, where there is one."""

    message: str
    hint: str = ""
    place: Place | None = None
    severity: Severity = "error"
    quote: str = ""

    def document(self) -> dict[str, object]:
        """Return the finding as a JSON object."""
        place = {name: value or None for name, value in (self.place or Place(""))._asdict().items()}
        return {"severity": self.severity, "message": self.message, "hint": self.hint, **place}


class Report(NamedTuple):
    """What one step looked at and found; a step that looked at nothing has not passed: empty is not clean."""

    step: str
    looked_at: int
    unit: str = "things"
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    state: Literal["ran", "skipped", "not run"] = "ran"
    remark: str = ""

    @property
    def passed(self) -> bool:
        """Return whether the next step may rely on this one: not where it could not run, but where it was skipped."""
        clean = self.looked_at > 0 and all(finding.severity != "error" for finding in self.findings)
        return clean if self.state == "ran" else self.state == "skipped"

    def document(self) -> dict[str, object]:
        """Return the report as a JSON object."""
        findings = [finding.document() for finding in self.findings]
        return {**self._asdict(), "passed": self.passed, "seconds": round(self.seconds, 3), "findings": findings}


def filled(text: str, words: Mapping[str, str]) -> str:
    """Return a text with a word for each name in braces."""
    return re.sub(r"\{(\w+)\}", lambda hole: words.get(hole[1], "nothing"), text)


def finding(slug: str, place: Place | None, **words: str) -> Finding:
    """Return the finding of that name in findings.toml, filled with words."""
    return Finding(filled(FINDINGS[slug]["message"], words), filled(FINDINGS[slug]["hint"], words), place)


def caret(source: str, column: int) -> str:
    """Return a caret below the column of a source line, whose tabs are kept so that it stands there in any terminal."""
    return re.sub(r"[^\t]", " ", source[: column - 1].ljust(column - 1)) + "^"


def report(step: str, looked_at: int, unit: str, findings: Iterable[Finding], remark: str = "") -> Report:
    """Return a report whose findings are sorted by place, each once."""
    ordered = sorted(dict.fromkeys(findings), key=lambda one: (one.place is None, one.place or Place(""), one.message))
    return Report(step, looked_at, unit, tuple(ordered), remark=remark)


def passed(reports: Sequence[Report]) -> bool:
    """Return whether every report passed; no report at all is not a pass."""
    return bool(reports) and all(each.passed for each in reports)


def shown(reports: Sequence[Report], *, machine: bool = False) -> str:
    """Return findings and summaries for a person, or the reports as one JSON document for a machine."""
    if machine:
        document = {"passed": passed(reports), "steps": [each.document() for each in reports]}
        return json.dumps(document, indent=2, ensure_ascii=False)
    return rendered("report.txt", reports=reports)


def rendered(name: str, **facts: Any) -> str:
    """Return a template of this folder, filled with facts, without the end of its last line."""
    from jinja2 import Template

    template = Template((HERE / name).read_text("utf-8"), trim_blocks=True, lstrip_blocks=True)
    return str(template.render(facts, caret=caret)).rstrip("\n")
