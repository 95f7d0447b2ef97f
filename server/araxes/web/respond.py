"""Answers and problems to responses, with the headers that every response has."""

import json
import logging

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from araxes.engine import Answer
from araxes.problems import BadRequest, MethodNotAllowed, NotFound, Problem, QueryTooLong, ServerFault
from araxes.web.negotiate import Offer, choose

log = logging.getLogger("araxes.web")

PROBLEM_JSON = "application/problem+json"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Araxes-Release",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def answer(given: Answer) -> Response:
    """Return the response that carries an answer."""
    response = Response(given.body, content_type=_with_charset(given.media_type))
    response.headers["Vary"] = "Accept"
    return response


def problem(found: Problem) -> Response:
    """Return the response that carries a problem: a page for a browser, else a problem document."""
    document = found.document()
    if _wants_page():
        response = Response(render_template("problem.html", problem=document), found.status)
    else:
        body = json.dumps(document, ensure_ascii=False)
        response = Response(body, found.status, content_type=PROBLEM_JSON)
    response.headers["Vary"] = "Accept"
    return response


def install(app: Flask, release: str) -> None:
    """Give an application the one way to answer faults, and the headers of every response."""
    app.register_error_handler(Problem, problem)
    app.register_error_handler(HTTPException, _http_fault)
    app.register_error_handler(Exception, _own_fault)

    @app.after_request
    def _headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Araxes-Release"] = release
        return response


def _http_fault(fault: HTTPException) -> Response:
    kinds: dict[int | None, Problem] = {
        404: NotFound(f"There is nothing at {request.path}"),
        405: MethodNotAllowed(f"{request.path} does not answer {request.method}"),
        413: QueryTooLong("The request is larger than this endpoint reads"),
    }
    response = problem(kinds.get(fault.code) or BadRequest(fault.description or fault.name))
    if fault.code == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(fault, "valid_methods", None) or []))
    return response


def _own_fault(fault: Exception) -> Response:
    log.error("a request failed: %s %s", request.method, request.path, exc_info=fault)
    return problem(ServerFault("The server failed while it answered"))


def _wants_page() -> bool:
    offers = [
        Offer("problem", (PROBLEM_JSON, "application/json", "text/plain")),
        Offer("page", ("text/html",)),
    ]
    try:
        return choose(request.headers.get("Accept"), offers) == "page"
    except Problem:
        return False


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") and ";" not in media_type else media_type
