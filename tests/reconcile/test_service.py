"""The service around the matching: other origins, calls of functions, languages, suggestions, previews, the draft."""

import json
from typing import Any

import pytest
from helpers import request

from tests.reconcile.asked import LABEL, NS, batch, matched, send, valid
from tests.reconcile.test_schemas import posted

PATHS = (
    "",
    "/suggest/entity?prefix=i",
    "/flyout/type?id=" + NS + "State",
    "/preview?id=state/iran",
    "/properties",
    "/draft",
)


@pytest.mark.parametrize("path", PATHS)
def test_pages_of_other_origins_may_read_every_answer(service: str, path: str) -> None:
    reply = request(f"{service}{path}", accept="*/*", headers={"Origin": "https://example.org"})
    assert reply.status == 200
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Access-Control-Allow-Credentials"] is None


def test_a_preflight_allows_to_send_json(service: str) -> None:
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    reply = request(service, method="OPTIONS", headers=headers)
    assert reply.status == 204
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in reply.headers["Access-Control-Allow-Headers"]
    assert request(f"{service}/nothing", accept="*/*").headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("name", ["cb", "jQuery_12345", "$", "_a$1"])
@pytest.mark.parametrize("path", ["", "/suggest/type"])
def test_an_answer_can_be_the_call_of_a_function(service: str, path: str, name: str) -> None:
    plain = send(service, path=path)
    reply = send(service, path=path, callback=name)
    assert (reply.status, reply.type) == (200, "text/javascript")
    assert reply.text.startswith(f"/**/{name}(") and reply.text.endswith(");")
    assert json.loads(reply.text[len(name) + 5 : -2]) == plain.json()
    assert reply.text.isascii()


@pytest.mark.parametrize(
    "name", ["", "a.b", "alert(1)", "a;b", "1a", "a b", "<script>", "ä", "a" * 101, "a\nb", "a\n", "[]"]
)
def test_what_names_no_function_is_refused(service: str, name: str) -> None:
    reply = send(service, path="?callback=" + "".join(f"%{each:02X}" for each in name.encode()))
    assert (reply.status, reply.type) == (400, "application/problem+json")


def test_queries_come_by_address_by_form_and_one_by_one(service: str) -> None:
    queries = {"q0": {"query": "Иран", "limit": 2}, "q1": {"query": "GE"}}
    by_form = send(service, {"queries": json.dumps(queries)}).json()
    assert send(service, queries=json.dumps(queries)).json() == by_form
    assert posted(service, "", {"queries": queries}).json() == by_form
    assert send(service, {"query": "GE"}).json() == by_form["q1"]
    assert send(service, query=json.dumps(queries["q0"])).json() == by_form["q0"]


def test_values_are_asked_for_by_address_and_by_form(service: str) -> None:
    asked = {"ids": ["state/iran", "state/iran"], "properties": [{"id": LABEL, "settings": {"lang": "fa"}}]}
    found = valid("extend", send(service, extend=json.dumps(asked)))
    assert found == send(service, {"extend": json.dumps(asked)}).json()
    assert found["rows"] == {"state/iran": {LABEL: [{"str": "ایران"}]}}


@pytest.mark.parametrize(("limit", "most"), [(0, 99), (2, 2), ("3", 3), (99, 99)])
def test_a_setting_limits_the_values(service: str, limit: Any, most: int) -> None:
    asked = {"ids": ["state/iran"], "properties": [{"id": LABEL, "settings": {"limit": limit}}]}
    values = valid("extend", send(service, {"extend": json.dumps(asked)}))["rows"]["state/iran"][LABEL]
    assert 2 <= len(values) <= most
    assert len(values) == most or len(values) > 5


def test_names_come_in_the_language_that_is_liked_best(service: str) -> None:
    names = {}
    for language in ("fa", "ru-RU, en;q=0.5", "xx", "de, hy;q=0.9, ru;q=0.1", ""):
        reply = request(f"{service}/suggest/entity?prefix=IRN", accept="*/*", headers={"Accept-Language": language})
        names[language] = valid("suggest-entity", reply)["result"][0]["name"]
        assert reply.headers["Cache-Control"] == "no-store"
    assert list(names.values()) == ["ایران", "Иран", "Iran", "Իրան", "Iran"]


@pytest.mark.parametrize(
    ("kind", "prefix", "wanted"),
    [
        ("entity", "Ira", "state/iran"),
        ("entity", "Гру", "state/georgia"),
        ("entity", "state/iran", "state/iran"),
        ("entity", "Q794", "state/iran"),
        ("type", "Sta", NS + "State"),
        ("type", NS + "State", NS + "State"),
        ("type", "Государ", NS + "State"),
        ("property", "ISO 3166-1 al", NS + "isoAlpha2Code"),
        ("property", "isoAlpha2Code", NS + "isoAlpha2Code"),
        ("property", "label", LABEL),
    ],
)
def test_what_begins_so_is_suggested(service: str, kind: str, prefix: str, wanted: str) -> None:
    found = [
        each["id"] for each in valid(f"suggest-{kind}", send(service, path=f"/suggest/{kind}", prefix=prefix))["result"]
    ]
    assert wanted in found[:3]


@pytest.mark.parametrize("kind", ["entity", "type", "property"])
def test_without_a_prefix_all_is_suggested_page_by_page(service: str, kind: str) -> None:
    seen: list[str] = []
    while found := send(service, path=f"/suggest/{kind}", prefix="", cursor=str(len(seen))).json()["result"]:
        seen += [each["id"] for each in found]
    assert len(seen) == len(set(seen)) > 50
    assert seen == sorted(seen)


def test_types_say_what_is_broader(service: str) -> None:
    found = send(service, path="/suggest/type", prefix="Former State").json()["result"][0]
    assert [each["id"] for each in found["broader"]] == [NS + "Actor"]


def test_a_preview_may_be_framed_and_nothing_else(service: str) -> None:
    shown = send(service, path="/preview", id="state/iran")
    policy = shown.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy and "default-src 'none'" in policy and "unsafe" not in policy
    assert "<script" not in shown.text and "ایران" in shown.text
    for reply in (send(service), request(service.removesuffix("/reconcile") + "/", accept="text/html")):
        assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]


def test_nothing_is_shown_of_what_is_not_there(service: str) -> None:
    for path in ("/preview", "/flyout/entity", "/draft/preview"):
        assert send(service, path=path, id="state/atlantis").status == 404
        assert send(service, path=path).status == 404


def test_a_query_of_the_draft_has_conditions(service: str) -> None:
    def asked(*conditions: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        body = {"queries": [{"conditions": conditions, **more}]}
        found = valid("draft-results", posted(service, "/draft/reconcile", body))
        assert posted(service, "", body).json() == found
        candidates: list[dict[str, Any]] = found["results"][0]["candidates"]
        return candidates

    name = {"matchType": "name", "v": "Georgia"}
    code = {"matchType": "property", "pid": NS + "isoAlpha2Code"}
    assert matched(asked(name)) == ""
    assert matched(asked(name, {**code, "v": "GE"})) == "state/georgia"
    assert asked(name, {**code, "v": "IR"})[0]["score"] < 100
    assert asked(name, {**code, "v": "IR", "required": True}) == []
    assert asked(name, {**code, "v": ["IR", "GE"], "required": True})[0]["id"] == "state/georgia"
    assert asked(name, {**code, "v": ["IR", "GE"], "required": True, "matchQuantifier": "all"}) == []
    assert asked(name, {**code, "v": ["IR", "GE"], "required": True, "matchQuantifier": "none"}) == []
    assert asked(name, {**code, "v": ["IR"], "required": True, "matchQuantifier": "none"})[0]["score"] == 100
    near = {"matchType": "name", "v": "Gruziia"}
    assert asked(near)[0]["id"] == "state/georgia"
    assert asked({**near, "matchQualifier": "exact"}) == []
    both = {"matchType": "name", "v": ["Georgia", "Грузия"], "matchQuantifier": "all"}
    assert matched(asked(both, type=NS + "State")) == "state/georgia"
    assert matched(asked({**both, "v": ["zzzz", "Грузия"], "matchQuantifier": "any"})) == "state/georgia"


def test_the_draft_is_below_an_address_of_its_own(service: str) -> None:
    manifest = valid("draft-manifest", send(service, path="/draft"))
    assert valid("suggest-type", send(service, path="/draft/suggest/type", prefix="st"))["result"]
    shown = send(service, path="/draft/preview", id="state/iran")
    assert shown.type == "text/html"
    proposed = valid("properties", send(service, path="/draft/extend/propose", type=NS + "Person", limit="3"))
    assert len(proposed["properties"]) == proposed["limit"] == 3
    address = manifest["view"]["url"].replace("{+id}", "state/iran")
    assert request(address, accept="text/html").status == 200


def test_what_is_not_offered_can_still_be_extended(service: str) -> None:
    """Values lead to things that are never offered as matches; a column of these can have columns as well."""
    asked = {"ids": ["state/iran"], "properties": [{"id": NS + "opposes"}]}
    values = valid("extend", send(service, {"extend": json.dumps(asked)}))["rows"]["state/iran"][NS + "opposes"]
    further = {"ids": [values[0]["id"]], "properties": [{"id": LABEL}]}
    assert valid("extend", send(service, {"extend": json.dumps(further)}))["rows"][values[0]["id"]][LABEL]
    assert send(service, path="/preview", id=values[0]["id"]).status == 200


def test_a_batch_of_many_is_answered(service: str) -> None:
    found = batch(service, {f"q{at}": {"query": f"Iran {at}"} for at in range(100)})
    assert all(candidates for candidates in found.values())


def test_the_page_explains_the_features(service: str) -> None:
    manifest = send(service).json()
    page = request(manifest["documentation"], accept="text/html")
    assert page.status == 200
    assert service in page.text
    for each in ("name", "types"):
        assert f'id="{each}"' in page.text
    assert manifest["feature_view"]["url"] == manifest["documentation"] + "#{{id}}"


def test_over_data_of_others_there_is_a_service_with_nothing_to_offer(tiny_server: str) -> None:
    valid("manifest", send(f"{tiny_server}reconcile"))
    assert valid("results", send(f"{tiny_server}reconcile", {"queries": '{"q": {"query": "zzzz"}}'})) == {
        "q": {"result": []}
    }
    for kind in ("entity", "type", "property"):
        valid(f"suggest-{kind}", send(f"{tiny_server}reconcile", path=f"/suggest/{kind}"))
    valid("properties", send(f"{tiny_server}reconcile", path="/properties"))
