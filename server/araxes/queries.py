"""Saved queries: `.rq` files that run as they lie, with a header and parameters."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import takewhile
from operator import methodcaller
from pathlib import Path
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode

from araxes.prefixes import XSD
from araxes.problems import BadParameter, BadQuery

PATTERNS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
LAYOUTS = {key: re.compile(pattern) for key, pattern in PATTERNS["layouts"].items()}
PARAMETER, COLUMN = LAYOUTS["param"], LAYOUTS["column"]
LINE, MARKED, NAME = (re.compile(str(PATTERNS[each])) for each in ("line", "marked", "name"))
HEADED = methodcaller("startswith", "#:")
PREFIX = re.compile(r"^\s*@?PREFIX\s+([^\s:]*):\s*<([^>]*)>", re.MULTILINE | re.IGNORECASE)


class Parameter(NamedTuple):
    """What a reader may set: its name, its class or datatype as written, and what it means."""

    name: str
    kind: str
    description: str


class SavedQuery(NamedTuple):
    """A query with its header; `folder` is the kind of query (competency, rules, quality …)."""

    name: str
    folder: str
    file: str
    text: str
    header: tuple[tuple[str, str], ...]

    def every(self, key: str) -> tuple[str, ...]:
        """Return all values of a key of the header."""
        return tuple(value for name, value in self.header if name == key)

    def first(self, key: str, default: str = "") -> str:
        """Return the first value of a key of the header."""
        return next(iter(self.every(key)), default)

    @property
    def title(self) -> str:
        """Return the title, else the question, else the name."""
        return self.first("title") or self.first("question") or self.name

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters that the header declares."""
        return tuple(Parameter(*match.groups()) for each in self.every("param") if (match := PARAMETER.match(each)))

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return name and description of each column that the header declares."""
        return tuple((match[1], match[3]) for each in self.every("column") if (match := COLUMN.match(each)))

    @property
    def kinds(self) -> dict[str, str]:
        """Return the kind of each column by name, text where none is given; one that holds several ends with `*`."""
        return {match[1]: match[2] or "xsd:string" for each in self.every("column") if (match := COLUMN.match(each))}


def read(path: Path, root: Path) -> SavedQuery:
    """Return the query in a file, without malformed parts of its header; raises `BadQuery` if it is not UTF-8."""
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise BadQuery(f"{file} is not UTF-8 text", hint="Save the file as UTF-8.") from error
    header = ((match[1], match[2]) for line in takewhile(HEADED, text.splitlines()) if (match := LINE.match(line)))
    return SavedQuery(path.stem, path.parent.name, file, text, tuple(header))


def load(folder: Path, root: Path) -> dict[str, SavedQuery]:
    """Return the queries below a folder by name, in the order of their paths."""
    return {path.stem: read(path, root) for path in sorted(folder.rglob("*.rq"))}


def told(query: SavedQuery) -> Iterator[dict[str, object]]:
    """Yield what is said of a query: each line of its header, its parameters, columns and the lines marked for them."""
    for number, line in enumerate(takewhile(HEADED, query.text.splitlines()), 1):
        key, value = match.groups() if (match := LINE.match(line)) else (None, "")
        fits = key not in LAYOUTS or bool(LAYOUTS[key].match(value))
        yield {"file": query.file, "line": number, "header": line.strip(), "key": key, "value": value, "fits": fits}
    for mark in MARKED.finditer(query.text):
        yield {"file": query.file, "line": query.text.count("\n", 0, mark.start(2)) + 1, "marks": mark[2]}
    names = [*query.first("key").split(), *(each.partition(" ")[0] for each in query.every("reference"))]
    parameters = [each.name for each in query.parameters]
    yield {"file": query.file, "line": 1, "names": names, "column": [*query.kinds], "parameter": parameters}


def bind(query: SavedQuery, given: Mapping[str, str], prefixes: Mapping[str, str] | None = None) -> str:
    """Return the query with the given values, each checked and written as a term; raises `BadParameter`."""
    known = {**(prefixes or {}), **dict(PREFIX.findall(query.text))}
    kinds = {parameter.name: parameter.kind for parameter in query.parameters}
    if unknown := [name for name in given if name not in kinds]:
        hint = f"Its parameters: {', '.join(kinds) or 'none'}."
        raise BadParameter(f"{query.name} has no parameter {unknown[0]}", hint=hint)
    terms = {name: _term(value, kinds[name], known) for name, value in given.items()}
    return MARKED.sub(lambda line: f"{line[1]} {terms[line[2]]} {line[4]}" if line[2] in terms else line[0], query.text)


def _term(value: str, kind: str, prefixes: Mapping[str, str]) -> str:
    prefix, _, name = kind.partition(":")
    if prefixes.get(prefix, XSD if prefix == "xsd" else "") == XSD:
        if not re.fullmatch(PATTERNS["lexical"].get(name, "(?s).*"), value):
            raise BadParameter(f"{value!r} is not of the datatype {kind}")
        return str(Literal(value, datatype=NamedNode(XSD + name)))
    match = NAME.fullmatch(value)
    iri = prefixes[match[1]] + match[2] if match and match[1] in prefixes else value
    try:
        return str(NamedNode(iri.removeprefix("<").removesuffix(">")))
    except ValueError:
        near = get_close_matches(value.partition(":")[0], prefixes, 1) or sorted(prefixes)[:1]
        hint = f"Give a whole IRI, or a name such as {near[0] if near else 'prefix'}:name."
        raise BadParameter(f"{value[:100]!r} is not an IRI", hint=hint) from None
