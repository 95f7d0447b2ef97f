"""A question asked at the command line: found, bound, answered by workers of its own, and shown as a plain table."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from araxes import prefixes, queries, settings
from araxes.engine import Engine, Question, form_of, formats_for
from araxes.engine.question import RESULTS
from araxes.prefixes import XSD
from araxes.problems import BadParameter, UnknownQuery, rendered
from araxes.project import Project, Release


def text_of(word: str, given: Sequence[str], release: Release) -> str:
    """Return the text of a query: given as text, as the path of an `.rq` file, or as the name of a saved query."""
    if wrong := [each for each in given if "=" not in each]:
        raise BadParameter(f"{wrong[0]!r} is not name=value")
    if not any(sign in word for sign in "{}\n") and " " not in word.strip():
        values = dict(each.split("=", 1) for each in given)
        return queries.bind(_saved(word, release), values, prefixes.below(release.folder))
    if given:
        raise BadParameter("Only a saved query has parameters, and this is the text of one")
    return word


def answer(release: Release, text: str, name: str | None) -> str:
    """Return the answer in the format of that name; without one, a table for rows and Turtle for graphs."""
    offered = {each.name: each for each in formats_for(form_of(text))}
    wanted = next(iter(offered)) if name in {None, "table"} else str(name)
    if wanted not in offered:
        raise UnknownQuery(f"There is no {wanted} for this form of query", hint=f"Use one of: {', '.join(offered)}.")
    [body] = _asked(release, [Question(text, offered[wanted])])
    if wanted == name or wanted != "json":
        return body
    document = json.loads(body)
    if "boolean" in document:
        return "yes" if document["boolean"] else "no"
    return rendered("tables.txt", tables=[("", *_rows(document, prefixes.below(release.folder)))])


def statistics(release: Release, machine: bool) -> str:
    """Return the answers to the queries below `queries/stats`: as tables under their titles, or as JSON."""
    known, saved = prefixes.below(release.folder), Project(release.folder).queries("stats").values()
    bodies = _asked(release, [Question(query.text, RESULTS[0]) for query in saved])
    tables = [(query.title, *_rows(json.loads(body), known)) for query, body in zip(saved, bodies, strict=True)]
    if machine:
        facts = {title: rows for title, _, rows in tables}
        return json.dumps({"release": release.name, "triples": release.triples, **facts}, indent=2, ensure_ascii=False)
    return rendered("tables.txt", release=release, tables=tables)


def _saved(word: str, release: Release) -> queries.SavedQuery:
    path = Path(word)
    if path.suffix == ".rq" and path.is_file():
        return queries.read(path.resolve(), release.folder)
    saved = Project(release.folder).queries("")
    name = path.name.removesuffix(".rq")
    fitting = [each for each in saved if each == name] or [each for each in saved if each.startswith(f"{name}-")]
    if len(fitting) == 1:
        return saved[fitting[0]]
    raise UnknownQuery(f"{word} names no saved query; names that begin so: {', '.join(fitting) or 'none'}")


def _asked(release: Release, questions: Sequence[Question]) -> list[str]:
    with closing(Engine(release, settings.load(os.environ, {"workers": 3}))) as engine:
        return [engine.ask(each).whole().decode("utf-8").rstrip("\n") for each in questions]


def _rows(document: Mapping[str, Any], known: Mapping[str, str]) -> tuple[list[str], list[dict[str, str | int]]]:
    columns, bindings = document["head"]["vars"], document["results"]["bindings"]
    return columns, [{name: _cell(row[name], known) if name in row else "" for name in columns} for row in bindings]


def _cell(term: Mapping[str, Any], known: Mapping[str, str]) -> str | int:
    value = str(term["value"])
    if term["type"] == "uri":
        return prefixes.shorten(value, known)
    whole = term.get("datatype") == f"{XSD}integer" and re.fullmatch(r"[+-]?[0-9]{1,18}", value)
    return int(value) if whole else value.replace("\n", " ")
