"""What is refused by reading the text of a query, before any engine sees it."""

import re
from unicodedata import east_asian_width

from araxes.problems import BadQuery, QueryTooDeep, QueryTooLong, ServiceRefused
from araxes.settings import Settings

# A sign beyond ASCII counts as part of a name, even where SPARQL has none: so no name ends earlier here than there.
SIGN = r"\w\x80-\U0010FFFF"
# Only what the engine decodes: where it cannot, it reads the quotation marks of a string anew, and otherwise.
ESCAPE = r"""\\(?:[tbnrf\\"'] | u(?![dD][89a-fA-F])[0-9a-fA-F]{4}
               | U(?!0000[dD][89a-fA-F])00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})"""
TOKENS = re.compile(
    rf"""(?P<comment>\#[^\n\r]*+)
      | (?P<text>\"\"\"(?:[^"\\]|{ESCAPE}|"(?!""))*+\"\"\" | '''(?:[^'\\]|{ESCAPE}|'(?!''))*+'''
               | "(?!"")(?:[^"\\\n\r]|{ESCAPE})*+" | '(?!'')(?:[^'\\\n\r]|{ESCAPE})*+')
      | (?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*+>)
      | (?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[A-Za-z]++)?)
      | (?P<variable>[?$][{SIGN}]++)
      | (?P<word>(?:(?![0-9_])[{SIGN}][{SIGN}.-]*+:?+ | :)(?:(?<=:)(?:[{SIGN}:.%-]|\\.)++)?)
      | (?P<number>[0-9]++) | (?P<open>[{{(\[]) | (?P<close>[}})\]]) | (?P<stray>["'\\])
      | (?P<sign>\|\||&&|[-+*/|!^.,;<>=~?])""",
    re.VERBOSE | re.DOTALL,
)
SURE_IRI = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://")
SERVICE = re.compile(r"[^:]*SERVICE|.*\.SERVICE", re.DOTALL)
CHANGING = re.compile(r"(?:NOW|RAND|UUID|BNODE)\s*+[(#]")
DEEPER = {"open": 1, "close": -1}
NEWLINE = re.compile(r"\r\n?|\n")
SHOWN = 60


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
