"""Saved queries: header, parameters, and terms that are never pasted."""

from pathlib import Path

import pytest
from araxes import queries
from araxes.knowledge import graphs
from araxes.knowledge.quality import Guide
from araxes.problems import BadParameter, BadQuery, Finding
from araxes.queries import SavedQuery
from helpers import TINY
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, QuerySolutions, Store

TEXT = """#: title: A value
#: param: value xsd:string "Any text"
#: param: thing ax:Thing "A thing"
PREFIX ax: <https://w3id.org/araxes/ns/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT ?value ?thing WHERE {
  VALUES ?value { "default" }   # param
  VALUES ?thing { ax:default }   # param
}
"""


def saved(text: str, tmp_path: Path) -> SavedQuery:
    path = tmp_path / "a.rq"
    path.write_text(text, "utf-8")
    return queries.read(path, tmp_path)


def faults(query: SavedQuery) -> list[Finding]:
    return [*Guide([], {}).run(graphs.package("texts"), queries.told(query))]


@pytest.fixture
def query(tmp_path: Path) -> SavedQuery:
    return saved(TEXT, tmp_path)


def asked(text: str) -> tuple[str, str]:
    solutions = Store().query(text)
    assert isinstance(solutions, QuerySolutions)
    (row,) = list(solutions)
    value, thing = row["value"], row["thing"]
    assert isinstance(value, Literal)
    return value.value, str(getattr(thing, "value", ""))


def test_a_query_runs_as_it_lies(query: SavedQuery) -> None:
    assert asked(query.text) == ("default", "https://w3id.org/araxes/ns/default")


def test_a_prefixed_name_becomes_the_iri(query: SavedQuery) -> None:
    assert asked(queries.bind(query, {"thing": "ax:other"}))[1] == "https://w3id.org/araxes/ns/other"


def test_an_iri_can_stand_in_brackets_or_not(query: SavedQuery) -> None:
    for value in ("https://example.org/a", "<https://example.org/a>"):
        assert asked(queries.bind(query, {"thing": value}))[1] == "https://example.org/a"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_unchanged(value: str) -> None:
    query = SavedQuery("a", "b", "a.rq", TEXT, (("param", 'value xsd:string "Any text"'),))
    assert asked(queries.bind(query, {"value": value}))[0] == value


@pytest.mark.parametrize("value", ["", "no colon", "ax:a } ?s ?p ?o {", "<a> <b>", "nope:x y"])
def test_what_is_no_iri_is_refused(query: SavedQuery, value: str) -> None:
    with pytest.raises(BadParameter, match="is not an IRI") as raised:
        queries.bind(query, {"thing": value})
    assert "a name such as ax:name" in raised.value.advice


def test_a_misspelt_prefix_is_shown_as_it_should_be(query: SavedQuery) -> None:
    with pytest.raises(BadParameter) as raised:
        queries.bind(query, {"thing": "stat:iran x"}, {"state": "urn:state:", "wd": "urn:wd:"})
    assert "a name such as state:name" in raised.value.advice


def test_the_project_brings_further_prefixes(query: SavedQuery) -> None:
    bound = queries.bind(query, {"thing": "state:iran"}, {"state": "urn:state:", "ax": "urn:not-this:"})
    assert asked(bound)[1] == "urn:state:iran"
    assert asked(queries.bind(query, {"thing": "ax:a"}, {"ax": "urn:not-this:"}))[1] == "https://w3id.org/araxes/ns/a"


def test_a_parameter_can_be_any_iri(tmp_path: Path) -> None:
    query = saved(TEXT.replace("thing ax:Thing", "thing iri"), tmp_path)
    assert faults(query) == []
    assert asked(queries.bind(query, {"thing": "urn:x"}))[1] == "urn:x"


def test_an_unknown_parameter_is_refused_with_the_known_ones(query: SavedQuery) -> None:
    with pytest.raises(BadParameter, match="has no parameter vlaue") as raised:
        queries.bind(query, {"vlaue": "x"})
    assert raised.value.advice == "Its parameters: value, thing."


def test_a_number_must_be_a_number() -> None:
    query = queries.read(TINY / "queries" / "explore" / "documents-by-year.rq", TINY)
    assert '"2023"^^' in queries.bind(query, {"year": "2023"})
    with pytest.raises(BadParameter, match="xsd:integer"):
        queries.bind(query, {"year": "two"})


def test_the_header_gives_title_parameters_and_columns() -> None:
    query = queries.read(TINY / "queries" / "competency" / "pq01-who-holds-what.rq", TINY)
    assert query.title == "Who holds which stance on a proposition?"
    assert [(each.name, each.kind) for each in query.parameters] == [("proposition", "ax:Proposition")]
    assert query.columns == (("holder", "Who holds it"), ("stance", "Which stance"))
    assert (query.name, query.folder, query.first("id")) == ("pq01-who-holds-what", "competency", "PQ01")


def test_a_column_may_have_a_kind(tmp_path: Path) -> None:
    lines = ['value xsd:string "V"', 'thing iri* "T"', 'plain "P"', 'year xsd:gYear "xsd:date"']
    query = saved(
        "".join(f"#: column: {line}\n" for line in lines) + "#: key: thing year\n#: reference: thing others\n", tmp_path
    )
    assert faults(query) == []
    assert query.columns == (("value", "V"), ("thing", "T"), ("plain", "P"), ("year", "xsd:date"))
    kinds = {"value": "xsd:string", "thing": "iri*", "plain": "xsd:string", "year": "xsd:gYear"}
    assert query.kinds == kinds


def test_a_good_header_has_no_fault(query: SavedQuery) -> None:
    assert faults(query) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("#: title: A value", "#: A value", 1, "has no key"),
        ("#: title: A value", "#: title:", 1, "has no value"),
        ("#: title: A value", "#: rows: some", 1, "rows is 'some'"),
        ("#: title: A value", "#: severity: bad", 1, "severity is 'bad'"),
        ("#: title: A value", "#: column: value", 1, "The column cannot be read"),
        ("#: title: A value", '#: column: value gYear "Year"', 1, 'The column cannot be read: value gYear "Year"'),
        ("#: title: A value", '#: column: value xsd:gYaer "Year"', 1, "The column cannot be read"),
        ("#: title: A value", '#: column: value xsd:integer* "Numbers"', 1, "The column cannot be read"),
        ("#: title: A value", "#: key: value", 1, "names value, which is no column"),
        ("#: title: A value", "#: reference: value", 1, "The reference cannot be read: value"),
        ("#: title: A value", "#: reference: value others", 1, "names value, which is no column"),
        ("value xsd:string", "value string", 2, "The param cannot be read: value string"),
        ('value xsd:string "Any text"', "value xsd:string", 2, "The param cannot be read"),
        ("# param\n  VALUES ?thing", "\n  VALUES ?thing", 1, "The parameter value has no marked line"),
        ('#: param: value xsd:string "Any text"\n', "", 6, "?value has no parameter"),
    ],
)
def test_each_fault_of_a_header_is_found(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    assert old in TEXT
    found = faults(saved(TEXT.replace(old, new, 1), tmp_path))
    assert any(fault.place and fault.place.line == line and message in fault.message for fault in found), found


def test_a_file_that_is_not_utf_8_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.rq").write_bytes(b"ASK {} # \xff")
    with pytest.raises(BadQuery, match=r"a\.rq is not UTF-8 text"):
        queries.read(tmp_path / "a.rq", tmp_path)
