"""The addresses for machines: queries, graphs and the description, answered without Flask."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from araxes.engine import Question, form_of, formats_for
from araxes.engine.guard import refuse_long
from araxes.engine.question import GRAPHS, RESULTS, Form
from araxes.problems import BadRequest, MethodNotAllowed, UnknownGraph
from araxes.web import respond
from araxes.web.describe import Description
from araxes.web.exchange import Exchange, Gate, Site
from araxes.web.protocol import BODIES, HTML, PAGE, Sent, picked, question_from, sent_from
from araxes.web.respond import METHODS, Reply

READING = ("GET", "HEAD", "OPTIONS")
WHOLE = "CONSTRUCT WHERE { ?subject ?property ?value }"
EXISTS = "ASK { GRAPH ?graph { ?subject ?property ?value } }"
# A form may write one character of a query as four bytes of three signs each.
FORM_ROOM = 12

View = Callable[[Exchange, Sent], Reply | None]


class Machines:
    """The views for machines over one site."""

    def __init__(self, site: Site, description: Description) -> None:
        self._site = site
        self._description = description
        self._bodies = Gate(site.settings.threads // 3)
        self._most = site.settings.query_characters * FORM_ROOM + 10_000
        self._views: dict[str, tuple[tuple[str, ...], View]] = {
            "/sparql": (METHODS, self._query),
            "/graphs": (READING, self._graph),
            "/.well-known/void": (READING, self._described),
        }

    def reply(self, exchange: Exchange) -> Reply | None:
        """Return the reply to a request, or None where a page must be the answer; raises `Problem`."""
        path, method = exchange.environ["PATH_INFO"], exchange.environ["REQUEST_METHOD"]
        if path not in self._views:
            return None
        methods, view = self._views[path]
        if method == "OPTIONS":
            return respond.options(methods)
        if method not in methods:
            raise MethodNotAllowed(f"{path} does not answer {method[:40]}", more={"allow": list(methods)})
        with ExitStack() as leaving:
            if method in BODIES:
                leaving.callback(self._bodies.enter(exchange.client(self._site.settings.proxies)))
            exchange.sent = sent = sent_from(exchange.environ, self._most)
        exchange.text = sent.text
        return view(exchange, sent)

    def _query(self, exchange: Exchange, sent: Sent) -> Reply | None:
        settings = self._site.settings
        if not sent.asks:
            page = sent.wants_page and sent.address.get("format", [HTML]) == [HTML]
            return None if page else self._described(exchange, sent)
        refuse_long(sent.text, settings)
        question = question_from(sent, settings.query_milliseconds, exchange.client(settings.proxies))
        exchange.form = form_of(question.text)
        if question.format is not PAGE:
            return respond.answer(self._site.ask(exchange, question))
        question = replace(question, format=formats_for(Form(exchange.form))[0])
        exchange.answer = self._site.ask(exchange, question)
        return None

    def _described(self, exchange: Exchange, sent: Sent) -> Reply:
        offered = (*GRAPHS, *RESULTS) if exchange.environ["PATH_INFO"] == "/sparql" else GRAPHS
        wanted = picked(offered, sent.accept, sent.address)
        if wanted in RESULTS:
            raise BadRequest("There is no query")
        return self._description.reply(exchange, wanted)

    def _graph(self, exchange: Exchange, sent: Sent) -> Reply:
        """Answer the read part of the Graph Store Protocol: 4.2 and 5.2, with the graph named in the address."""
        named, default = sent.address.get("graph", ()), sent.address.get("default", ())
        if len(named) + len(default) != 1:
            hint = "Ask for graphs?default or graphs?graph=IRI; the description at /sparql lists the graphs."
            raise BadRequest("One graph must be named", hint=hint)
        client = exchange.client(self._site.settings.proxies)
        wanted = picked(GRAPHS, sent.accept, sent.address)
        exists = Question(EXISTS, RESULTS[0], (), tuple(named), 0, client)
        if named and not json.loads(self._site.ask(exchange, exists).body)["boolean"]:
            raise UnknownGraph(f"There is no graph {named[0][:200]}")
        whole = Question(WHOLE, wanted, tuple(named), (), 0, client)
        return respond.answer(self._site.ask(exchange, whole))
