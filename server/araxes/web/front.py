"""The outermost layer: the cache, and for everything else the way of a request from its arrival to its last header."""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from time import perf_counter
from typing import Any

from flask import Flask
from werkzeug.wsgi import ClosingIterator, FileWrapper

from araxes.problems import NotAcceptable, Problem, ServerFault
from araxes.web import pages, respond
from araxes.web.cache import Cache, Kept, Key
from araxes.web.exchange import KEY, Exchange, Gate, Site, next_id
from araxes.web.machines import Machines
from araxes.web.negotiate import CODINGS, Coding, coding
from araxes.web.respond import ALWAYS, Reply
from araxes.web.watch import Watch

log = logging.getLogger("araxes.web")

CACHED = ("Server-Timing", "cache;desc=hit")
STATUS = {each.value: f"{each.value} {each.phrase}" for each in HTTPStatus}
LISTS, LONGEST = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING"), 8_192
PARTS = {"HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"}
SAFE = {"GET", "HEAD", "QUERY"}
# A validator of Flask's own would be that of another coding.
DROPPED = {"content-type", "content-length", "etag", "last-modified", "cache-control", "date", "vary", "accept-ranges"}

Start = Callable[..., Any]


class Front:
    """A WSGI application around Flask's pages and the views for machines."""

    def __init__(self, app: Flask, site: Site, machines: Machines, cache: Cache, watch: Watch) -> None:
        self._app = app
        self._site = site
        self._machines = machines
        self._cache = cache
        self._watch = watch
        self._files = Gate(site.settings.threads // 3)
        self._lasting = f"public, max-age={site.settings.cache_seconds}"

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer a request: PEP 3333."""
        started = perf_counter()
        release = self._site.engine.release
        if any(len(environ.get(name, "")) > LONGEST for name in LISTS):
            environ |= dict.fromkeys(LISTS, "")  # nobody's wishes are so long, and they would be kept
        wanted = coding(environ.get("HTTP_ACCEPT_ENCODING"))
        key = _key(environ, f"{release.folder.name} {release.name}", wanted)
        if key and "no-cache" not in environ.get("HTTP_CACHE_CONTROL", "") and (kept := self._cache.get(key)):
            return _hit(kept, environ, start)
        environ[KEY] = exchange = Exchange(environ, release, release.name, started)
        reply = self._reply(exchange, wanted)
        respond.pack(reply, wanted)
        return self._sent(exchange, reply, key, start)

    def _reply(self, exchange: Exchange, wanted: Coding | None) -> Reply:
        """Return the reply to a request; this is the one place where a fault of any kind becomes a problem."""
        try:
            if wanted is None:
                raise NotAcceptable("Accept-Encoding takes none of ours", more={"offered": ["identity", *CODINGS]})
            reply = self._machines.reply(exchange) or self._page(exchange)
            if reply.file and wanted.must:
                reply.file.close()
                raise NotAcceptable("An answer this large is sent as it is", more={"offered": ["identity"]})
            if reply.file:
                reply.leave = self._files.enter(exchange.client(self._site.settings.proxies))
        except Problem as found:
            return self._problem(exchange, found)
        except Exception as fault:
            log.error("the request %s failed", exchange.id, exc_info=fault)
            return self._problem(exchange, ServerFault("The server failed while it answered"))
        return reply

    def _page(self, exchange: Exchange) -> Reply:
        # The Host that a client claims would else stand in what Flask writes.
        environ = {name: value for name, value in exchange.environ.items() if name not in PARTS}
        environ["HTTP_HOST"] = "localhost"
        with self._app.request_context(environ), self._app.full_dispatch_request() as made:
            made.direct_passthrough = False
            headers = [(name, value) for name, value in made.headers if name.lower() not in DROPPED]
            if environ["REQUEST_METHOD"] == "OPTIONS":
                return respond.options(tuple(sorted(made.allow)))
            return Reply(made.status_code, made.headers.get("Content-Type", ""), made.get_data(), headers)

    def _problem(self, exchange: Exchange, found: Problem) -> Reply:
        exchange.outcome, exchange.fixed = found.slug, False
        if pages.prefers_page(exchange):
            with self._app.request_context({**exchange.environ, "HTTP_HOST": "localhost"}):
                body = pages.problem_page(found, exchange)
            return Reply(found.status, "text/html; charset=utf-8", body.encode(), respond.headers_of(found))
        return respond.problem(found, self._site.settings.public_url.rstrip("/"), exchange.id)

    def _sent(self, exchange: Exchange, reply: Reply, key: Key, start: Start) -> Iterable[bytes]:
        method = exchange.environ["REQUEST_METHOD"]
        lasting = exchange.fixed and reply.status == 200 and method in SAFE and "Set-Cookie" not in dict(reply.headers)
        tag = respond.tag_of(reply) if lasting else ""
        size = reply.length if reply.file else len(reply.body)
        brief = [*ALWAYS, *reply.headers, ("Araxes-Release", exchange.release)]
        brief.append(("Cache-Control", self._lasting if lasting else "no-store"))
        brief += [("ETag", tag)] if tag else []
        headers = [*brief, ("Content-Type", reply.type), ("Content-Length", str(size))]
        headers += [("Content-Encoding", reply.coding)] if reply.coding else []
        if lasting and key and not reply.file:
            self._cache.put(key, Kept(tuple(headers), tuple(brief), tag, reply.body))
        own = [("Araxes-Query-Id", exchange.id), ("Server-Timing", _timing(exchange))]
        fresh = lasting and respond.matches(exchange.environ.get("HTTP_IF_NONE_MATCH"), tag)
        status = 304 if fresh else reply.status
        self._watch.see(exchange, status, 0 if fresh else size)
        start(STATUS[status], [*(brief if fresh or status == 204 else headers), *own])
        return _body(reply, nothing=fresh or method == "HEAD")


def _key(environ: dict[str, Any], release: str, wanted: Coding | None) -> Key:
    """Return under what an answer is kept: the release, and all of a request that it can depend on; empty for none."""
    if wanted is None or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return ()
    path = environ.get("SCRIPT_NAME", ""), environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    return release, *path, environ.get("HTTP_ACCEPT", ""), wanted.name, "must" if wanted.must else ""


def _hit(kept: Kept, environ: dict[str, Any], start: Start) -> list[bytes]:
    own = ("Araxes-Query-Id", next_id()), CACHED
    if respond.matches(environ.get("HTTP_IF_NONE_MATCH"), kept.etag):
        start(STATUS[304], [*kept.brief, *own])
        return []
    start(STATUS[200], [*kept.headers, *own])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [kept.body]


def _timing(exchange: Exchange) -> str:
    total = (perf_counter() - exchange.started) * 1000
    engine = f"queue;dur={exchange.waited:.2f}, eval;dur={exchange.evaluated:.2f}, " if exchange.evaluated else ""
    return f"{engine}total;dur={total:.2f}"


def _body(reply: Reply, *, nothing: bool) -> Iterable[bytes]:
    if reply.file is None:
        return [] if nothing else [reply.body]
    if nothing:
        reply.file.close()
        reply.leave()
        return []
    return ClosingIterator(FileWrapper(reply.file, respond.PIECE), reply.leave)
