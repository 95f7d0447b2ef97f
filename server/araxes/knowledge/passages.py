"""Anchors against a reader's own copy of the text."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from pyoxigraph import NamedNode

from araxes import queries
from araxes.findings import Finding, Place, Report, report
from araxes.knowledge import graphs
from araxes.knowledge.quality import Guide
from araxes.knowledge.reading import Document
from araxes.prefixes import THINGS
from araxes.problems import BadProject

SAME = "Get the text as published on the day the source is dated by, as UTF-8, with its line breaks untouched."

Row = dict[str, str]


def verify(documents: Sequence[Document], path: Path, source: str | None = None) -> Report:
    """Check every passage of a document against a copy of its text.

    The document is that of `source`, else the one with the hash of the file, else the only one there is. Offsets
    count code points of the file as it is. Raises `BadProject` where the file or the document cannot be found.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadProject(f"The text {path} cannot be read: {error}", hint="Give a text file in UTF-8.") from error
    store = graphs.store_of(graphs.triples(document for document in documents if document.graph))
    found = graphs.rows(store, queries.read(graphs.QUERIES / "passages.rq", graphs.QUERIES))
    rows = [{name: str(getattr(term, "value", "")) for name, term in row.items()} for row in found]
    own = _chosen(rows, _sha256(text), source)
    if len({row["document"] for row in own}) != 1:
        known = ", ".join(sorted({row["document"].removeprefix(f"{THINGS}document/") for row in rows})) or "none"
        detail = f"There is no document {source}" if source else f"{path.name} is not the text of any one document"
        raise BadProject(detail, hint=f"Say which with --source; the documents with passages are: {known}.")
    return _compared(own, text, path.name, Guide(documents, {}))


def _chosen(rows: list[Row], sha256: str, source: str | None) -> list[Row]:
    if source:
        return [row for row in rows if row["document"] == f"{THINGS}document/{source}"]
    by_hash = {row["document"] for row in rows if row.get("textSha256") == sha256}
    return [row for row in rows if row["document"] in by_hash] or rows


def _compared(rows: list[Row], text: str, file: str, guide: Guide) -> Report:
    name, failed, findings = rows[0]["document"], set(), []
    if rows[0].get("textSha256") != _sha256(text):
        findings.append(Finding(f"This file is not byte for byte the text of {name}.", SAME, Place(file)))
    for row in rows:
        named = f"{row['section']} ¶{row.get('paragraph', '?')} s{row.get('sentence', '?')}" if "section" in row else ""
        for fault in _faults(row, text):
            failed.add(row["passage"])
            place = guide.place(NamedNode(row["passage"]))
            findings.append(Finding(f"{named or row['passage']}: {fault}", SAME, place))
    count = len({row["passage"] for row in rows})
    return report("anchors", count, "passages", findings, f"{count - len(failed)} of {count} passages of {name} hold")


def _faults(row: Row, text: str) -> Iterator[str]:
    if not row.get("start", "").isdigit() or not row.get("end", "").isdigit():
        yield "it has no offsets."
        return
    start, end = int(row["start"]), int(row["end"])
    if not start < end <= len(text):
        yield f"its offsets {start} to {end} lie outside the text of {len(text):,} code points."
        return
    if _sha256(text[start:end]) != row.get("sha256"):
        yield f"its hash is not that of the text from {start} to {end}."
    if row.get("exact", text[start:end]) != text[start:end]:
        yield f"the words that it quotes are not the text from {start} to {end}."


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
