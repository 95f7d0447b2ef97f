"""The protocol: what was sent, read into a question, without a server."""

from urllib.parse import urlencode

import pytest
from araxes.problems import BadQuery, BadRequest, NotAcceptable, Problem, UnsupportedMediaType, UpdateRefused
from araxes.web.protocol import FORM, QUERY, UPDATE, Sent, fields_of, question_from
from hypothesis import given
from hypothesis import strategies as st

ASK = ["ASK {}"]


def sent(
    method: str = "GET",
    address: dict[str, list[str]] | None = None,
    form: dict[str, list[str]] | None = None,
    content_type: str = "",
    body: bytes = b"",
    accept: str | None = None,
) -> Sent:
    return Sent(method, content_type, address or {}, form or {}, body, accept)


@pytest.mark.parametrize(
    "given",
    [
        sent(address={"query": ASK}),
        sent("POST", form={"query": ASK}, content_type=FORM),
        sent("POST", body=b"ASK {}", content_type=QUERY),
        sent("POST", address={"query": ASK}, content_type=FORM),
    ],
    ids=["get", "form", "body", "form with address"],
)
def test_each_way_to_send_a_query_gives_the_same_question(given: Sent) -> None:
    question = question_from(given)
    assert (question.text, question.format.name, question.default_graphs) == ("ASK {}", "json", ())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_graphs_can_be_named_several_times(method: str) -> None:
    fields = {"query": ASK, "default-graph-uri": ["urn:a", "urn:b"], "named-graph-uri": ["urn:c"]}
    given = sent(address=fields) if method == "GET" else sent("POST", form=fields, content_type=FORM)
    question = question_from(given)
    assert (question.default_graphs, question.named_graphs) == (("urn:a", "urn:b"), ("urn:c",))


def test_graphs_stand_in_the_address_when_the_body_is_a_query() -> None:
    given = sent("POST", {"default-graph-uri": ["urn:a"]}, content_type=QUERY, body=b"ASK {}")
    assert question_from(given).default_graphs == ("urn:a",)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (sent(), BadRequest),
        (sent(address={"query": ["ASK {}", "ASK {}"]}), BadRequest),
        (sent("POST", {"query": ASK}, {"query": ASK}, FORM), BadRequest),
        (sent("POST", content_type=FORM), BadRequest),
        (sent("POST", content_type=QUERY, body=b"\xff"), BadRequest),
        (sent("POST", {"query": ASK}, content_type=QUERY, body=b"ASK {}"), BadRequest),
        (sent("POST", {"update": ["CLEAR ALL"]}, content_type=QUERY, body=b"ASK {}"), UpdateRefused),
        (sent("POST", content_type="application/json", body=b"{}"), UnsupportedMediaType),
        (sent("POST"), UnsupportedMediaType),
        (sent("POST", content_type=UPDATE, body=b"CLEAR ALL"), UpdateRefused),
        (sent("POST", form={"update": ["CLEAR ALL"]}, content_type=FORM), UpdateRefused),
        (sent(address={"update": ["CLEAR ALL"]}), UpdateRefused),
        (sent(address={"query": ["CLEAR ALL"]}), UpdateRefused),
        (sent(address={"query": [""]}), BadQuery),
        (sent(address={"query": ASK}, accept="text/csv"), NotAcceptable),
        (sent(address={"query": ["DESCRIBE <urn:a>"]}, accept="text/csv"), NotAcceptable),
        (sent(address={"query": ASK, "format": ["pdf"]}), BadRequest),
    ],
)
def test_what_breaks_the_protocol_is_a_problem(given: Sent, problem: type[Problem]) -> None:
    with pytest.raises(problem) as raised:
        question_from(given)
    assert raised.type is problem


@pytest.mark.parametrize(("named", "chosen"), [("csv", "csv"), ("text/csv", "csv"), ("JSON", "json"), ("html", "html")])
def test_the_field_format_goes_before_accept(named: str, chosen: str) -> None:
    fields = {"query": ["SELECT * {}"], "format": [named.lower()]}
    assert question_from(sent(address=fields, accept="application/sparql-results+xml")).format.name == chosen


@pytest.mark.parametrize("field", ["query", "default-graph-uri", "named-graph-uri", "other"])
@pytest.mark.parametrize("value", [b"%FF", b"\xff", b"a%C3", b"%ED%A0%80"])
def test_what_is_not_utf8_is_a_problem_and_never_put_right(field: str, value: bytes) -> None:
    with pytest.raises(BadRequest, match="not UTF-8"):
        fields_of(b"query=ASK%7B%7D&" + field.encode() + b"=" + value)


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))))
def test_fields_arrive_as_they_were_sent(pairs: list[tuple[str, str]]) -> None:
    fields = fields_of(urlencode(pairs).encode())
    assert sorted((name, value) for name in fields for value in fields[name]) == sorted(pairs)
