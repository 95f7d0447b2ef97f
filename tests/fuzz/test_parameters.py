"""Parameters: percent signs, bytes, names and contradictions of every kind, in the address and in forms."""

import json
from urllib.parse import quote

import pytest
from fuzz.wire import PROBE, Target, fuzz, long
from hypothesis import given
from hypothesis import strategies as st

FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
GRAPH = quote("https://w3id.org/araxes/graph/entities", safe="")
PIECES = [
    *(
        "query=",
        "query=ASK%7B%7D",
        "query=ASK+{}",
        f"query={quote(PROBE)}",
        "update=",
        "update=CLEAR+ALL",
        "Query=ASK{}",
    ),
    *("default-graph-uri=", f"default-graph-uri={GRAPH}", "default-graph-uri=x", "default-graph-uri=urn:none"),
    *("named-graph-uri=", f"named-graph-uri={GRAPH}", "named-graph-uri=file:///etc/passwd", "using-graph-uri=urn:x"),
    *("format=json", "format=html", "format=", "format=nope", "format=%00", "timeout=1", "timeout=-1", "version=1.2"),
    *(
        "&",
        "&&",
        "=",
        "==",
        "+",
        ";",
        "?",
        "#",
        "/",
        "%",
        "%%",
        "%2",
        "%zz",
        "%00",
        "%FF",
        "%C3%28",
        "%ED%A0%80",
        "%u0041",
    ),
    *("%25", "%2525", "%26", "%3D", "%0d%0a", "%20", "[]", "[0]=", "a[b]=c", "__proto__=", "callback=x", "a" * 500),
]
FIELDS = st.lists(st.sampled_from(PIECES), max_size=8)
JOINED = st.one_of(FIELDS.map("&".join), FIELDS.map("".join))


def escaped(text: str) -> str:
    """Return what may stand in a first line, with its percent signs as they are."""
    return quote(text, safe="%&=+;/?:@!$'()*,[]{}|^~-._\\\"<>`")


@fuzz(250)
@given(fields=JOINED)
def test_any_fields_in_the_address_get_a_clean_answer(target: Target, fields: str) -> None:
    target.ask("/sparql?" + fields.replace("#", ""))


@fuzz(150)
@given(fields=st.one_of(JOINED.map(str.encode), st.binary(max_size=80), st.text(max_size=40).map(str.encode)))
def test_any_form_gets_a_clean_answer(target: Target, fields: bytes) -> None:
    target.ask(body=fields, headers=FORM)


@fuzz(100)
@given(address=JOINED, form=JOINED)
def test_an_address_and_a_form_that_contradict_get_a_clean_answer(target: Target, address: str, form: str) -> None:
    target.ask("/sparql?" + address.replace("#", ""), body=form.encode(), headers=FORM)


@fuzz(100)
@given(
    name=st.sampled_from(["format", "default-graph-uri", "named-graph-uri", "query", "x"]),
    value=st.binary(max_size=30),
)
def test_any_bytes_as_a_value_get_a_clean_answer(target: Target, name: str, value: bytes) -> None:
    written = "".join(f"%{byte:02x}" for byte in value)
    reply = target.ask(f"/sparql?query=ASK%7B%7D&{name}={written}")
    assert reply.status in {200, 400, 406}, reply.text


@fuzz(100)
@given(path=st.text(max_size=30), method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "DELETE"]))
def test_any_path_gets_a_clean_answer(target: Target, path: str, method: str) -> None:
    body = b"" if method in {"POST", "DELETE"} else None
    reply = target.ask("/" + quote(path.encode("utf-8", "surrogatepass"), safe="/%"), body=body, method=method)
    assert reply.status in {200, 204, 308, 400, 404, 405, 415}, reply.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ("query=ASK%7B%7D&query=ASK%7B%7D", 400),
        ("query=ASK%7B%7D&update=CLEAR+ALL", 400),
        ("update=CLEAR+ALL", 400),
        ("query=", 400),
        ("query=%ff", 400),
        ("query=ASK%7B%7D%00", 400),
        ("query=%2541SK%7B%7D", 400),
        ("query=ASK%7B%7D&default-graph-uri=not+an+iri", 400),
        ("query=ASK%7B%7D&default-graph-uri=", 400),
        ("query=ASK%7B%7D&format=nope", 400),
        ("query=ASK%7B%7D&unknown=1", 200),
        ("query=ASK%7B%7D&", 200),
        ("&&query=ASK%7B%7D&&", 200),
        ("query=ASK{}", 200),
        ("query=ASK+%7B%7D+%23+%2B", 200),
    ],
)
def test_each_contradiction_has_its_status_by_every_way(target: Target, fields: str, status: int) -> None:
    by_address = target.ask(f"/sparql?{fields}")
    by_form = target.ask(body=fields.encode(), headers=FORM)
    assert (by_address.status, by_form.status) == (status, status), by_address.text + by_form.text


def test_percent_signs_are_decoded_once(target: Target) -> None:
    """A text with an escaped escape is the text, not what it would be if it were decoded twice."""
    query = quote('SELECT ("%41%2541 +" AS ?a) {}', safe="")
    for reply in (target.ask(f"/sparql?query={query}"), target.ask(body=f"query={query}".encode(), headers=FORM)):
        assert json.loads(reply.body)["results"]["bindings"][0]["a"]["value"] == "%41%2541 +"


@pytest.mark.parametrize("length", [7_000, 30_000, 400_000])
def test_an_address_of_any_length_gets_an_answer(target: Target, length: int) -> None:
    """A refusal may come before all has been sent; then the rest is cut off, which is no fault."""
    padding = "%23" + "a" * length
    sent = f"GET /sparql?query=ASK%7B%7D{padding} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    long(target, sent, b"a long address", may_be_cut=length > 100_000)
    target.probe()


@pytest.mark.parametrize("length", [49_000, 60_000, 300_000, 3_000_000])
def test_a_body_of_any_length_gets_an_answer(target: Target, length: int) -> None:
    query = b"ASK {} #" + b"a" * length
    reply = target.ask(body=query, headers="Content-Type: application/sparql-query\r\n")
    assert reply.status == (200 if length < 50_000 else 413)
    target.probe()
