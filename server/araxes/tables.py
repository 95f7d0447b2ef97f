"""Answers as plain tables for a terminal."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from araxes.names import XSD
from araxes.prefixes import shorten

Cell = str | int
WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def plain(body: bytes, prefixes: Mapping[str, str]) -> str:
    """Return SPARQL JSON results as a table with aligned columns, or as yes or no."""
    document = json.loads(body)
    if "boolean" in document:
        return "yes" if document["boolean"] else "no"
    columns, lines = rows(document, prefixes)
    return drawn(columns, lines)


def rows(document: Mapping[str, Any], prefixes: Mapping[str, str]) -> tuple[list[str], list[list[Cell]]]:
    """Return columns and rows of SPARQL JSON results: whole numbers as such, IRIs shortened, the rest as text."""
    columns = list(document["head"]["vars"])
    known = dict(prefixes)
    return columns, [[_cell(row.get(name), known) for name in columns] for row in document["results"]["bindings"]]


def drawn(columns: Sequence[str], lines: Sequence[Sequence[Cell]]) -> str:
    """Return a table with aligned columns, whole numbers to the right, and the number of its rows."""
    numbers = [bool(lines) and all(isinstance(line[n], int) for line in lines) for n in range(len(columns))]
    texts = [list(columns), *([str(cell) for cell in line] for line in lines)]
    widths = [max(len(line[n]) for line in texts) for n in range(len(columns))]
    texts.insert(1, ["-" * width for width in widths])
    count = f"({len(lines)} row{'' if len(lines) == 1 else 's'})"
    return "\n".join([*(_line(line, widths, numbers) for line in texts), count])


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    aligned = zip(cells, widths, numbers, strict=True)
    return "  ".join(cell.rjust(width) if number else cell.ljust(width) for cell, width, number in aligned).rstrip()


def _cell(term: Mapping[str, Any] | None, prefixes: dict[str, str]) -> Cell:
    if term is None:
        return ""
    value = str(term["value"])
    if term.get("datatype") == f"{XSD}integer" and WHOLE.fullmatch(value):
        return int(value)
    return shorten(value, prefixes) if term["type"] == "uri" else value.replace("\n", " ")
