"""An evaluation writes the whole answer or raises a problem, and keeps to its limits."""

import io
import json

import pytest
from araxes.engine import Question, form_of, formats_for
from araxes.engine.evaluate import evaluate
from araxes.engine.question import GRAPHS, RESULTS
from araxes.problems import AnswerTooLarge, BadQuery, ServerFault
from araxes.settings import Settings

FEW = Settings(answer_rows=10, answer_triples=10)
NASTY = "},{ <result> \\r\\n \\n }},{ &lt;result>"


@pytest.mark.parametrize("name", [each.name for each in RESULTS])
@pytest.mark.parametrize("row", ["(?n)", "(?n ?m)", "()"])
def test_no_more_rows_than_the_limit(asked, given, name: str, row: str) -> None:
    loaded = given("")
    for count in (0, 1, 9, 10, 11, 12, 500):
        values = {"(?n)": f"('{NASTY}')", "(?n ?m)": f"(UNDEF '{NASTY}')", "()": "()"}[row]
        query = f"SELECT * {{ VALUES {row} {{ {values * count} }} }}"
        if count <= 10:
            assert asked(loaded, query, name, FEW)
            continue
        with pytest.raises(AnswerTooLarge, match="more than 10 rows") as raised:
            asked(loaded, query, name, FEW)
        assert raised.value.more == {"limit": "answer_rows", "most": 10}


@pytest.mark.parametrize("name", [each.name for each in GRAPHS])
def test_no_more_triples_than_the_limit(asked, given, name: str) -> None:
    loaded = given("".join(f"<urn:s{n}> <urn:p> {n} .\n" for n in range(500)))
    for query in (
        "CONSTRUCT {{ ?s ?p ?o }} {{ SELECT * {{ ?s ?p ?o }} LIMIT {} }}",
        "DESCRIBE ?s {{ ?s ?p ?o }} LIMIT {}",
    ):
        assert asked(loaded, query.format(10), name, FEW)
        for count in (11, 500):
            with pytest.raises(AnswerTooLarge, match="more than 10 triples") as raised:
                asked(loaded, query.format(count), name, FEW)
            assert raised.value.more == {"limit": "answer_triples", "most": 10}
    many = "CONSTRUCT { <urn:a> <urn:b> ?p } { ?s ?p ?o }"
    assert asked(loaded, many, name, FEW)


class Full(io.BytesIO):
    def write(self, _data, /) -> int:
        raise AnswerTooLarge("full")


class Broken(io.BytesIO):
    def write(self, _data, /) -> int:
        raise OSError("broken at /a/place")


@pytest.mark.parametrize(
    "query", ["ASK {}", "SELECT (1 AS ?a) {}", "CONSTRUCT { <urn:a> <urn:b> 1 } {}", "DESCRIBE <urn:s>"]
)
def test_what_the_sink_raises_comes_out(given, query: str) -> None:
    loaded = given("<urn:s> <urn:p> 1 .")
    for each in formats_for(form_of(query)):
        with pytest.raises(AnswerTooLarge, match="full"):
            evaluate(loaded, Question(query, each), Settings(), Full())
        with pytest.raises(ServerFault) as raised:
            evaluate(loaded, Question(query, each), Settings(), Broken())
        assert "place" not in str(raised.value.document())


def test_an_unknown_function_is_named(asked, given) -> None:
    with pytest.raises(BadQuery, match="There is no function <http://x/f>"):
        asked(given(""), "PREFIX : <http://x/> SELECT (:f(1) AS ?a) {}")


def test_lexical_forms_of_texts_dates_and_unknown_types_are_kept(asked, given) -> None:
    kept = ["'2020-02-30'^^x:date", "'0000-01-01'^^x:date", "'x'^^<urn:t>", "'TRUE'^^x:boolean", "' 1 '^^x:integer"]
    kept += ["'2020'^^x:gYear", "'2020-01-01T10:00:00+15:00'^^x:dateTime", "'2020-01-01Z'^^x:date", "'a  b'^^x:token"]
    prefix = "@prefix x: <http://www.w3.org/2001/XMLSchema#> . "
    loaded = given(f"{prefix} <urn:s> <urn:p> {', '.join(kept)} .")
    found = json.loads(asked(loaded, "SELECT ?o { ?s ?p ?o }"))["results"]["bindings"]
    assert {row["o"]["value"] for row in found} == {each.split("'")[1] for each in kept}
