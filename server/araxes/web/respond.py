"""Answers and problems to replies, packed and labelled as HTTP wants them."""

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import BinaryIO

import zstandard

from araxes.engine import Answer
from araxes.problems import Problem
from araxes.web.negotiate import Coding

Headers = list[tuple[str, str]]

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "QUERY")
READABLE = "application/sparql-query, application/x-www-form-urlencoded"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
EXPOSED = "Accept-Post, Accept-Query, Allow, Araxes-Query-Id, Araxes-Release, ETag, Retry-After, Server-Timing"
ALWAYS = [
    ("Vary", "Accept, Accept-Encoding"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", EXPOSED),
    ("Content-Security-Policy", POLICY),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
]
PACKABLE = re.compile(r"text/|application/.*(?:json|xml|trig|triples|quads)|image/svg")
SHORTEST = 1_024
PIECE = 65_536


@dataclass(slots=True)
class Reply:
    """A response before it is labelled; its body stands in `body`, or `length` bytes of it in `file`."""

    status: int
    type: str
    body: bytes = b""
    headers: Headers = field(default_factory=list)
    file: BinaryIO | None = None
    length: int = 0
    coding: str = ""
    leave: Callable[[], None] = lambda: None


def answer(given: Answer) -> Reply:
    """Return the reply that carries an answer."""
    return Reply(200, typed(given.media_type), given.body, [], given.file, given.length)


def typed(media_type: str) -> str:
    """Return a media type with the charset that text has."""
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") and "set=" not in media_type else media_type


def problem(found: Problem, base: str, query_id: str) -> Reply:
    """Return the reply that carries a problem document: RFC 9457, with the id of the request as `query_id`."""
    body = json.dumps({**found.document(base), "query_id": query_id}, ensure_ascii=False).encode("utf-8", "replace")
    return Reply(found.status, "application/problem+json", body, headers_of(found))


def headers_of(found: Problem) -> Headers:
    """Return the headers that go with a problem."""
    headers = []
    if again := found.more.get("retry_after"):
        headers.append(("Retry-After", str(again)))
    if isinstance(allowed := found.more.get("allow"), list):
        headers.append(("Allow", ", ".join(allowed)))
    if found.status == 415:
        headers += [("Accept-Post", READABLE), ("Accept-Query", READABLE), ("Accept-Encoding", "identity")]
    return headers


def options(methods: tuple[str, ...]) -> Reply:
    """Return the reply to OPTIONS: what the address answers, also for pages of other origins."""
    allowed = ", ".join(methods)
    headers = [("Allow", allowed), ("Access-Control-Allow-Methods", allowed), ("Access-Control-Max-Age", "86400")]
    headers.append(("Access-Control-Allow-Headers", "Accept, Cache-Control, Content-Type, If-None-Match"))
    if "QUERY" in methods:
        headers += [("Accept-Query", READABLE), ("Accept-Post", READABLE)]
    return Reply(204, "", b"", headers)


def pack(reply: Reply, coding: Coding | None) -> None:
    """Pack the body where that is asked for and saves something, or must be. RFC 9110, 8.4."""
    if coding is None or not coding.name or reply.file or not reply.body:
        return
    if not coding.must and (len(reply.body) < SHORTEST or not PACKABLE.match(reply.type)):
        return
    # Packed without a time, the same body is the same bytes again, as a strong entity tag says.
    packed = gzip.compress(reply.body, 5, mtime=0) if coding.name == "gzip" else zstandard.compress(reply.body, 3)
    if coding.must or len(packed) < len(reply.body):
        reply.body, reply.coding = packed, coding.name


def tag_of(reply: Reply) -> str:
    """Return a strong entity tag: of the bytes as they are sent, and of what they are. RFC 9110, 8.8.3."""
    found = blake2b(reply.type.encode(), digest_size=12)
    found.update(reply.body)
    if reply.file:
        while piece := reply.file.read(PIECE):
            found.update(piece)
        reply.file.seek(0)
    return f'"{found.hexdigest()}"'


def matches(asked: str | None, tag: str) -> bool:
    """Return whether an If-None-Match header holds an entity tag. RFC 9110, 13.1.2."""
    if not asked:
        return False
    return asked.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in asked.split(",")}
