"""Every kind of answer is as the specification has it, and every schema refuses what is not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from helpers import Reply, request

from tests.reconcile.asked import KINDS, LABEL, NS, faults, send, valid

QUERIES = {"q0": {"query": "Грузия", "limit": 3}, "q1": {"query": "nothing at all like it"}}
EXTEND = {
    "ids": ["state/iran", "event/second-karabakh-war", "document/kaleji-2023", "settlement/baku", "nobody/knows"],
    "properties": [
        {"id": f"{NS}isoAlpha2Code"},
        {"id": LABEL},
        {"id": f"{NS}takesPlaceDuring"},
        {"id": f"{NS}involves"},
    ],
}
DRAFT = {"queries": [{"conditions": [{"matchType": "name", "v": "Georgia"}], "type": f"{NS}State"}]}


def posted(service: str, path: str, body: Any) -> Reply:
    headers = {"Content-Type": "application/json"}
    return request(f"{service}{path}", json.dumps(body).encode(), headers=headers, accept="*/*")


ASKED: dict[str, Callable[[str], Reply]] = {
    "manifest": send,
    "results": lambda service: send(service, {"queries": json.dumps(QUERIES)}),
    "result": lambda service: send(service, {"query": "Грузия"}),
    "extend": lambda service: send(service, {"extend": json.dumps(EXTEND)}),
    "suggest-entity": lambda service: send(service, path="/suggest/entity", prefix="ira"),
    "suggest-type": lambda service: send(service, path="/suggest/type", prefix="st"),
    "suggest-property": lambda service: send(service, path="/suggest/property", prefix="iso"),
    "flyout": lambda service: send(service, path="/flyout/entity", id="state/iran"),
    "properties": lambda service: send(service, path="/properties", type=f"{NS}State", limit="5"),
    "draft-manifest": lambda service: send(service, path="/draft"),
    "draft-results": lambda service: posted(service, "/draft/reconcile", DRAFT),
    "draft-extend": lambda service: posted(service, "/draft/extend", EXTEND),
}
THING = {"id": "a", "name": "A"}
CANDIDATE = {**THING, "type": [THING], "score": 10, "match": False}
BROKEN: list[tuple[str, Any]] = [
    ("manifest", {"name": "A", "identifierSpace": "http://a/", "schemaSpace": "http://a/"}),
    ("manifest", {"versions": ["0.1"], "name": "A", "identifierSpace": "http://a/", "schemaSpace": "http://a/"}),
    ("draft-manifest", {"versions": ["1.0-draft"], "name": "A", "view": {"url": "http://a/{{id}}"}}),
    ("results", {"q0": [CANDIDATE]}),
    ("results", {"q0": {"result": [{**CANDIDATE, "score": 101}]}}),
    ("results", {"q0": {"result": [{**CANDIDATE, "match": "yes"}]}}),
    ("results", {"q0": {"result": [{**CANDIDATE, "features": [{"id": "a", "value": "b"}]}]}}),
    ("result", {"result": [THING]}),
    ("draft-results", {"results": [[CANDIDATE]]}),
    ("suggest-entity", {"result": [{"id": "a"}]}),
    ("suggest-type", {"result": [{**THING, "broader": ["a"]}]}),
    ("suggest-property", {"result": {"a": "A"}}),
    ("flyout", {"id": "a", "html": "<script>alert(1)</script>"}),
    ("properties", {"properties": [THING]}),
    ("extend", {"meta": [THING], "rows": {"a": {"b": ["c"]}}}),
    ("extend", {"meta": [THING], "rows": {"a": {"b": [{"date": "2020"}]}}}),
    ("extend", {"meta": [THING], "rows": []}),
    ("draft-extend", {"meta": [THING], "rows": {"a": {"b": [{"str": "c"}]}}}),
]


def test_each_kind_has_its_schema_and_its_broken_documents() -> None:
    assert len(KINDS) == 12
    assert KINDS == sorted(ASKED) == sorted({kind for kind, _ in BROKEN})


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_is_as_the_specification_has_it(service: str, kind: str) -> None:
    valid(kind, ASKED[kind](service))


@pytest.mark.parametrize(("kind", "document"), BROKEN)
def test_a_broken_document_is_refused(kind: str, document: Any) -> None:
    assert faults(kind, document)


def test_the_answers_are_not_empty(service: str) -> None:
    documents = {kind: ASKED[kind](service).json() for kind in KINDS}
    assert documents["results"]["q0"]["result"]
    assert documents["results"]["q1"] == {"result": []}
    assert documents["draft-results"]["results"][0]["candidates"][0]["match"] is True
    for kind in ("suggest-entity", "suggest-type", "suggest-property", "result"):
        assert documents[kind]["result"]
    assert len(documents["properties"]["properties"]) == 5
    rows = documents["extend"]["rows"]
    assert list(rows) == EXTEND["ids"]
    assert rows["state/iran"][f"{NS}isoAlpha2Code"] == [{"str": "IR"}]
    assert rows["event/second-karabakh-war"][f"{NS}takesPlaceDuring"][0]["id"] == "phase/2kw"
    assert all(values == [] for values in rows["nobody/knows"].values())
    assert [row["id"] for row in documents["draft-extend"]["rows"]] == EXTEND["ids"]
