"""pandas reading the CSV answer straight from its address, as in a notebook."""

from urllib.parse import urlencode

import pandas as pd
import pytest
from clients.asked import COUNTS, JOIN, NUMBERS, OPTIONAL, STANCE


def address(endpoint: str, query: str) -> str:
    return f"{endpoint}?{urlencode({'query': query, 'format': 'csv'})}"


def test_pandas_reads_a_join(endpoint: str) -> None:
    frame = pd.read_csv(address(endpoint, JOIN.query))
    assert tuple(frame.columns) == JOIN.names
    assert len(frame) == len(JOIN.rows)
    assert set(frame.itertuples(index=False, name=None)) == JOIN.rows


def test_pandas_reads_a_table_by_its_accept_header(endpoint: str) -> None:
    address_alone = f"{endpoint}?{urlencode({'query': JOIN.query})}"
    frame = pd.read_csv(address_alone, storage_options={"Accept": "text/csv"})
    assert set(frame.itertuples(index=False, name=None)) == JOIN.rows


def test_pandas_takes_numbers_dates_and_truth_as_such(endpoint: str) -> None:
    frame = pd.read_csv(address(endpoint, NUMBERS.query), parse_dates=["issued", "from"])
    assert pd.api.types.is_integer_dtype(frame["read"])
    assert pd.api.types.is_bool_dtype(frame["self"])
    assert frame["read"].sum() == 11217
    assert frame["issued"].iloc[0] == pd.Timestamp(2023, 6, 15)
    assert frame["from"].iloc[0] == pd.Timestamp(2020, 9, 27, tz="UTC")


def test_pandas_takes_empty_cells_as_missing(endpoint: str) -> None:
    frame = pd.read_csv(address(endpoint, OPTIONAL.query))
    assert len(frame) == len(OPTIONAL.rows)
    assert frame["also"].isna().sum() == len(OPTIONAL.rows) - 1
    assert frame["also"].dropna().tolist() == ["Türkiye"]
    assert not frame[["label", "code"]].isna().any().any()


def test_pandas_sums_the_counts(endpoint: str) -> None:
    frame = pd.read_csv(address(endpoint, COUNTS.query)).set_index("stance")
    assert frame["n"].to_dict() == {stance: int(count) for stance, count in COUNTS.rows}
    assert frame.index[0] == f"{STANCE}opposes"


@pytest.mark.parametrize("text", ['a "quoted", word', "two\\nlines", "a\\r\\nb", "Türkiye — ß 😀", " padded ", ","])
def test_pandas_reads_hard_cells_as_they_are(endpoint: str, text: str) -> None:
    written = text.replace('"', '\\"')
    frame = pd.read_csv(address(endpoint, f'SELECT ("{written}" AS ?a) (1 AS ?b) {{}}'), dtype={"a": "str"})
    assert frame.iloc[0].tolist() == [text.encode("utf-8").decode("unicode_escape") if "\\" in text else text, 1]


def test_pandas_reads_no_rows_as_an_empty_table(endpoint: str) -> None:
    frame = pd.read_csv(address(endpoint, "SELECT ?a ?b WHERE { ?a <urn:none> ?b }"))
    assert tuple(frame.columns) == ("a", "b")
    assert frame.empty
