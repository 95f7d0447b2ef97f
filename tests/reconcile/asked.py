"""What the tests of reconciliation share: requests as clients send them, answers held against their schemas."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from helpers import Reply, not_run, request

SCHEMAS = Path(__file__).parent / "schemas"
KINDS = sorted(path.stem for path in SCHEMAS.glob("*.json"))
NS, LABEL = "https://w3id.org/araxes/ns/", "http://www.w3.org/2000/01/rdf-schema#label"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Candidate = dict[str, Any]


def faults(kind: str, document: Any) -> list[str]:
    """Return what a schema says against a document."""
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        not_run("install jsonschema, which is among the development dependencies")
    schema = json.loads((SCHEMAS / f"{kind}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    found = Draft202012Validator(schema).iter_errors(document)
    return [f"{each.json_path}: {each.message[:200]}" for each in found]


def valid(kind: str, reply: Reply) -> Any:
    """Return the document of an answer, which must be fine by its schema."""
    assert (reply.status, reply.type) == (200, "application/json"), reply.text[:500]
    document = reply.json()
    assert faults(kind, document) == []
    return document


def send(service: str, data: Mapping[str, str] | bytes | None = None, path: str = "", **given: str) -> Reply:
    """Send a form, or with parameters in the address a GET, as OpenRefine does."""
    address = f"{service}{path}" + (f"?{urlencode(given)}" if given else "")
    return request(address, data, accept="*/*")


def batch(service: str, queries: Mapping[str, Any]) -> dict[str, list[Candidate]]:
    """Return the candidates for each query of a batch."""
    document = valid("results", send(service, {"queries": json.dumps(queries)}))
    assert document.keys() == queries.keys()
    return {key: each["result"] for key, each in document.items()}


def one(service: str, query: str, **more: Any) -> list[Candidate]:
    """Return the candidates for one query."""
    return batch(service, {"q": {"query": query, **more}})["q"]


def matched(candidates: list[Candidate]) -> str:
    """Return the id of the candidate that matches, or nothing; only the first may."""
    assert not any(each["match"] for each in candidates[1:])
    return next((each["id"] for each in candidates if each["match"]), "")
