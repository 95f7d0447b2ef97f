"""Negotiation: a table of Accept headers, with and without an acceptable answer."""

import csv

import pytest
from araxes.engine.question import RESULTS
from araxes.problems import NotAcceptable
from araxes.web.negotiate import Offer, choose
from helpers import TESTS

OFFERS = [Offer(each.name, (each.media_type, *each.also)) for each in RESULTS] + [Offer("html", ("text/html",))]
with (TESTS / "fixtures" / "accept.tsv").open(encoding="utf-8", newline="") as table:
    TABLE = [(row["accept"], row["chosen"]) for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)]


@pytest.mark.parametrize(("accept", "chosen"), TABLE)
def test_accept_decides_the_format(accept: str, chosen: str) -> None:
    if chosen == "-":
        with pytest.raises(NotAcceptable) as raised:
            choose(accept, OFFERS)
        assert raised.value.more["offered"] == [offer.media_types[0] for offer in OFFERS]
    else:
        assert choose(accept, OFFERS) == chosen


def test_a_missing_header_accepts_everything() -> None:
    assert choose(None, OFFERS) == "json"
    assert len(TABLE) > 20
