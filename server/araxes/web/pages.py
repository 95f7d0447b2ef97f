"""The pages for people, views also as a drawing or as data, and what watches the server: Flask's part of the site."""

import base64
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache, partial
from hashlib import sha256
from importlib.resources import files
from itertools import dropwhile
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from flask import Blueprint, Response, current_app, render_template, request
from jinja2 import Template
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod
from werkzeug.local import LocalProxy

from araxes import queries
from araxes.engine import Answer
from araxes.engine.question import GRAPHS, RESULTS, Form
from araxes.problems import BadRequest, MethodNotAllowed, NotFound, Problem, every_problem
from araxes.web.machines import KEY, Exchange, Machines
from araxes.web.protocol import HEADERS, fields_of
from araxes.web.site import MOST, SAFE, SITE, Found, Index, Page, Saved, path_of

FALLBACK = (files("araxes.web") / "describe" / "start.rq").read_text("utf-8")
bp = Blueprint("pages", __name__)
site: Machines = cast("Any", LocalProxy(lambda: current_app.extensions["araxes"]))
exchange: Exchange = cast("Any", LocalProxy(lambda: request.environ[KEY]))

LARGEST, LARGEST_GRAPH, MOST_ROWS, MOST_CELLS, ROWS = 1 << 20, 200_000, 1_000, 20_000, '"bindings":['
FORMS = ("svg", "csv", "json")
VIEW, DATA = f"<any({','.join(SITE['views'])}):name>", {each.name: each for each in RESULTS}
STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
POLICY = "Content-Security-Policy"


@bp.get(f"/{VIEW}", defaults={"suffix": "html"})
@bp.get(f"/{VIEW}.<any(svg, csv, json):suffix>")
@bp.get("/source/<string:source>", defaults={"name": "source", "suffix": "html"})
@bp.get("/source/<string:source>.<any(svg, csv, json):suffix>", defaults={"name": "source"})
def show(name: str, suffix: str, source: str = "") -> Response:
    """Show a page; of a view, with one of the suffixes svg, csv and json, its drawing or its data."""
    page = page_for({**_asked(), "source": source})
    if source and source not in {row["key"].value for row in page.rows("sources")}:
        raise NotFound(f"There is no source with the key {source[:100]}")
    if suffix not in SITE["types"]:
        answer = page.answer(SITE["data"].get(name, name), DATA[suffix])
        return Response(answer.whole(), content_type=answer.media_type)
    text = filled(f"{name}.{suffix}", page, name=name, standalone=suffix == "svg")
    if suffix == "svg":  # a drawing that is saved has nothing to which a path could be added
        text = text.replace(' href="/', f' href="{site.base}/')
    headers = styled(text.encode()) if suffix == "svg" else {}
    if name in SITE["views"]:
        at, sent = quote(request.path.removesuffix(f".{suffix}")), quote(request.query_string, safe=f"{SAFE}%")
        of = f"?{sent}" if sent else ""
        links = [f'<{SITE["licence"]}>; rel="license"', *(f'<{at}.{form}{of}>; rel="alternate"' for form in FORMS)]
        headers["Link"] = ", ".join(links)
    return Response(text, content_type=SITE["types"][suffix], headers=headers)


for path, named in SITE["pages"].items():
    bp.add_url_rule(path, view_func=show, defaults=named)


@bp.route("/sparql", endpoint="sparql", methods=["GET", "POST", "QUERY"])
def query() -> str:
    """Show the query page, below it the answer where a query was sent."""
    return _query_page(**(_shown(exchange.form, exchange.answer) if exchange.answer else {}))


@bp.get("/search.json")
def search() -> list[dict[str, str]]:
    """Return what the page for a search shows, for machines."""
    found = find(_asked().get("q", ""))[:MOST]
    return [{"iri": each.iri, "label": each.label, "lang": each.lang, "page": path_of(each.iri)} for each in found]


for elsewhere, at in SITE["elsewhere"].items():
    bp.add_url_rule(elsewhere, f"to-{at}", partial(Response, "", 303, {"Location": at}))


@bp.get("/favicon.ico")
def icon() -> Response:
    """Return nothing to browsers that look for an icon by this name: each page brings its own."""
    return Response("", 204)


@bp.get("/problems/<slug>")
def problem_type(slug: str) -> str:
    """Say what a kind of problem means: the address that problem documents give as their type."""
    kinds = {kind.slug: kind for kind in every_problem()}
    if slug not in kinds:
        raise NotFound(f"There is no kind of problem called {slug[:100]}")
    return render_template("problem-type.html", kind=kinds[slug])


@bp.get("/health")
@bp.get("/health/<any(live, ready):what>")
def health(what: str = "live") -> Response:
    """Say that the server answers, and over which release; or whether it can answer queries now, with 503 if not."""
    exchange.fixed = False
    told, status = {"status": "ok", "release": exchange.release, "triples": exchange.served.triples}, 200
    if what == "ready":
        state = site.engine.state(memory=False)
        told = {"workers": state.workers, "busy": state.busy, "waiting": state.waiting, "release": exchange.release}
        told["status"], status = ("ready", 200) if state.ready else ("not ready", 503)
        told["reload"] = "failed" if state.reload_problem else "ok"
    return Response(json.dumps(told), status, content_type="application/json")


@bp.get("/metrics")
def metrics() -> Response:
    """Return all counts for Prometheus."""
    exchange.fixed = False
    counts: bytes = current_app.extensions["araxes.front"].counts()
    return Response(counts, content_type="text/plain; version=1.0.0; charset=utf-8")


def problem_page(found: Problem) -> str:
    """Return the page for a problem: with the query to mend where there is one."""
    document = {**found.document(), "query_id": exchange.id}
    if exchange.environ["PATH_INFO"] == "/sparql" and exchange.sent:
        return _query_page(problem=document)
    return render_template("problem.html", problem=document, here=exchange.environ["PATH_INFO"])


def http_fault(fault: HTTPException) -> Response:
    """Raise the problem that a fault of Flask's own means; never returns."""
    here = request.path[:200]
    if isinstance(fault, WrongMethod):
        allow = sorted(fault.valid_methods or ())
        raise MethodNotAllowed(f"{here} does not answer {request.method[:40]}", more={"allow": allow})
    raise NotFound(f"There is nothing at {here}") if fault.code == 404 else BadRequest(fault.name)


def page_for(given: Mapping[str, str] | None = None) -> Page:
    """Return what a page asks, with values for the parameters of its queries, else those that the request has."""
    return Page(
        partial(site.ask, exchange), exchange.served.folder, exchange.release, _asked() if given is None else given
    )


def _asked() -> dict[str, str]:
    """Return the parameters of the request; raises `BadRequest` where they cannot be read, or one is given twice."""
    found = fields_of(exchange.environ.get("QUERY_STRING", "").encode("latin-1"))
    if twice := [name for name, values in found.items() if len(values) > 1]:
        raise BadRequest(f"The parameter {twice[0][:100]} is given twice")
    return {name: values[0] for name, values in found.items()}


def filled(template: str | Template, page: Page | None = None, **told: Any) -> str:
    """Return a template filled with what every page can ask."""
    page = page or page_for()
    return render_template(template, page=page, site=SITE, base=site.base, release=exchange.served, **told)


def styled(document: bytes) -> dict[str, str]:
    """Return the header that lets a document have the style that stands in it, and no other. CSP 3, 8.3."""
    digests = (base64.b64encode(sha256(each).digest()).decode() for each in STYLE.findall(document))
    allowed = "".join(f" 'sha256-{each}'" for each in digests)
    return {POLICY: HEADERS["always"][POLICY].replace("style-src 'self'", f"style-src 'self'{allowed}")}


def find(typed: str) -> list[Found]:
    """Return all things whose names are like the first 200 characters of what was typed, the likest first."""
    return _index(exchange.served.folder, exchange.release).find(typed[:200])


@lru_cache(maxsize=2)
def _index(folder: Path, release: str) -> Index:  # noqa: ARG001 - files of data that changed have the folder they had
    return Index(page_for({}).rows("names"))


def _query_page(**more: Any) -> str:
    page = page_for({} if "problem" in more else None)
    known = {**page.queries, **page.examples} if (name := page.given.get("example", "")) else page.examples
    if name and name not in known:
        raise NotFound(f"There is no example {name[:100]}")
    text = exchange.text or _example_text(known, page)
    return filled("query.html", page, sent=exchange.sent, text=text, results=RESULTS, graphs=GRAPHS, **more)


def _example_text(examples: Saved, page: Page) -> str:
    """Return the example that was asked for, else the one with `start: yes`, else the first, without its header."""
    first = sorted(examples.values(), key=lambda each: each.first("start") != "yes")
    saved = examples.get(page.given.get("example", "")) or next(iter(first), None)
    if saved:
        values = {each.name: page.given[each.name] for each in saved.parameters if each.name in page.given}
        saved = saved._replace(text=queries.bind(saved, values, page.prefixes))
    lines = (saved.text if saved else FALLBACK).splitlines()
    return "\n".join(dropwhile(lambda line: line.startswith("#:") or not line.strip(), lines))


def _shown(form: str, answer: Answer) -> dict[str, Any]:
    """Return what the page shows of an answer: of a table its first rows, of a graph all or nothing."""
    text = answer.whole(LARGEST).decode("utf-8", "ignore")
    size = answer.length or len(answer.body)
    if form in {Form.CONSTRUCT, Form.DESCRIBE}:
        return {"graph": text if size <= LARGEST_GRAPH else "", "size": size}
    if form is Form.ASK:
        return {"truth": json.loads(text)["boolean"]}
    decode, at, rows = json.JSONDecoder().raw_decode, text.index(ROWS) + len(ROWS), []
    columns = decode(text, text.index("["))[0]
    with suppress(ValueError):  # raised at the end of the rows, or where the text is cut
        while found := decode(text, at):
            rows.append(found[0])
            at = found[1] + 1
    most = min(MOST_ROWS, MOST_CELLS // max(len(columns), 1))
    return {"columns": columns, "rows": rows[:most], "total": len(rows) if size <= LARGEST else 0, "size": size}
