"""Anchors against a reader's own copy of the text."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from araxes.findings import Place, Report, finding, report
from araxes.knowledge import graphs
from araxes.knowledge.quality import Guide
from araxes.knowledge.reading import Document
from araxes.prefixes import RDF, RDFS_LABEL, THINGS
from araxes.problems import BadProject

TEXT = NamedNode("urn:araxes:text")


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
    for name, value in ((RDF + "value", text), (RDFS_LABEL, f"{len(text):,}")):
        store.add(Quad(TEXT, NamedNode(name), Literal(value), DefaultGraph()))
    rows = [{name: term.value for name, term in row.items()} for row in graphs.rows(store, graphs.saved("passages"))]
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    known = {row["document"]: row.get("textSha256") for row in rows}
    wanted = {f"{THINGS}document/{source}"} if source else {each for each in known if known[each] == sha256} or {*known}
    if len(chosen := wanted & known.keys()) != 1:
        keys = ", ".join(sorted(each.removeprefix(f"{THINGS}document/") for each in known)) or "none"
        detail = f"There is no document {source}" if source else f"{path.name} is not the text of any one document"
        raise BadProject(detail, hint=f"Say which with --source; the documents with passages are: {keys}.")
    [document] = chosen
    guide, own = Guide(documents, {}), [row for row in rows if row["document"] == document]
    faulty = [row for row in own if "fault" in row]
    places = {row["passage"]: guide.place(NamedNode(row["passage"])) for row in faulty}
    found = [finding("bad-passage", places[row["passage"]], name=row["name"], fault=row["fault"]) for row in faulty]
    if known[document] != sha256:
        found.append(finding("other-text", Place(path.name), document=document))
    count = len({row["passage"] for row in own})
    return report("anchors", count, "passages", found, f"{count - len(places)} of {count} passages of {document} hold")
