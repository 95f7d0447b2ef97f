"""The protocol: what was sent, read into a question, without a server."""

import io
from typing import Any
from urllib.parse import urlencode

import pytest
from araxes.engine import Question
from araxes.problems import (
    BadQuery,
    BadRequest,
    NotAcceptable,
    Problem,
    QueryTooLong,
    UnsupportedMediaType,
    UpdateRefused,
)
from araxes.web.protocol import FORM, QUERY, UPDATE, Sent, fields_of, question_from, sent_from
from hypothesis import given
from hypothesis import strategies as st

ASK = ["ASK {}"]
MOST = 10_000


def sent(
    method: str = "GET",
    address: dict[str, list[str]] | None = None,
    form: dict[str, list[str]] | None = None,
    content_type: str = "",
    body: bytes = b"",
    accept: str | None = None,
) -> Sent:
    return Sent(method, content_type, address or {}, form or {}, body, accept)


def asked(given: Sent) -> Question:
    return question_from(given, MOST)


@pytest.mark.parametrize("method", ["POST", "QUERY"])
@pytest.mark.parametrize("way", ["form", "body", "form with address"])
def test_each_way_to_send_a_query_gives_the_same_question(method: str, way: str) -> None:
    ways = {
        "form": sent(method, form={"query": ASK}, content_type=FORM),
        "body": sent(method, body=b"ASK {}", content_type=QUERY),
        "form with address": sent(method, address={"query": ASK}, content_type=FORM),
    }
    assert asked(ways[way]) == asked(sent(address={"query": ASK})) == asked(sent("HEAD", address={"query": ASK}))
    assert asked(ways[way]).text == "ASK {}"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_graphs_can_be_named_several_times(method: str) -> None:
    fields = {"query": ASK, "default-graph-uri": ["urn:a", "urn:b"], "named-graph-uri": ["urn:c"]}
    given = sent(address=fields) if method == "GET" else sent("POST", form=fields, content_type=FORM)
    question = asked(given)
    assert (question.default_graphs, question.named_graphs) == (("urn:a", "urn:b"), ("urn:c",))


def test_graphs_stand_in_the_address_when_the_body_is_a_query() -> None:
    given = sent("POST", {"default-graph-uri": ["urn:a"]}, content_type=QUERY, body=b"ASK {}")
    assert asked(given).default_graphs == ("urn:a",)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (sent(), BadRequest),
        (sent(address={"query": ["ASK {}", "ASK {}"]}), BadRequest),
        (sent("POST", {"query": ASK}, {"query": ASK}, FORM), BadRequest),
        (
            sent("POST", {"default-graph-uri": ["urn:a"]}, {"query": ASK, "default-graph-uri": ["urn:a"]}, FORM),
            BadRequest,
        ),
        (sent("POST", {"format": ["json"]}, {"query": ASK, "format": ["json"]}, FORM), BadRequest),
        (sent("POST", form={"query": ["ASK {}", "ASK {}"]}, content_type=FORM), BadRequest),
        (sent("POST", content_type=FORM), BadRequest),
        (sent("POST", content_type=QUERY, body=b"\xff"), BadRequest),
        (sent("POST", {"query": ASK}, content_type=QUERY, body=b"ASK {}"), BadRequest),
        (sent("POST", {"update": ["CLEAR ALL"]}, content_type=QUERY, body=b"ASK {}"), BadRequest),
        (sent(address={"query": ASK, "update": ["CLEAR ALL"]}), BadRequest),
        (sent("POST", content_type="application/json", body=b"{}"), UnsupportedMediaType),
        (sent("QUERY", content_type="text/plain", body=b"ASK {}"), UnsupportedMediaType),
        (sent("POST"), UnsupportedMediaType),
        (sent("POST", content_type=UPDATE, body=b"CLEAR ALL"), UpdateRefused),
        (sent("POST", form={"update": ["CLEAR ALL"]}, content_type=FORM), UpdateRefused),
        (sent(address={"update": ["CLEAR ALL"]}), UpdateRefused),
        (sent(address={"query": ["CLEAR ALL"]}), UpdateRefused),
        (sent(address={"query": [""]}), BadQuery),
        (sent(address={"query": ASK}, accept="text/turtle"), NotAcceptable),
        (sent(address={"query": ["DESCRIBE <urn:a>"]}, accept="text/csv"), NotAcceptable),
        (sent(address={"query": ASK, "format": ["pdf"]}), BadRequest),
        (sent(address={"query": ASK, "format": ["json", "xml"]}), BadRequest),
        (sent(address={"query": ASK, "format": ["json", "nonsense"]}), BadRequest),
        (sent(address={"query": ASK, "format": ["*/*"]}), BadRequest),
        (sent(address={"query": ASK, "format": [""]}), BadRequest),
        (sent(address={"query": ASK, "timeout": ["1", "2"]}), BadRequest),
    ],
)
def test_what_breaks_the_protocol_is_a_problem(given: Sent, problem: type[Problem]) -> None:
    with pytest.raises(problem) as raised:
        asked(given)
    assert raised.type is problem


@pytest.mark.parametrize(
    ("query", "named", "chosen"),
    [
        ("SELECT * {}", "csv", "csv"),
        ("SELECT * {}", "text/csv", "csv"),
        ("SELECT * {}", "sparql-results+json", "json"),
        ("SELECT * {}", "html", "html"),
        ("CONSTRUCT {} {}", "ttl", "turtle"),
        ("CONSTRUCT {} {}", "nt", "ntriples"),
        ("CONSTRUCT {} {}", "xml", "rdfxml"),
        ("CONSTRUCT {} {}", "rdf+xml", "rdfxml"),
        ("CONSTRUCT {} {}", "json-ld", "jsonld"),
        ("CONSTRUCT {} {}", "trig", "trig"),
    ],
)
def test_the_field_format_goes_before_accept(query: str, named: str, chosen: str) -> None:
    fields = {"query": [query], "format": [named]}
    assert asked(sent(address=fields, accept="application/sparql-results+xml")).format.name == chosen


@pytest.mark.parametrize(
    ("query", "named", "chosen"),
    [
        ("SELECT * {}", ["tsv", "text/tab-separated-values"], "tsv"),
        ("CONSTRUCT {} {}", ["json-ld", "application/ld+json,application/x-json+ld"], "jsonld"),
        ("CONSTRUCT {} {}", ["n3"], "turtle"),
    ],
)
def test_two_words_for_one_format_are_one_format(query: str, named: list[str], chosen: str) -> None:
    assert asked(sent(address={"query": [query], "format": named})).format.name == chosen


@pytest.mark.parametrize(
    ("given", "milliseconds"), [("1", 1000), ("0.25", 250), (".5", 500), ("10", MOST), ("2.", 2000)]
)
def test_a_timeout_lowers_the_time(given: str, milliseconds: int) -> None:
    assert asked(sent(address={"query": ASK, "timeout": [given]})).milliseconds == milliseconds
    assert asked(sent(address={"query": ASK})).milliseconds == 0


@pytest.mark.parametrize("given", ["", "0", "0.0001", "10.001", "-1", "1e3", "inf", "nan", "ten", "1s", "٣", "9" * 400])
def test_a_timeout_that_is_none_names_what_is_allowed(given: str) -> None:
    with pytest.raises(BadRequest, match="timeout is") as raised:
        asked(sent(address={"query": ASK, "timeout": [given]}))
    assert "0.001 to 10," in raised.value.advice
    assert raised.value.more == {"limit": "query_milliseconds", "most": MOST}


@pytest.mark.parametrize("field", ["query", "default-graph-uri", "named-graph-uri", "other"])
@pytest.mark.parametrize("value", [b"%FF", b"\xff", b"a%C3", b"%ED%A0%80"])
def test_what_is_not_utf8_is_a_problem_and_never_put_right(field: str, value: bytes) -> None:
    with pytest.raises(BadRequest, match="not UTF-8"):
        fields_of(b"query=ASK%7B%7D&" + field.encode() + b"=" + value)


@pytest.mark.parametrize("value", [b"%", b"%2", b"%zz", b"100%", b"%u0041", b"a%%20"])
def test_a_percent_sign_that_encodes_nothing_is_a_problem(value: bytes) -> None:
    with pytest.raises(BadRequest, match="not a percent-encoded sign"):
        fields_of(b"query=" + value)


def test_percent_signs_are_decoded_once() -> None:
    assert fields_of(b"query=%2525+%2B%26%3D+a%2520b") == {"query": ["%25 +&= a%20b"]}


def test_too_many_fields_are_a_problem() -> None:
    with pytest.raises(BadRequest, match="more than 1,000 fields"):
        fields_of(b"&".join([b"a=b"] * 1_001))


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))))
def test_fields_arrive_as_they_were_sent(pairs: list[tuple[str, str]]) -> None:
    fields = fields_of(urlencode(pairs).encode())
    assert sorted((name, value) for name in fields for value in fields[name]) == sorted(pairs)


class Watched(io.BytesIO):
    """A body that remembers how much of it was read."""

    read_bytes = 0

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.sizes: set[int] = set()

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.read_bytes += len(found)
        self.sizes.add(size or 0)
        return found


def environ(body: bytes, **more: Any) -> dict[str, Any]:
    return {"REQUEST_METHOD": "POST", "CONTENT_TYPE": QUERY, "wsgi.input": Watched(body)} | more


def test_a_body_that_is_too_long_is_not_read() -> None:
    given = environ(b"x" * 200, CONTENT_LENGTH="200")
    with pytest.raises(QueryTooLong) as raised:
        sent_from(given, 100)
    assert given["wsgi.input"].read_bytes == 0
    assert raised.value.more["most"] == 100


def test_a_body_in_chunks_is_read_up_to_the_limit() -> None:
    given = environ(b"x" * 200, **{"wsgi.input_terminated": True})
    with pytest.raises(QueryTooLong):
        sent_from(given, 100)
    given = environ(b"x" * 10_000_000, **{"wsgi.input_terminated": True})
    with pytest.raises(QueryTooLong):
        sent_from(given, 100)
    assert given["wsgi.input"].read_bytes < 7_000_000
    assert max(given["wsgi.input"].sizes) == 65_536
    assert sent_from(environ(b"x" * 100, **{"wsgi.input_terminated": True}), 100).body == b"x" * 100


@pytest.mark.parametrize("length", ["-1", "1.0", "x", "+5", "٣", " 5"])
def test_a_length_that_is_none_is_a_problem(length: str) -> None:
    with pytest.raises(BadRequest, match="Content-Length"):
        sent_from(environ(b"ASK {}", CONTENT_LENGTH=length), 100)


def test_a_length_beyond_all_measure_is_too_long() -> None:
    with pytest.raises(QueryTooLong):
        sent_from(environ(b"", CONTENT_LENGTH="9" * 5000), 100)


def test_a_body_that_ends_early_is_a_problem() -> None:
    with pytest.raises(BadRequest, match="ended before"):
        sent_from(environ(b"ASK", CONTENT_LENGTH="6"), 100)


def test_a_body_without_a_length_is_empty() -> None:
    assert sent_from(environ(b"ASK {}"), 100).body == b""


@pytest.mark.parametrize("more", [{"HTTP_CONTENT_ENCODING": "gzip"}, {"CONTENT_TYPE": f"{QUERY}; charset=latin-1"}])
def test_a_body_that_is_packed_or_in_another_charset_is_refused(more: dict[str, str]) -> None:
    with pytest.raises(UnsupportedMediaType):
        sent_from(environ(b"ASK {}", CONTENT_LENGTH="6", **more), 100)


@pytest.mark.parametrize(
    "name", [QUERY.upper(), f"{QUERY};charset=utf-8", f'{QUERY} ; CHARSET="UTF-8"', f"{QUERY};x=y"]
)
def test_the_type_of_a_body_may_have_parameters(name: str) -> None:
    given = environ(b"ASK {}", CONTENT_LENGTH="6", CONTENT_TYPE=name, HTTP_CONTENT_ENCODING="identity")
    assert sent_from(given, 100).content_type == QUERY
