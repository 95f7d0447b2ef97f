"""The addresses for machines: queries, graphs and the description, answered without Flask; and a request meanwhile."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from secrets import token_hex
from threading import Lock
from time import perf_counter
from typing import Any

from jinja2 import Environment
from werkzeug import Response
from werkzeug.wsgi import FileWrapper

from araxes.engine import Answer, Engine, Format, Question, form_of, formats_for
from araxes.engine.evaluate import rewrite
from araxes.engine.question import GRAPHS, RESULTS, Form, refuse_long
from araxes.problems import AnswerTooLarge, BadRequest, Busy, QueryTooSlow, TooMuchMemory, UnknownGraph
from araxes.project import Release
from araxes.settings import Settings
from araxes.web.protocol import ASKING, BODIES, PAGE, PIECE, Sent, likes_page, picked, question_from, sent_from
from araxes.web.site import DESCRIBE

KEY = "araxes.exchange"
TAKING = {"/sparql", "/reconcile", "/reconcile/draft/reconcile", "/reconcile/draft/extend"}  # addresses, a body
COUNTED = ("graphs", "classes", "properties", "links")

next_id = partial(token_hex, 8)  # a short name for one request, unlike that of any other


def gate(most: int) -> Callable[[str], Callable[[], None]]:
    """Return what takes one of so many places for a client and returns what gives it back; raises `Busy` if full."""
    # The HTTP server waits for each body or large answer as long as its client likes, with a thread of its own.
    inside, lock = list[str](), Lock()

    def enter(client: str) -> Callable[[], None]:
        with lock:
            if len(inside) >= most or inside.count(client) >= most // 2:
                raise Busy("Too many bodies are on their way and not at their end", more={"retry_after": 5})
            inside.append(client)
        return partial(inside.remove, client)

    return enter


@dataclass(slots=True)
class Exchange:
    """One request: what came in, and what its headers, its log line and its counts will need.

    `served` is the release when it came in, `release` the name of the one that was asked; `sent` lacks what is read
    only at the addresses for machines; `fixed` is taken away where the same request can have another answer; `answer`
    is for a page to show; `waited` and `evaluated` are in milliseconds.
    """

    environ: dict[str, Any]
    served: Release
    release: str
    started: float
    sent: Sent
    id: str = field(default_factory=next_id)
    form: str = ""
    answer: Answer | None = None
    fixed: bool = True
    outcome: str = "answered"
    waited: float = 0.0
    evaluated: float = 0.0

    def client(self, proxies: int) -> str:
        """Return the address of the client: the peer's, or with trusted proxies in front the one they vouch for."""
        # Each proxy adds its own peer at the end of X-Forwarded-For, so what stands further left is only claimed.
        peer: str = self.environ.get("REMOTE_ADDR") or ""
        named = [each.strip() for each in self.environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if each.strip()]
        return named[-proxies:][0][:64] if proxies and named else peer


class Machines:
    """The views for machines over one engine."""

    def __init__(self, engine: Engine, settings: Settings, pages: Environment) -> None:
        self.engine, self.settings, self._template = engine, settings, pages.get_template("description.ttl")
        host = "localhost" if set(settings.host) <= set(".0:") else settings.host
        host = f"[{host}]" if ":" in host else host
        # What a client claims as Host has no part in it.
        self.base = settings.public_url.rstrip("/") or f"http://{host}:{settings.port}"
        self._made = "", b""
        self._bodies = gate(settings.threads // 3)
        # A form may write one character of a query as four bytes of three signs each.
        self._most = settings.query_characters * 12 + 10_000
        self._views = {"/sparql": self._query, "/graphs": self._graph, "/.well-known/void": self._described}

    def ask(self, exchange: Exchange, question: Question) -> Answer:
        """Return the answer to a question, and note in the exchange how it came about; raises `Problem`."""
        asked = perf_counter()
        found = self.engine.ask(question)
        exchange.waited += max(0.0, (perf_counter() - asked) * 1000 - found.milliseconds)
        exchange.evaluated += found.milliseconds
        exchange.fixed = exchange.fixed and found.fixed and found.release == exchange.release
        exchange.release = found.release
        return found

    def response(self, exchange: Exchange) -> Response | None:
        """Return the response to a request, or None where a page must be the answer; raises `Problem`."""
        path, method = exchange.environ["PATH_INFO"], exchange.environ["REQUEST_METHOD"]
        has_body = method in BODIES and path in TAKING
        if not has_body and (path not in self._views or method not in {"GET", "HEAD"}):
            return None  # Flask knows what an address answers
        with ExitStack() as leaving:
            if has_body:
                leaving.callback(self._bodies(exchange.client(self.settings.proxies)))
            exchange.sent = sent = sent_from(exchange.environ, self._most)
        return self._views[path](exchange, sent) if path in self._views else None

    def description(self, exchange: Exchange, wanted: Format) -> Response:
        """Return what endpoint and data are (SPARQL 1.1 SD, 2), made once a release; raises `Busy`, `Unavailable`."""
        made_of, turtle = self._made
        if made_of != exchange.release:
            told: dict[str, Any] = {"base": self.base, "served": exchange.served, "formats": (*RESULTS, *GRAPHS)}
            try:
                answers = {name: self.ask(exchange, Question(DESCRIBE[name].text, RESULTS[0])) for name in COUNTED}
            except (AnswerTooLarge, QueryTooSlow, TooMuchMemory):
                answers = {}  # data that cannot be counted within the limits is described without its counts
            told |= {name: json.loads(found.body)["results"]["bindings"] for name, found in answers.items()}
            turtle = self._template.render(told).encode()
            self._made = (exchange.release, turtle) if exchange.fixed else self._made
        body = turtle if wanted.name == "turtle" else rewrite(turtle, f"{self.base}/sparql", wanted)
        return Response(body, content_type=wanted.media_type)

    def _query(self, exchange: Exchange, sent: Sent) -> Response | None:
        if sent.method not in BODIES and ASKING.isdisjoint(sent.address):
            page = sent.wants_page and sent.address.get("format", [PAGE.name]) == [PAGE.name]
            return None if page else self._described(exchange, sent, (*GRAPHS, *RESULTS))
        refuse_long(sent.text, self.settings)
        question = question_from(sent, self.settings.query_milliseconds, exchange.client(self.settings.proxies))
        exchange.form = form_of(question.text)
        if question.format is not PAGE:
            return answer(self.ask(exchange, question))
        exchange.answer = self.ask(exchange, question._replace(format=formats_for(Form(exchange.form))[0]))
        return None

    def _described(self, exchange: Exchange, sent: Sent, offered: tuple[Format, ...] = GRAPHS) -> Response | None:
        if offered is GRAPHS and likes_page(sent.accept):
            return None
        wanted = picked(offered, sent.accept, sent.address)
        if wanted in RESULTS:
            raise BadRequest("There is no query")
        return self.description(exchange, wanted)

    def _graph(self, exchange: Exchange, sent: Sent) -> Response:
        """Answer the read part of the Graph Store Protocol: 4.2 and 5.2, with the graph named in the address."""
        named, default = sent.address.get("graph", ()), sent.address.get("default", ())
        if len(named) + len(default) != 1:
            hint = "Ask for graphs?default or graphs?graph=IRI; the description at /sparql lists the graphs."
            raise BadRequest("One graph must be named", hint=hint)
        client = exchange.client(self.settings.proxies)
        wanted = picked(GRAPHS, sent.accept, sent.address)
        exists = Question(DESCRIBE["exists"].text, RESULTS[0], (), tuple(named), 0, client)
        if named and not json.loads(self.ask(exchange, exists).body)["boolean"]:
            raise UnknownGraph(f"There is no graph {named[0][:200]}")
        whole = Question(DESCRIBE["contents"].text, wanted, tuple(named), (), 0, client)
        return answer(self.ask(exchange, whole))


def answer(given: Answer) -> Response:
    """Return the response that carries an answer; a large one is sent from its file, in pieces."""
    body = FileWrapper(given.file, PIECE) if given.file else given.body
    return Response(body, headers={"Content-Length": str(given.length)}, content_type=given.media_type)
