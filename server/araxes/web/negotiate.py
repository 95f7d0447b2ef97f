"""What the client accepts against what there is, as RFC 9110 weighs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from araxes.problems import NotAcceptable

EXACT = 2


@dataclass(frozen=True, slots=True)
class Range:
    """One media range of an Accept header: its words, its weight, and how specific it is."""

    type: str
    subtype: str
    weight: float

    @property
    def specific(self) -> int:
        """Return 2 for a type, 1 for `type/*`, 0 for `*/*`."""
        return (self.type != "*") + (self.subtype != "*")

    def covers(self, media_type: str) -> bool:
        """Return whether a media type falls into this range."""
        kind, _, sub = media_type.partition("/")
        return self.type in {"*", kind} and self.subtype in {"*", sub}


class Offer(NamedTuple):
    """Something that can be sent: its name, and its media types.

    The first is what is sent; the others are other names under which it may be asked for, but only word for word.
    """

    name: str
    media_types: tuple[str, ...]


def choose(accept: str | None, offers: Sequence[Offer]) -> str:
    """Return the name of the offer that the client likes best; of those it likes equally, the first.

    A missing or blank header accepts everything. Parameters of a media type other than `q` are passed over.

    Raises `NotAcceptable` where no offer is accepted; the problem lists the offers.
    """
    ranges = _ranges(accept) if accept and accept.strip() else [Range("*", "*", 1.0)]
    best = max(offers, key=lambda offer: _weight(offer, ranges))
    if _weight(best, ranges) > 0:
        return best.name
    offered = [offer.media_types[0] for offer in offers]
    raise NotAcceptable(f"Accept asks for {accept}, but there is {', '.join(offered)}", more={"offered": offered})


def _weight(offer: Offer, ranges: Sequence[Range]) -> float:
    sent, *others = offer.media_types
    exact = [each for each in ranges if each.specific == EXACT]
    return max([_weight_of(sent, ranges), *(_weight_of(other, exact) for other in others)])


def _weight_of(media_type: str, ranges: Sequence[Range]) -> float:
    fitting = [each for each in ranges if each.covers(media_type)]
    most = max((each.specific for each in fitting), default=0)
    return max((each.weight for each in fitting if each.specific == most), default=0.0)


def _ranges(accept: str) -> list[Range]:
    found = (_range(part) for part in accept.split(","))
    return [each for each in found if each]


def _range(part: str) -> Range | None:
    media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    kind, slash, sub = media_type.partition("/")
    if not (kind and slash and sub) or (kind == "*" and sub != "*"):
        return None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return _weighed(kind, sub, value.strip())
    return Range(kind, sub, 1.0)


def _weighed(kind: str, sub: str, value: str) -> Range | None:
    try:
        weight = float(value)
    except ValueError:
        return None
    return Range(kind, sub, weight) if 0 <= weight <= 1 else None
