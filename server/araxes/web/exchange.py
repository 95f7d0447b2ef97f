"""One request while it is answered, its reply, packed and labelled as HTTP wants it, and the replies that are kept."""

import gzip
import re
import secrets
import tomllib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib.resources import files
from threading import Lock
from typing import Any, BinaryIO, NamedTuple

import zstandard
from werkzeug.wsgi import ClosingIterator, FileWrapper

from araxes.engine import Answer
from araxes.problems import Busy, Problem
from araxes.project import Release
from araxes.web.protocol import PIECE, Coding, Sent

Headers = dict[str, str]
Key = tuple[str, ...]

KEY = "araxes.exchange"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "QUERY")
ALWAYS, OPTIONS, READABLE = tomllib.loads((files("araxes.web") / "headers.toml").read_text("utf-8")).values()
PACKABLE = re.compile(r"text/|application/.*(?:json|xml|trig|triples|quads)|image/svg")
SHORTEST = 1_024
OVERHEAD = 2_000  # of what is kept, in bytes


def next_id() -> str:
    """Return a short name for one request, unlike that of any other."""
    return secrets.token_hex(8)


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

    environ: Mapping[str, Any]
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


@dataclass(slots=True)
class Reply:
    """A response before it is labelled; its body stands in `body`, or `length` bytes of it in `file`."""

    status: int
    type: str
    body: bytes = b""
    headers: Headers = field(default_factory=dict)
    file: BinaryIO | None = None
    length: int = 0
    coding: str = ""
    leave: Callable[[], None] = lambda: None

    def pack(self, coding: Coding | None) -> None:
        """Pack the body where that is asked for and saves something, or must be. RFC 9110, 8.4."""
        if coding is None or not coding.name or self.file or not self.body:
            return
        if not coding.must and (len(self.body) < SHORTEST or not PACKABLE.match(self.type)):
            return
        # Packed without a time, the same body is the same bytes again, as a strong entity tag says.
        packed = gzip.compress(self.body, 6, mtime=0) if coding.name == "gzip" else zstandard.compress(self.body, 3)
        if coding.must or len(packed) < len(self.body):
            self.body, self.coding = packed, coding.name

    def tag(self) -> str:
        """Return a strong entity tag: of the bytes as they are sent, and of what they are. RFC 9110, 8.8.3."""
        found = blake2b(self.type.encode(), digest_size=12)
        found.update(self.body)
        if self.file:
            while piece := self.file.read(PIECE):
                found.update(piece)
            self.file.seek(0)
        return f'"{found.hexdigest()}"'

    def sent(self, *, nothing: bool) -> Iterable[bytes]:
        """Return the body as WSGI wants it; where nothing of it is to be sent, let go of it."""
        if self.file is None:
            return [] if nothing else [self.body]
        if nothing:
            self.file.close()
            self.leave()
            return []
        return ClosingIterator(FileWrapper(self.file, PIECE), self.leave)


class Kept(NamedTuple):
    """An answer with status 200: tuples of texts, which the collector of garbage leaves alone, holding up nobody."""

    headers: tuple[tuple[str, str], ...]
    brief: tuple[tuple[str, str], ...]  # of a 304 in its place
    etag: str
    body: bytes

    def size(self, key: Key) -> int:
        """Return how much room it takes under a key, in bytes."""
        return len(self.body) + sum(map(len, key)) + OVERHEAD


class Cache:
    """Answers by what was asked, the release first; the one that was not asked for longest makes room."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._lock = Lock()
        self._release = ""
        self.bytes = self.hits = self.misses = 0

    def get(self, key: Key) -> Kept | None:
        """Return what is kept under a key."""
        with self._lock:
            if found := self._kept.get(key):
                self.hits += 1
                self._kept.move_to_end(key)
            else:
                self.misses += 1
        return found

    def put(self, key: Key, kept: Kept) -> None:
        """Keep an answer, and none from another release; one that fills an eighth of the room is not kept."""
        if (size := kept.size(key)) > self._most // 8:
            return
        with self._lock:
            if key[0] != self._release:
                self._kept.clear()
                self._release, self.bytes = key[0], 0
            if key not in self._kept:
                self._kept[key] = kept
                self.bytes += size
            while self.bytes > self._most:
                old, dropped = self._kept.popitem(last=False)
                self.bytes -= dropped.size(old)


def answer(given: Answer) -> Reply:
    """Return the reply that carries an answer."""
    return Reply(200, given.media_type, given.body, {}, given.file, given.length)


def headers_of(found: Problem) -> Headers:
    """Return the headers that go with a problem."""
    headers = {**READABLE, "Accept-Encoding": "identity"} if found.status == 415 else {}
    if again := found.more.get("retry_after"):
        headers["Retry-After"] = str(again)
    if isinstance(allowed := found.more.get("allow"), list):
        headers["Allow"] = ", ".join(allowed)
    return headers


def options(methods: tuple[str, ...]) -> Reply:
    """Return the reply to OPTIONS: what the address answers, also for pages of other origins."""
    allowed = ", ".join(methods)
    headers = {"Allow": allowed, "Access-Control-Allow-Methods": allowed, **OPTIONS}
    return Reply(204, "", b"", headers | (READABLE if "QUERY" in methods else {}))
