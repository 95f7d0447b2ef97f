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
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody should change.

    `message` says what is wrong and names the thing by its label, `hint` what to do, `quote` is the source line
    with its caret, where there is one.
    """

    message: str
    hint: str = ""
    place: Place | None = None
    severity: Severity = "error"
    quote: str = ""

    def lines(self) -> list[str]:
        """Return the finding as lines for a person."""
        where = f"{self.place}: " if self.place else ""
        below = [*self.quote.splitlines(), *([self.hint] if self.hint else [])]
        return [f"{where}{self.severity}: {self.message}", *(f"    {line}" for line in below)]

    def document(self) -> dict[str, object]:
        """Return the finding as a JSON object."""
        place = {name: value or None for name, value in asdict(self.place or Place("")).items()}
        return {"severity": self.severity, "message": self.message, "hint": self.hint, **place}


@dataclass(frozen=True, slots=True)
class Report:
    """What one step looked at, and what it found.

    A step that looked at nothing has not passed: an empty folder must not look like a clean one. A step that was
    skipped on request has passed, and says so in `remark`; a step that could not run has not.
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
        """Return whether the next step may rely on this one."""
        if self.state != "ran":
            return self.state == "skipped"
        return self.looked_at > 0 and all(finding.severity != "error" for finding in self.findings)

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
    ordered = sorted(unique, key=lambda found: (found.place is None, found.place or Place(""), found.message))
    return Report(step, looked_at, unit, tuple(ordered), remark=remark)


def passed(reports: Sequence[Report]) -> bool:
    """Return whether every report passed; no report at all is not a pass."""
    return bool(reports) and all(each.passed for each in reports)


def as_text(reports: Sequence[Report]) -> str:
    """Return findings and summaries for a person."""
    shown = ([*(line for found in each.findings for line in found.lines()), each.summary()] for each in reports)
    return "\n".join(line for lines in shown for line in lines)


def as_json(reports: Sequence[Report]) -> str:
    """Return the reports as one JSON document."""
    document = {"passed": passed(reports), "steps": [each.document() for each in reports]}
    return json.dumps(document, indent=2, ensure_ascii=False)
