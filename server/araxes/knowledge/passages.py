"""Anchors against a reader's own copy of the text."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, QuerySolution, QuerySolutions, Store

from araxes.findings import Finding, Place, Report, report
from araxes.knowledge import graphs
from araxes.knowledge.quality import place
from araxes.knowledge.reading import Document
from araxes.names import DOCUMENTS
from araxes.problems import BadProject

QUERIES = Path(__file__).with_name("queries")
SAME = (
    "Get the text as it was published on the day that the source is dated by, as UTF-8, with its line breaks untouched."
)


@dataclass(frozen=True, slots=True)
class _Text:
    """A reader's copy: its name, its characters and its hash."""

    name: str
    characters: str
    sha256: str


def verify(documents: Sequence[Document], path: Path, source: str | None = None) -> Report:
    """Check every passage of a document against a copy of its text.

    The document is the one with the hash of the file, else that of `source`, else the only one there is. Offsets
    count code points of the file as it is, the end is exclusive, and the hash is that of the slice as UTF-8.

    Raises `BadProject` where the file cannot be read, or where it is not clear which document it is.
    """
    text = _read(path)
    store = graphs.merged([document for document in documents if document.graph])
    rows = [_values(row) for row in _select(store, "documents.rq")]
    document = _chosen(rows, text, source)
    found = list(_whole(document, text))
    passages: dict[str, list[dict[str, str]]] = {}
    for row in _select(store, "passages.rq"):
        values = _values(row)
        if values["document"] == document["document"]:
            passages.setdefault(values["passage"], []).append(values)
    for iri, views in passages.items():
        at = place(documents, NamedNode(iri), ())
        found += [Finding(f"{_named(views[0])}: {fault}", SAME, at) for fault in _faults(views, text.characters)]
    failed = len({finding.place for finding in found if finding.place and finding.place.file != text.name})
    remark = f"{len(passages) - failed} of {len(passages)} passages of {document['document']} hold"
    return report("anchors", len(passages), "passages", found, remark)


def _read(path: Path) -> _Text:
    try:
        raw = path.read_bytes()
        return _Text(path.name, raw.decode("utf-8"), hashlib.sha256(raw).hexdigest())
    except (OSError, UnicodeDecodeError) as error:
        raise BadProject(f"The text {path} cannot be read: {error}", hint="Give a text file in UTF-8.") from error


def _select(store: Store, name: str) -> Iterator[QuerySolution]:
    rows = store.query((QUERIES / name).read_text("utf-8"))
    return rows if isinstance(rows, QuerySolutions) else iter(())


def _values(row: QuerySolution) -> dict[str, str]:
    names = ("document", "passage", "section", "paragraph", "sentence", "sha256", "start", "end", "exact", "codePoints")
    values = {}
    for name in names:
        try:
            term = row[name]
        except KeyError:
            continue
        if isinstance(term, NamedNode | Literal):
            values[name] = term.value
    return values


def _chosen(rows: Sequence[dict[str, str]], text: _Text, source: str | None) -> dict[str, str]:
    by_hash = [row for row in rows if row.get("sha256") == text.sha256]
    by_name = [row for row in rows if source and row["document"] == DOCUMENTS + source]
    chosen = by_name if source else by_hash or rows
    if len({row["document"] for row in chosen}) == 1:
        return chosen[0]
    known = ", ".join(sorted({row["document"].removeprefix(DOCUMENTS) for row in rows})) or "none"
    detail = f"There is no document {source}" if source else f"{text.name} is not the text of any one document"
    raise BadProject(detail, hint=f"Say which with --source; the documents with passages are: {known}.")


def _whole(document: Mapping[str, str], text: _Text) -> Iterator[Finding]:
    if document.get("sha256") != text.sha256:
        message = f"This file is not byte for byte the text of {document['document']}."
        yield Finding(message, SAME, Place(text.name))
    length = document.get("codePoints")
    if length and int(length) != len(text.characters):
        message = f"This file has {len(text.characters):,} code points; the text has {int(length):,}."
        yield Finding(message, SAME, Place(text.name))


def _faults(views: Sequence[Mapping[str, str]], characters: str) -> Iterator[str]:
    for view in views:
        if not view.get("start", "").isdigit() or not view.get("end", "").isdigit():
            yield "it has no offsets."
            continue
        start, end = int(view["start"]), int(view["end"])
        if not start < end <= len(characters):
            yield f"its offsets {start} to {end} lie outside the text of {len(characters):,} code points."
            continue
        piece = characters[start:end]
        if hashlib.sha256(piece.encode()).hexdigest() != view.get("sha256"):
            yield f"its hash is not that of the text from {start} to {end}."
        if "exact" in view and view["exact"] != piece:
            yield f"the words that it quotes are not the text from {start} to {end}."


def _named(view: Mapping[str, str]) -> str:
    if "section" not in view:
        return view["passage"]
    return f"{view['section']} ¶{view.get('paragraph', '?')} s{view.get('sentence', '?')}"
