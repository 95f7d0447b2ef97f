"""What a check saw: places, findings and reports, and how they are shown."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]
State = Literal["ran", "skipped", "not run"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: a file of the project, and in it a line and a column, both counted from 1."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column`, without the parts that are not known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody should change; `quote` is the source line with its caret, where there is one."""

    message: str
    hint: str = ""
    place: Place | None = None
    severity: Severity = "error"
    quote: str = ""

    def __str__(self) -> str:
        """Return the finding as lines for a person."""
        where = f"{self.place}: " if self.place else ""
        below = [line for line in (*self.quote.split("\n"), self.hint) if line]
        return "\n    ".join([f"{where}{self.severity}: {self.message}", *below])

    def document(self) -> dict[str, object]:
        """Return the finding as a JSON object."""
        place = {name: value or None for name, value in asdict(self.place or Place("")).items()}
        return {"severity": self.severity, "message": self.message, "hint": self.hint, **place}


@dataclass(frozen=True, slots=True)
class Report:
    """What one step looked at, and what it found.

    A step that looked at nothing has not passed: an empty folder must not look like a clean one.
    """

    step: str
    looked_at: int
    unit: str = "things"
    findings: tuple[Finding, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    state: State = "ran"
    remark: str = ""

    @property
    def passed(self) -> bool:
        """Return whether the next step may rely on this one: not where it could not run, but where it was skipped."""
        clean = self.looked_at > 0 and all(finding.severity != "error" for finding in self.findings)
        return clean if self.state == "ran" else self.state == "skipped"

    def summary(self) -> str:
        """Return one line that says what was done."""
        if self.state != "ran":
            return f"{self.step}: {self.state}: {self.remark}"
        found = f"{len(self.findings)} finding{'' if len(self.findings) == 1 else 's'}"
        nothing = "" if self.looked_at or self.findings else " - FAILED, since there was nothing to look at"
        remark = f" ({self.remark})" if self.remark else ""
        return f"{self.step}: {self.looked_at:,} {self.unit} looked at, {found}, {self.seconds:.1f} s{remark}{nothing}"

    def document(self) -> dict[str, object]:
        """Return the report as a JSON object."""
        findings = [finding.document() for finding in self.findings]
        return {**asdict(self), "passed": self.passed, "seconds": round(self.seconds, 3), "findings": findings}


def caret(source: str, column: int) -> str:
    """Return a caret below the column of a source line, whose tabs are kept so that it stands there in any terminal."""
    return re.sub(r"[^\t]", " ", source[: column - 1].ljust(column - 1)) + "^"


def report(step: str, looked_at: int, unit: str, findings: Iterable[Finding], remark: str = "") -> Report:
    """Return a report whose findings are sorted by place, each once."""
    unique = dict.fromkeys(findings)
    ordered = sorted(unique, key=lambda each: (each.place is None, each.place or Place(""), each.message))
    return Report(step, looked_at, unit, tuple(ordered), remark=remark)


def passed(reports: Sequence[Report]) -> bool:
    """Return whether every report passed; no report at all is not a pass."""
    return bool(reports) and all(each.passed for each in reports)


def as_text(reports: Sequence[Report]) -> str:
    """Return findings and summaries for a person."""
    return "\n".join(line for each in reports for line in (*map(str, each.findings), each.summary()))


def as_json(reports: Sequence[Report]) -> str:
    """Return the reports as one JSON document."""
    steps = [each.document() for each in reports]
    return json.dumps({"passed": passed(reports), "steps": steps}, indent=2, ensure_ascii=False)
