"""Answers to HTTP: the front, and behind it Flask's pages and the views for machines, over one engine."""

import json

from flask import Flask
from werkzeug.exceptions import HTTPException

from araxes.engine import Engine
from araxes.settings import SETTINGS, Settings
from araxes.web import pages
from araxes.web.cache import Cache
from araxes.web.front import Front
from araxes.web.machines import Machines
from araxes.web.watch import Watch

__all__ = ["create_app"]


def create_app(engine: Engine, settings: Settings) -> Flask:
    """Return the WSGI application that answers over an engine; it reads neither environment nor network."""
    app = Flask("araxes.web")
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    limits = [(each, getattr(settings, each.name)) for each in SETTINGS if each.limit]
    app.jinja_env.globals |= {"limits": limits, "settings": settings}
    app.jinja_env.filters["turtle"] = lambda text: json.dumps(text, ensure_ascii=False)
    # A path with two slashes would else be sent elsewhere, with the Host that the client claims.
    app.url_map.merge_slashes = False
    app.register_blueprint(pages.bp)
    app.register_error_handler(HTTPException, pages.http_fault)
    cache, machines = Cache(settings.cache_megabytes << 20), Machines(engine, settings, app.jinja_env)
    watch = Watch(settings, cache)
    app.extensions |= {"araxes": machines, "araxes.watch": watch}
    app.wsgi_app = Front(app, machines, cache, watch)  # type: ignore[assignment, method-assign]
    return app
