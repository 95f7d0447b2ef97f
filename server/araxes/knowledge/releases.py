"""A release to hand on, every graph of it in every syntax; and what changed between two, computed from them."""

import gzip
import re
from collections import defaultdict
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from pyoxigraph import Quad, QueryResultsFormat, RdfFormat, Store, parse, serialize

from araxes.knowledge.publishing import TEMPLATES, canonical
from araxes.prefixes import BASE, NS, ONTOLOGY_GRAPH, below, shorten
from araxes.project import CURRENT, Project, Release, open_release, publish

SYNTAXES = {"ttl": RdfFormat.TURTLE, "trig": RdfFormat.TRIG, "nq": RdfFormat.N_QUADS, "jsonld": RdfFormat.JSON_LD}
IRI = re.compile(r"<([^<>]*)>")


def take(release: Release, into: Path) -> Release:
    """Return a release as handed on below a folder: its files, each graph and their union in each syntax, and changes.

    Changes are since the newest there, returned if it is the same. Raises `BadRelease` if that is spoilt or none made.
    """
    previous = open_release(into) if (into / CURRENT).exists() else None
    if previous and previous.manifest.get("handed_on") == release.manifest["inputs_hash"]:
        return previous
    quads, known = [*parse(path=release.dataset, format=RdfFormat.N_QUADS)], below(release.folder)
    graphs = {"graph/all": quads}
    for quad in quads:
        graphs.setdefault(str(quad.graph_name)[1:-1].removeprefix(BASE), []).append(quad)
    parts = {name: (release.folder / name).read_bytes() for name in release.manifest["files"]}
    digests: dict[str, str] = {}
    for name, held in graphs.items():
        triples = {quad.triple for quad in held}
        plain = "".join(f"{quad} .\n" for quad in canonical(Quad(*each) for each in triples))
        digests[name] = sha256(plain.encode()).hexdigest()
        for suffix, syntax in SYNTAXES.items():
            given: Any = sorted(triples, key=str) if suffix == "ttl" else held
            body = serialize(given, format=syntax, prefixes=known) or b""
            large = len(body) > 1 << 20
            parts[f"{name}.{suffix}{'.gz' if large else ''}"] = gzip.compress(body, mtime=0) if large else body
    parts["CHANGES.md"] = f"{changes(previous, release)}\n".encode()
    more = {"graphs_sha256": digests, "handed_on": release.manifest["inputs_hash"]}
    return publish(parts, {**release.manifest, **more, "previous": previous.name if previous else ""}, into, kept=0)


def changes(old: Release | None, new: Release, most: int = 0) -> str:
    """Return as Markdown what changed between two releases; of each list at most so many lines, or all."""
    told = {"before": _told(old), "after": _told(new)} if old else {}
    return TEMPLATES.get_template("changes.md").render(old=old, new=new, most=most or None, **told)


def _told(release: Release) -> dict[str, defaultdict[str, set[str]]]:
    """Return what is said of each term and in each graph, and the answer to each question, as lines of text."""
    from diffable_rdf import wl_relabel_quads

    # a blank node has a name made from all that is said of it and of those beside it: the same where the same is said
    quads = wl_relabel_quads([*parse(path=release.dataset, format=RdfFormat.N_QUADS)])
    told = {part: defaultdict[str, set[str]](set) for part in ("terms", "facts", "answers")}
    known = below(release.folder)
    short = partial(IRI.sub, lambda iri: shorten(iri[1], known))
    for quad in quads:
        graph, line = str(quad.graph_name)[1:-1], short(str(quad.triple))
        told["facts"][graph].add(line)
        if graph == ONTOLOGY_GRAPH and str(quad.subject)[1:].startswith((NS, f"{BASE}scheme/")):
            told["terms"][short(str(quad.subject))].add(line)
    store = Store()
    store.bulk_extend([*quads, *{Quad(*quad.triple) for quad in quads}])
    for name, saved in Project(release.folder).queries("competency").items():
        found: Any = store.query(saved.text)
        told["answers"][name] |= {*short(found.serialize(format=QueryResultsFormat.TSV).decode()).splitlines()}
    return told
