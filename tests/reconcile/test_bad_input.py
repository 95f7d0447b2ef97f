"""What cannot be answered is refused with a problem that says why; nothing makes the server fail."""

import json
from typing import Any

import pytest
from araxes.settings import Settings
from helpers import request

from tests.reconcile.asked import NS, batch, matched, one, send
from tests.reconcile.test_schemas import posted

MOST = Settings().batch_names
IRAN = {"query": "Iran"}
STATE = {"pid": f"{NS}isoAlpha2Code", "v": "IR"}
QUERIES: list[Any] = [
    "{",
    "",
    "nonsense",
    "null",
    "1",
    '"Iran"',
    "{'q': {'query': 'Iran'}}",
    '{"q": {"query": "Iran"}',
    "[" * 100_000,
    '{"q":' * 5_000,
    "1" * 5_000,
    "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"),
    {"q": {}},
    {"q": None},
    {"q": []},
    {"q": 5},
    [[]],
    {"q": {"limit": 5}},
    {"q": {"properties": []}},
    {"q": {"conditions": []}},
    *({"q": {"query": each}} for each in (5, True, [], {}, ["Iran"], 1.5)),
    *({"q": {**IRAN, "limit": each}} for each in (0, -1, "3", 1.5, True, [], {}, float("nan"), float("inf"))),
    *(
        {"q": {**IRAN, "type": each}}
        for each in ("Q6256", "State", ["x"], 5, True, {"id": 5}, {"name": "x"}, [[]], [None])
    ),
    *({"q": {**IRAN, "type_strict": each}} for each in ("some", 5, [], "")),
    *({"q": {**IRAN, "properties": each}} for each in ({}, "x", 5, [5], ["x"], [[]], [{}], [{"v": "IR"}])),
    {"q": {**IRAN, "properties": [{"pid": "P31", "v": "IR"}]}},
    {"q": {**IRAN, "properties": [{"pid": 5, "v": "IR"}]}},
    {"q": {**IRAN, "properties": [{"pid": STATE["pid"]}]}},
    {"q": {**IRAN, "properties": [{"pid": STATE["pid"], "v": []}]}},
    {"q": {**IRAN, "properties": [{"pid": STATE["pid"], "v": {"id": []}}]}},
    {"q": {**IRAN, "properties": [STATE] * 10}},
    {"q": {**IRAN, "properties": [{**STATE, "v": ["IR"] * 10}]}},
    [{"conditions": [{"matchType": "nome", "v": "Iran"}]}],
    [{"conditions": [{"matchType": "name", "v": "Iran", "matchQuantifier": "some"}]}],
    [{"conditions": [{"matchType": "name", "v": "Iran", "matchQualifier": "skos:exactMatch"}]}],
    [{"conditions": [{"matchType": "name", "v": "Iran", "required": "yes"}]}],
    [{"conditions": [{"matchType": "name"}]}],
]
LABELS = [
    "\x00",
    "Iran\x00",
    "\x1b[31mIran",
    "\u202eIran",
    "\ufeff",
    "🇬🇪",
    "x" * 10_000,
    "Iran " * 2_000,
    "%",
    "{",
    "[",
    "\\",
    "--",
]
LABELS += [
    "'\"><script>alert(1)</script>",
    "\ud800",
    "a\ud800b",
    "伊朗",
    "   ",
    "\n\n",
    "{{7*7}}",
    "<iri>",
    "٠٥١",
    "\u0600" * 300,
]

FLAGS = {"🇬🇪": "state/georgia"}


@pytest.mark.parametrize("queries", QUERIES, ids=lambda each: str(each)[:60].encode("ascii", "replace").decode())
def test_a_batch_that_cannot_be_read_is_refused(service: str, queries: Any) -> None:
    text = queries if isinstance(queries, str) else json.dumps(queries)
    for reply in (
        send(service, {"queries": text}),
        posted(service, "", queries),
        posted(service, "", {"queries": queries}),
    ):
        assert (reply.status, reply.type) == (400, "application/problem+json"), reply.text[:300]
        assert reply.json()["type"].endswith("/problems/bad-reconciliation")
        assert len(reply.text) < 1_500


@pytest.mark.parametrize(
    "extend",
    [
        "{",
        [],
        5,
        {"ids": "state/iran"},
        {"ids": {}, "properties": []},
        {"ids": ["state/iran"], "properties": {}},
        {"ids": ["state/iran"], "properties": ["rdfs:label"]},
        {"ids": ["state/iran"], "properties": [{"id": "P31"}]},
        {"ids": ["state/iran"], "properties": [{"id": 5}]},
        {"ids": ["state/iran"], "properties": [{}]},
        {"ids": ["state/iran"], "properties": [{"id": STATE["pid"], "settings": 5}]},
        {"ids": ["state/iran"], "properties": [{"id": STATE["pid"], "settings": {"limit": -1}}]},
        {"ids": ["state/iran"], "properties": [{"id": STATE["pid"], "settings": {"limit": "x"}}]},
        {"ids": ["state/iran"], "properties": [{"id": STATE["pid"], "settings": {"lang": 5}}]},
    ],
    ids=str,
)
def test_values_that_cannot_be_asked_for_so_are_refused(service: str, extend: Any) -> None:
    reply = send(service, {"extend": extend if isinstance(extend, str) else json.dumps(extend)})
    assert (reply.status, reply.type) == (400, "application/problem+json"), reply.text[:300]


@pytest.mark.parametrize("label", LABELS, ids=lambda each: ascii(each)[:40])
def test_any_label_gets_an_answer(service: str, label: str) -> None:
    # A flag stands for a code, and signs that nobody sees are passed over like points and commas.
    assert matched(one(service, label)) in {
        "",
        "state/iran" if len(label) < 10 and "Iran" in label else "",
        FLAGS.get(label, ""),
    }
    for kind in ("entity", "type", "property"):
        path = f"/suggest/{kind}"
        assert send(service, path=path, prefix=label.encode("utf-8", "replace").decode()).status == 200


def test_a_blank_cell_has_no_candidates(service: str) -> None:
    assert batch(service, {"q": {"query": ""}}) == {"q": []}


def test_too_many_queries_are_refused_with_the_number_that_is_allowed(service: str) -> None:
    queries = {f"q{at}": IRAN for at in range(MOST + 1)}
    reply = send(service, {"queries": json.dumps(queries)})
    assert reply.status == 413
    problem = reply.json()
    assert problem["type"].endswith("/problems/batch-too-large")
    assert problem["most"] == MOST == send(service).json()["batchSize"]
    assert problem["limit"] == "batch_names"
    del queries["q0"]
    assert len(batch(service, queries)) == MOST
    ids = {"ids": [str(at) for at in range(MOST + 1)], "properties": [{"id": STATE["pid"]}]}
    assert send(service, {"extend": json.dumps(ids)}).status == 413


def test_what_is_asked_for_twice_is_answered_once(service: str) -> None:
    asked = {"ids": ["state/iran"] * MOST, "properties": [{"id": STATE["pid"]}] * MOST}
    (row,) = posted(service, "/draft/extend", asked).json()["rows"]
    assert [each["values"] for each in row["properties"]] == [[{"str": "IR"}]]


def test_a_million_labels_are_refused(service: str) -> None:
    body = b'{"queries":[' + b",".join([b'{"conditions":[{"matchType":"name","v":"Iran"}]}'] * 1_000_000) + b"]}"
    try:
        reply = request(service, body, headers={"Content-Type": "application/json"}, accept="*/*")
    except OSError:
        return  # the server hung up while so much was still on its way
    assert reply.status == 413


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/sparql-query", "multipart/form-data; boundary=x", "application/xml"]
)
def test_bodies_of_other_types_ask_nothing(service: str, kind: str) -> None:
    reply = request(service, b"{}", headers={"Content-Type": kind}, accept="*/*")
    assert 400 <= reply.status < 500


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "QUERY"])
def test_other_methods_are_refused(service: str, method: str) -> None:
    for path in ("", "/suggest/type", "/draft/extend"):
        assert request(f"{service}{path}", b"" if method != "DELETE" else None, method, accept="*/*").status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/suggest/entity?cursor=-1",
        "/suggest/entity?cursor=x",
        "/suggest/entity?cursor=99999999",
        "/suggest/entity?prefix=a&prefix=b",
        "/suggest/entity?prefix=%ff",
        "/properties?type=Q5",
        "/properties?limit=-1",
        "/flyout/type?id=State",
        "/flyout/property",
    ],
)
def test_parameters_that_cannot_be_used_are_refused(service: str, path: str) -> None:
    assert request(f"{service}{path}", accept="*/*").status == 400


@pytest.mark.parametrize(
    "path", ["/suggest", "/suggest/nothing", "/suggest/entity/", "/draft/nothing", "/flyout", "//preview"]
)
def test_other_addresses_are_not_there(service: str, path: str) -> None:
    assert request(f"{service}{path}", accept="*/*").status == 404


def test_a_browser_gets_its_problem_as_a_page(service: str) -> None:
    reply = request(f"{service}?queries=x", accept="text/html")
    assert (reply.status, reply.type) == (400, "text/html")
    reply = request(f"{service}?queries=%7B%22q%22:%22%5Cud800%22%7D", accept="text/html")
    assert reply.status == 200 or reply.type == "text/html"
