"""What goes into the engine and what comes out; and of a query's text its form, what is refused, and why it is bad."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple
from unicodedata import east_asian_width

from pyoxigraph import Store

from araxes.problems import BadQuery, QueryTooDeep, QueryTooLong, ServiceRefused, UpdateRefused
from araxes.settings import Settings, beyond

# Read with the module: a worker cannot open a file.
HERE = Path(__file__).parent
KNOWN, READ = (tomllib.loads((HERE / f"{name}.toml").read_text("utf-8")) for name in ("formats", "language"))
TOKENS = re.compile(READ["tokens"].replace("ESCAPE", READ["escape"]).replace("SIGN", READ["sign"]))
PROLOGUE = re.compile(READ["prologue"].replace("SKIPPED", READ["skipped"]))
PATTERNS = {name: re.compile(pattern) for name, pattern in READ["patterns"].items()}
SERVICE_CALL, NEWLINE, KEYWORDS = PATTERNS["service-call"], PATTERNS["newline"], tuple(READ["keywords"].split())
DEEPER, SHOWN = {"open": 1, "close": -1}, 60
PROBE = "\n" + " " * 20 + "§"


class Form(StrEnum):
    """The four forms of a query."""

    SELECT, ASK, CONSTRUCT, DESCRIBE = "SELECT", "ASK", "CONSTRUCT", "DESCRIBE"


class Format(NamedTuple):
    """A format in which an answer can be written; `also` are other types by which it is asked for, `short` names."""

    name: str
    media_type: str
    label: str
    also: tuple[str, ...] = ()
    short: tuple[str, ...] = ()


RESULTS, GRAPHS = (tuple(Format(*each[:3], *map(tuple, each[3:])) for each in KNOWN[form]) for form in KNOWN)


class Question(NamedTuple):
    """A query, the format of its answer, and the graphs that the request names in place of the query's own."""

    text: str
    format: Format
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    milliseconds: int = 0  # the time that the client allows, 0 the server's
    client: str = ""  # whose share of the workers it takes


class Answer(NamedTuple):
    """A whole answer: bytes, what they are, and the release they come from."""

    body: bytes  # empty for a large one
    media_type: str
    release: str
    length: int = 0
    milliseconds: float = 0.0  # that its evaluation took
    fixed: bool = True  # whether the same question has the same answer: no NOW, RAND or UUID
    file: BinaryIO | None = None  # of a large one, at its beginning

    def whole(self, most: int = -1) -> bytes:
        """Return the bytes, wherever they stand, and let go of the file; or only so many of them."""
        with self.file or BytesIO(self.body) as body:
            return body.read(most)


class State(NamedTuple):
    """How an engine stands: its workers, those that wait, and what the last reload met."""

    ready: bool = True
    workers: int = 0
    busy: int = 0
    waiting: int = 0
    replaced: int = 0
    reload_problem: str = ""  # where it went well
    memory: tuple[int, ...] = ()  # that each worker has for itself alone, in bytes


def formats_for(form: Form) -> tuple[Format, ...]:
    """Return the formats in which a form can be answered, the default first."""
    return GRAPHS if form in {Form.CONSTRUCT, Form.DESCRIBE} else RESULTS


def prologue_end(text: str) -> int:
    """Return where the prologue of a query ends: BASE, PREFIX, and the space and comments about them."""
    return next(PROLOGUE.finditer(text)).end()  # it may be empty, and so always fits


def form_of(text: str) -> Form:
    """Return the form, by the first word after the prologue; raises `UpdateRefused` for an update, else `BadQuery`."""
    start = prologue_end(text)
    first = next(PATTERNS["word"].finditer(text, start))[0].upper()
    if first in READ["updates"]:
        raise UpdateRefused(f"This is an update: it begins with {first}")
    if first in {"PREFIX", "BASE"}:
        raise _bad("prologue", text, start, first)
    if first not in Form.__members__:
        raise _bad("beginning", text, start, meant=get_close_matches(first, [*Form, "PREFIX", "BASE"], 1))
    return Form(first)


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
    return not PATTERNS["changing"].search(words) and not (settings.services and "SERVICE" in words)


def place(text: str, at: int) -> dict[str, object]:
    """Return where an offset stands: line and column from 1 on, the line, and an excerpt with a caret below it."""
    lines, after = NEWLINE.split(text[:at]), NEWLINE.split(text[at:], maxsplit=1)[0]
    before, left = lines[-1], lines[-1][-SHOWN:]
    below = "".join("\t" if sign == "\t" else "  " if east_asian_width(sign) in "WF" else " " for sign in left)
    excerpt = f"{left}{after[:SHOWN]}\n{below}^"
    return {"line": len(lines), "column": len(before) + 1, "source": before + after, "excerpt": excerpt}


def explained(text: str, prefixes: Mapping[str, str], terms: Callable[[], Sequence[str]]) -> BadQuery:
    """Return where and why a query cannot be read, and the nearest of the prefixes and `terms` (names) of the data."""
    at, end = _fault(text)
    word, said = text[at:end].strip(), _said(text[:end])
    stray = next((match for match in TOKENS.finditer(text) if match["stray"]), None)
    if stray and stray.start() <= at:
        return _bad("stray", text, stray.start(), stray[0])
    name, sign, local = word.partition(":")
    declared = PATTERNS["declared"].findall(text[: prologue_end(text)])
    if sign and name not in declared and not word.startswith(("<", '"', "'", "_:")):
        said, known = "Prefix not found", {**READ["prefixes"], **prefixes}
        meant = [f"{near}:{local}" for near in get_close_matches(name, known, 1)]
        meant = [f"PREFIX {name}: <{known[name]}>"] if name in known else meant
    else:
        meant = _meant(word, terms)
    reason = "it is not SPARQL 1.1 from here on" if word else "the query ends too early"
    reason = next((words for part, words in READ["reasons"].items() if part in said), reason)
    return _bad("fault", text, at, reason, meant)


def _bad(name: str, text: str, at: int, word: str = "", meant: Sequence[str] = ()) -> BadQuery:
    """Return the problem of that name in language.toml, of a word at an offset; `meant` is what may have been meant."""
    more = place(text, at)
    found, hint = (said.format(word=word, **more) for said in READ["said"][name])
    for each in meant:
        more["did_you_mean"] = str(each)
        hint = f"Add this line at the top: {each}" if each.startswith("PREFIX ") else f"Did you mean {each}? {hint}"
    return BadQuery(found, hint=hint.strip(), more=more)


def _scan(text: str, settings: Settings) -> None:
    """Refuse what is seen token by token.

    Strings, comments, IRIs and variables are skipped. What stands between `<` and `>` may be an IRI or part of two
    comparisons: so a sign in it that would open a string or a comment is allowed only where nothing but an IRI can be
    meant. A keyword needs no space before the next word, hence the search within words.
    """
    depth, services = 0, settings.services.split()
    for match in TOKENS.finditer(text):
        kind, word, at = str(match.lastgroup), match[0], match.start()
        depth += DEEPER.get(kind, 0)
        if depth > settings.query_depth:
            raise beyond(QueryTooDeep, "query_depth", settings.query_depth)
        if kind == "stray" or (kind == "iri" and PATTERNS["hiding"].match(word)):
            raise _bad(kind, text, at, word)
        if kind == "word" and PATTERNS["service"].match(word.upper()):
            call = SERVICE_CALL.match(text, at)
            if not call or call[2] not in services:
                found = _bad("service", text, at)
                raise ServiceRefused(found.detail, hint=found.advice, more={**found.more, "services": services})


def _fault(text: str) -> tuple[int, int]:
    """Return from where to where the first thing stands that cannot follow; at the end of the text, nothing does."""
    # The engine's own position lies up to a keyword's length beyond. But it can tell whether a text may go on at all,
    # and whatever follows what cannot, neither can.
    breaks = (match.end() for match in TOKENS.finditer(text) if PATTERNS["apart"].match(text, match.end()))
    ends = [0, *breaks, len(text)]
    first = bisect_left(ends, True, lo=1, key=lambda end: not _may_go_on(text[:end]))
    if first == len(ends):
        return len(text.rstrip()), len(text)
    return len(text) - len(text[ends[first - 1] :].lstrip()), ends[first]


def _may_go_on(text: str) -> bool:
    match = PATTERNS["error"].match(_said(text + PROBE))
    return not match or (int(match[1]), int(match[2])) >= ((text + PROBE).count("\n") + 1, len(PROBE) - 1)


def _said(text: str) -> str:
    try:
        Store().query(text)
    except SyntaxError as error:
        return str(error)
    return ""


def _meant(word: str, terms: Callable[[], Sequence[str]]) -> list[str]:
    if not word.isidentifier() or word.upper() in KEYWORDS:
        return []
    names = {each.partition(":")[2]: each for each in terms() if not each.startswith("<")}
    near = get_close_matches(word.upper(), KEYWORDS, 1, 0.7) or get_close_matches(word, names, 1, 0.7)
    return [names.get(each, each) for each in ([word] if word in names else near)]
