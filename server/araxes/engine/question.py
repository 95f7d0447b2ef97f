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

from araxes.prefixes import OWL, RDF, RDFS, XSD
from araxes.problems import BadQuery, QueryTooDeep, QueryTooLong, ServiceRefused, UpdateRefused
from araxes.settings import Settings, beyond

# Read with the module: a worker cannot open a file.
HERE = Path(__file__).parent
KNOWN, READ = (tomllib.loads((HERE / f"{name}.toml").read_text("utf-8")) for name in ("formats", "language"))
TOKENS = re.compile(READ["tokens"].replace("ESCAPE", READ["escape"]).replace("SIGN", READ["sign"]))
PROLOGUE = re.compile(READ["prologue"].replace("SKIPPED", READ["skipped"]))
KEYWORDS: list[str] = READ["keywords"].split()
REASONS: dict[str, str] = READ["reasons"]
SURE_IRI, SERVICE, SERVICE_CALL = (re.compile(READ[name]) for name in ("sure-iri", "service", "service-call"))
CHANGING, WORD = (re.compile(READ[name]) for name in ("changing", "word"))
NEWLINE, DECLARED, ERROR = (re.compile(READ[name]) for name in ("newline", "declared", "error"))
DEEPER, SHOWN = {"open": 1, "close": -1}, 60
# Where a query may be broken off without breaking a word, a number or an operator.
APART = set("{}()[],;")
LOOSE = {*APART, *" \t\r\n.#", ""}
PROBE = "\n" + " " * 20 + "§"


class Form(StrEnum):
    """The four forms of a query."""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"


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
    start = PROLOGUE.match(text)
    return start.end() if start else 0


def form_of(text: str) -> Form:
    """Return the form, by the first word after the prologue; raises `UpdateRefused` for an update, else `BadQuery`."""
    start = prologue_end(text)
    word = WORD.match(text, start)
    first = word[0].upper() if word else ""
    if first in Form.__members__:
        return Form(first)
    if first in READ["updates"]:
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
    return not CHANGING.search(words) and not (settings.services and "SERVICE" in words)


def place(text: str, at: int) -> dict[str, object]:
    """Return where an offset stands: line and column from 1 on, the line, and an excerpt with a caret below it."""
    lines = NEWLINE.split(text[:at])
    before, after = lines[-1], NEWLINE.split(text[at:], maxsplit=1)[0]
    left, right = before[-SHOWN:], after[:SHOWN]
    below = "".join("\t" if sign == "\t" else "  " if east_asian_width(sign) in "WF" else " " for sign in left)
    excerpt = f"{left}{right}\n{below}^"
    return {"line": len(lines), "column": len(before) + 1, "source": before + after, "excerpt": excerpt}


def explained(text: str, prefixes: Mapping[str, str], terms: Callable[[], Sequence[str]]) -> BadQuery:
    """Return where and why a query cannot be read, and the nearest of the prefixes and `terms` (names) of the data."""
    at, end = _fault(text)
    word, said = text[at:end].strip(), _said(text[:end])
    stray = next((match for match in TOKENS.finditer(text) if match["stray"]), None)
    if stray and stray.start() <= at:
        return _unclear(text, stray)
    name, sign, local = word.partition(":")
    known = {"rdf": RDF, "rdfs": RDFS, "owl": OWL, "xsd": XSD, **prefixes}
    declared = DECLARED.findall(text[: prologue_end(text)])
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
            raise beyond(QueryTooDeep, "query_depth", settings.query_depth)
        if kind == "word" and SERVICE.match(word.upper()) and not _allowed(text, match, settings.services.split()):
            where = place(text, match.start())
            hint = "Leave out SERVICE. If this is a name of yours, write it as an IRI." if ":" in word else None
            found = f"The query asks another endpoint with SERVICE in line {where['line']}"
            raise ServiceRefused(found, hint=hint, more={**where, "services": settings.services.split()})
        hiding = kind == "iri" and ("'" in word or "#" in word) and not SURE_IRI.match(word)
        if hiding or kind == "stray":
            raise _unclear(text, match)


def _allowed(text: str, word: re.Match[str], services: Sequence[str]) -> bool:
    call = SERVICE_CALL.match(text, word.start())
    return bool(call and len(word[0]) == len("SERVICE") and call[2] in services)


def _unclear(text: str, match: re.Match[str]) -> BadQuery:
    """Return the problem of a token that could hide something: a lone quotation mark or backslash, or an IRI."""
    found = f"{match[0]} can be read as an IRI or as two comparisons"
    hint = "Write the IRI with its scheme and //, %27 for an apostrophe, or spaces around the comparisons."
    if match["stray"]:
        found = f"from this {match[0]} on, it is not clear where a string ends"
        hint = "Close every string, put a space after an empty one, and write a backslash in it as two."
    where = place(text, match.start())
    return BadQuery(f"Line {where['line']}: {found}", hint=hint, more=where)


def _fault(text: str) -> tuple[int, int]:
    """Return from where to where the first thing stands that cannot follow; at the end of the text, nothing does."""
    # The engine's own position lies up to a keyword's length beyond. But it can tell whether a text may go on at all,
    # and whatever follows what cannot, neither can.
    found = [(match[0], match.end()) for match in TOKENS.finditer(text)]
    ends = [end for word, end in found if word in APART or text[end : end + 1] in LOOSE] + [len(text)]
    first = bisect_left(ends, True, key=lambda end: not _may_go_on(text[:end]))
    if first == len(ends):
        return len(text.rstrip()), len(text)
    before = ends[first - 1] if first else 0
    return before + len(text[before:]) - len(text[before:].lstrip()), ends[first]


def _may_go_on(text: str) -> bool:
    match = ERROR.match(_said(text + PROBE))
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
