"""Tables of a release: what saved queries find, as CSV, CSV for spreadsheets, JSON and Parquet, with their metadata."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from pyoxigraph import RdfFormat, parse

from araxes.knowledge import graphs
from araxes.knowledge.publishing import TEMPLATES
from araxes.problems import BadProject
from araxes.queries import SavedQuery

FORMULA = ("=", "+", "-", "@", "\t", "\r")
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def files(dataset: bytes, saved: Mapping[str, SavedQuery]) -> dict[str, bytes]:
    """Return each table of N-Quads in every form, and its metadata (CSVW), by path.

    A cell of the CSV (RFC 4180) is the SPARQL value. Raises `BadProject` for values that do not fit kinds or key.
    """
    told = {"release": sha256(dataset).hexdigest()[:16], "saved": saved}
    store = graphs.store_of(quad.triple for quad in parse(dataset, RdfFormat.N_QUADS))
    described = TEMPLATES.get_template("tables.json").render
    made = {"csv-metadata.json": described(told).encode()} if saved else {}
    for name, query in saved.items():
        kinds, found = query.kinds, list(graphs.rows(store, query))
        rows = [[str(row[each].value) if each in row else "" for each in kinds] for row in found]
        try:
            if len({tuple(row.get(each) for each in query.first("key").split()) for row in found}) < len(rows):
                raise ValueError("two rows have one key")
            objects = [dict(zip(kinds, map(_value, kinds.values(), row), strict=True)) for row in rows]
            made[f"{name}.parquet"] = _parquet(query, objects, str(told["release"]))
        except ValueError as error:
            raise BadProject(f"{query.file}: {error}", hint="Correct the query or its header.") from error
        made[f"{name}.json"] = (json.dumps(objects, ensure_ascii=False, indent=1) + "\n").encode()
        for title, mark in ((name, ""), (f"{name}-guarded", "'")):
            cells = [[f"{mark}{cell}" if cell.startswith(FORMULA) else cell for cell in row] for row in rows]
            csv.writer(out := io.StringIO(newline="")).writerows([list(kinds), *cells])
            made[f"{title}.csv"] = out.getvalue().encode()
            made[f"{title}.csv-metadata.json"] = described(told, only=title).encode()
    return {f"tables/{file}": body for file, body in made.items()}


def _value(kind: str, cell: str) -> object:
    """Return a cell as JSON has it: a list where there may be several values, else null where there is none."""
    if kind.endswith("*") or not cell:
        return cell.split("|") if cell else [] if kind.endswith("*") else None
    return int(cell) if kind in {"xsd:gYear", "xsd:integer"} else cell


def _parquet(query: SavedQuery, rows: Sequence[Mapping[str, object]], release: str) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    text, kinds = pa.string(), query.kinds
    types = {"iri*": pa.list_(text), "xsd:string*": pa.list_(text), "xsd:gYear": pa.int32(), "xsd:integer": pa.int64()}
    exact = {"xsd:date": pa.date32(), "xsd:dateTime": pa.timestamp("us", "UTC")}
    fields = [pa.field(name, types.get(kinds[name], text), True, {"description": said}) for name, said in query.columns]
    told = {"title": query.title, "description": query.first("row"), "release": release, "license": LICENCE}
    whole = pa.schema([each.with_type(exact.get(kinds[each.name], each.type)) for each in fields], told)
    parquet.write_table(pa.Table.from_pylist(rows, pa.schema(fields)).cast(whole), out := io.BytesIO())
    return out.getvalue()
