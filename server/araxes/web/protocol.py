"""The SPARQL 1.1 Protocol: what was sent, read into a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from araxes.engine import Format, Question, form_of, formats_for
from araxes.problems import BadRequest, UnsupportedMediaType, UpdateRefused
from araxes.web.negotiate import Offer, choose

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
HTML = "html"
PAGE = Format(HTML, "text/html; charset=utf-8", "HTML")

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


def fields_of(sent: bytes) -> Fields:
    """Return the fields of an address or of a form; nothing in them is put right in silence.

    Raises `BadRequest` where they are not UTF-8.
    """
    fields: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(sent.decode("utf-8"), keep_blank_values=True, errors="strict"):
            fields.setdefault(name, []).append(value)
    except UnicodeDecodeError:
        raise BadRequest("What was sent is not UTF-8 text") from None
    return fields


def has_query(sent: Sent) -> bool:
    """Return whether the request asks something."""
    return sent.method == "POST" or "query" in sent.address or "update" in sent.address


def question_from(sent: Sent) -> Question:
    """Return the question that a request asks.

    Raises `BadRequest`, `UnsupportedMediaType`, `UpdateRefused`, `BadQuery` or `NotAcceptable`.
    """
    text, fields = _text_and_fields(sent)
    return Question(
        text,
        format_for(text, sent.accept, fields),
        tuple(fields.get("default-graph-uri", ())),
        tuple(fields.get("named-graph-uri", ())),
    )


def format_for(text: str, accept: str | None, fields: Fields) -> Format:
    """Return the format of the answer: what the field `format` names, else what Accept likes best."""
    offered = (*formats_for(form_of(text)), PAGE)
    if named := fields.get("format"):
        for each in offered:
            if named[-1] in {each.name, each.media_type, each.label.lower()}:
                return each
        known = [each.name for each in offered]
        raise BadRequest(f"There is no format {named[-1]} for this query", hint=f"Use one of: {', '.join(known)}.")
    name = choose(accept, [_offer(each) for each in offered])
    return next(each for each in offered if each.name == name)


def _offer(each: Format) -> Offer:
    return Offer(each.name, (each.media_type.partition(";")[0], *each.also))


def _text_and_fields(sent: Sent) -> tuple[str, Fields]:
    if sent.method != "POST":
        return _one_query(sent.address), sent.address
    if sent.content_type == FORM:
        fields = {**sent.address, **sent.form}
        if "query" in sent.address and "query" in sent.form:
            raise BadRequest("The query is given twice, in the address and in the form")
        return _one_query(fields), fields
    if sent.content_type == QUERY:
        if "query" in sent.address:
            raise BadRequest("The query is given twice, in the address and in the body")
        return _one_query({**sent.address, "query": [_decoded(sent.body)]}), sent.address
    if sent.content_type == UPDATE:
        raise UpdateRefused("This is an update: its body is application/sparql-update")
    raise UnsupportedMediaType(f"The body is {sent.content_type or 'of no type'}")


def _one_query(fields: Fields) -> str:
    if "update" in fields:
        raise UpdateRefused("This is an update: it stands in the field update")
    texts = fields.get("query", ())
    if len(texts) != 1:
        raise BadRequest("There is no query" if not texts else f"There are {len(texts)} queries")
    return texts[0]


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("The query is not UTF-8 text") from None
