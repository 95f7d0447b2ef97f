"""The outermost layer: the cache, and for everything else the way of a request from its arrival to its last header."""

import json
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from time import perf_counter
from typing import Any

from flask import Flask

from araxes.problems import NotAcceptable, Problem, ServerFault
from araxes.web import pages
from araxes.web.cache import Cache, Kept, Key
from araxes.web.exchange import ALWAYS, KEY, Exchange, Gate, Reply, headers_of, matches, next_id, options
from araxes.web.machines import Machines
from araxes.web.negotiate import CODINGS, Coding, coding
from araxes.web.protocol import likes_page
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

    def __init__(self, app: Flask, machines: Machines, cache: Cache, watch: Watch) -> None:
        self._app, self._machines, self._cache, self._watch = app, machines, cache, watch
        self._files = Gate(machines.settings.threads // 3)
        self._lasting = f"public, max-age={machines.settings.cache_seconds}"

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer a request: PEP 3333."""
        started = perf_counter()
        release = self._machines.engine.release
        if any(len(environ.get(name, "")) > LONGEST for name in LISTS):
            environ |= dict.fromkeys(LISTS, "")  # nobody's wishes are so long, and they would be kept
        wanted = coding(environ.get("HTTP_ACCEPT_ENCODING"))
        key = _key(environ, f"{release.folder.name} {release.name}", wanted)
        if key and "no-cache" not in environ.get("HTTP_CACHE_CONTROL", "") and (kept := self._cache.get(key)):
            return _hit(kept, environ, start)
        environ[KEY] = exchange = Exchange(environ, release, release.name, started)
        reply = self._reply(exchange, wanted)
        reply.pack(wanted)
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
                reply.leave = self._files.enter(exchange.client(self._machines.settings.proxies))
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
                return options(tuple(sorted(made.allow)))
            return Reply(made.status_code, made.headers.get("Content-Type", ""), made.get_data(), headers)

    def _problem(self, exchange: Exchange, found: Problem) -> Reply:
        exchange.outcome, exchange.fixed, headers = found.slug, False, headers_of(found)
        if exchange.sent.wants_page if exchange.sent else likes_page(exchange.environ.get("HTTP_ACCEPT")):
            with self._app.request_context({**exchange.environ, "HTTP_HOST": "localhost"}):
                return Reply(found.status, "text/html", pages.problem_page(found, exchange).encode(), headers)
        document = {**found.document(self._machines.settings.public_url.rstrip("/")), "query_id": exchange.id}
        body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
        return Reply(found.status, "application/problem+json", body, headers)

    def _sent(self, exchange: Exchange, reply: Reply, key: Key, start: Start) -> Iterable[bytes]:
        method = exchange.environ["REQUEST_METHOD"]
        lasting = exchange.fixed and reply.status == 200 and method in SAFE and "Set-Cookie" not in dict(reply.headers)
        tag = reply.tag() if lasting else ""
        size = reply.length if reply.file else len(reply.body)
        brief = [*ALWAYS, *reply.headers, ("Araxes-Release", exchange.release)]
        brief.append(("Cache-Control", self._lasting if lasting else "no-store"))
        brief += [("ETag", tag)] if tag else []
        charset = "; charset=utf-8" if reply.type.startswith("text/") and "set=" not in reply.type else ""
        headers = [*brief, ("Content-Type", reply.type + charset), ("Content-Length", str(size))]
        headers += [("Content-Encoding", reply.coding)] if reply.coding else []
        if lasting and key and not reply.file:
            self._cache.put(key, Kept(tuple(headers), tuple(brief), tag, reply.body))
        timing = f"queue;dur={exchange.waited:.2f}, eval;dur={exchange.evaluated:.2f}, " if exchange.evaluated else ""
        timing += f"total;dur={(perf_counter() - exchange.started) * 1000:.2f}"
        own = [("Araxes-Query-Id", exchange.id), ("Server-Timing", timing)]
        fresh = lasting and matches(exchange.environ.get("HTTP_IF_NONE_MATCH"), tag)
        status = 304 if fresh else reply.status
        self._watch.see(exchange, status, 0 if fresh else size)
        start(STATUS[status], [*(brief if fresh or status == 204 else headers), *own])
        return reply.sent(nothing=fresh or method == "HEAD")


def _key(environ: dict[str, Any], release: str, wanted: Coding | None) -> Key:
    """Return under what an answer is kept: the release, and all of a request that it can depend on; empty for none."""
    if wanted is None or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return ()
    path = environ.get("SCRIPT_NAME", ""), environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    return release, *path, environ.get("HTTP_ACCEPT", ""), wanted.name, "must" if wanted.must else ""


def _hit(kept: Kept, environ: dict[str, Any], start: Start) -> list[bytes]:
    own = ("Araxes-Query-Id", next_id()), CACHED
    if matches(environ.get("HTTP_IF_NONE_MATCH"), kept.etag):
        start(STATUS[304], [*kept.brief, *own])
        return []
    start(STATUS[200], [*kept.headers, *own])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [kept.body]
