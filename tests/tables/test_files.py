"""The forms of each table say the same, exactly, and open in the programs for which they are made."""

import csv
import datetime as dt
import io
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from araxes.knowledge import publishing
from araxes.problems import BadProject
from araxes.project import Release
from araxes.queries import SavedQuery
from helpers import request
from pyarrow import parquet

from tests.tables.conftest import QUERIES, described, read, split

MAIN = {"positions", "comparisons", "dyad_years", "statements", "events", "agreements", "memberships", "entities"}
# Columns for which no source has a value yet.
IDLE = {"agreements": {"phases_latest"}, "memberships": {"edtf", "earliest", "latest"}}
FORMS = (".csv", ".csv-metadata.json", "-guarded.csv", "-guarded.csv-metadata.json", ".json", ".parquet")
HOSTILE = ("=cmd()", "@x", "+1", "-1", "\ttab", "\rreturn", 'quote", comma', "line\r\nline", " blank ", "'apostrophe")


def exact(value: Any) -> Any:
    """Return a value of Parquet as the other forms write it."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, dt.date) else value


def made(text: str, header: str, dataset: str) -> dict[str, bytes]:
    """Return the files of one table over N-Quads."""
    lines = tuple((key, value) for key, value in re.findall(r"#: (\w+): (.*)", header))
    return publishing.tables(dataset.encode(), {"t": SavedQuery("t", "tables", "queries/tables/t.rq", text, lines)})


def test_every_main_kind_is_a_table() -> None:
    assert QUERIES.keys() >= MAIN


@pytest.mark.parametrize("name", QUERIES)
def test_a_table_has_rows_and_each_column_is_documented(tables: Path, name: str) -> None:
    query, rows = QUERIES[name], read(tables / f"{name}.csv")
    assert rows
    assert list(rows[0]) == [column for column, _ in query.columns]
    assert all(len(text) > 10 and text[0].isupper() for _, text in query.columns)
    assert len(query.first("row")) > 20
    assert query.first("key")
    assert all(
        re.search(rf'^{column} (iri|xsd:\w+)\*? "', line)
        for (column, _), line in zip(query.columns, query.every("column"), strict=True)
    )
    assert {column for column in query.kinds if not any(row[column] for row in rows)} == IDLE.get(name, set())


@pytest.mark.parametrize("name", QUERIES)
def test_all_forms_are_there(tables: Path, name: str) -> None:
    assert [form for form in FORMS if not (tables / f"{name}{form}").stat().st_size] == []


@pytest.mark.parametrize("name", QUERIES)
def test_csv_json_and_parquet_say_the_same_value_by_value(tables: Path, name: str) -> None:
    rows = [split(QUERIES[name], row) for row in read(tables / f"{name}.csv")]
    assert rows == json.loads((tables / f"{name}.json").read_bytes())
    stored = parquet.read_table(tables / f"{name}.parquet").to_pylist()
    assert rows == [{column: exact(value) for column, value in row.items()} for row in stored]


@pytest.mark.parametrize("name", QUERIES)
def test_csv_is_that_of_rfc_4180(tables: Path, name: str) -> None:
    raw = (tables / f"{name}.csv").read_bytes()
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert not raw.startswith(b"\xef\xbb\xbf")
    again = io.StringIO(newline="")
    csv.writer(again).writerows(csv.reader(io.StringIO(raw.decode(), newline="")))
    assert again.getvalue().encode() == raw


@pytest.mark.parametrize("name", QUERIES)
def test_parquet_has_types_and_says_what_it_is(tables: Path, release: Release, name: str) -> None:
    schema = parquet.read_schema(tables / f"{name}.parquet")
    types = {
        "xsd:integer": "int64",
        "xsd:gYear": "int32",
        "xsd:date": "date32[day]",
        "xsd:dateTime": "timestamp[us, tz=UTC]",
    }
    for field in schema:
        kind = QUERIES[name].kinds[field.name]
        assert str(field.type.value_type if kind.endswith("*") else field.type) == types.get(kind, "string")
        assert field.metadata[b"description"].decode() == dict(QUERIES[name].columns)[field.name]
    assert schema.metadata[b"description"].decode() == QUERIES[name].first("row")
    assert schema.metadata[b"release"].decode() == release.name
    assert b"creativecommons.org/licenses/by/4.0" in schema.metadata[b"license"]


def test_pandas_keeps_leading_zeros(tables: Path) -> None:
    text = {column: str for column, kind in QUERIES["entities"].kinds.items() if kind == "xsd:string"}
    frame = pd.read_csv(tables / "entities.csv", dtype=text, keep_default_na=False).set_index("name_en")
    assert frame.loc["Armenia", ["m49", "iso_numeric", "cow"]].tolist() == ["051", "051", "371"]
    assert frame.loc["Azerbaijan", "m49"] == "031"
    stored = pd.read_parquet(tables / "entities.parquet").set_index("name_en")
    assert stored.loc["Armenia", "m49"] == "051"


@pytest.mark.parametrize("name", QUERIES)
def test_duckdb_reads_the_parquet(tables: Path, name: str) -> None:
    file = str(tables / f"{name}.parquet")
    (number,) = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [file]).fetchone() or (0,)
    assert number == len(read(tables / f"{name}.csv"))


def test_duckdb_counts_over_a_list_and_a_year(tables: Path) -> None:
    found = duckdb.execute(
        "SELECT count(*) FROM (SELECT unnest(modes) AS mode FROM read_parquet(?)) WHERE mode = 'derived'",
        [str(tables / "positions.parquet")],
    ).fetchone()
    assert found == (sum(row["modes"].split("|").count("derived") for row in read(tables / "positions.csv")),)
    years = duckdb.execute("SELECT min(year), max(year) FROM read_parquet(?)", [str(tables / "dyad_years.parquet")])
    assert years.fetchone() == tuple(f(int(row["year"]) for row in read(tables / "dyad_years.csv")) for f in (min, max))


def test_a_hostile_name_is_guarded_in_one_form_and_exact_in_the_others() -> None:
    literals = [json.dumps(each, ensure_ascii=False) for each in HOSTILE]
    data = "".join(f"<urn:{at}> <urn:p> {each} <urn:g> .\n" for at, each in enumerate(literals))
    header = '#: title: T\n#: row: A row\n#: key: s\n#: column: s iri "S"\n#: column: name xsd:string "Name"'
    found = made("SELECT ?s ?name { ?s <urn:p> ?name } ORDER BY ?s", header, data)

    def names(file: str) -> list[str]:
        return [row[1] for row in list(csv.reader(io.StringIO(found[file].decode(), newline="")))[1:]]

    assert names("tables/t.csv") == list(HOSTILE)
    assert [each["name"] for each in json.loads(found["tables/t.json"])] == list(HOSTILE)
    assert parquet.read_table(io.BytesIO(found["tables/t.parquet"]))["name"].to_pylist() == list(HOSTILE)
    guarded = names("tables/t-guarded.csv")
    assert [new for new, old in zip(guarded, HOSTILE, strict=True) if new != old] == [
        f"'{each}" for each in HOSTILE[:6]
    ]
    assert not [each for each in guarded if each[0] in "=+-@\t\r"]
    metadata = json.loads(found["tables/t-guarded.csv-metadata.json"])
    assert "guarded" in metadata["dc:title"] and "not the value in the graph" in metadata["dc:description"]


@pytest.mark.parametrize("name", QUERIES)
def test_a_guarded_table_differs_only_where_it_must(tables: Path, name: str) -> None:
    plain, guarded = read(tables / f"{name}.csv"), read(tables / f"{name}-guarded.csv")
    for row, other in zip(plain, guarded, strict=True):
        for column, cell in row.items():
            assert other[column] == (f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell)
    assert "guarded" in described(tables / f"{name}-guarded.csv")["dc:title"]


@pytest.mark.parametrize(
    ("values", "kind", "key", "message"),
    [
        (["1", "x"], "xsd:integer", "s", "queries/tables/t.rq: invalid literal"),
        (["2021-02-30"], "xsd:date", "s", "queries/tables/t.rq: "),
        (["a", "a"], "xsd:string", "name", "queries/tables/t.rq: two rows have one key"),
    ],
)
def test_what_does_not_fit_stops_the_build(values: list[str], kind: str, key: str, message: str) -> None:
    data = "".join(f'<urn:{at}> <urn:p> "{each}" <urn:g> .\n' for at, each in enumerate(values))
    header = f'#: title: T\n#: row: A row\n#: key: {key}\n#: column: s iri "S"\n#: column: name {kind} "Name"'
    with pytest.raises(BadProject) as raised:
        made("SELECT ?s ?name { ?s <urn:p> ?name }", header, data)
    assert message in raised.value.detail


def test_the_same_dataset_gives_the_same_bytes(release: Release, tables: Path) -> None:
    again = publishing.tables(release.dataset.read_bytes(), QUERIES)
    assert {Path(path).name for path in again} == {path.name for path in tables.iterdir()}
    assert [path for path, body in again.items() if (tables.parent / path).read_bytes() != body] == []


def test_a_project_without_such_queries_has_no_tables(tiny_release: Release, tiny_server: str) -> None:
    assert not (tiny_release.folder / "documents" / "tables").exists()
    assert "This release has no tables" in request(f"{tiny_server}tables", accept="text/html").text
