"""Araxes: who holds which position on which issue in the South Caucasus, when, and according to whom."""

from importlib import import_module
from pathlib import Path
from typing import Any

__version__ = "0.2.0"


def open(release: str | Path | None = None) -> Any:  # noqa: A001 - read as araxes.open
    """Return the newest release, or the one in a folder, as an `rdflib.Dataset` whose default graph is the union.

    Where there is no release yet, or the project has changed, one is built first. Raises `araxes.problems.BadRelease`.
    """
    return import_module("araxes.reuse").dataset(release)


def onto(release: str | Path | None = None) -> Any:
    """Return the terms of the newest release, or of the one in a folder, as an owlready2 namespace with its things.

    `araxes.onto().Position.instances()` lists all positions. Raises what `open` raises.
    """
    return import_module("araxes.reuse").namespace(release)
