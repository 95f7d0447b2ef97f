"""Query text: by the grammar, spoiled, and nonsense. Whatever comes, a clean answer, and a right one to the next."""

import json
from urllib.parse import quote_from_bytes

import pytest
from fuzz.grammar import ODD, QUERIES, SPOILED
from fuzz.wire import Target, fuzz
from helpers import Reply
from hypothesis import given
from hypothesis import strategies as st

SPARQL = "Content-Type: application/sparql-query\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
WAYS = st.sampled_from(["address", "form", "direct"])


def send(target: Target, query: bytes, way: str = "direct") -> Reply:
    if way == "direct" or len(query) > 1500:
        return target.ask(body=query, headers=SPARQL)
    written = quote_from_bytes(query, safe="")
    if way == "form":
        return target.ask(body=f"query={written}".encode(), headers=FORM)
    return target.ask(f"/sparql?query={written}")


@fuzz(150)
@given(query=QUERIES, way=WAYS)
def test_a_query_by_the_grammar_is_answered(target: Target, query: str, way: str) -> None:
    reply = send(target, query.encode(), way)
    assert reply.status == 200, f"{query}\n{reply.text}"
    if reply.type == "application/sparql-results+json":
        assert "head" in json.loads(reply.body)


@fuzz(350)
@given(query=SPOILED, way=WAYS)
def test_a_spoiled_query_is_answered_or_explained(target: Target, query: str, way: str) -> None:
    reply = send(target, query.encode(), way)
    assert reply.status in {200, 400, 413, 503, 504}, f"{query}\n{reply.text}"
    if reply.status == 400:
        assert json.loads(reply.body)["type"].rpartition("/")[2] in {
            "bad-query",
            "bad-request",
            "query-too-deep",
            "service-refused",
            "unknown-graph",
            "update-refused",
        }


@fuzz(120)
@given(
    query=st.one_of(
        st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(max_size=60)
    )
)
def test_nonsense_is_refused(target: Target, query: bytes) -> None:
    assert send(target, query).status == 400


@fuzz(100)
@given(inside=st.text(max_size=40))
def test_any_text_comes_back_as_it_was(target: Target, inside: str) -> None:
    """A string of any signs, written as escapes, is in the answer sign by sign."""
    written = "".join(f"\\U{ord(sign):08X}" for sign in inside)
    reply = send(target, f'SELECT ("{written}" AS ?a) WHERE {{}}'.encode())
    assert reply.status == 200, reply.text
    assert json.loads(reply.body)["results"]["bindings"] == [{"a": {"type": "literal", "value": inside}}]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_each_odd_word_anywhere_is_answered_or_explained(target: Target, odd: str) -> None:
    for query in (
        odd,
        f"SELECT * {{ {odd} }}",
        f"SELECT * {{ ?a ?b {odd}",
        f"ASK {{ FILTER({odd}) }}",
        f"{odd} ASK {{}}",
    ):
        assert send(target, query.encode()).status in {200, 400, 413}, query


@pytest.mark.parametrize(
    "opened", ["{", "(", "[", "OPTIONAL {", "{ {", "FILTER (", "FILTER EXISTS {", "<<", "!(", "^("]
)
@pytest.mark.parametrize("times", [50, 199, 201, 1000, 8000])
def test_brackets_without_end_are_refused(target: Target, opened: str, times: int) -> None:
    assert send(target, f"SELECT * WHERE {{ ?a ?b ?c {opened * times}".encode()).status in {400, 413}
