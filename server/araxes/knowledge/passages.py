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
from araxes.names import DOCUMENTS
from araxes.problems import BadProject

SAME = (
    "Get the text as it was published on the day that the source is dated by, as UTF-8, with its line breaks untouched."
)

Row = dict[str, str]


def verify(documents: Sequence[Document], path: Path, source: str | None = None) -> Report:
    """Check every passage of a document against a copy of its text.

    The document is the one with the hash of the file, else that of `source`, else the only one there is. Offsets
    count code points of the file as it is, the end is exclusive, and the hash is that of the slice as UTF-8.

    Raises `BadProject` where the file cannot be read, or where it is not clear which document it is.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadProject(f"The text {path} cannot be read: {error}", hint="Give a text file in UTF-8.") from error
    rows = _rows(documents)
    document = _chosen(rows, _sha256(text), source)
    if document is None:
        known = ", ".join(sorted({row["document"].removeprefix(DOCUMENTS) for row in rows})) or "none"
        detail = f"There is no document {source}" if source else f"{path.name} is not the text of any one document"
        raise BadProject(detail, hint=f"Say which with --source; the documents with passages are: {known}.")
    passages: dict[str, list[Row]] = {}
    for row in rows:
        if row["document"] == document["document"]:
            passages.setdefault(row["passage"], []).append(row)
    found = [Finding(fault, SAME, Place(path.name)) for fault in _whole(document, text)]
    guide, hold = Guide(documents, {}), 0
    for iri, views in passages.items():
        faults, at = list(_faults(views, text)), guide.place(NamedNode(iri))
        found += [Finding(f"{_named(views[0])}: {fault}", SAME, at) for fault in faults]
        hold += not faults
    remark = f"{hold} of {len(passages)} passages of {document['document']} hold"
    return report("anchors", len(passages), "passages", found, remark)


def _rows(documents: Sequence[Document]) -> list[Row]:
    store = graphs.store_of(graphs.triples(document for document in documents if document.graph))
    found = graphs.rows(store, queries.read(graphs.QUERIES / "passages.rq", graphs.QUERIES))
    return [{name: str(getattr(term, "value", "")) for name, term in row.items()} for row in found]


def _chosen(rows: Sequence[Row], sha256: str, source: str | None) -> Row | None:
    by_hash = [row for row in rows if row.get("textSha256") == sha256]
    by_name = [row for row in rows if source and row["document"] == DOCUMENTS + source]
    chosen = by_name if source else by_hash or rows
    return chosen[0] if len({row["document"] for row in chosen}) == 1 else None


def _whole(document: Row, text: str) -> Iterator[str]:
    if document.get("textSha256") != _sha256(text):
        yield f"This file is not byte for byte the text of {document['document']}."
    length = int(document.get("codePoints") or len(text))
    if length != len(text):
        yield f"This file has {len(text):,} code points; the text has {length:,}."


def _faults(views: Sequence[Row], text: str) -> Iterator[str]:
    for view in views:
        if not view.get("start", "").isdigit() or not view.get("end", "").isdigit():
            yield "it has no offsets."
            continue
        start, end = int(view["start"]), int(view["end"])
        if not start < end <= len(text):
            yield f"its offsets {start} to {end} lie outside the text of {len(text):,} code points."
            continue
        if _sha256(text[start:end]) != view.get("sha256"):
            yield f"its hash is not that of the text from {start} to {end}."
        if view.get("exact", text[start:end]) != text[start:end]:
            yield f"the words that it quotes are not the text from {start} to {end}."


def _named(view: Row) -> str:
    if "section" not in view:
        return view["passage"]
    return f"{view['section']} ¶{view.get('paragraph', '?')} s{view.get('sentence', '?')}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
