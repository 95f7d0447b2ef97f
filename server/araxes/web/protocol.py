"""The SPARQL 1.1 Protocol: what was sent, read into a question."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from araxes.engine import Format, Question, form_of, formats_for
from araxes.engine.question import GRAPHS, RESULTS
from araxes.problems import BadRequest, NotAcceptable, QueryTooLong, UnsupportedMediaType, UpdateRefused
from araxes.web.negotiate import bare, choose

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
HTML = "html"
PAGE = Format(HTML, "text/html; charset=utf-8", "HTML")
ALL = (*RESULTS, *GRAPHS, Format("problem", "application/problem+json", "Problem"), PAGE)
BODIES = {"POST", "QUERY"}
ASKING = {"query", "update", "timeout", "default-graph-uri", "named-graph-uri"}
ONCE = ("query", "update", "timeout")
MOST_FIELDS = 1_000
PIECE, THROWN_AWAY = 65_536, 100

BROKEN = re.compile(rb"%(?![0-9A-Fa-f]{2})")
CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s;"]*)', re.IGNORECASE)
SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}")

Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request to the endpoint: method, content type, the fields of address and form, and the body."""

    method: str
    content_type: str
    address: Fields
    form: Fields
    body: bytes
    accept: str | None

    @property
    def asks(self) -> bool:
        """Return whether the request asks something; else it wants to know what is here."""
        return self.method in BODIES or not ASKING.isdisjoint(self.address)

    @property
    def text(self) -> str:
        """Return the query as far as it can be read, to be shown to whoever sent it."""
        given = [*self.form.get("query", ()), *self.address.get("query", ())]
        return given[0] if given else self.body.decode("utf-8", "replace") if self.content_type == QUERY else ""

    @property
    def wants_page(self) -> bool:
        """Return whether the answer is a page, or a problem with it would be."""
        return HTML in (*self.address.get("format", ()), *self.form.get("format", ())) or likes_page(self.accept)

    def fields(self) -> Fields:
        """Return the fields of address and body together; none stands in both, and those of `ONCE` are given once."""
        given = self._given()
        if both := sorted(self.address.keys() & given.keys()):
            raise BadRequest(f"The field {both[0][:100]} is given twice, in the address and in the body")
        fields = {**self.address, **given}
        if twice := [name for name in ONCE if len(fields.get(name, ())) > 1]:
            raise BadRequest(f"There are {len(fields[twice[0]])} fields {twice[0]}")
        if "update" in fields and "query" in fields:
            raise BadRequest("There is a query and an update")
        if "update" in fields:
            raise UpdateRefused("This is an update: it stands in the field update")
        return fields

    def _given(self) -> Fields:
        if self.method not in BODIES or self.content_type == FORM:
            return self.form
        if self.content_type == UPDATE:
            raise UpdateRefused("This is an update: its body is application/sparql-update")
        if self.content_type != QUERY:
            raise UnsupportedMediaType(f"The body is {self.content_type[:100] or 'of no type'}")
        try:
            return {"query": [self.body.decode("utf-8")]}
        except UnicodeDecodeError:
            raise BadRequest("The query is not UTF-8 text") from None


def sent_from(environ: Mapping[str, Any], most: int) -> Sent:
    """Return the request that a WSGI environment holds; a body of more than `most` bytes is not read.

    Raises `BadRequest`, `QueryTooLong`, and `UnsupportedMediaType` for a body that is packed or not in UTF-8.
    """
    method, accept = environ["REQUEST_METHOD"], environ.get("HTTP_ACCEPT")
    address = fields_of(environ.get("QUERY_STRING", "").encode("latin-1"))
    if method not in BODIES:
        return Sent(method, "", address, {}, b"", accept)
    content_type = _content_type(environ)
    body = _body(environ, most)
    return Sent(method, content_type, address, fields_of(body) if content_type == FORM else {}, body, accept)


def fields_of(sent: bytes) -> Fields:
    """Return the fields of an address or of a form, decoded once; nothing in them is put right in silence.

    Raises `BadRequest` where they are not UTF-8, or where a percent sign is not followed by two digits.
    """
    if broken := BROKEN.search(sent):
        found = sent[broken.start() : broken.start() + 3].decode("ascii", "replace")
        raise BadRequest(f"{found} is not a percent-encoded sign", hint="Write a percent sign as %25.")
    try:
        return parse_qs(sent.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise BadRequest("What was sent is not UTF-8 text") from None
    except ValueError:
        raise BadRequest(f"There are more than {MOST_FIELDS:,} fields") from None


def question_from(sent: Sent, most: int, client: str = "") -> Question:
    """Return the question that a request asks: SPARQL 1.1 Protocol, 2.1, and the method QUERY of the draft of 1.2.

    Parameters: `most`, the milliseconds that the field `timeout` may not pass; `client`, whose share it takes. Raises
    `BadRequest`, `UnsupportedMediaType`, `UpdateRefused`, `BadQuery` or `NotAcceptable`.
    """
    fields = sent.fields()
    if "query" not in fields:
        raise BadRequest("There is no query")
    text = fields["query"][0]
    wanted = picked((*formats_for(form_of(text)), PAGE), sent.accept, fields)
    default, named = fields.get("default-graph-uri", ()), fields.get("named-graph-uri", ())
    return Question(text, wanted, tuple(default), tuple(named), _milliseconds(fields, most), client)


def picked(offered: tuple[Format, ...], accept: str | None, fields: Fields) -> Format:
    """Return the format that the field `format` names, else the one that Accept likes best.

    SPARQLWrapper says `format` twice, in two words for one format; two formats are one too many.
    Raises `BadRequest` for a name that is not offered, and `NotAcceptable`, which lists the offers.
    """
    if not fields.get("format"):
        if found := choose(accept, offered):
            return found
        names = [bare(each.media_type) for each in offered]
        raise NotAcceptable(f"Accept is {accept!r:.200}, but there is {', '.join(names)}", more={"offered": names})
    named = {_named(name, offered) for name in fields["format"]}
    if len(named) > 1:
        raise BadRequest(f"The fields format name {len(named)} formats")
    return named.pop()


def likes_page(accept: str | None) -> bool:
    """Return whether a client likes a page better than anything for machines."""
    return choose(accept, ALL) is PAGE


def _named(name: str, offered: tuple[Format, ...]) -> Format:
    for each in offered:
        bared = [other.removeprefix("application/") for other in (bare(each.media_type), *each.also)]
        if name in {each.name, each.label.lower(), *each.short, *bared}:
            return each
    if "/" in name and "*" not in name and (found := choose(name, offered)):
        return found
    known = ", ".join(each.name for each in offered)
    raise BadRequest(f"There is no format {name[:100]} for this query", hint=f"Use one of: {known}.")


def _milliseconds(fields: Fields, most: int) -> int:
    if "timeout" not in fields:
        return 0
    given = fields["timeout"][0]
    wanted = round(float(given) * 1000) if SECONDS.fullmatch(given) else 0
    if not 0 < wanted <= most:
        hint = f"Give seconds from 0.001 to {most / 1000:g}, or leave the field out."
        raise BadRequest(f"timeout is {given[:40]!r}", hint=hint, more={"limit": "query_milliseconds", "most": most})
    return wanted


def _content_type(environ: Mapping[str, Any]) -> str:
    given: str = environ.get("CONTENT_TYPE") or ""
    packed = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if packed not in {"", "identity"}:
        raise UnsupportedMediaType(f"The body is packed with {packed[:40]}", hint="Send the body as it is.")
    charset = CHARSET.search(given)
    if charset and charset[1].lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType(f"The body is in {charset[1][:40]}", hint="Send it in UTF-8.")
    return bare(given).strip().lower()


def _body(environ: Mapping[str, Any], most: int) -> bytes:
    given = environ.get("CONTENT_LENGTH") or ""
    if given and not (given.isascii() and given.isdigit()):
        raise BadRequest("Content-Length is not a number")
    too_long = len(given) > 18 or int(given or 0) > most
    unknown = most + 1 if environ.get("wsgi.input_terminated") else 0
    body: bytes = b"" if too_long else environ["wsgi.input"].read(int(given) if given else unknown)
    if too_long or len(body) > most:
        # A client that still sends would see a broken connection, and not why; so some of the rest is thrown away.
        for _ in range(THROWN_AWAY if unknown else 0):
            if not environ["wsgi.input"].read(PIECE):
                break
        raise QueryTooLong(f"The body has more than {most:,} bytes", more={"most": most})
    if len(body) < int(given or 0):
        raise BadRequest("The body ended before its Content-Length")
    return body
