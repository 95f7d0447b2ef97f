"""What the client accepts against what there is, as RFC 9110 weighs it."""

import re
from functools import lru_cache
from typing import NamedTuple

from araxes.engine import Format

ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+"?)+')
PARAMETER = re.compile(r';\s*([^\s=;]+)\s*(?:=\s*("(?:[^"\\]|\\.)*+"|[^\s;]*))?')
WEIGHT = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
OURS = {("charset", "utf-8")}
ANY, KIND, FOREIGN, EXACT, PRECISE = range(5)
CODINGS = ("zstd", "gzip")


class Coding(NamedTuple):
    """How a body is to be packed: by which coding ("" for none), and whether it must be."""

    name: str
    must: bool


class Element(NamedTuple):
    """One element of a list in a header: its name, its rank among those that fit, and its weight."""

    name: str
    rank: int
    weight: float


@lru_cache(maxsize=512)
def choose(accept: str | None, offers: tuple[Format, ...]) -> Format | None:
    """Return the format that the client likes best; of those it likes equally, the first; None where it accepts none.

    A missing or blank header accepts everything. The most specific range that fits decides, and a parameter makes a
    range more specific; one that no answer of ours has (`profile`) leaves its type accepted where nothing else
    speaks of that type. The other names of a format must be asked for word for word. RFC 9110, 12.5.1.
    """
    ranges = _elements(accept) if accept and accept.strip() else [Element("*/*", ANY, 1.0)]
    weights = [_weight(offer, ranges) for offer in offers]
    return offers[weights.index(max(weights))] if max(weights) > 0 else None


@lru_cache(maxsize=512)
def coding(accepted: str | None) -> Coding | None:
    """Return how a body is to be packed, by an Accept-Encoding header; None where nothing will do.

    Without a header, or where no coding of ours is asked for, the body is sent as it is. RFC 9110, 12.5.3.
    """
    weights = {each.name.removeprefix("x-"): each.weight for each in _elements(accepted or "")}
    others = weights.get("*", 0.0)
    plain = weights.get("identity", 0.0 if weights.get("*") == 0 else 1.0) > 0
    best = max(CODINGS, key=lambda name: (weights.get(name, others), name in weights))
    if weights.get(best, others) > 0 and weights.get(best, others) >= weights.get("identity", 0.0):
        return Coding(best, not plain)
    return Coding("", must=False) if plain else None


def bare(media_type: str) -> str:
    """Return a media type without its parameters."""
    return media_type.partition(";")[0]


def _weight(offer: Format, ranges: list[Element]) -> float:
    sent = bare(offer.media_type)
    fitting = [{sent, f"{sent.partition('/')[0]}/*", "*/*"}, *({name} for name in offer.also)]
    best = (max(((each.rank, each.weight) for each in ranges if each.name in fit), default=(0, 0.0)) for fit in fitting)
    return max(weight for _, weight in best)


def _elements(header: str) -> list[Element]:
    found = (_element(element) for element in ELEMENT.findall(header))
    return [each for each in found if each.weight >= 0]


def _element(text: str) -> Element:
    """Return one element; its weight is below 0 where it cannot be read, and where it rules out what we do not have."""
    name, sign, rest = text.partition(";")
    name = name.strip().lower()
    found = {(match[1].lower(), (match[2] or "").strip('"').lower()) for match in PARAMETER.finditer(sign + rest)}
    given = [value for parameter, value in found if parameter == "q"] or ["1"]
    weight = float(given[0]) if len(given) == 1 and WEIGHT.fullmatch(given[0]) else -1.0
    others = {each for each in found if each[0] != "q"}
    rank = FOREIGN if others - OURS else PRECISE if others else EXACT
    if name.endswith("/*"):
        rank = ANY if name == "*/*" else KIND
    return Element(name, rank, -1 if weight > 1 or (rank == FOREIGN and not weight) else weight)
