"""The saved queries of a release, for readers to begin with."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from araxes import queries

FOLDERS = ("explore", "competency")
FALLBACK = """SELECT ?graph (COUNT(*) AS ?triples)
WHERE { GRAPH ?graph { ?subject ?property ?value } }
GROUP BY ?graph
ORDER BY ?graph"""


@lru_cache(maxsize=2)
def examples_of(root: Path) -> Mapping[str, queries.SavedQuery]:
    """Return the examples that the release in a folder holds, by name; they are read once for each release."""
    return {name: saved for folder in FOLDERS for name, saved in queries.load(root / "queries" / folder, root).items()}


def example_text(examples: Mapping[str, queries.SavedQuery], name: str | None) -> str:
    """Return the text of an example without its header.

    It is the one of that name, else the one whose header says `start: yes`, else the first.
    """
    first = sorted(examples.values(), key=lambda each: each.first("start") != "yes")
    saved = examples.get(name or "") or next(iter(first), None)
    lines = saved.text.splitlines() if saved else [FALLBACK]
    while lines and (lines[0].startswith("#:") or not lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines)
