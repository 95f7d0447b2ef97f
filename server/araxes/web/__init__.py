"""Answers to HTTP: the front, and behind it Flask's pages and the views for machines, over one engine."""

import json
import math
from functools import partial

from flask import Flask, send_from_directory
from werkzeug.exceptions import HTTPException

from araxes.engine import Engine
from araxes.engine.question import GRAPHS
from araxes.problems import every_problem
from araxes.settings import SETTINGS, Settings
from araxes.web import pages, reconciliation
from araxes.web.front import Front
from araxes.web.machines import Machines
from araxes.web.site import DIFFERENCES, REGION, asset, inline, kind_of, path_of

__all__ = ["create_app"]


def create_app(engine: Engine, settings: Settings) -> Flask:
    """Return the WSGI application that answers over an engine; it reads neither environment nor network."""
    app = Flask("araxes.web", static_folder=None)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "extensions": ["jinja2.ext.do"]}
    told = app.jinja_env.globals
    told |= {"asset": asset, "find": pages.find, "inline": inline, "kind_of": kind_of, "math": math, "path_of": path_of}
    told |= {"limits": SETTINGS, "settings": settings, "problems": every_problem(), "region": REGION}
    told["differences"] = DIFFERENCES
    app.jinja_env.filters["turtle"] = partial(json.dumps, ensure_ascii=False)
    # A path with two slashes would else be sent elsewhere, with the Host that the client claims.
    app.url_map.merge_slashes = False
    static = partial(send_from_directory, "static", conditional=False, etag=False)
    app.add_url_rule("/static/<path:path>", "static", static)
    app.add_url_rule("/graphs", "graphs")  # for all but what the views for machines answer
    app.register_blueprint(pages.bp)
    app.register_blueprint(reconciliation.bp)
    app.register_error_handler(HTTPException, pages.http_fault)
    machines = Machines(engine, settings, app.jinja_env)
    front = Front(app, machines)
    told["description"] = lambda: machines.description(pages.exchange, GRAPHS[0]).get_data(as_text=True)
    app.extensions |= {"araxes": machines, "araxes.front": front}
    app.wsgi_app = front  # type: ignore[assignment, method-assign]
    return app
