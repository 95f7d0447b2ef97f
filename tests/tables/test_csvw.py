"""The metadata of each table follow the W3C's rules: checked here one by one, and by a validator of others."""

import json
import re
import warnings
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from araxes.project import Release
from csvw import CSVW

from tests.tables.conftest import QUERIES, described, read

CONTEXT = "http://www.w3.org/ns/csvw"
PLAIN, ALL = sorted(QUERIES), sorted([*QUERIES, *(f"{name}-guarded" for name in QUERIES)])
PARSED: dict[str, Callable[[str], object]] = {
    "anyURI": lambda cell: urlsplit(cell).scheme in {"http", "https"} and urlsplit(cell).netloc,
    "date": lambda cell: bool(date.fromisoformat(cell)),
    "dateTime": lambda cell: bool(datetime.fromisoformat(cell)),
    "gYear": lambda cell: re.fullmatch(r"-?([1-9]\d{3,}|0\d{3})(Z|[+-]\d\d:\d\d)?", cell),
    "integer": lambda cell: re.fullmatch(r"[+-]?\d+", cell),
    "string": lambda _: True,
}
DIALECT = {"encoding": "utf-8", "header": True, "delimiter": ",", "quoteChar": '"', "doubleQuote": True}
MEMBERS = {"@context", "url", "notes", "dialect", "tableSchema"}


def group(tables: Path) -> Any:
    """Return the metadata of all tables."""
    return json.loads((tables / "csv-metadata.json").read_text("utf-8"))


def cells(path: Path, table: Any) -> Iterator[tuple[str, str]]:
    """Yield each value of a table with its datatype, those of a list one by one."""
    for row in read(path):
        for column in table["tableSchema"]["columns"]:
            cell = row[column["name"]]
            parts = cell.split(column["separator"]) if "separator" in column else [cell]
            yield from ((column["datatype"], part) for part in parts if cell)


@pytest.mark.parametrize("name", ALL)
def test_a_description_has_the_members_of_a_table(tables: Path, release: Release, name: str) -> None:
    table = described(tables / f"{name}.csv")
    assert table["@context"] == [CONTEXT, {"@language": "en"}]
    assert (tables / table["url"]).is_file()
    assert {each for each in table if not each.startswith("dc:")} == MEMBERS
    assert DIALECT.items() <= table["dialect"].items()
    assert table["dc:license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    assert table["dc:hasVersion"] == release.name
    assert release.name in table["dc:bibliographicCitation"]


@pytest.mark.parametrize("name", ALL)
def test_columns_have_the_names_of_the_header_once_and_a_meaning(tables: Path, name: str) -> None:
    columns = described(tables / f"{name}.csv")["tableSchema"]["columns"]
    names = [each["name"] for each in columns]
    assert names == list(read(tables / f"{name}.csv")[0])
    assert len(set(names)) == len(names)
    assert [each for each in names if each.startswith("_") or not re.fullmatch(r"[A-Za-z0-9_]+", each)] == []
    assert [each["titles"] for each in columns] == names
    assert all(each["dc:description"] for each in columns)
    assert {each["datatype"] for each in columns} <= PARSED.keys()


@pytest.mark.parametrize("name", ALL)
def test_each_cell_is_of_its_datatype(tables: Path, name: str) -> None:
    table = described(tables / f"{name}.csv")
    found = list(cells(tables / f"{name}.csv", table))
    assert len(found) > 20
    assert [(kind, part) for kind, part in found if not part or not PARSED[kind](part)] == []


@pytest.mark.parametrize("name", ALL)
def test_primary_keys_are_there_and_unique(tables: Path, name: str) -> None:
    schema = described(tables / f"{name}.csv")["tableSchema"]
    rows = read(tables / f"{name}.csv")
    keys = [tuple(row[each] for each in schema["primaryKey"]) for row in rows]
    assert keys and len(set(keys)) == len(keys)
    assert all(all(key) for key in keys)
    assert [each["name"] for each in schema["columns"] if each["required"]] == [
        each["name"] for each in schema["columns"] if each["name"] in schema["primaryKey"]
    ]


def test_references_lead_to_rows_of_other_tables(tables: Path) -> None:
    found = group(tables)
    held = {each["url"]: each for each in found["tables"]}
    assert held.keys() == {f"{name}.csv" for name in PLAIN}
    followed = 0
    for url, table in held.items():
        for each in table["tableSchema"].get("foreignKeys", []):
            column, there = each["columnReference"], each["reference"]
            assert there["resource"] in held
            assert [there["columnReference"]] == held[there["resource"]]["tableSchema"]["primaryKey"]
            keys = {row[there["columnReference"]] for row in read(tables / there["resource"])}
            assert [row[column] for row in read(tables / url) if row[column] not in keys] == []
            followed += 1
    assert followed >= 10


def test_the_group_says_of_a_table_what_its_own_metadata_say(tables: Path) -> None:
    for table in group(tables)["tables"]:
        own = described(tables / table["url"])
        table["tableSchema"].pop("foreignKeys", None)
        assert table == {name: value for name, value in own.items() if name != "@context"}


@pytest.mark.parametrize("name", [*(f"{each}.csv-" for each in ALL), "csv-"])
def test_a_validator_of_others_finds_no_fault(tables: Path, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert CSVW(str(tables / f"{name}metadata.json"), validate=True).is_valid


@pytest.mark.parametrize(
    ("old", "new"),
    [(b",8,0,0,0,8,8,2,", b",eight,0,0,0,8,8,2,"), (b",cow_1,", b",cow_one,"), (b"\r\n", b"\r\nx,y\r\n")],
)
def test_that_validator_finds_a_fault_where_there_is_one(tables: Path, tmp_path: Path, old: bytes, new: bytes) -> None:
    for suffix in (".csv", ".csv-metadata.json"):
        (tmp_path / f"dyad_years{suffix}").write_bytes((tables / f"dyad_years{suffix}").read_bytes())
    file = tmp_path / "dyad_years.csv"
    assert old in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(old, new, 1))
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        try:
            found = CSVW(str(tmp_path / "dyad_years.csv-metadata.json"), validate=True).is_valid
        except ValueError:
            found = False
    assert not found
