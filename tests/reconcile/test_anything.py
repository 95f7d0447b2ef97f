"""Whatever is asked: the same answer each time, alone as in a batch, in order, and never a failure of the server."""

import json
from typing import Any
from urllib.parse import quote

from helpers import request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reconcile.asked import LABEL, NS, batch, faults, matched, one, send

calm = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
KNOWN = [
    "Iran",
    "Грузия",
    "Azərbaycan",
    "Zangezur corridor",
    "ایران",
    "Հայաստան",
    "GE",
    "372",
    "Q794",
    "state/iran",
    "Karabakh",
]
names = st.one_of(
    st.sampled_from(KNOWN), st.text(max_size=30), st.sampled_from(KNOWN).map(lambda each: each[:-1] + "x")
)
queries = st.fixed_dictionaries(
    {"query": names},
    optional={
        "limit": st.integers(1, 20),
        "type": st.sampled_from([f"{NS}State", [f"{NS}Person", f"{NS}Actor"], [], {"id": f"{NS}Issue"}]),
        "type_strict": st.sampled_from(["any", "all", "should"]),
        "properties": st.lists(
            st.fixed_dictionaries(
                {
                    "pid": st.sampled_from([LABEL, f"{NS}isoAlpha2Code", f"{NS}participatesIn"]),
                    "v": st.one_of(names, st.integers(), st.booleans(), st.just({"id": "state/iran"})),
                }
            ),
            max_size=3,
        ),
    },
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10), st.sampled_from(KNOWN)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["query", "type", "limit", "properties", "conditions", "pid", "v", "id", "ids"]), inner
        ),
    ),
    max_leaves=12,
)


@calm
@given(queries)
def test_scores_are_in_order_and_at_most_one_matches(service: str, query: dict[str, Any]) -> None:
    found = one(service, **query)
    scores = [each["score"] for each in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 100 for score in scores)
    assert len({each["id"] for each in found}) == len(found) <= query.get("limit", 10)
    if matched(found):
        assert scores[0] == 100


@calm
@given(st.lists(queries, min_size=1, max_size=5))
def test_a_batch_says_what_single_queries_say_each_time(service: str, some: list[dict[str, Any]]) -> None:
    whole = batch(service, {f"q{at}": each for at, each in enumerate(some)})
    turned = batch(service, {f"q{at}": each for at, each in reversed([*enumerate(some)])})
    assert whole == turned
    assert [*whole.values()] == [one(service, **each) for each in some]


@calm
@given(values)
def test_no_json_makes_the_server_fail(service: str, document: Any) -> None:
    text = json.dumps(document)
    for member, kind in (("queries", "results"), ("extend", "extend")):
        reply = send(service, {member: text})
        assert reply.status in {200, 400, 413}, reply.text[:300]
        if reply.status == 200 and member == "extend" and document:
            assert faults(kind, reply.json()) == []
    body = text.encode()
    for path in ("", "/draft/reconcile", "/draft/extend"):
        reply = request(f"{service}{path}", body, headers={"Content-Type": "application/json"}, accept="*/*")
        assert reply.status in {200, 400, 413}, reply.text[:300]


@calm
@given(st.binary(max_size=60))
def test_no_bytes_make_the_server_fail(service: str, body: bytes) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        reply = request(
            service, b"queries=" + body if "form" in kind else body, headers={"Content-Type": kind}, accept="*/*"
        )
        assert reply.status in {200, 400}
    for path in (
        "?queries=",
        "?callback=",
        "/suggest/entity?prefix=",
        "/flyout/type?id=",
        "/preview?id=",
        "/properties?type=",
    ):
        assert request(f"{service}{path}{quote(body)}", accept="*/*").status in {200, 400, 404}


@calm
@given(st.sampled_from(KNOWN[:6]), st.integers(0, 30), st.sampled_from("abcxyz0 "))
def test_what_differs_by_a_letter_is_never_matched_to_another_thing(
    service: str, name: str, at: int, letter: str
) -> None:
    right = one(service, name)
    changed = name[: at % len(name)] + letter + name[at % len(name) :]
    found = matched(one(service, changed))
    assert found in {"", right[0]["id"]}
