"""The outermost layer: the cache, for all else the way of a request to its last header, the log, the counts."""

import json
import logging
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from time import perf_counter
from typing import Any

from flask import Flask
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from werkzeug.http import parse_etags

from araxes.engine import State
from araxes.problems import BadRequest, NotAcceptable, Problem, ServerFault
from araxes.project import Release
from araxes.settings import Settings
from araxes.web import pages
from araxes.web.exchange import ALWAYS, KEY, Cache, Exchange, Gate, Kept, Key, Reply, headers_of, next_id, options
from araxes.web.machines import Machines
from araxes.web.protocol import CODINGS, Coding, coding, likes_page
from araxes.web.site import asset

log, access = logging.getLogger("araxes.web"), logging.getLogger("araxes.access")

BOUNDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
BATCH = 8
HOST = re.compile(r"[A-Za-z0-9._-]{0,255}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")
CACHED = ("Server-Timing", "cache;desc=hit")
ASSET = "public, max-age=31536000, immutable"
STATUS = {each.value: f"{each.value} {each.phrase}" for each in HTTPStatus}
LISTS, LONGEST = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING"), 8_192
PARTS = {"HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"}
SAFE = {"GET", "HEAD", "QUERY"}
# A validator of Flask's own would be that of another coding.
DROPPED = {"content-type", "content-length", "etag", "last-modified", "cache-control", "date", "vary", "accept-ranges"}

Start = Callable[..., Any]


class Watch:
    """The log and the counts of one application."""

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self._settings, self._cache = settings, cache
        self._lines: deque[tuple[datetime, Exchange, int, int, float]] = deque()
        self._registry = registry = CollectorRegistry()
        self._requests = Counter("araxes_requests", "Requests", ["status", "outcome"], registry=registry)
        self._seconds = Histogram("araxes_request_seconds", "Time of a request", registry=registry, buckets=BOUNDS)

    def see(self, exchange: Exchange, status: int, size: int) -> None:
        """Count a request that was not answered from the cache, and note its line."""
        seconds = perf_counter() - exchange.started
        self._requests.labels(str(status), exchange.outcome).inc()
        self._seconds.observe(seconds)
        if access.isEnabledFor(logging.INFO):
            self._lines.append((datetime.now(UTC), exchange, status, size, seconds))
            if len(self._lines) >= BATCH:
                self.flush()

    def flush(self) -> None:
        """Write the lines that wait: many at once cost what one does."""
        lines = []
        with suppress(IndexError):
            while True:
                lines.append(self._line(*self._lines.popleft()))
        if lines:
            access.info("%s", "\n".join(lines))

    def text(self, state: State, release: Release) -> bytes:
        """Return all counts in the text format of Prometheus."""
        values = {f"cache_{what}": getattr(self._cache, what) for what in ("hits", "misses", "bytes")}
        values |= {what: int(getattr(state, what)) for what in ("ready", "workers", "busy", "waiting", "replaced")}
        values |= {f'worker_bytes{{worker="{number}"}}': size for number, size in enumerate(state.memory)}
        values[f'release_triples{{release="{release.name}"}}'] = release.triples
        return generate_latest(self._registry) + "".join(f"araxes_{name} {values[name]}\n" for name in values).encode()

    def _line(self, at: datetime, exchange: Exchange, status: int, size: int, seconds: float) -> str:
        text, environ = exchange.text, exchange.environ
        line: dict[str, object] = {"time": at.isoformat(timespec="milliseconds"), "id": exchange.id}
        line |= {"method": environ["REQUEST_METHOD"][:20], "path": environ["PATH_INFO"][:200], "status": status}
        line |= {"outcome": exchange.outcome, "ms": round(seconds * 1000, 2), "bytes": size}
        if text:
            line |= {"form": exchange.form, "hash": sha256(text.encode("utf-8", "replace")).hexdigest()[:16]}
            line |= {"query": text[:most]} if (most := self._settings.log_queries) else {}
        if self._settings.log_addresses:
            line["client"] = exchange.client(self._settings.proxies)
        # As ASCII every control sign is escaped, so no text of a client can end the line or begin another.
        return json.dumps(line)


class Front:
    """A WSGI application around Flask's pages and the views for machines."""

    def __init__(self, app: Flask, machines: Machines) -> None:
        self._app, self._machines = app, machines
        self._cache = Cache(machines.settings.cache_megabytes << 20)
        self.watch = Watch(machines.settings, self._cache)
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
            fresh = _unchanged(environ, kept.etag)
            headers = kept.brief if fresh else kept.headers
            start(STATUS[304 if fresh else 200], [*headers, ("Araxes-Query-Id", next_id()), CACHED])
            return [] if fresh or environ["REQUEST_METHOD"] == "HEAD" else [kept.body]
        environ[KEY] = exchange = Exchange(environ, release, release.name, started)
        reply = self._reply(exchange, wanted)
        reply.pack(wanted)
        return self._sent(exchange, reply, key, start)

    def _reply(self, exchange: Exchange, wanted: Coding | None) -> Reply:
        """Return the reply to a request; this is the one place where a fault of any kind becomes a problem."""
        try:
            if wanted is None:
                raise NotAcceptable("Accept-Encoding takes none of ours", more={"offered": ["identity", *CODINGS]})
            if not HOST.fullmatch(exchange.environ.get("HTTP_HOST", "")):
                hint = "Send one Host: a name or an address, and a port."
                raise BadRequest("Host is not the name of a host", hint=hint)
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
            headers = {name: value for name, value in made.headers if name.lower() not in DROPPED}
            if environ["REQUEST_METHOD"] == "OPTIONS":
                return options(tuple(sorted(made.allow)))
            return Reply(made.status_code, made.headers.get("Content-Type", ""), made.get_data(), headers)

    def _problem(self, exchange: Exchange, found: Problem) -> Reply:
        exchange.outcome, exchange.fixed, headers = found.slug, False, headers_of(found)
        if exchange.sent.wants_page if exchange.sent else likes_page(exchange.environ.get("HTTP_ACCEPT")):
            with self._app.request_context({**exchange.environ, "HTTP_HOST": "localhost"}):
                return Reply(found.status, "text/html", pages.problem_page(found).encode(), headers)
        document = {**found.document(self._machines.settings.public_url.rstrip("/")), "query_id": exchange.id}
        body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
        return Reply(found.status, "application/problem+json", body, headers)

    def _sent(self, exchange: Exchange, reply: Reply, key: Key, start: Start) -> Iterable[bytes]:
        method = exchange.environ["REQUEST_METHOD"]
        lasting = exchange.fixed and reply.status == 200 and method in SAFE and "Set-Cookie" not in reply.headers
        tag = reply.tag() if lasting else ""
        size = reply.length if reply.file else len(reply.body)
        path, query = exchange.environ["PATH_INFO"], exchange.environ.get("QUERY_STRING", "")
        known = reply.status == 200 and path.startswith("/static/") and asset(path.removeprefix("/static/"))
        kept = ASSET if known == f"{path}?{query}" else self._lasting
        brief = {**ALWAYS, **reply.headers, "Araxes-Release": exchange.release}
        brief["Cache-Control"] = kept if lasting else "no-store"
        brief |= {"ETag": tag} if tag else {}
        charset = "; charset=utf-8" if reply.type.startswith("text/") and "set=" not in reply.type else ""
        headers = {**brief, "Content-Type": reply.type + charset, "Content-Length": str(size)}
        headers |= {"Content-Encoding": reply.coding} if reply.coding else {}
        if lasting and key and not reply.file:
            self._cache.put(key, Kept(tuple(headers.items()), tuple(brief.items()), tag, reply.body))
        timing = f"queue;dur={exchange.waited:.2f}, eval;dur={exchange.evaluated:.2f}, " if exchange.evaluated else ""
        timing += f"total;dur={(perf_counter() - exchange.started) * 1000:.2f}"
        own = {"Araxes-Query-Id": exchange.id, "Server-Timing": timing}
        fresh = lasting and _unchanged(exchange.environ, tag)
        status = 304 if fresh else reply.status
        self.watch.see(exchange, status, 0 if fresh else size)
        start(STATUS[status], [*{**(brief if fresh or status == 204 else headers), **own}.items()])
        return reply.sent(nothing=fresh or method == "HEAD")


def _key(environ: dict[str, Any], release: str, wanted: Coding | None) -> Key:
    """Return under what an answer is kept: the release, and all of a request that it can depend on; empty for none."""
    asked = environ["REQUEST_METHOD"] in {"GET", "HEAD"} and HOST.fullmatch(environ.get("HTTP_HOST", ""))
    if wanted is None or not asked:
        return ()
    path = environ.get("SCRIPT_NAME", ""), environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    return release, *path, environ.get("HTTP_ACCEPT", ""), wanted.name, "must" if wanted.must else ""


def _unchanged(environ: Mapping[str, Any], tag: str) -> bool:
    """Return whether an If-None-Match header holds an entity tag. RFC 9110, 13.1.2."""
    return parse_etags(environ.get("HTTP_IF_NONE_MATCH")).contains_weak(tag.strip('"'))
