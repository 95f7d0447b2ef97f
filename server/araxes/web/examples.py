"""The saved queries of a release, for readers to begin with."""

from dataclasses import dataclass

from araxes import queries
from araxes.release import Release

FOLDERS = ("explore", "competency")
FALLBACK = """SELECT ?graph (COUNT(*) AS ?triples)
WHERE { GRAPH ?graph { ?subject ?property ?value } }
GROUP BY ?graph
ORDER BY ?graph"""


@dataclass(frozen=True, slots=True)
class Examples:
    """The saved queries that the query page offers, by name."""

    queries: dict[str, queries.SavedQuery]

    @classmethod
    def of(cls, release: Release) -> "Examples":
        """Return the examples that a release holds."""
        found: dict[str, queries.SavedQuery] = {}
        for folder in FOLDERS:
            found |= queries.load(release.root / "queries" / folder, release.root)
        return cls(found)

    def text(self, name: str | None) -> str:
        """Return the text of an example without its header.

        It is the one of that name, else the one whose header says `start: yes`, else the first.
        """
        first = sorted(self.queries.values(), key=lambda each: each.first("start") != "yes")
        saved = self.queries.get(name or "") or next(iter(first), None)
        if saved is None:
            return FALLBACK
        lines = saved.text.splitlines()
        while lines and (lines[0].startswith("#:") or not lines[0].strip()):
            lines.pop(0)
        return "\n".join(lines)
