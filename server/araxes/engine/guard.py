"""The text of a query, read before any engine sees it: its form, and what is refused."""

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from unicodedata import east_asian_width

from araxes.engine.question import Form
from araxes.problems import BadQuery, QueryTooDeep, QueryTooLong, ServiceRefused, UpdateRefused
from araxes.settings import Settings

# Read with the module: a worker cannot open a file.
READ = tomllib.loads((Path(__file__).parent / "tokens.toml").read_text("utf-8"))
TOKENS = re.compile(READ["tokens"].replace("ESCAPE", READ["escape"]).replace("SIGN", READ["sign"]))
SURE_IRI = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://")
SERVICE = re.compile(r"[^:]*SERVICE|.*\.SERVICE", re.DOTALL)
CHANGING = re.compile(r"(?:NOW|RAND|UUID|BNODE)\s*+[(#]")
DEEPER = {"open": 1, "close": -1}
NEWLINE = re.compile(r"\r\n?|\n")
SHOWN = 60
SKIPPED = r"(?:\s++|#[^\n\r]*+)*+"
DECLARED = rf"(?:BASE\b|PREFIX\b{SKIPPED}[^\s:<]*:){SKIPPED}<[^>]*>{SKIPPED}"
PROLOGUE = re.compile(rf"{SKIPPED}(?:{DECLARED})*", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z]+")
UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}


def prologue_end(text: str) -> int:
    """Return where the prologue of a query ends: BASE, PREFIX, and the space and comments about them."""
    start = PROLOGUE.match(text)
    return start.end() if start else 0


def form_of(text: str) -> Form:
    """Return the form, by the first word after the prologue; raises `UpdateRefused` for an update, else `BadQuery`."""
    start = prologue_end(text)
    word = WORD.match(text, start)
    first = word[0].upper() if word else ""
    if first in Form.__members__:
        return Form(first)
    if first in UPDATES:
        raise UpdateRefused(f"This is an update: it begins with {first}")
    more, hint = place(text, start), "After PREFIX lines, begin with one of the four words."
    if first in {"PREFIX", "BASE"}:
        hint = "Write each as PREFIX name: <IRI>, with its colon and the angle brackets, and BASE as BASE <IRI>."
        raise BadQuery(f"Line {more['line']}: this {first} cannot be read", hint=hint, more=more)
    if near := get_close_matches(first, [*Form, "PREFIX", "BASE"], 1):
        more["did_you_mean"] = str(near[0])
        hint = f"Did you mean {near[0]}? {hint}"
    raise BadQuery("The query does not begin with SELECT, ASK, CONSTRUCT or DESCRIBE", hint=hint, more=more)


def refuse_long(text: str, settings: Settings) -> None:
    """Refuse a query that is too long; raises `QueryTooLong`."""
    if len(text) > (most := settings.query_characters):
        found = f"The query has {len(text):,} characters; at most {most:,} are read"
        raise QueryTooLong(found, more={"limit": "query_characters", "most": most})


def inspect(text: str, settings: Settings) -> bool:
    """Refuse a query that is too long, too deep, or asks another endpoint; return whether its answer stays the same.

    Raises `QueryTooLong`, `ServiceRefused`, `QueryTooDeep`, or `BadQuery` for an IRI or a string that might hide more.
    """
    refuse_long(text, settings)
    # Where SERVICE stands nowhere, nothing can hide it; FROM is read by these tokens too, so they must be clear.
    words, opened = text.upper(), text.count("{") + text.count("(") + text.count("[")
    if "SERVICE" in words or "FROM" in words or "\\" in text or opened > settings.query_depth:
        _scan(text, settings)
    return not CHANGING.search(words)


def place(text: str, at: int) -> dict[str, object]:
    """Return where an offset stands: line and column from 1 on, the line, and an excerpt with a caret below it."""
    lines = NEWLINE.split(text[:at])
    before, after = lines[-1], NEWLINE.split(text[at:], maxsplit=1)[0]
    left, right = before[-SHOWN:], after[:SHOWN]
    below = "".join("\t" if sign == "\t" else "  " if east_asian_width(sign) in "WF" else " " for sign in left)
    excerpt = f"{left}{right}\n{below}^"
    return {"line": len(lines), "column": len(before) + 1, "source": before + after, "excerpt": excerpt}


def unclear(text: str, match: re.Match[str]) -> BadQuery:
    """Return the problem of a token that could hide something: a lone quotation mark or backslash, or an IRI."""
    found = f"{match[0]} can be read as an IRI or as two comparisons"
    hint = "Write the IRI with its scheme and //, %27 for an apostrophe, or spaces around the comparisons."
    if match["stray"]:
        found = f"from this {match[0]} on, it is not clear where a string ends"
        hint = "Close every string, put a space after an empty one, and write a backslash in it as two."
    where = place(text, match.start())
    return BadQuery(f"Line {where['line']}: {found}", hint=hint, more=where)


def _scan(text: str, settings: Settings) -> None:
    """Refuse what is seen token by token.

    Strings, comments, IRIs and variables are skipped. What stands between `<` and `>` may be an IRI or part of two
    comparisons: so a sign in it that would open a string or a comment is allowed only where nothing but an IRI can be
    meant. A keyword needs no space before the next word, hence the search within words.
    """
    depth = 0
    for match in TOKENS.finditer(text):
        kind, word = str(match.lastgroup), match[0]
        depth += DEEPER.get(kind, 0)
        if depth > settings.query_depth:
            more = {"limit": "query_depth", "most": settings.query_depth}
            raise QueryTooDeep(f"The query nests brackets more than {settings.query_depth} deep", more=more)
        if kind == "word" and SERVICE.match(word.upper()):
            where = place(text, match.start())
            hint = "Leave out SERVICE. If this is a name of yours, write it as an IRI." if ":" in word else None
            found = f"The query asks another endpoint with SERVICE in line {where['line']}"
            raise ServiceRefused(found, hint=hint, more=where)
        hiding = kind == "iri" and ("'" in word or "#" in word) and not SURE_IRI.match(word)
        if hiding or kind == "stray":
            raise unclear(text, match)
