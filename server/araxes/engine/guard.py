"""What is refused by reading the text of a query, before any engine sees it."""

import re
from dataclasses import dataclass
from unicodedata import east_asian_width

from araxes.problems import BadQuery, QueryTooLong, ServiceRefused, TooDeep
from araxes.settings import Settings

# A sign beyond ASCII counts as part of a name, even where SPARQL has none: so no name ends earlier here than there.
SIGN = r"\w\x80-\U0010FFFF"
SPACE = r"(?:\s|\#[^\n\r]*+)*+"
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
      | (?P<values>(?ai:VALUES){SPACE}(?:[?$][{SIGN}]++ | \({SPACE}(?:[?$][{SIGN}]++{SPACE})*+\)){SPACE}\{{)
      | (?P<word>(?:(?![0-9_])[{SIGN}][{SIGN}.-]*+:?+ | :)(?:(?<=:)(?:[{SIGN}:.%-]|\\.)++)?)
      | (?P<number>[0-9]++)
      | (?P<open>[{{(\[])
      | (?P<close>[}})\]])
      | (?P<stray>["'\\])
      | (?P<sign>\|\||&&|[-+*/|!^.,;<>=~?])""",
    re.VERBOSE | re.DOTALL,
)
SURE_IRI = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://")
SIGNS = re.compile(r"[-+*/!.,;=~?&]")
GLUED = re.compile(r"(?i:true|false)|[0-9]+|\.")
SERVICE = re.compile(r"[^:]*SERVICE|.*\.SERVICE", re.DOTALL)
CLAUSES = {"UNION", "OPTIONAL", "MINUS", "LATERAL", "FILTER", "BIND", "VALUES", "GRAPH", "EXISTS", "SELECT"}
FREE = {"comment", "language", "close"}
CHANGING = re.compile(rf"(?ai:NOW|RAND|UUID|BNODE){SPACE}\(", re.VERBOSE)
# A text of these alone has no string that ends elsewhere than it seems, and no IRI that could be two comparisons.
PLAIN = re.compile(
    r"""(?:[^"'\\#<]++ | "[^"\\\n\r]*+"(?!") | '[^'\\\n\r]*+'(?!') | <(?=\s)
          | <[A-Za-z][A-Za-z0-9+.-]*+://[^<>"{}|^`\\\x00-\x20']*+> | <[^<>"{}|^`\\\x00-\x20'#]*+>)*+""",
    re.VERBOSE,
)
NEWLINE = re.compile(r"\r\n?|\n")
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Inspected:
    """What reading a query shows: `fixed` says that the same data always give the same answer."""

    fixed: bool


def inspect(text: str, settings: Settings) -> Inspected:
    """Refuse a query that is too long, too deep, or asks another endpoint.

    Raises `QueryTooLong`, `ServiceRefused`, `TooDeep`, or `BadQuery` for an IRI or a string that might hide something.
    """
    if len(text) > settings.query_characters:
        most = f"{settings.query_characters:,}"
        more = {"limit": "query_characters", "most": settings.query_characters}
        raise QueryTooLong(f"The query has {len(text):,} characters; at most {most} are read", more=more)
    if not _plain(text, settings):
        _scan(text, settings)
    return Inspected(fixed=not CHANGING.search(text))


def place(text: str, at: int) -> dict[str, object]:
    """Return where an offset stands: line and column from 1 on, the line, and an excerpt with a caret below it."""
    lines = NEWLINE.split(text[:at])
    before, after = lines[-1], NEWLINE.split(text[at:], maxsplit=1)[0]
    left, right = before[-SHOWN:], after[:SHOWN]
    below = "".join("\t" if sign == "\t" else "  " if east_asian_width(sign) in "WF" else " " for sign in left)
    excerpt = f"{left}{right}\n{below}^"
    return {"line": len(lines), "column": len(before) + 1, "source": before + after, "excerpt": excerpt}


def _plain(text: str, settings: Settings) -> bool:
    """Return whether a short text needs no scan, since it could not be refused: that is quicker to see."""
    return (
        2 * len(text) <= settings.query_pieces  # no token counts more than twice its characters
        and text.count("{") + text.count("(") + text.count("[") <= settings.query_depth
        and "SERVICE" not in text.upper()
        and PLAIN.fullmatch(text) is not None
    )


def _scan(text: str, settings: Settings) -> None:
    """Refuse what is seen token by token.

    Strings, comments, IRIs and variables are skipped. What stands between `<` and `>` may be an IRI or part of two
    comparisons: so its brackets and signs count, and a sign in it that would open a string or a comment is allowed
    only where nothing but an IRI can be meant. A keyword needs no space before the next word, hence the search within
    words. Whatever stands outside the data of VALUES makes the engine go deeper, and counts.
    """
    depth = pieces = 0
    within_data = False
    for match in TOKENS.finditer(text):
        kind, word = str(match.lastgroup), match[0]
        _refuse_hiding(text, match)
        if kind == "word":
            _refuse_service(text, match)
        depth += _deeper(kind, word)
        pieces += 0 if within_data else _pieces(kind, word, depth)
        within_data = kind == "values" or (within_data and word != "}")
        _refuse_size(depth, pieces, settings)


def _deeper(kind: str, word: str) -> int:
    if kind == "iri":
        return 0 if SURE_IRI.match(word) else word.count("(") + word.count("[")
    return {"open": 1, "values": 1, "close": -1}.get(kind, 0)


def _pieces(kind: str, word: str, depth: int) -> int:
    """Return how much a token counts: it is twice or more what it takes of the depth at which the engine breaks."""
    if kind in FREE:
        return 0
    if kind == "iri":
        return 1 + (depth == 0) + (0 if SURE_IRI.match(word) else len(SIGNS.findall(word)))
    if kind == "word":
        return 1 + (depth == 0) + len(GLUED.findall(word.partition(":")[0])) + 2 * (word.upper() in CLAUSES)
    return 3 if kind == "values" else 1


def _refuse_hiding(text: str, match: re.Match[str]) -> None:
    kind, word = match.lastgroup, match[0]
    if kind == "stray":
        found = f"from this {word} on, it is not clear where a string ends"
        hint = "Close every string, put a space after an empty one, and write a backslash in it as two."
    elif kind == "iri" and ("'" in word or "#" in word) and not SURE_IRI.match(word):
        found = f"{word} can be read as an IRI or as two comparisons"
        hint = "Write the IRI with its scheme and //, %27 for an apostrophe, or spaces around the comparisons."
    else:
        return
    where = place(text, match.start())
    raise BadQuery(f"Line {where['line']}: {found}", hint=hint, more=where)


def _refuse_service(text: str, match: re.Match[str]) -> None:
    if not SERVICE.match(match[0].upper()):
        return
    where = place(text, match.start())
    hint = "Leave out SERVICE. If this is a name of yours, write it as an IRI." if ":" in match[0] else None
    found = f"The query asks another endpoint with SERVICE in line {where['line']}"
    raise ServiceRefused(found, hint=hint, more=where)


def _refuse_size(depth: int, pieces: int, settings: Settings) -> None:
    if depth > settings.query_depth:
        more = {"limit": "query_depth", "most": settings.query_depth}
        raise TooDeep(f"The query nests brackets more than {settings.query_depth} deep", more=more)
    if pieces > settings.query_pieces:
        more = {"limit": "query_pieces", "most": settings.query_pieces}
        raise TooDeep(f"The query has more than {settings.query_pieces:,} words and signs outside VALUES", more=more)
