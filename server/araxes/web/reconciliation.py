"""Reconciliation: names and codes of other data matched with things here, by the Reconciliation Service API 0.2."""

import json
import re
from functools import lru_cache
from statistics import fmean
from typing import Any

from flask import Blueprint, Response
from rapidfuzz import fuzz

from araxes.prefixes import RDF_TYPE, THINGS
from araxes.problems import BadReconciliation, BatchTooLarge, NotFound
from araxes.settings import beyond
from araxes.web.pages import POLICY, exchange, filled, page_for, site, styled
from araxes.web.site import SITE, Index, Page, Row, Term, fold

bp, TABLE = Blueprint("reconciliation", __name__), SITE["reconciliation"]
JSON, SCRIPT, ENTITY, LONGEST, NEARLY = "application/json", "text/javascript", "entity", 200, 99.0
_book = lru_cache(maxsize=2)(lambda folder, release: Book(page_for({})))  # noqa: ARG005 - what is known of a release
# Scripts that leave out vowels: in Latin letters a word of theirs may be another one (the Persian Iran becomes ayran).
UNVOWELLED, ASIDE = re.compile(r"[\u0590-\u07ff\ufb1d-\ufdff\ufe70-\ufefc]"), re.compile(r" *\([^()]*\)")


class Book:
    """What a release says, by IRI and property, names under ""; and what is on offer, by kind."""

    def __init__(self, page: Page) -> None:
        self.facts: dict[str, dict[str, list[Term]]] = {}
        self.offered: dict[str, dict[str, list[Row]]] = {kind: {} for kind in TABLE["kinds"]}
        self._codes, self._exact = set[str](), dict[tuple[str, str, bool], dict[str, bool]]()
        self._marked = lru_cache(maxsize=16_384)(marked)
        for row in page.rows("reconciliation"):
            self._learn(row["thing"].value, row["property"].value, row)
        self._indices = {k: Index([row for rows in all_.values() for row in rows]) for k, all_ in self.offered.items()}

    def at(self, kind: str, key: str) -> str:
        """Return the IRI of a thing by its id, or of a type or a property; raises `NotFound` or `BadReconciliation`."""
        iri = THINGS + key if kind == ENTITY else key
        if iri in (self.facts if kind == ENTITY else self.offered[kind]):
            return iri
        raise (NotFound if kind == ENTITY else BadReconciliation)(f"There is no {kind} with the id {key[:100]!a}")

    def candidates(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what may be meant, the best first (0.2, 4.2); a match alone fits all, by a code or a clear name."""
        parts = [each for each in query["parts"] if each["matchQuantifier"] != "none"]
        names = [name for each in parts if not each["pid"] for name in each["v"]]
        likes = {name: self.like(ENTITY, name) for each in query["parts"] if not each["pid"] for name in each["v"]}
        things = {iri for name in names for iri in likes[name]} if names else self.offered[ENTITY]
        found = {iri: fits for iri in sorted(things) if (fits := self._fits(query, iri, likes)) and max(fits.values())}
        score = {i: round(fmean(f.values(), [1 + (each == "name") for each in f]), 2) for i, f in found.items()}
        exact = [iri for iri, each in score.items() if each == 100]
        told = any(each["pid"] in self._codes for each in parts)
        sure = len(exact) == 1 and (told or self._clear(exact[0], names, found[exact[0]]))
        best = sorted(found, key=lambda iri: (-score[iri], iri))[: min(query["limit"], TABLE["most"])]
        return [{"iri": i, "score": score[i], "match": sure and i in exact, "features": found[i]} for i in best]

    def _learn(self, iri: str, pid: str, row: Row) -> None:
        names = [row["name"].value, ASIDE.sub("", row["name"].value)] if "name" in row else []
        for key, column in {pid: "value", "": "name"}.items():
            self.facts.setdefault(iri, {}).setdefault(key, []).extend([row[column]] if column in row else [])
        if "kind" in row:
            codes = [iri, iri.removeprefix(THINGS), *([row["code"].value, row["value"].value] if "code" in row else [])]
            for text in filter(fold, names + codes):
                known = self._exact.setdefault(marked(row["kind"].value, text), {})
                known[iri] = known.get(iri, False) or text in codes
            self.offered[row["kind"].value].setdefault(iri, []).extend([row] if names else [])
            self._codes |= {pid} if "code" in row else set()

    def like(self, kind: str, name: str) -> dict[str, float]:
        """Return what is called like a name, or has it as code or id, with how like it is: from 72 to 100, if equal."""
        found = {each.iri: min(each.score, NEARLY) for each in self._indices[kind].find(name[:LONGEST])}
        return found | dict.fromkeys(self._exact.get(marked(kind, name), ()), 100.0)

    def _fits(self, query: dict[str, Any], iri: str, likes: dict[str, dict[str, float]]) -> dict[str, float]:
        """Return how well a thing fits each part of a query, from 0 to 100; nothing where it lacks what is required."""
        borne = [each in {term.value for term in self.facts[iri][RDF_TYPE]} for each in query["type"]] or [True]
        share = {"any": max(borne), "all": min(borne), "should": fmean(borne)}[query["type_strict"]]
        fits = {"types": 100.0 * share} if query["type"] else {}
        if not share and query["type_strict"] != "should":
            return {}
        for each in query["parts"]:
            pid, values = each["pid"], each["v"]
            found = [self._likeness(iri, pid, value) if pid else likes[value].get(iri, 0.0) for value in values]
            fit = {"any": max(found), "all": min(found), "none": 100 * (max(found) < 100)}[each["matchQuantifier"]]
            if fit < 100 and (each["required"] or each["matchQualifier"] == "exact"):
                return {}
            fits[pid or "name"] = min(fit, fits.get(pid or "name", fit))
        return fits

    def _likeness(self, iri: str, pid: str, value: str) -> float:
        terms = self.facts[iri].get(pid, [])
        texts = [name.value for term in terms for name in self.facts.get(term.value, {}).get("", [])]
        texts += [each for t in terms for each in (t.value, t.value.removeprefix(THINGS), t.value.rpartition("/")[2])]
        marks, wanted = [self._marked("", text) for text in texts], self._marked("", value)
        return 100.0 if wanted in marks else max((fuzz.ratio(each[1], wanted[1]) * 0.99 for each in marks), default=0.0)

    def _clear(self, iri: str, names: list[str], fits: dict[str, float]) -> bool:
        """Return whether names mean nothing else in other data and stand in no longer one, or something else tells."""
        folded, kind = {fold(name) for name in names}, self.facts[iri][RDF_TYPE][0]
        coded = any(self._exact.get(marked(ENTITY, name), {}).get(iri) for name in names)
        if not folded or (folded & TABLE["elsewhere"].keys() and (coded or len(fits) == 1)):
            return False
        others = [each for each in self.offered[ENTITY] if each != iri and self.facts[each][RDF_TYPE][0] == kind]
        longer = [f" {fold(name.value)} " for other in others for name in self.facts[other][""]]
        within = any(f" {name} " in each for name in folded for each in longer)
        return coded or not within or not fits.keys() <= {"name", "types"}


def marked(kind: str, text: str) -> tuple[str, str, bool]:
    """Return a kind, a folded text, and whether it was in a script that leaves out vowels."""
    return kind, fold(text), bool(UNVOWELLED.search(text))


@bp.route("/reconcile", methods=["GET", "POST"])
@bp.post("/reconcile/draft/<any(reconcile, extend):_>")
def reconcile(_: str = "") -> Response:
    """Answer queries, or what values are asked for, or the manifest (0.2, 3.1, 4.3 and 7.3; draft 1.0, 4.3 and 7.4)."""
    sent: Any = exchange.sent
    fields = {name: values[0] for name, values in {**sent.address, **sent.form}.items()}
    try:
        plain = {k: json.loads(v) if k in {"queries", "extend"} or v[:1] == "{" else v for k, v in fields.items()}
        asked = checked("request", json.loads(sent.body) if sent.content_type == JSON else plain)
    except (ValueError, RecursionError) as error:
        raise BadReconciliation(f"This is not JSON: {str(error)[:100]!a}") from None
    wanted, single = checked("extend", asked["extend"] or asked), asked["queries"] is None
    queries = [asked["query"]] if single and asked["query"] is not None else asked["queries"]
    if max(map(len, (queries or (), wanted["ids"], wanted["properties"]))) > site.settings.batch_names:
        raise beyond(BatchTooLarge, "batch_names", site.settings.batch_names)
    if queries is not None:
        return shown("results.json", queries=queries, single=single)
    if asked["extend"] or asked["ids"]:
        return shown("extend.json", wanted=wanted, draft=not asked["extend"])
    if sent.method == "POST":
        raise BadReconciliation("There are neither queries nor values asked for")
    return shown("manifest.json")


def shown(name: str, kind: str = "", **more: Any) -> Response:
    """Return a template filled, in a call where that is asked for (0.2, 3.3); raises `BadReconciliation`."""
    exchange.fixed = False  # names depend on Accept-Language, of which the cache knows nothing
    page, book = page_for(), _book(exchange.served.folder, exchange.release)
    callback = checked("parameters", page.given)["callback"]
    more |= {"table": TABLE, "things": THINGS, "texts": texts, "checked": checked, "query_from": query_from}
    body = filled(f"reconciliation/{name}", page, book=book, kind=kind, **more)
    if name.endswith("html"):
        policy = styled(body.encode())[POLICY].replace("frame-ancestors 'none'", "frame-ancestors *")
        return Response(body, content_type="text/html", headers={POLICY: policy})
    return Response(f"/**/{callback}({body});" if callback else body, content_type=SCRIPT if callback else JSON)


for path, told in TABLE["pages"].items():
    bp.add_url_rule(f"/reconcile{path}", path, shown, defaults=told)


def query_from(given: Any, book: Book) -> dict[str, Any]:
    """Return a query as `Book` takes it, names and properties as its parts (0.2, 4.1); raises `BadReconciliation`."""
    query = checked("query", {"query": given} if isinstance(given, str) else given)
    name = [] if query["query"] is None else [{"matchType": "name", "v": query["query"]}]
    query["parts"] = [checked("condition", each) for each in [*name, *query["properties"], *query["conditions"]]]
    for part in query["parts"]:
        part["v"] = [" ".join(each.split())[:1_000] for each in texts(part["v"])]
        part["pid"] = "" if part["matchType"] == "name" else book.at("property", part["pid"])
    if not 0 < sum(len(part["v"]) for part in query["parts"]) <= TABLE["values"]:
        raise BadReconciliation(f"A query has from 1 to {TABLE['values']} names and values, but not {given!a:.100}")
    return {**query, "type": [book.at("type", each) for each in texts(query["type"])]}


def checked(shape: str, given: Any) -> dict[str, Any]:
    """Return of a JSON object what the table says of its shape, defaults put in; raises `BadReconciliation`."""
    found = {}
    for name, told in TABLE["shapes"][shape].items():
        value = given.get(name) if isinstance(given, dict) else NotImplemented
        value = found[name] = told.get("default") if value is None else value
        fits = value in told.get("among", [value]) and re.fullmatch(told.get("fits", "(?s).*"), str(value))
        if value is not None and (type(value).__name__ not in told["is"] or not fits):
            raise BadReconciliation(f"{name} in the {shape} must not be {value!a:.100}")
    return found


def texts(of: Any) -> list[str]:
    """Return values in JSON as texts: of a thing its id."""
    found = [checked("entity", v)["id"] if isinstance(v, dict) else v for v in (of if isinstance(of, list) else [of])]
    return [each if isinstance(each, str) else json.dumps(each) for each in found]
