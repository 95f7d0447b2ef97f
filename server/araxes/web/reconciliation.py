"""Reconciliation: names and codes of other data matched with things here, by the Reconciliation Service API 0.2."""

import json
import re
from functools import lru_cache
from statistics import fmean
from threading import Lock
from typing import Any

from flask import Blueprint, Response
from jsonschema import Draft202012Validator

from araxes.prefixes import RDF_TYPE, THINGS
from araxes.problems import BadReconciliation, BatchTooLarge, NotFound
from araxes.settings import beyond
from araxes.web.pages import POLICY, exchange, filled, page_for, site, styled
from araxes.web.site import SITE, Index, Page, Row, Term, fold

bp, TABLE, JSON = Blueprint("reconciliation", __name__), SITE["reconciliation"], "application/json"
MAKING, ELSEWHERE = Lock(), {fold(text) for text in TABLE["elsewhere"]}
QUANTIFIERS: Any = {"any": max, "all": min, "should": fmean, "none": lambda likes: 100.0 * (max(likes) < 100)}
# Scripts that leave out vowels: in Latin letters a word of theirs may be another one (the Persian Iran becomes ayran).
UNVOWELLED = re.compile(r"[\u0590-\u07ff\ufb1d-\ufdff\ufe70-\ufefc]")

_book = lru_cache(maxsize=2)(lambda folder, release: Book(page_for({})))  # noqa: ARG005 - what is known of a release
Condition = tuple[str, list[str], str, bool]  # a field, texts, a quantifier over these, whether the field must fit


class Book:
    """What a release says of each thing, and which texts lead to it: as names, codes or values of its properties."""

    def __init__(self, page: Page) -> None:
        self.facts: dict[str, dict[str, list[Term]]] = {}
        for row in page.rows("reconciliation"):
            self.facts.setdefault(row["thing"].value, {}).setdefault(row["property"].value, []).append(row["value"])
        self.offered: dict[str, set[str]] = {field: set() for field in TABLE["kinds"]}
        # Fields are the properties, and "entity", "type" and "property" for names and codes, "code" for codes alone.
        self._equal, self._names = dict[tuple[str, str, bool], set[str]](), dict[str, list[Row]]()
        for row in (*page.rows("reconciliation-names"), *page.rows("reconciliation-values")):
            field, iri = row["field"].value, row["thing"].value
            self.offered.setdefault(field, set()).add(iri)
            self._equal.setdefault(spelled(field, row["name"].value), set()).add(iri)
            self._names.setdefault(field, []).extend([] if "exact" in row else [row])
        self._shared = {i for (at, *_), some in self._equal.items() if at == "entity" and len(some) > 1 for i in some}
        self._indices = {field: Index(rows) for field, rows in self._names.items()}
        self.like = lru_cache(maxsize=256)(self._like)

    def at(self, kind: str, key: str) -> str:
        """Return the IRI of a thing by its id, or of a type or a property; raises `NotFound` or `BadReconciliation`."""
        iri, known = (THINGS + key, self.facts) if kind == "entity" else (key, self.offered[kind])
        if iri not in known:
            raise (NotFound if kind == "entity" else BadReconciliation)(f"There is no {kind} with the id {key[:100]!a}")
        return iri

    def candidates(self, conditions: list[Condition]) -> list[dict[str, Any]]:
        """Return what a query may mean, the best first, as `iri`, `score`, `match`, `fits`; a name counts twice."""
        if not 0 < sum(len(some) for field, some, *_ in conditions if field != RDF_TYPE) <= TABLE["values"]:
            raise BadReconciliation(f"A query must have from 1 to {TABLE['values']} names and values")
        asked = [(field, text) for field, some, quantifier, _ in conditions if quantifier != "none" for text in some]
        leading = [each for each in asked if each[0] == "entity"] or asked
        things = {iri for each in leading for iri in self.like(*each)}
        found = {iri: fits for iri in things if (fits := self._fits(conditions, iri))}
        scores = {i: round(fmean(f.values(), [1 + (field == "entity") for field in f]), 2) for i, f in found.items()}
        exact = [iri for iri, score in scores.items() if score == 100]
        sure = len(exact) == 1 and self._meant(exact[0], asked)
        best = sorted(found, key=lambda iri: (-scores[iri], iri))
        return [{"iri": i, "score": scores[i], "match": sure and i in exact, "fits": found[i]} for i in best]

    def _like(self, field: str, text: str) -> dict[str, float]:
        """Return the things to which a text leads in a field, with how like it is: from 72 to 99, or 100 if equal."""
        near = self._indices[field].find(text) if field in self._indices else []
        found = {each.iri: min(each.score, 99.0) for each in near}
        return found | dict.fromkeys(self._equal.get(spelled(field, text), ()), 100.0)

    def _fits(self, conditions: list[Condition], iri: str) -> dict[str, float]:
        """Return how well a thing fits, by field, from 0 to 100; nothing where a field does not that must."""
        fits: dict[str, float] = {}
        for field, some, quantifier, required in conditions:
            fit = QUANTIFIERS[quantifier]([self.like(field, text).get(iri, 0.0) for text in some])
            if required and fit < 100:
                return {}
            fits[field] = min(fit, fits.get(field, fit))
        return fits

    def _meant(self, iri: str, asked: list[tuple[str, str]]) -> bool:
        """Return whether what alone fits is meant for sure: by a code, or by names that mean nothing else."""
        fields, names = {field for field, _ in asked}, {fold(text) for field, text in asked if field == "entity"}
        if coded := {field for field, text in asked if iri in self.like("code", text)}:
            return coded != {"entity"} or not names & ELSEWHERE
        if fields == {"entity"} and (names & ELSEWHERE or iri in self._shared):
            return False
        kind, others = self.facts[iri][RDF_TYPE][0], [row for row in self._names["entity"] if row["thing"].value != iri]
        akin = [row["name"].value for row in others if self.facts[row["thing"].value][RDF_TYPE][0] == kind]
        longer = any(f" {name} " in f" {spelled('', each)[1]} " for name in names for each in akin)
        return bool(names) and not (longer and fields <= {"entity", RDF_TYPE})


@lru_cache(maxsize=16_384)
def spelled(field: str, text: str) -> tuple[str, str, bool]:
    """Return what makes texts of a field equal: their sound in Latin script, and whether they were without vowels."""
    return field, fold(text), bool(UNVOWELLED.search(text))


def reconcile(name: str, kind: str = "") -> Response:
    """Answer what is asked, in a call where one is named (0.2, 3 to 7); raises `BadReconciliation`, `BatchTooLarge`."""
    exchange.fixed = False  # names depend on Accept-Language, of which the cache knows nothing
    asked: Any = {**page_for().given, **{name: values[0] for name, values in exchange.sent.form.items()}}
    try:
        asked |= {name: json.loads(asked[name]) for name in TABLE["json"] if asked.get(name, "")[:1] == "{"}
        asked = json.loads(exchange.sent.body) if exchange.sent.content_type == JSON else asked
    except (ValueError, RecursionError) as error:
        raise BadReconciliation(f"This is not JSON: {str(error)[:100]!a}") from None
    schema = Draft202012Validator(json.loads(filled("reconciliation/request.json")))
    if fault := next(schema.iter_errors(asked), None):
        if fault.validator in {"maxItems", "maxProperties"}:
            raise beyond(BatchTooLarge, "batch_names", site.settings.batch_names)
        said = f"{fault.json_path!a:.100} is {fault.instance!a:.100}, but {fault.validator} is {fault.validator_value}"
        raise BadReconciliation(said)
    with MAKING:  # once for all who wait for it
        book = _book(exchange.served.folder, exchange.release)
    body = filled(f"reconciliation/{name}", book=book, kind=kind, asked=asked, table=TABLE, things=THINGS)
    if name.endswith("html"):
        policy = styled(body.encode())[POLICY].replace("frame-ancestors 'none'", "frame-ancestors *")
        return Response(body, content_type="text/html", headers={POLICY: policy})
    if "callback" in asked:
        return Response(f"/**/{asked['callback']}({body});", content_type="text/javascript")
    return Response(body, content_type=JSON)


for path, rule in TABLE["pages"].items():
    bp.add_url_rule(f"/reconcile{path}", path or "/", reconcile, **rule)
