"""Answers as plain values, so that two engines' answers can be laid side by side.

What counts as the same, and why, is shown by test_known_differences.py:
numbers by value and type, decimals to nine places; dates and times by the moment; language tags in any case;
blank nodes all alike, since their names mean nothing.
"""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from rdflib import BNode, Literal, URIRef
from rdflib.namespace import XSD
from rdflib.term import Node

PLACES = Decimal("0.000000001")
Value = tuple[str, ...]
Row = frozenset[tuple[str, Value]]


def value(kind: str, text: str, datatype: str | None = None, language: str | None = None) -> Value:
    """Return a term as a value that is equal exactly where the term means the same."""
    if kind == "bnode":
        return ("bnode",)
    if kind == "uri":
        return ("uri", text)
    if language:
        return ("text", text, language.lower())
    if datatype in {None, "", str(XSD.string)}:
        return ("text", text)
    return ("typed", datatype, _canonical(text, datatype))


def _canonical(text: str, datatype: str) -> str:
    if datatype == str(XSD.integer):
        return str(int(text))
    if datatype == str(XSD.decimal):
        return str(Decimal(text).quantize(PLACES).normalize())
    if datatype in {str(XSD.double), str(XSD.float)}:
        return repr(float(text))
    if datatype == str(XSD.boolean):
        return {"1": "true", "0": "false"}.get(text, text)
    if datatype == str(XSD.dateTime):
        found = datetime.fromisoformat(text)
        return (found.astimezone(UTC) if found.tzinfo else found).isoformat()
    return date.fromisoformat(text).isoformat() if datatype == str(XSD.date) else text


def of_json(term: dict[str, str]) -> Value:
    """Return the value of a term of SPARQL JSON results."""
    return value(term["type"], term["value"], term.get("datatype"), term.get("xml:lang"))


def of_term(term: Node) -> Value:
    """Return the value of one of rdflib's terms."""
    if isinstance(term, BNode):
        return value("bnode", str(term))
    if isinstance(term, URIRef):
        return value("uri", str(term))
    assert isinstance(term, Literal)
    return value("literal", str(term), str(term.datatype) if term.datatype else None, term.language)


def rows_of_json(document: Any) -> list[Row]:
    """Return the rows of SPARQL JSON results."""
    bindings = document["results"]["bindings"]
    return [frozenset((name, of_json(term)) for name, term in row.items()) for row in bindings]


def rows_of_result(result: Any) -> list[Row]:
    """Return the rows of one of rdflib's results; a group's key that is an error stands in them as None."""
    return [
        frozenset((str(name), of_term(term)) for name, term in row.items() if term is not None)
        for row in result.bindings
    ]


def triples(graph: Any) -> Counter[Row]:
    """Return the triples of an rdflib graph, each once."""
    return Counter(frozenset(zip("spo", map(of_term, triple), strict=True)) for triple in graph)


def told(found: Counter[Row], most: int = 5) -> str:
    """Return some rows for a person to read."""
    lines = []
    for row, times in found.most_common(most):
        cells = "; ".join(f"{name} = {' '.join(each[1:]) or each[0]}" for name, each in sorted(row))
        lines.append(f"  {times} × {cells or '(nothing bound)'}")
    return "\n".join([*lines, *(["  …"] if len(found) > most else [])]) or "  none"
