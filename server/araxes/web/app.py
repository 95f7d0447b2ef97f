"""The application: blueprints over one engine."""

from flask import Flask

from araxes.engine import Engine
from araxes.settings import Settings
from araxes.web import respond, sparql
from araxes.web.examples import Examples

FORM_ROOM = 4


def create_app(engine: Engine, settings: Settings) -> Flask:
    """Return the WSGI application that answers over an engine; it reads neither environment nor network."""
    app = Flask("araxes.web")
    app.config["MAX_CONTENT_LENGTH"] = settings.query_characters * FORM_ROOM + 10_000
    app.config["MAX_FORM_MEMORY_SIZE"] = app.config["MAX_CONTENT_LENGTH"]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["araxes"] = sparql.Site(engine, Examples.of(engine.release))
    app.register_blueprint(sparql.bp)
    respond.install(app, engine.release.name)
    return app
