"""Why a query cannot be read: where, and what was likely meant."""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches

from pyoxigraph import Store

from araxes.engine.guard import TOKENS, place
from araxes.engine.question import prologue_end
from araxes.names import OWL, RDF, RDFS, XSD
from araxes.problems import BadQuery

KEYWORDS: list[str] = re.findall(
    r"\w+",
    """
    ABS AS ASC ASK AVG BASE BIND BNODE BOUND BY CEIL COALESCE CONCAT CONSTRUCT CONTAINS COUNT DATATYPE DAY DESC
    DESCRIBE DISTINCT ENCODE_FOR_URI EXISTS FILTER FLOOR FROM GRAPH GROUP GROUP_CONCAT HAVING HOURS IF IN IRI
    ISBLANK ISIRI ISLITERAL ISNUMERIC ISURI LANG LANGMATCHES LCASE LIMIT MAX MD5 MIN MINUS MINUTES MONTH NAMED NOT
    NOW OFFSET OPTIONAL ORDER PREFIX RAND REDUCED REGEX REPLACE ROUND SAMETERM SAMPLE SECONDS SELECT SEPARATOR
    SHA1 SHA256 SHA384 SHA512 STR STRAFTER STRBEFORE STRDT STRENDS STRLANG STRLEN STRSTARTS STRUUID SUBSTR SUM
    TIMEZONE TZ UCASE UNDEF UNION UUID VALUES WHERE YEAR
    """,
)
COMMON = {"rdf": RDF, "rdfs": RDFS, "owl": OWL, "xsd": XSD}
AT = re.compile(r"error at (\d+):(\d+): ")
REASONS = (
    ("Prefix not found", "a prefix is used that is not declared"),
    ("IRI parsing failed", "an IRI is not absolute, or has a sign that an IRI cannot have"),
    ("is unbound", "SELECT names a variable that is neither grouped nor aggregated"),
    ("Duplicated variable", "SELECT names the same variable twice"),
    ("overrides an existing variable", "SELECT gives a new value to a variable that has one"),
    ("<unreported>", "the label of a blank node stands in two groups of patterns"),
    ("not authorized with GROUP BY", "SELECT * cannot stand with GROUP BY: name the variables"),
)
DECLARED = re.compile(r"PREFIX\s+([^\s:<]*):", re.IGNORECASE)
# Where a query may be broken off without breaking a word, a number or an operator.
APART = set("{}()[],;")
LOOSE = {*APART, *" \t\r\n.#", ""}
PROBE = "\n" + " " * 20 + "§"


def explained(text: str, prefixes: Mapping[str, str], terms: Callable[[], Sequence[str]]) -> BadQuery:
    """Return the problem that shows where a query cannot be read, why, and the nearest thing that is known.

    Parameters: `prefixes`, those of the data; `terms`, which gives properties and classes as prefixed names.
    """
    at, end = _place(text)
    word, said = text[at:end], _said(text[:end] if end else text)
    undeclared = _undeclared(text, word)
    reason = REASONS[0][1] if undeclared else next((words for part, words in REASONS if part in said), "")
    if not reason:
        reason = "it is not SPARQL 1.1 from here on" if word else "the query ends too early"
    more = place(text, at)
    hint = None
    if meant := _meant(word, {**COMMON, **prefixes}, undeclared, terms):
        more["did_you_mean"] = meant
        hint = f"Add this line at the top: {meant}" if meant.startswith("PREFIX ") else f"Did you mean {meant}?"
    return BadQuery(f"Line {more['line']}, column {more['column']}: {reason}", hint=hint, more=more)


def _place(text: str) -> tuple[int, int]:
    """Return from where to where the first thing stands that cannot follow; at the end of the text, nothing does.

    The engine's own position lies up to a keyword's length beyond. But it can tell whether a text may go on at all,
    and whatever follows what cannot, neither can.
    """
    found = [(match[0], match.end()) for match in TOKENS.finditer(text)]
    ends = [end for word, end in found if word in APART or text[end : end + 1] in LOOSE] + [len(text)]
    first = bisect_left(ends, True, key=lambda end: not _may_go_on(text[:end]))
    if first == len(ends):
        return len(text.rstrip()), 0
    before = ends[first - 1] if first else 0
    start = before + len(text[before:]) - len(text[before:].lstrip())
    return start, ends[first]


def _may_go_on(text: str) -> bool:
    match = AT.match(_said(text + PROBE))
    line = text.count("\n") + PROBE.count("\n") + 1
    return not match or (int(match[1]), int(match[2])) >= (line, len(PROBE) - 1)


def _said(text: str) -> str:
    try:
        Store().query(text)
    except SyntaxError as error:
        return str(error)
    return ""


def _undeclared(text: str, word: str) -> bool:
    declared = DECLARED.findall(text[: prologue_end(text)])
    name, sign, _ = word.partition(":")
    return bool(sign) and not word.startswith(("<", '"', "'", "_:")) and name not in declared


def _meant(word: str, known: Mapping[str, str], undeclared: bool, terms: Callable[[], Sequence[str]]) -> str:
    name, _, local = word.partition(":")
    if undeclared and name in known:
        return f"PREFIX {name}: <{known[name]}>"
    if undeclared:
        return next((f"{near}:{local}" for near in get_close_matches(name, known, 1)), "")
    if not word.isidentifier() or word.upper() in KEYWORDS:
        return ""
    names = {each.partition(":")[2]: each for each in terms() if not each.startswith("<")}
    near = get_close_matches(word.upper(), KEYWORDS, 1, 0.7) or get_close_matches(word, names, 1, 0.7)
    return names.get(word) or "".join(names.get(each, each) for each in near)
