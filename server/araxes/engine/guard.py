"""What is refused by reading the text of a query, before any engine sees it."""

import re

from araxes.problems import BadQuery, QueryTooLong, ServiceRefused, TooDeep
from araxes.settings import Settings

WORDS = re.compile(
    r"""(?P<comment>\#[^\n\r]*+)
      | (?P<text>\"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\"|$) | '''(?:[^'\\]|\\.|'(?!''))*+(?:'''|$)
               | "(?:[^"\\\n\r]|\\.)*+"? | '(?:[^'\\\n\r]|\\.)*+'?)
      | (?P<iri><[^<>"{}|^`\\\x00-\x20]*+>)
      | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*+)
      | (?P<variable>[?$]\w++)
      | (?P<name>[^\W\d_][\w.-]{0,99}+:[\w:.%\\-]*+ | (?<![\w?$]):[\w:.%\\-]*+)
      | (?P<word>[^\W\d_]\w*+)
      | (?P<open>[{(\[])
      | (?P<close>[})\]])
      | (?P<sign>\|\||&&|[-+*/|!^.;<>=])""",
    re.VERBOSE | re.DOTALL,
)
SURE_IRI = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://")
CLAUSES = {"UNION", "OPTIONAL", "MINUS", "FILTER", "BIND", "VALUES", "GRAPH", "EXISTS", "SELECT"}


def inspect(text: str, settings: Settings) -> None:
    """Refuse a query that is too long, too deep, or asks another endpoint.

    Strings, comments, IRIs and variables are skipped. What stands between `<` and `>` may be an IRI or part of two
    comparisons: so its brackets count, and a sign in it that would open a string or a comment is allowed only where
    nothing but an IRI can be meant. A keyword needs no space before the next word, hence the search within words.

    Raises `QueryTooLong`, `ServiceRefused`, `TooDeep`, or `BadQuery` for an IRI that might hide something.
    """
    if len(text) > settings.query_characters:
        most = f"{settings.query_characters:,}"
        raise QueryTooLong(f"The query has {len(text):,} characters; at most {most} are read")
    depth = pieces = 0
    for match in WORDS.finditer(text):
        kind, word = match.lastgroup, match[0]
        if kind == "iri":
            _refuse_doubtful(text, match)
            depth += word.count("(") + word.count("[")
        elif kind in {"word", "name"}:
            _refuse_service(text, match)
            pieces += word.upper() in CLAUSES
        else:
            depth += {"open": 1, "close": -1}.get(kind or "", 0)
            pieces += kind == "sign"
        _refuse_size(depth, pieces, settings)


def _refuse_doubtful(text: str, match: re.Match[str]) -> None:
    if ("'" in match[0] or "#" in match[0]) and not SURE_IRI.match(match[0]):
        line = text.count("\n", 0, match.start()) + 1
        raise BadQuery(
            f"Line {line}: {match[0]} can be read as an IRI or as two comparisons",
            hint="Write the IRI with its scheme and //, %27 for an apostrophe, or spaces around the comparisons.",
            more={"line": line},
        )


def _refuse_service(text: str, match: re.Match[str]) -> None:
    if "SERVICE" not in match[0].partition(":")[0].upper():
        return
    line = text.count("\n", 0, match.start()) + 1
    hint = None
    if match.lastgroup == "name":
        hint = "Leave out SERVICE. If this is a prefix of yours, give it a name without that word."
    raise ServiceRefused(f"The query asks another endpoint with SERVICE in line {line}", hint=hint, more={"line": line})


def _refuse_size(depth: int, pieces: int, settings: Settings) -> None:
    if depth > settings.query_depth:
        raise TooDeep(f"The query nests brackets more than {settings.query_depth} deep")
    if pieces > settings.query_pieces:
        raise TooDeep(f"The query has more than {settings.query_pieces:,} operators and clauses")
