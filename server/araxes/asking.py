"""A question asked at the command line: found, bound, answered in this process, and shown as a plain table."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from araxes import prefixes, queries
from araxes.engine import Engine, Format, Question, form_of, formats_for
from araxes.names import XSD
from araxes.problems import BadParameter, UnknownQuery
from araxes.release import Release

Cell = str | int
Rows = tuple[list[str], list[dict[str, Cell]]]
WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def text_of(word: str, given: tuple[str, ...], release: Release) -> str:
    """Return the text of a query: given as text, as the path of an `.rq` file, or as the name of a saved query.

    Parameters: `given`, values as `name=value`; only a saved query or a file can have them.

    Raises `UnknownQuery` and `BadParameter`.
    """
    values = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign:
            raise BadParameter(f"{each!r} is not name=value")
        values[name] = value
    if any(sign in word for sign in "{}\n") or " " in word.strip():
        if values:
            raise BadParameter("Only a saved query has parameters, and this is the text of one")
        return word
    return queries.bind(_saved(word, release), values, _prefixes(release))


def answer(engine: Engine, text: str, name: str | None) -> str:
    """Return the answer in the format of that name; without one, a table for rows and Turtle for graphs.

    Raises `UnknownQuery` where the query cannot be answered in that format, and what the engine raises.
    """
    offered = formats_for(form_of(text))
    if name not in {None, "table"}:
        return _asked(engine, text, _format(offered, name))
    body = _asked(engine, text, offered[0])
    if offered[0].name != "json":
        return body
    document = json.loads(body)
    if "boolean" in document:
        return "yes" if document["boolean"] else "no"
    return _table(*_rows(document, _prefixes(engine.release)))


def statistics(engine: Engine, machine: bool) -> str:
    """Return the answers to the queries below `queries/stats`: as tables under their titles, or as JSON."""
    release = engine.release
    known = _prefixes(release)
    shown: dict[str, Rows] = {}
    for query in queries.load(release.root / "queries" / "stats", release.root).values():
        json_format = _format(formats_for(form_of(query.text)), "json")
        shown[query.title] = _rows(json.loads(_asked(engine, query.text, json_format)), known)
    if machine:
        facts = {title: rows for title, (_, rows) in shown.items()}
        return json.dumps({"release": release.name, "triples": release.triples, **facts}, indent=2, ensure_ascii=False)
    tables = [f"{title}\n{_table(*rows)}" for title, rows in shown.items()]
    return "\n\n".join([f"Release {release.name}: {release.triples:,} distinct triples", *tables])


def _saved(word: str, release: Release) -> queries.SavedQuery:
    path = Path(word)
    if path.suffix == ".rq" and path.is_file():
        return queries.read(path.resolve(), release.root)
    saved = queries.load(release.root / "queries", release.root)
    name = path.name.removesuffix(".rq")
    if name in saved:
        return saved[name]
    fitting = [each for each in saved if each.startswith(f"{name}-")]
    if len(fitting) == 1:
        return saved[fitting[0]]
    raise UnknownQuery(f"{word} names no saved query; names that begin so: {', '.join(fitting) or 'none'}")


def _prefixes(release: Release) -> Mapping[str, str]:
    return prefixes.declared((release.root / prefixes.PREFIX_FILE).read_text("utf-8"))


def _format(offered: Sequence[Format], name: str | None) -> Format:
    for each in offered:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in offered)
    raise UnknownQuery(f"There is no {name} for this form of query", hint=f"Use one of: {known}.")


def _asked(engine: Engine, text: str, form: Format) -> str:
    return engine.ask(Question(text, form)).body.decode("utf-8").rstrip("\n")


def _rows(document: Mapping[str, Any], known: Mapping[str, str]) -> Rows:
    columns = document["head"]["vars"]
    bindings = document["results"]["bindings"]
    return columns, [{name: _cell(row.get(name), known) for name in columns} for row in bindings]


def _cell(term: Mapping[str, Any] | None, known: Mapping[str, str]) -> Cell:
    if term is None:
        return ""
    value = str(term["value"])
    if term.get("datatype") == f"{XSD}integer" and WHOLE.fullmatch(value):
        return int(value)
    return prefixes.shorten(value, known) if term["type"] == "uri" else value.replace("\n", " ")


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, Cell]]) -> str:
    """Return a table with aligned columns, whole numbers to the right, and the number of its rows."""
    shown = [list(columns), *([str(row[name]) for name in columns] for row in rows)]
    for n, name in enumerate(columns):
        width = max(len(line[n]) for line in shown)
        whole = bool(rows) and all(isinstance(row[name], int) for row in rows)
        for line in shown:
            line[n] = line[n].rjust(width) if whole else line[n].ljust(width)
    shown.insert(1, ["-" * len(heading) for heading in shown[0]])
    count = f"({len(rows)} row{'' if len(rows) == 1 else 's'})"
    return "\n".join([*("  ".join(line).rstrip() for line in shown), count])
