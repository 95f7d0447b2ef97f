"""The protocol: what was sent, read into a question, without a server."""

import pytest
from araxes.problems import BadQuery, BadRequest, NotAcceptable, Problem, UnsupportedMediaType, UpdateRefused
from araxes.web.protocol import FORM, QUERY, UPDATE, Sent, question_from

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
