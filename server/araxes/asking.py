"""A question asked at the command line: found, bound and answered in this process."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from araxes import prefixes, queries, tables
from araxes.engine import Engine, Format, Question, form_of, formats_for
from araxes.problems import BadParameter, UnknownQuery
from araxes.release import Release


def text_of(word: str, given: tuple[str, ...], release: Release) -> str:
    """Return the text of a query: given as text, as the path of an `.rq` file, or as the name of a saved query.

    Parameters: `given`, values as `name=value`; only a saved query or a file can have them.

    Raises `UnknownQuery` and `BadParameter`.
    """
    values = dict(_pair(each) for each in given)
    if any(sign in word for sign in "{}\n") or " " in word.strip():
        if values:
            raise BadParameter("Only a saved query has parameters, and this is the text of one")
        return word
    return queries.bind(_saved(word, release), values, declared(release))


def answer(engine: Engine, text: str, name: str | None) -> str:
    """Return the answer in the format of that name; without one, a table for rows and Turtle for graphs.

    Raises `UnknownQuery` where the query cannot be answered in that format, and what the engine raises.
    """
    offered = formats_for(form_of(text))
    if name in {None, "table"} and offered[0].name == "json":
        body = engine.ask(Question(text, offered[0])).body
        return tables.plain(body, declared(engine.release))
    return engine.ask(Question(text, _format(offered, name))).body.decode("utf-8").rstrip("\n")


def statistics(engine: Engine) -> list[tuple[queries.SavedQuery, dict[str, Any]]]:
    """Return each query below `queries/stats` with its answer as SPARQL JSON results."""
    root = engine.release.root
    found = queries.load(root / "queries" / "stats", root).values()
    return [
        (each, json.loads(engine.ask(Question(each.text, _format(formats_for(form_of(each.text)), "json"))).body))
        for each in found
    ]


def statistics_text(results: list[tuple[queries.SavedQuery, dict[str, Any]]], release: Release, machine: bool) -> str:
    """Return the statistics as tables under their titles, or as JSON."""
    known = declared(release)
    shown = {query.title: tables.rows(document, known) for query, document in results}
    if machine:
        facts = {
            title: [dict(zip(columns, line, strict=True)) for line in lines]
            for title, (columns, lines) in shown.items()
        }
        return json.dumps({"release": release.name, "triples": release.triples, **facts}, indent=2, ensure_ascii=False)
    parts = [f"{title}\n{tables.drawn(columns, lines)}" for title, (columns, lines) in shown.items()]
    return "\n\n".join([f"Release {release.name}: {release.triples:,} distinct triples", *parts])


def declared(release: Release) -> Mapping[str, str]:
    """Return the prefixes of a release."""
    return prefixes.declared((release.root / prefixes.PREFIX_FILE).read_text("utf-8"))


def _format(offered: tuple[Format, ...], name: str | None) -> Format:
    if name in {None, "table"}:
        return offered[0]
    for each in offered:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in offered)
    raise UnknownQuery(f"There is no {name} for this form of query", hint=f"Use one of: {known}.")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadParameter(f"{text!r} is not name=value")
    return name, value


def _saved(word: str, release: Release) -> queries.SavedQuery:
    path = Path(word)
    if path.suffix == ".rq" and path.is_file():
        return queries.read(path.resolve(), release.root)
    saved = queries.load(release.root / "queries", release.root)
    name = path.name.removesuffix(".rq")
    fitting = [each for key, each in saved.items() if key == name] or [
        each for key, each in saved.items() if key.startswith(f"{name}-")
    ]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(each.name for each in fitting) or "none"
    raise UnknownQuery(f"{word} names no saved query; names that begin so: {names}")
