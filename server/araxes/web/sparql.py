"""The endpoint, its query page and the health of both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from araxes.engine import Answer, Engine, Question, formats_for
from araxes.engine.question import GRAPHS, RESULTS, Form, form_of
from araxes.problems import NotFound, Problem, every_problem
from araxes.web import respond
from araxes.web.examples import Examples
from araxes.web.negotiate import Offer, choose
from araxes.web.protocol import FORM, HTML, Sent, fields_of, has_query, question_from
from araxes.web.table import table_of

bp = Blueprint("sparql", __name__)

METHODS = ["GET", "HEAD", "POST", "OPTIONS"]


@dataclass(frozen=True, slots=True)
class Site:
    """What the views need: the engine and the example queries."""

    engine: Engine
    examples: Examples


@bp.get("/")
def home() -> Response:
    """Show the query page."""
    return _page()


@bp.route("/sparql", methods=METHODS, provide_automatic_options=False)
def endpoint() -> Response:
    """Answer a query; show the query page to a browser, also where something is wrong with its query."""
    if request.method == "OPTIONS":
        return _preflight()
    sent = _sent()
    page = HTML in [*sent.address.get("format", ()), *sent.form.get("format", ())] or _likes_page(sent.accept)
    if page and not has_query(sent):
        return _page()
    try:
        question = question_from(sent)
        answer = _answered(question)
    except Problem as found:
        if not page:
            raise
        return _page({"text": _text(sent), "problem": found.document()}, found.status)
    return _result_page(question, answer) if question.format.name == HTML else respond.answer(answer)


@bp.get("/problems/<slug>")
def problem_type(slug: str) -> str:
    """Say what a kind of problem means: the address that problem documents give as their type."""
    for kind in every_problem():
        if kind.slug == slug:
            return render_template("problem-type.html", kind=kind)
    raise NotFound(f"There is no kind of problem called {slug}")


@bp.get("/health")
def health() -> Response:
    """Say that the server answers, and over which release."""
    release = _site().engine.release
    return jsonify(status="ok", release=release.name, triples=release.triples)


def _site() -> Site:
    site: Site = current_app.extensions["araxes"]
    return site


def _sent() -> Sent:
    body = request.get_data() if request.method == "POST" else b""
    return Sent(
        method=request.method,
        content_type=request.mimetype,
        address=fields_of(request.query_string),
        form=fields_of(body) if request.mimetype == FORM else {},
        body=body,
        accept=request.headers.get("Accept"),
    )


def _likes_page(accept: str | None) -> bool:
    formats = (*RESULTS, *GRAPHS)
    results = Offer("results", tuple(name for each in formats for name in (each.media_type, *each.also)))
    try:
        return choose(accept, [results, Offer("page", ("text/html",))]) == "page"
    except Problem:
        return False


def _page(more: Mapping[str, object] | None = None, status: int = 200) -> Response:
    site = _site()
    name = request.args.get("example")
    body = render_template(
        "query.html",
        examples=site.examples.queries.values(),
        release=site.engine.release,
        **{"text": site.examples.text(name), **(more or {})},
    )
    response = Response(body, status)
    response.headers["Vary"] = "Accept"
    return response


def _answered(question: Question) -> Answer:
    if question.format.name == HTML:
        question = replace(question, format=formats_for(form_of(question.text))[0])
    return _site().engine.ask(question)


def _result_page(question: Question, answer: Answer) -> Response:
    return _page({"text": question.text, **_shown(form_of(question.text), answer)})


def _text(sent: Sent) -> str:
    given = [*sent.form.get("query", ()), *sent.address.get("query", ())]
    return given[0] if given else ""


def _shown(form: Form, answer: Answer) -> dict[str, object]:
    text = answer.body.decode("utf-8")
    if form in {Form.CONSTRUCT, Form.DESCRIBE}:
        return {"graph": text}
    document = json.loads(text)
    return {"truth": document["boolean"]} if form is Form.ASK else {"table": table_of(document)}


def _preflight() -> Response:
    response = Response(status=204)
    response.headers["Allow"] = ", ".join(METHODS)
    response.headers["Access-Control-Allow-Methods"] = ", ".join(METHODS)
    response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type"
    response.headers["Access-Control-Max-Age"] = "86400"
    return response
