"""The pages for people, and what watches the server: Flask's part of the site."""

import json
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import dropwhile
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod
from werkzeug.local import LocalProxy

from araxes import queries
from araxes.engine import Answer
from araxes.engine.question import GRAPHS, RESULTS, Form
from araxes.problems import BadRequest, MethodNotAllowed, NotFound, Problem, every_problem
from araxes.web.exchange import KEY, Exchange
from araxes.web.machines import Machines

FOLDERS = ("explore", "competency")
FALLBACK = (files("araxes.web") / "describe" / "start.rq").read_text("utf-8")
bp = Blueprint("pages", __name__)
site: Machines = cast("Any", LocalProxy(lambda: current_app.extensions["araxes"]))
exchange: Exchange = cast("Any", LocalProxy(lambda: request.environ[KEY]))

LARGEST, MOST_CELLS = 1 << 20, 20_000
DIFFERENCES = tomllib.loads((files("araxes.web") / "differences.toml").read_text("utf-8"))["difference"]


@bp.get("/", endpoint="home")
@bp.route("/sparql", endpoint="sparql", methods=["GET", "POST", "QUERY"])
def query() -> str:
    """Show the query page, below it the answer where a query was sent."""
    return _page(**(_shown(exchange.form, exchange.answer) if exchange.answer else {}))


@bp.get("/limits")
def limits_page() -> str:
    """Show all limits in force, what refuses a query, and where the engine differs from the standard."""
    return render_template("limits.html", kinds=every_problem(), differences=DIFFERENCES)


@bp.get("/description")
def description() -> str:
    """Show the service description to read."""
    found = site.description(exchange, GRAPHS[0])
    return render_template("description.html", graph=found.body.decode("utf-8"))


@bp.get("/problems/<slug>")
def problem_type(slug: str) -> str:
    """Say what a kind of problem means: the address that problem documents give as their type."""
    kinds = {kind.slug: kind for kind in every_problem()}
    if slug not in kinds:
        raise NotFound(f"There is no kind of problem called {slug[:100]}")
    return render_template("problem-type.html", kind=kinds[slug])


@bp.get("/health")
@bp.get("/health/live")
def health() -> Response:
    """Say that the server answers, and over which release."""
    return _told({"status": "ok", "release": exchange.release, "triples": exchange.served.triples})


@bp.get("/health/ready")
def ready() -> Response:
    """Say whether queries can be answered now, with status 503 where they cannot."""
    state = site.engine.state(memory=False)
    told = {"workers": state.workers, "busy": state.busy, "waiting": state.waiting, "release": exchange.release}
    told |= {"status": "ready" if state.ready else "not ready", "reload": "failed" if state.reload_problem else "ok"}
    return _told(told, 200 if state.ready else 503)


@bp.get("/metrics")
def metrics() -> Response:
    """Return all counts for Prometheus."""
    exchange.fixed = False
    counts: bytes = current_app.extensions["araxes.watch"].text(site.engine.state(), exchange.served)
    return Response(counts, content_type="text/plain; version=1.0.0; charset=utf-8")


def problem_page(found: Problem, exchange: Exchange) -> str:
    """Return the page for a problem: with the query to mend where there is one."""
    document = {**found.document(), "query_id": exchange.id}
    if exchange.environ["PATH_INFO"] == "/sparql" and exchange.sent:
        return _page(problem=document)
    return render_template("problem.html", problem=document)


def http_fault(fault: HTTPException) -> Response:
    """Raise the problem that a fault of Flask's own means; never returns."""
    here = request.path[:200]
    if isinstance(fault, WrongMethod):
        allow = sorted(fault.valid_methods or ())
        raise MethodNotAllowed(f"{here} does not answer {request.method[:40]}", more={"allow": allow})
    raise NotFound(f"There is nothing at {here}") if fault.code == 404 else BadRequest(fault.name)


def _told(facts: Mapping[str, object], status: int = 200) -> Response:
    exchange.fixed = False
    return Response(json.dumps(facts), status, content_type="application/json")


def _page(**more: Any) -> str:
    served = exchange.served
    examples = _examples_of(served.folder)
    text = exchange.text or _example_text(examples, request.args.get("example"))
    shown = {"examples": examples.values(), "release": served, "text": text, "results": RESULTS, "graphs": GRAPHS}
    return render_template("query.html", **shown, **more)


@lru_cache(maxsize=2)
def _examples_of(root: Path) -> Mapping[str, queries.SavedQuery]:
    """Return the examples that the release in a folder holds, by name; they are read once for each release."""
    return {name: saved for folder in FOLDERS for name, saved in queries.load(root / "queries" / folder, root).items()}


def _example_text(examples: Mapping[str, queries.SavedQuery], name: str | None) -> str:
    """Return the example of that name, else the one with `start: yes`, else the first, as text without its header."""
    first = sorted(examples.values(), key=lambda each: each.first("start") != "yes")
    saved = examples.get(name or "") or next(iter(first), None)
    lines = (saved.text if saved else FALLBACK).splitlines()
    return "\n".join(dropwhile(lambda line: line.startswith("#:") or not line.strip(), lines))


def _shown(form: str, answer: Answer) -> dict[str, Any]:
    """Return what the page shows of an answer: all of it, or that it is too large to be shown."""
    if answer.file:
        answer.file.close()
    if answer.file or len(answer.body) > LARGEST:
        return {"large": answer.length or len(answer.body)}
    if form in {Form.CONSTRUCT, Form.DESCRIBE}:
        return {"graph": answer.body.decode("utf-8")}
    document = json.loads(answer.body)
    cells = len(document["head"].get("vars", ())) * len(document.get("results", {}).get("bindings", ()))
    if cells > MOST_CELLS:  # an unbound one costs nothing in JSON, and a page has to draw it
        return {"large": len(answer.body)}
    return {"truth": document["boolean"]} if form is Form.ASK else {"table": document}
