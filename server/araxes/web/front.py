"""The outermost layer: the cache, for all else the way of a request to its last header, the log, the counts."""

import gzip
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from threading import Lock
from time import perf_counter
from typing import Any, NamedTuple

import zstandard
from cachetools import LRUCache
from flask import Flask
from prometheus_client import CollectorRegistry, Counter, Histogram
from werkzeug import Response
from werkzeug.http import parse_etags
from werkzeug.wsgi import FileWrapper

from araxes.problems import BadRequest, NotAcceptable, Problem, ServerFault
from araxes.web import pages
from araxes.web.machines import KEY, Exchange, Machines, gate, next_id
from araxes.web.protocol import CODINGS, HOST, PACKABLE, Coding, Sent, coding
from araxes.web.site import HEADERS, asset

log, access = logging.getLogger("araxes.web"), logging.getLogger("araxes.access")

BOUNDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
SHORTEST, OVERHEAD = 1_024, 2_000  # of what is packed, and beside what is kept, in bytes
LISTS, LONGEST = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING"), 8_192
OF_BODY = {"Content-Type", "Content-Length", "Content-Encoding"}
Key = tuple[str, ...]


class Kept(NamedTuple):
    """An answer with status 200: tuples of texts, which the collector of garbage leaves alone, holding up nobody."""

    headers: tuple[tuple[str, str], ...]
    etag: str
    body: bytes


class Cache:
    """Answers by what was asked, the release first; the one that was not asked for longest makes room."""

    def __init__(self, most: int) -> None:
        self.kept: LRUCache[Key, tuple[Kept, int]] = LRUCache(most, lambda each: each[1])
        self._lock = Lock()
        self.hits = self.misses = 0

    def get(self, key: Key) -> Kept | None:
        """Return what is kept under a key."""
        with self._lock:
            found, _ = self.kept.get(key, (None, 0))
            self.hits, self.misses = self.hits + bool(found), self.misses + (not found)
        return found

    def put(self, key: Key, kept: Kept) -> None:
        """Keep an answer, and none from another release; one that fills an eighth of the room is not kept."""
        if (size := len(kept.body) + sum(map(len, key)) + OVERHEAD) > self.kept.maxsize // 8:
            return
        with self._lock:
            if key[0] != next(iter(self.kept), key)[0]:
                self.kept.clear()
            self.kept[key] = kept, size


class Front:
    """A WSGI application around Flask's pages and the views for machines, with its cache, its log and its counts."""

    def __init__(self, app: Flask, machines: Machines) -> None:
        self._app, self._machines, self._settings = app, machines, machines.settings
        self.cache = Cache(self._settings.cache_megabytes << 20)
        self._files = gate(self._settings.threads // 3)
        self._lasting = f"public, max-age={self._settings.cache_seconds}"
        self.registry = registry = CollectorRegistry()
        self._requests = Counter("araxes_requests", "Requests", ["status", "outcome"], registry=registry)
        self._seconds = Histogram("araxes_request_seconds", "Time of a request", registry=registry, buckets=BOUNDS)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request: PEP 3333."""
        started = perf_counter()
        release = self._machines.engine.release
        if any(len(environ.get(name, "")) > LONGEST for name in LISTS):
            environ |= dict.fromkeys(LISTS, "")  # nobody's wishes are so long, and they would be kept
        wanted = coding(environ.get("HTTP_ACCEPT_ENCODING"))
        key: Key = ()
        if wanted and environ["REQUEST_METHOD"] in {"GET", "HEAD"} and HOST.fullmatch(environ.get("HTTP_HOST", "")):
            # The release, and all of a request that its answer can depend on.
            asked = (environ.get(name, "") for name in ("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT"))
            key = f"{release.folder.name} {release.name}", *asked, wanted.name, "must" if wanted.must else ""
        if key and "no-cache" not in environ.get("HTTP_CACHE_CONTROL", "") and (kept := self.cache.get(key)):
            fresh = _unchanged(environ, kept.etag)
            headers = [each for each in kept.headers if not fresh or each[0] not in OF_BODY]
            headers += [("Araxes-Query-Id", next_id()), ("Server-Timing", "cache;desc=hit")]
            start("304 Not Modified" if fresh else "200 OK", headers)
            return [] if fresh or environ["REQUEST_METHOD"] == "HEAD" else [kept.body]
        sent = Sent("", "", {}, {}, b"", environ.get("HTTP_ACCEPT"))
        environ[KEY] = exchange = Exchange(environ, release, release.name, started, sent)
        response = self._response(exchange, wanted)
        pack(response, wanted)
        return self._sent(exchange, response, key, start)

    def _response(self, exchange: Exchange, wanted: Coding | None) -> Response:
        """Return the response to a request; this is the one place where a fault of any kind becomes a problem."""
        try:
            if wanted is None:
                raise NotAcceptable("Accept-Encoding takes none of ours", more={"offered": ["identity", *CODINGS]})
            if not HOST.fullmatch(exchange.environ.get("HTTP_HOST", "")):
                raise BadRequest("Host is not the name of a host", hint="Send one Host: a name or address, and a port.")
            response = self._machines.response(exchange) or self._page(exchange)
            if response.is_streamed and wanted.must:
                response.close()
                raise NotAcceptable("An answer this large is sent as it is", more={"offered": ["identity"]})
            if response.is_streamed:
                response.call_on_close(self._files(exchange.client(self._settings.proxies)))
        except Problem as found:
            return self._problem(exchange, found)
        except Exception as fault:
            log.error("the request %s failed", exchange.id, exc_info=fault)
            return self._problem(exchange, ServerFault("The server failed while it answered"))
        return response

    def _page(self, exchange: Exchange) -> Response:
        # The Host that a client claims would else stand in what Flask writes.
        with self._app.request_context({**exchange.environ, "HTTP_HOST": "localhost"}):
            made = self._app.full_dispatch_request()
        if exchange.environ["REQUEST_METHOD"] == "OPTIONS":
            allowed = ", ".join(sorted(made.allow))
            headers = {"Allow": allowed, "Access-Control-Allow-Methods": allowed, **HEADERS["options"]}
            return Response(status=204, headers=headers | (HEADERS["readable"] if "QUERY" in made.allow else {}))
        made.direct_passthrough = False
        made.headers.pop("Last-Modified", None)  # it would be that of another coding
        made.set_data(made.get_data())
        return made

    def _problem(self, exchange: Exchange, found: Problem) -> Response:
        exchange.outcome, exchange.fixed = found.slug, False
        page = exchange.sent.wants_page
        document = {**found.document("" if page else self._settings.public_url.rstrip("/")), "query_id": exchange.id}
        body, kind = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"), "application/problem+json"
        if page:
            with self._app.request_context({**exchange.environ, "HTTP_HOST": "localhost"}):
                body, kind = pages.problem_page(document).encode("utf-8", "replace"), "text/html"
        response = Response(body, found.status, content_type=kind)
        if again := found.more.get("retry_after"):
            response.headers["Retry-After"] = str(again)
        if isinstance(allowed := found.more.get("allow"), list):
            response.allow.update(allowed)
        if found.status == 415:
            response.headers.update(HEADERS["readable"])
        return response

    def _sent(self, exchange: Exchange, response: Response, key: Key, start: Callable[..., Any]) -> Iterable[bytes]:
        environ = exchange.environ
        lifetime, path, query = "", environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        if exchange.fixed and response.status_code == 200 and environ["REQUEST_METHOD"] in {"GET", "HEAD", "QUERY"}:
            marked = path.startswith("/static/") and asset(path.removeprefix("/static/")) == f"{path}?{query}"
            lifetime = "public, max-age=31536000, immutable" if marked else self._lasting
        headers: dict[str, str] = {**HEADERS["always"], **dict([*response.headers]), "Araxes-Release": exchange.release}
        headers["Cache-Control"] = lifetime or "no-store"
        if headers["Content-Type"].startswith("text/") and "charset" not in headers["Content-Type"]:
            headers["Content-Type"] += "; charset=utf-8"
        tag, size = _tag(response, headers["Content-Type"]) if lifetime else "", int(headers.get("Content-Length", 0))
        headers |= {"ETag": tag} if lifetime else {}
        if lifetime and key and not response.is_streamed:
            self.cache.put(key, Kept(tuple(headers.items()), tag, response.get_data()))
        if lifetime and _unchanged(environ, tag):
            response.status_code, size = 304, 0
        self._note(exchange, response.status_code, size)
        timing = f"queue;dur={exchange.waited:.2f}, eval;dur={exchange.evaluated:.2f}, " if exchange.evaluated else ""
        timing += f"total;dur={(perf_counter() - exchange.started) * 1000:.2f}"
        empty = response.status_code in {204, 304}
        said = (each for each in headers.items() if not empty or each[0] not in OF_BODY)
        start(response.status, [*said, ("Araxes-Query-Id", exchange.id), ("Server-Timing", timing)])
        return response.get_app_iter(environ)

    def _note(self, exchange: Exchange, status: int, size: int) -> None:
        """Count a request that was not answered from the cache, and write its line."""
        seconds = perf_counter() - exchange.started
        self._requests.labels(str(status), exchange.outcome).inc()
        self._seconds.observe(seconds)
        text, environ = exchange.sent.text, exchange.environ
        line: dict[str, object] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "id": exchange.id}
        line |= {"method": environ["REQUEST_METHOD"][:20], "path": environ["PATH_INFO"][:200], "status": status}
        line |= {"outcome": exchange.outcome, "ms": round(seconds * 1000, 2), "bytes": size}
        if text:
            line |= {"form": exchange.form, "hash": sha256(text.encode("utf-8", "replace")).hexdigest()[:16]}
            line |= {"query": text[:most]} if (most := self._settings.log_queries) else {}
        if self._settings.log_addresses:
            line["client"] = exchange.client(self._settings.proxies)
        # As ASCII every control sign is escaped, so no text of a client can end the line or begin another.
        access.info("%s", json.dumps(line))


def _unchanged(environ: Mapping[str, Any], tag: str) -> bool:
    """Return whether an If-None-Match header holds an entity tag. RFC 9110, 13.1.2."""
    return parse_etags(environ.get("HTTP_IF_NONE_MATCH")).contains_weak(tag.strip('"'))


def pack(response: Response, coding: Coding | None) -> None:
    """Pack the body where that is asked for and saves something, or must be. RFC 9110, 8.4."""
    body = b"" if response.is_streamed else response.get_data()
    worthwhile = len(body) >= SHORTEST and PACKABLE.match(response.mimetype or "")
    if coding is None or not (coding.name and body and (coding.must or worthwhile)):
        return
    # Packed without a time, the same body is the same bytes again, as a strong entity tag says.
    packed = gzip.compress(body, 6, mtime=0) if coding.name == "gzip" else zstandard.compress(body, 3)
    if coding.must or len(packed) < len(body):
        response.set_data(packed)
        response.content_encoding = coding.name


def _tag(response: Response, kind: str) -> str:
    """Return a strong entity tag, of the bytes as they are sent and of what they are. RFC 9110, 8.8.3."""
    digest = blake2b(kind.encode(), digest_size=12)
    for piece in response.iter_encoded():
        digest.update(piece)
    if isinstance(response.response, FileWrapper):
        response.response.seek(0)
    return f'"{digest.hexdigest()}"'
