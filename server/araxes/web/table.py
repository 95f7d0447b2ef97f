"""SPARQL JSON results to the cells of an HTML table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, a link where it is an address, its language, and its datatype's last word."""

    text: str
    link: str = ""
    language: str = ""
    datatype: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The columns and rows of a result."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def table_of(document: Mapping[str, Any]) -> Table:
    """Return the table that a SPARQL JSON result describes; an unbound variable is an empty cell."""
    columns = tuple(document["head"]["vars"])
    bindings = document["results"]["bindings"]
    return Table(columns, tuple(tuple(_cell(row.get(name)) for name in columns) for row in bindings))


def _cell(term: Mapping[str, Any] | None) -> Cell:
    if term is None:
        return Cell("")
    value = str(term["value"])
    if term["type"] == "uri":
        return Cell(value, link=value if value.startswith(WEB) else "")
    return Cell(value, language=term.get("xml:lang", ""), datatype=_last(term.get("datatype", "")))


def _last(iri: str) -> str:
    return iri.replace("#", "/").rpartition("/")[2]
