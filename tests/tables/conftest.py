"""What the tests of the tables share: the files of a release, and its graph read without any query."""

import csv
import io
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from araxes.project import Project, Release
from araxes.queries import SavedQuery
from helpers import ROOT
from pyoxigraph import RdfFormat, Triple, parse

QUERIES = Project(ROOT).queries("tables")
NS = "https://w3id.org/araxes/ns/"
Tables = Path


@pytest.fixture(scope="session")
def tables(release: Release) -> Path:
    """Return the folder with the tables of the release."""
    return release.folder / "documents" / "tables"


@pytest.fixture(scope="session")
def triples(release: Release) -> frozenset[Triple]:
    """Return the triples of the release."""
    return frozenset(quad.triple for quad in parse(release.dataset.read_bytes(), RdfFormat.N_QUADS))


@pytest.fixture(scope="session")
def said(triples: frozenset[Triple]) -> Mapping[str, Mapping[str, list[str]]]:
    """Return the values of each subject by property, those of the project's own namespace by local name."""
    found: dict[str, dict[str, list[str]]] = {}
    for each in triples:
        value = getattr(each.object, "value", "")
        name = each.predicate.value.removeprefix(NS)
        found.setdefault(getattr(each.subject, "value", ""), {}).setdefault(name, []).append(value)
    return found


@cache
def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))


def described(path: Path) -> Any:
    """Return the metadata beside a CSV file."""
    return json.loads(path.with_name(f"{path.name}-metadata.json").read_text("utf-8"))


def split(query: SavedQuery, row: Mapping[str, str]) -> dict[str, Any]:
    """Return a row of CSV with its lists as lists, what is empty as nothing and numbers as numbers."""
    found: dict[str, Any] = {}
    for name, kind in query.kinds.items():
        cell = row[name]
        if kind.endswith("*"):
            found[name] = cell.split("|") if cell else []
        else:
            found[name] = (int(cell) if kind in {"xsd:integer", "xsd:gYear"} else cell) if cell else None
    return found
