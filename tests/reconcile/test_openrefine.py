"""The calls of OpenRefine, in its order: manifest, types guessed from ten cells, batches, properties, preview, columns."""

import json
from typing import Any
from urllib.parse import quote

from helpers import request

from tests.reconcile.asked import NS, batch, matched, send, valid

COLUMN = ["Iran", "Россия", "Ermənistan", "AZERBAIJAN", "تركيه", "Israel", "Gürcistan", "Syria", "Irak", "Ukrayna"]
STATES = ["iran", "russia", "armenia", "azerbaijan", "turkey", "israel", "georgia", "syria", "iraq", "ukraine"]


def test_a_column_is_reconciled_and_extended(service: str) -> None:
    manifest = valid("manifest", send(service))
    assert "0.2" in manifest["versions"]

    samples = {f"q{at}": {"query": cell, "limit": 3} for at, cell in enumerate(COLUMN)}
    counts: dict[str, float] = {}
    for candidates in batch(service, samples).values():
        for rank, each in enumerate(candidates):
            for place, kind in enumerate(each["type"]):
                share = (len(each["type"]) - place) / len(each["type"])
                counts[kind["id"]] = counts.get(kind["id"], 0) + share / (1 + rank)
    guessed = max(counts, key=lambda kind: counts[kind])
    assert guessed == f"{NS}State"

    found: list[str] = []
    for start in range(0, len(COLUMN), 10):
        cells = COLUMN[start : start + 10]
        told: dict[str, Any] = {"type": guessed, "type_strict": "should"}
        queries = {f"q{at}": {"query": cell, **told} for at, cell in enumerate(cells)}
        found += [matched(candidates) for candidates in batch(service, queries).values()]
    assert found == [f"state/{name}" for name in STATES]

    suggest = manifest["suggest"]["property"]
    suggested = request(f"{suggest['service_url']}{suggest['service_path']}?prefix=ISO", accept="*/*")
    iso = {each["id"]: each["name"] for each in valid("suggest-property", suggested)["result"]}
    assert iso[f"{NS}isoAlpha3Code"] == "ISO 3166-1 alpha-3 code"

    shown = request(manifest["preview"]["url"].replace("{{id}}", quote(found[0], safe="")), accept="text/html")
    assert (shown.status, shown.type) == (200, "text/html")
    assert "Iran" in shown.text

    propose = manifest["extend"]["propose_properties"]
    address = f"{propose['service_url']}{propose['service_path']}?type={quote(guessed, safe='')}"
    proposed = [each["id"] for each in valid("properties", request(address, accept="*/*"))["properties"]]
    wanted = [each for each in proposed if each.removeprefix(NS) in {"isoAlpha3Code", "cowNumber"}]
    assert len(wanted) == 2
    asked = {"ids": found, "properties": [{"id": each, "settings": {"limit": 1}} for each in wanted]}
    document = valid("extend", send(service, {"extend": json.dumps(asked)}))
    assert [each["id"] for each in document["meta"]] == wanted
    assert document["rows"]["state/georgia"][f"{NS}isoAlpha3Code"] == [{"str": "GEO"}]
    assert document["rows"]["state/georgia"][f"{NS}cowNumber"] == [{"str": "372"}]

    view = request(manifest["view"]["url"].replace("{{id}}", quote(found[0], safe="")), accept="text/html")
    assert view.status == 200
