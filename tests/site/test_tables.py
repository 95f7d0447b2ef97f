"""What a view draws and the table below it say the same, and so do its other forms."""

import csv
import io
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from helpers import request

from tests.site.pages import BROWSER, VIEWS, marks, none


@pytest.mark.parametrize("name", VIEWS)
def test_the_table_has_a_row_for_each_mark_and_no_other(visit: Any, name: str) -> None:
    page = visit(VIEWS[name])
    found, told = marks(page), page.eval_on_selector_all("tr[id^='row-']", "rows => rows.map(row => row.id.slice(4))")
    assert len(told) > 3
    none([f"{row} has two rows" for row in set(told) if told.count(row) > 1])
    none([f"{row} is drawn and not told" for row in {each["row"] for each in found} - set(told)])
    none([f"{row} is told and not drawn" for row in set(told) - {each["row"] for each in found}])
    none([f"{each['row']} cannot be seen" for each in found if not each["width"] and not each["height"]])


@pytest.mark.parametrize("name", VIEWS)
def test_the_drawing_by_itself_is_that_of_the_page(site: str, name: str) -> None:
    place, _, query = VIEWS[name].partition("?")
    reply = request(f"{site}{place}.svg?{query}", accept="*/*")
    assert (reply.status, reply.type) == (200, "image/svg+xml")
    drawn = {each.get("data-row") for each in ET.fromstring(reply.text).iter()} - {None}
    assert drawn
    assert drawn == set(re.findall(r'data-row="([^"]+)"', request(site + VIEWS[name], accept=BROWSER).text))


@pytest.mark.parametrize("name", VIEWS)
def test_the_data_of_a_view_are_the_same_in_both_forms(site: str, name: str) -> None:
    place, _, query = VIEWS[name].partition("?")
    table = list(csv.DictReader(io.StringIO(request(f"{site}{place}.csv?{query}", accept="*/*").text)))
    document = request(f"{site}{place}.json?{query}", accept="*/*").json()
    found = [
        {key: row.get(key, {}).get("value", "") for key in document["head"]["vars"]}
        for row in document["results"]["bindings"]
    ]
    assert len(found) > 3
    assert table == found
