"""Negotiation: a table of Accept headers, and hundreds more against an oracle that knows nothing of our code."""

import csv
import random
from dataclasses import dataclass

import pytest
from araxes.engine import Format, formats_for
from araxes.engine.question import GRAPHS, RESULTS, Form
from araxes.problems import NotAcceptable
from araxes.web.protocol import PAGE, Coding, bare, choose, coding, likes_page, picked
from helpers import TESTS
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

OFFERS = (*RESULTS, PAGE)
with (TESTS / "fixtures" / "accept.tsv").open(encoding="utf-8", newline="") as table:
    ROWS = [(row["accept"], row["chosen"]) for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)]

TYPES = sorted({name for each in (*RESULTS, *GRAPHS, PAGE) for name in (bare(each.media_type), *each.also)})
WILD = ["*/*", "text/*", "application/*", "image/*"]
OTHER = ["image/png", "application/pdf", "application/octet-stream"]
PARAMETERS = ["", "charset=utf-8", "charset=UTF-8", 'charset="utf-8"', "profile=x", 'profile="a,b;q=0"', "version=1.2"]
WEIGHTS = ["1", "0.9", "0.5", "0.500", "0.1", "0.001", "0", "0.0"]


@dataclass(frozen=True)
class Wanted:
    """One media range as the oracle sees it, before it was written into a header."""

    type: str
    parameter: str
    weight: str


def written(wanted: list[Wanted], dice: random.Random) -> str:
    """Return a header that says this, with case and blanks as they fall."""
    parts = []
    for each in wanted:
        name = dice.choice([each.type, each.type.upper(), each.type.title()])
        parameter = dice.choice([";", "; ", " ;"]) + each.parameter if each.parameter else ""
        weight = (
            dice.choice([";q=", "; Q=", " ; q="]) + each.weight if each.weight != "1" or dice.random() < 0.3 else ""
        )
        parts.append(name + parameter + weight)
    return dice.choice([",", ", ", " , "]).join(parts)


def quality(name: str, wanted: list[Wanted], *, wild: bool) -> float:
    """Return the weight of one media type: RFC 9110, 12.5.1, read level by level, the most specific first."""
    ours = {"charset=utf-8", "charset=UTF-8", 'charset="utf-8"'}
    levels = [
        [each for each in wanted if each.type == name and each.parameter in ours],
        [each for each in wanted if each.type == name and not each.parameter],
        [each for each in wanted if each.type == name and each.parameter not in {"", *ours} and float(each.weight) > 0],
        [each for each in wanted if wild and each.type == name.partition("/")[0] + "/*"],
        [each for each in wanted if wild and each.type == "*/*"],
    ]
    for level in levels:
        if level:
            return max(float(each.weight) for each in level)
    return 0.0


def expected(wanted: list[Wanted], offers: tuple[Format, ...]) -> str | None:
    """Return the name of the best offer by brute force, or None."""
    best, name = 0.0, None
    for each in offers:
        found = [quality(bare(each.media_type), wanted, wild=True)]
        found += [quality(other, wanted, wild=False) for other in each.also]
        if max(found) > best:
            best, name = max(found), each.name
    return name


def drawn(seed: int) -> tuple[list[Wanted], str]:
    dice = random.Random(seed)
    names = dice.choices([TYPES, WILD, OTHER], [6, 3, 1], k=dice.randint(1, 6))
    wanted = [Wanted(dice.choice(pool), "", dice.choice(WEIGHTS)) for pool in names]
    wanted = [
        Wanted(each.type, dice.choice(PARAMETERS), each.weight)
        if "*" not in each.type and dice.random() < 0.4
        else each
        for each in wanted
    ]
    return wanted, written(wanted, dice)


def name_of(accept: str | None, offers: tuple[Format, ...]) -> str | None:
    found = choose(accept, offers)
    return found.name if found else None


@pytest.mark.parametrize(("accept", "chosen"), ROWS)
def test_accept_decides_the_format(accept: str, chosen: str) -> None:
    if chosen == "-":
        assert choose(accept, OFFERS) is None
        with pytest.raises(NotAcceptable) as raised:
            picked(OFFERS, accept, {})
        assert raised.value.more["offered"] == [bare(offer.media_type) for offer in OFFERS]
    else:
        assert name_of(accept, OFFERS) == chosen


def test_a_missing_header_accepts_everything() -> None:
    assert name_of(None, OFFERS) == name_of("  ", OFFERS) == "json"
    assert len(ROWS) > 20


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("seed", range(250))
def test_drawn_headers_are_weighed_as_the_standard_says(form: Form, seed: int) -> None:
    wanted, accept = drawn(seed)
    offers = (*formats_for(form), PAGE)
    best = expected(wanted, offers)
    assert name_of(accept, offers) == best, accept


def test_the_drawn_headers_try_everything() -> None:
    drawings = [drawn(seed)[0] for seed in range(250)]
    offers = (*RESULTS, PAGE)
    assert {expected(wanted, offers) for wanted in drawings} == {None, *(each.name for each in offers)}
    assert {each.parameter for wanted in drawings for each in wanted} == set(PARAMETERS)


@pytest.mark.parametrize("seed", range(250, 500))
def test_without_parameters_werkzeug_gives_the_same_weights(seed: int) -> None:
    wanted = [Wanted(each.type, "", each.weight) for each in drawn(seed)[0]]
    accept = written(wanted, random.Random(seed))
    offers = tuple(Format(each.name, bare(each.media_type), each.label) for each in (*RESULTS, *GRAPHS))
    other = parse_accept_header(accept, MIMEAccept)
    weights = [other.quality(each.media_type) for each in offers]
    assert choose(accept, offers) == (offers[weights.index(max(weights))] if max(weights) > 0 else None)


@pytest.mark.parametrize(
    "garbage",
    [",", ";", "q=1", "text", "/", "text/", "/csv", "*/csv", '"', 'a"b', "text/csv;q=", "text/csv;q=nan", "\0"],
)
def test_garbage_beside_a_range_is_passed_over(garbage: str) -> None:
    if '"' not in garbage:
        assert name_of(f"{garbage},text/tab-separated-values", OFFERS) == "tsv"
    assert name_of(f"text/tab-separated-values,{garbage}", OFFERS) == "tsv"


@pytest.mark.parametrize("value", ["2", "-1", "nan", "inf", "1e0", "0x1", "½", "0.5.5", ""])
def test_a_weight_that_is_none_takes_its_range_away(value: str) -> None:
    assert name_of(f"text/csv;q={value}, text/tab-separated-values;q=0.001", OFFERS) == "tsv"


def test_a_page_is_liked_only_where_it_is_liked_best() -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert likes_page(browser)
    assert not any(
        map(likes_page, [None, "*/*", "text/html;q=0.5,application/json", "application/problem+json", "x/y"])
    )


CODINGS = {
    None: Coding("", False),
    "": Coding("", False),
    "identity": Coding("", False),
    "br": Coding("", False),
    "gzip": Coding("gzip", False),
    "x-gzip": Coding("gzip", False),
    "GZip": Coding("gzip", False),
    "zstd": Coding("zstd", False),
    "gzip, deflate, br, zstd": Coding("zstd", False),
    "gzip, zstd;q=0.9": Coding("gzip", False),
    "gzip;q=0, zstd;q=0.1": Coding("zstd", False),
    "gzip;q=0": Coding("", False),
    "gzip;q=0.5, identity": Coding("", False),
    "gzip;q=0.5, identity;q=0.5": Coding("gzip", False),
    "gzip, identity;q=0": Coding("gzip", True),
    "gzip, *;q=0": Coding("gzip", True),
    "identity, *;q=0": Coding("", False),
    "gzip;q=0, *;q=0.3": Coding("zstd", False),
    "gzip;q=2, zstd;q=x": Coding("", False),
    "*;q=0": None,
    "identity;q=0": None,
    "br, identity;q=0": None,
    "gzip;q=0, zstd;q=0, identity;q=0, *": None,
    "*;q=0, identity;q=0.1": Coding("", False),
}


@pytest.mark.parametrize(("accepted", "wanted"), CODINGS.items())
def test_codings_are_weighed_as_the_standard_says(accepted: str | None, wanted: Coding | None) -> None:
    assert coding(accepted) == wanted


@pytest.mark.parametrize("seed", range(300))
def test_drawn_codings_agree_with_brute_force(seed: int) -> None:
    dice = random.Random(seed)
    names = dice.sample(["gzip", "zstd", "identity", "*", "br"], dice.randint(1, 5))
    weights = {name: float(dice.choice(WEIGHTS)) for name in names}
    found = coding(", ".join(f"{name};q={weights[name]}" for name in names))
    ours = {name: weights.get(name, weights.get("*", 0.0)) for name in ("gzip", "zstd")}
    plain = weights["identity"] if "identity" in weights else (0.0 if weights.get("*") == 0 else 0.0001)
    best = max([*ours.values(), plain])
    if found is None:
        assert best == 0
    else:
        assert (ours | {"": plain})[found.name] == best
        assert found.must == (plain == 0 and found.name != "")
