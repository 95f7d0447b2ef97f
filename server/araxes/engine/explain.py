"""Why a query cannot be read: where, and what was likely meant."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from pyoxigraph import Store

from araxes.engine.guard import TOKENS, place, prologue_end, unclear
from araxes.prefixes import OWL, RDF, RDFS, XSD
from araxes.problems import BadQuery

# Read with the module: a worker cannot open a file.
KEYWORDS = (Path(__file__).parent / "queries" / "keywords.txt").read_text("utf-8").split()
COMMON = {"rdf": RDF, "rdfs": RDFS, "owl": OWL, "xsd": XSD}
AT = re.compile(r"error at (\d+):(\d+): ")
REASONS: dict[str, str] = tomllib.loads((Path(__file__).parent / "reasons.toml").read_text("utf-8"))
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
    word, said = text[at:end].strip(), _said(text[:end])
    stray = next((match for match in TOKENS.finditer(text) if match["stray"]), None)
    if stray and stray.start() <= at:
        return unclear(text, stray)
    name, sign, local = word.partition(":")
    known, declared = {**COMMON, **prefixes}, DECLARED.findall(text[: prologue_end(text)])
    reason = "it is not SPARQL 1.1 from here on" if word else "the query ends too early"
    reason = next((words for part, words in REASONS.items() if part in said), reason)
    if sign and name not in declared and not word.startswith(("<", '"', "'", "_:")):
        reason, near = REASONS["Prefix not found"], get_close_matches(name, known, 1)
        meant = f"PREFIX {name}: <{known[name]}>" if name in known else f"{near[0]}:{local}" if near else ""
    else:
        meant = _meant(word, terms)
    more, hint = place(text, at), None
    if meant:
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
        return len(text.rstrip()), len(text)
    before = ends[first - 1] if first else 0
    return before + len(text[before:]) - len(text[before:].lstrip()), ends[first]


def _may_go_on(text: str) -> bool:
    match = AT.match(_said(text + PROBE))
    return not match or (int(match[1]), int(match[2])) >= ((text + PROBE).count("\n") + 1, len(PROBE) - 1)


def _said(text: str) -> str:
    try:
        Store().query(text)
    except SyntaxError as error:
        return str(error)
    return ""


def _meant(word: str, terms: Callable[[], Sequence[str]]) -> str:
    if not word.isidentifier() or word.upper() in KEYWORDS:
        return ""
    names = {each.partition(":")[2]: each for each in terms() if not each.startswith("<")}
    near = get_close_matches(word.upper(), KEYWORDS, 1, 0.7) or get_close_matches(word, names, 1, 0.7)
    return names.get(word) or "".join(names.get(each, each) for each in near)
