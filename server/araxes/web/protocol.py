"""The SPARQL 1.1 Protocol: what was sent, read into a question, and which format of answer the client accepts."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header, parse_options_header

from araxes.engine.question import GRAPHS, RESULTS, Format, Question, form_of, formats_for
from araxes.problems import BadRequest, NotAcceptable, QueryTooLong, UnsupportedMediaType, UpdateRefused
from araxes.web.site import HEADERS

FORM, QUERY, UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
PAGE = Format("html", "text/html; charset=utf-8", "HTML")
ALL = (*RESULTS, *GRAPHS, Format("problem", "application/problem+json", "Problem"), PAGE)
BODIES = {"POST", "QUERY"}
ASKING = {"query", "update", "timeout", "default-graph-uri", "named-graph-uri"}
MOST_FIELDS, PIECE, THROWN_AWAY = 1_000, 65_536, 100

HOST, WEIGHT, SECONDS, BROKEN, PACKABLE = (re.compile(each) for each in HEADERS["patterns"].values())
OURS = {"charset": "utf-8"}
CODINGS = ("zstd", "gzip")

Fields = Mapping[str, Sequence[str]]


class Coding(NamedTuple):
    """How a body is to be packed: by which coding ("" for none), and whether it must be."""

    name: str
    must: bool


class Sent(NamedTuple):
    """A request to the endpoint: method, content type, the fields of address and form, and the body."""

    method: str
    content_type: str
    address: Fields
    form: Fields
    body: bytes
    accept: str | None

    @property
    def text(self) -> str:
        """Return the query as far as it can be read, to be shown to whoever sent it."""
        given = [*self.form.get("query", ()), *self.address.get("query", ())]
        return given[0] if given else self.body.decode("utf-8", "replace") if self.content_type == QUERY else ""

    @property
    def wants_page(self) -> bool:
        """Return whether the answer is a page, or a problem with it would be."""
        return PAGE.name in (*self.address.get("format", ()), *self.form.get("format", ())) or likes_page(self.accept)

    def fields(self) -> Fields:
        """Return the fields of address and body together; none stands in both, or is given twice that may not."""
        given = self.form
        if self.method in BODIES and self.content_type != FORM:
            if self.content_type == UPDATE:
                raise UpdateRefused("This is an update: its body is application/sparql-update")
            if self.content_type != QUERY:
                raise UnsupportedMediaType(f"The body is {self.content_type[:100] or 'of no type'}")
            try:
                given = {"query": [self.body.decode("utf-8")]}
            except UnicodeDecodeError:
                raise BadRequest("The query is not UTF-8 text") from None
        if both := sorted(self.address.keys() & given.keys()):
            raise BadRequest(f"The field {both[0][:100]} is given twice, in the address and in the body")
        fields = {**self.address, **given}
        if twice := [name for name in ("query", "update", "timeout") if len(fields.get(name, ())) > 1]:
            raise BadRequest(f"There are {len(fields[twice[0]])} fields {twice[0]}")
        if "update" in fields and "query" in fields:
            raise BadRequest("There is a query and an update")
        if "update" in fields:
            raise UpdateRefused("This is an update: it stands in the field update")
        return fields


def sent_from(environ: Mapping[str, Any], most: int) -> Sent:
    """Return what was sent; raises `BadRequest`, `UnsupportedMediaType`, and `QueryTooLong` beyond `most` bytes."""
    method, accept = environ["REQUEST_METHOD"], environ.get("HTTP_ACCEPT")
    address = fields_of(environ.get("QUERY_STRING", "").encode("latin-1"))
    if method not in BODIES:
        return Sent(method, "", address, {}, b"", accept)
    content_type, parameters = parse_options_header(environ.get("CONTENT_TYPE"))
    packed = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if packed not in {"", "identity"}:
        raise UnsupportedMediaType(f"The body is packed with {packed[:40]}", hint="Send the body as it is.")
    if (charset := parameters.get("charset", "utf-8")).lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType(f"The body is in {charset[:40]}", hint="Send it in UTF-8.")
    content_type, body = content_type.lower(), _body(environ, most)
    return Sent(method, content_type, address, fields_of(body) if content_type == FORM else {}, body, accept)


def fields_of(sent: bytes) -> Fields:
    """Return the fields of an address or form, decoded once; raises `BadRequest`: nothing is put right in silence."""
    try:
        text = sent.decode("utf-8")
        if broken := BROKEN.search(text):
            raise BadRequest(f"{broken[0]} is not a percent-encoded sign", hint="Write a percent sign as %25.")
        return parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise BadRequest("What was sent is not UTF-8 text") from None
    except ValueError:
        raise BadRequest(f"There are more than {MOST_FIELDS:,} fields") from None


def question_from(sent: Sent, most: int, client: str = "") -> Question:
    """Return what is asked in at most `most` milliseconds: SPARQL 1.1 Protocol, 2.1, and QUERY of the draft of 1.2.

    Raises `BadRequest`, `UnsupportedMediaType`, `UpdateRefused`, `BadQuery` or `NotAcceptable`.
    """
    fields = sent.fields()
    if "query" not in fields:
        raise BadRequest("There is no query")
    text = fields["query"][0]
    wanted = picked((*formats_for(form_of(text)), PAGE), sent.accept, fields)
    default, named = (tuple(fields.get(f"{each}-graph-uri", ())) for each in ("default", "named"))
    given = fields.get("timeout", [""])[0]
    milliseconds = round(float(given) * 1000) if SECONDS.fullmatch(given) else 0
    if "timeout" in fields and not 0 < milliseconds <= most:
        hint = f"Give seconds from 0.001 to {most / 1000:g}, or leave the field out."
        raise BadRequest(f"timeout is {given[:40]!r}", hint=hint, more={"limit": "query_milliseconds", "most": most})
    return Question(text, wanted, default, named, milliseconds, client)


def picked(offered: tuple[Format, ...], accept: str | None, fields: Fields) -> Format:
    """Return the format that `format` names, else what Accept likes best; raises `BadRequest` or `NotAcceptable`."""
    if not fields.get("format"):
        if found := choose(accept, offered):
            return found
        names = [bare(each.media_type) for each in offered]
        raise NotAcceptable(f"Accept is {accept!r:.200}, but there is {', '.join(names)}", more={"offered": names})
    named = {_named(name, offered) for name in fields["format"]}  # SPARQLWrapper says one format twice, in two words
    if len(named) > 1:
        raise BadRequest(f"The fields format name {len(named)} formats")
    return named.pop()


def likes_page(accept: str | None) -> bool:
    """Return whether a client likes a page better than anything for machines."""
    return choose(accept, ALL) is PAGE


@lru_cache(maxsize=512)
def choose(accept: str | None, offers: tuple[Format, ...]) -> Format | None:
    """Return the format that the client likes best, the first of those it likes equally, or None (RFC 9110, 12.5.1)."""
    # The most specific range that fits decides, and a parameter makes a range more specific; one that no answer of ours
    # has (`profile`) leaves its type accepted where nothing else speaks of that type. The other names of a format must
    # be asked for word for word.
    given = ((weight, *parse_options_header(value.lower())) for value, weight in _weighed(accept, "*/*"))
    ranked = sorted((known.items() <= OURS.items(), bool(known), weight, kind) for weight, kind, known in given)
    weights = {kind: weight for ours, _, weight, kind in ranked if weight or ours}

    def liking(offer: Format) -> float:
        sent = bare(offer.media_type)
        ways = ((sent, f"{sent.partition('/')[0]}/*", "*/*"), *((name,) for name in offer.also))
        return max(next((weights[each] for each in way if each in weights), 0.0) for way in ways)

    best = max(offers, key=liking)
    return best if liking(best) > 0 else None


@lru_cache(maxsize=512)
def coding(accepted: str | None) -> Coding | None:
    """Return how a body is to be packed, by Accept-Encoding (RFC 9110, 12.5.3); None where nothing will do."""
    weights = {name.lower().removeprefix("x-"): weight for name, weight in _weighed(accepted)}
    others = weights.get("*", 0.0)
    plain = weights.get("identity", 0.0 if weights.get("*") == 0 else 1.0) > 0
    best = max(CODINGS, key=lambda name: (weights.get(name, others), name in weights))
    if weights.get(best, others) > 0 and weights.get(best, others) >= weights.get("identity", 0.0):
        return Coding(best, not plain)
    return Coding("", must=False) if plain else None


def bare(media_type: str) -> str:
    """Return a media type without its parameters."""
    return media_type.partition(";")[0]


def _named(name: str, offered: tuple[Format, ...]) -> Format:
    for each in offered:
        bared = [other.removeprefix("application/") for other in (bare(each.media_type), *each.also)]
        if name in {each.name, each.label.lower(), *each.short, *bared}:
            return each
    if "/" in name and "*" not in name and (found := choose(name, offered)):
        return found
    hint = f"Use one of: {', '.join(each.name for each in offered)}."
    raise BadRequest(f"There is no format {name[:100]} for this query", hint=hint)


def _body(environ: Mapping[str, Any], most: int) -> bytes:
    given, stream = environ.get("CONTENT_LENGTH") or "", environ["wsgi.input"]
    ends = environ.get("wsgi.input_terminated")
    if given.strip("0123456789"):
        raise BadRequest("Content-Length is not a number")
    length = int(given[:18] or (most + 1 if ends else 0))
    body: bytes = b"" if given and length > most else stream.read(length)
    if (given and length > most) or len(body) > most:
        # A client that still sends would see a broken connection, and not why; so some of the rest is thrown away.
        for _ in range(THROWN_AWAY if ends else 0):
            if not stream.read(PIECE):
                break
        raise QueryTooLong(f"The body has more than {most:,} bytes", more={"most": most})
    if given and len(body) < length:
        raise BadRequest("The body ended before its Content-Length")
    return body


def _weighed(header: str | None, otherwise: str = "") -> Accept:
    """Return the elements of a header with their weights; none whose weight is no number from 0 to 1."""
    # Werkzeug takes a weight without digits for 1, does not know the `.2` of older Java, and drops a whole header in
    # which a quote is left open.
    weighed = WEIGHT.sub(";q=0", (header or "").strip() or otherwise)
    return parse_accept_header(weighed) or parse_accept_header(f'{weighed}"')
