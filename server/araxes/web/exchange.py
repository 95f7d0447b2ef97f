"""One request while it is answered, its response, packed and labelled as HTTP wants it, and answers that are kept."""

import gzip
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from secrets import token_hex
from threading import Lock
from typing import Any, NamedTuple

import zstandard
from cachetools import LRUCache
from werkzeug import Response
from werkzeug.wsgi import FileWrapper

from araxes.engine import Answer
from araxes.problems import Busy
from araxes.project import Release
from araxes.web.protocol import HEADERS, PIECE, Coding, Sent

Key = tuple[str, ...]

KEY = "araxes.exchange"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "QUERY")
ALWAYS, OPTIONS, READABLE = (HEADERS[name] for name in ("always", "options", "readable"))
PACKABLE = re.compile(r"text/|application/.*(?:json|xml|trig|triples|quads)|image/svg")
SHORTEST = 1_024
OVERHEAD = 2_000  # of what is kept, in bytes

next_id = partial(token_hex, 8)  # a short name for one request, unlike that of any other


class Gate:
    """Lets only so many bodies, or large answers, be on their way at once, and a client have half of them.

    The HTTP server waits for each as long as its client likes, with a thread of its own.
    """

    def __init__(self, most: int) -> None:
        self._most, self._share = most, most // 2
        self._inside: Counter[str] = Counter()
        self._lock = Lock()

    def enter(self, client: str) -> Callable[[], None]:
        """Take a place for a client, and return what gives it back; raises `Busy` where there is none."""
        with self._lock:
            if self._inside.total() >= self._most or self._inside[client] >= self._share:
                raise Busy("Too many bodies are on their way and not at their end", more={"retry_after": 5})
            self._inside[client] += 1
        return lambda: self._leave(client)

    def _leave(self, client: str) -> None:
        with self._lock:
            self._inside -= Counter((client,))


@dataclass(slots=True)
class Exchange:
    """One request: what came in, and what its headers, its log line and its counts will need.

    `served` is the release when it came in, `release` the name of the one that was asked; `fixed` is taken away where
    the same request can have another answer; `answer` is for a page to show; `waited` and `evaluated` in milliseconds.
    """

    environ: dict[str, Any]
    served: Release
    release: str
    started: float
    id: str = field(default_factory=next_id)
    sent: Sent | None = None
    text: str = ""
    form: str = ""
    answer: Answer | None = None
    fixed: bool = True
    outcome: str = "answered"
    waited: float = 0.0
    evaluated: float = 0.0

    def client(self, proxies: int) -> str:
        """Return the address of the client: the peer's, or with trusted proxies in front the one they vouch for.

        Each proxy adds its own peer at the end of X-Forwarded-For, so what stands further left is only claimed.
        """
        peer: str = self.environ.get("REMOTE_ADDR") or ""
        named = [each.strip() for each in self.environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if each.strip()]
        return named[-min(proxies, len(named))][:64] if proxies and named else peer


class Kept(NamedTuple):
    """An answer with status 200: tuples of texts, which the collector of garbage leaves alone, holding up nobody."""

    headers: tuple[tuple[str, str], ...]
    brief: tuple[tuple[str, str], ...]  # of a 304 in its place
    etag: str
    body: bytes


class Cache:
    """Answers by what was asked, the release first; the one that was not asked for longest makes room."""

    def __init__(self, most: int) -> None:
        self._kept: LRUCache[Key, tuple[Kept, int]] = LRUCache(most, lambda each: each[1])
        self._lock = Lock()
        self._release = ""
        self.hits = self.misses = 0

    @property
    def bytes(self) -> int:
        """Return how much room is taken."""
        return int(self._kept.currsize)

    def get(self, key: Key) -> Kept | None:
        """Return what is kept under a key."""
        with self._lock:
            found, _ = self._kept.get(key, (None, 0))
            self.hits, self.misses = self.hits + bool(found), self.misses + (not found)
        return found

    def put(self, key: Key, kept: Kept) -> None:
        """Keep an answer, and none from another release; one that fills an eighth of the room is not kept."""
        if (size := len(kept.body) + sum(map(len, key)) + OVERHEAD) > self._kept.maxsize // 8:
            return
        with self._lock:
            if key[0] != self._release:
                self._kept.clear()
                self._release = key[0]
            self._kept[key] = kept, size


def answer(given: Answer) -> Response:
    """Return the response that carries an answer; a large one is sent from its file, in pieces."""
    if given.file is None:
        return Response(given.body, content_type=given.media_type)
    length = {"Content-Length": str(given.length)}
    return Response(FileWrapper(given.file, PIECE), headers=length, content_type=given.media_type)


def options(methods: tuple[str, ...]) -> Response:
    """Return the response to OPTIONS: what the address answers, also for pages of other origins."""
    allowed = ", ".join(methods)
    headers = {"Allow": allowed, "Access-Control-Allow-Methods": allowed, **OPTIONS}
    return Response(status=204, headers=headers | (READABLE if "QUERY" in methods else {}))


def pack(response: Response, coding: Coding) -> None:
    """Pack the body where that is asked for and saves something, or must be. RFC 9110, 8.4."""
    body = b"" if response.is_streamed else response.get_data()
    worthwhile = len(body) >= SHORTEST and PACKABLE.match(response.mimetype or "")
    if not (coding.name and body and (coding.must or worthwhile)):
        return
    # Packed without a time, the same body is the same bytes again, as a strong entity tag says.
    packed = gzip.compress(body, 6, mtime=0) if coding.name == "gzip" else zstandard.compress(body, 3)
    if coding.must or len(packed) < len(body):
        response.set_data(packed)
        response.content_encoding = coding.name


def label(response: Response, release: str, lifetime: str) -> dict[str, str]:
    """Return the headers of a response; with a strong entity tag where it may be kept.

    The tag is of the bytes as they are sent, and of what they are. RFC 9110, 8.8.3.
    """
    headers: dict[str, str] = {**ALWAYS, **dict([*response.headers]), "Araxes-Release": release}
    headers["Cache-Control"] = lifetime or "no-store"
    if headers["Content-Type"].startswith("text/") and "charset" not in headers["Content-Type"]:
        headers["Content-Type"] += "; charset=utf-8"
    if lifetime:
        digest = blake2b(headers["Content-Type"].encode(), digest_size=12)
        for piece in response.iter_encoded():
            digest.update(piece)
        if isinstance(response.response, FileWrapper):
            response.response.seek(0)
        headers["ETag"] = f'"{digest.hexdigest()}"'
    return headers
