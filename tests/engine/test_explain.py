"""Why a query cannot be read: the place to the character, and the nearest thing that is known."""

import pytest
from araxes.problems import BadQuery
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

DATA = "@prefix : <http://x/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . :a :isHeldBy :b ; a :Position ; rdfs:label 'a' ."
X = "PREFIX : <http://x/> "


@pytest.fixture(scope="module")
def loaded(given):
    return given(DATA)


def refused(asked, loaded, text: str) -> BadQuery:
    with pytest.raises(BadQuery) as raised:
        asked(loaded, text)
    return raised.value


# The sign ¶ stands before the place that is to be shown.
MEANT = [
    ("SELECT * { ?s ¶rdfs:label ?o }", "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"),
    ("SELECT * { ?s a ¶:Position }", "PREFIX : <http://x/>"),
    ("SELECT * { ?s ?p 1 .\r\n\t?s ¶xsd:x 'é😀' }", "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>"),
    ("PREFIX rdfs: <urn:x> SELECT * { ?s ¶rfds:label ?o }", "rdfs:label"),
    ("SELECT * { ?s ?p ?o FILTER(¶fn:now()) }", ""),
    ("SELECT * { ?s ?p ?o ¶FITLER(?o > 1) }", "FILTER"),
    ("SELECT * { ?s ?p '😀' . ¶OPTINAL { ?s ?p ?o } }", "OPTIONAL"),
    ("SELECT * ¶WERE { ?s ?p ?o }", "WHERE"),
    ("SELECT ¶DISTNCT ?s { ?s ?p ?o }", "DISTINCT"),
    ("SELECT * { ?s ?p ?o FILTER(¶CONTIANS(?o, 'a')) }", "CONTAINS"),
    ("SELECT * { ?s ?p ?o }\n\n ¶ORDR BY ?s", "ORDER"),
    ("SELECT * { ?s ¶isHeldBy ?o }", ":isHeldBy"),
    ("SELECT * { ?s ¶isHeldby ?o }", ":isHeldBy"),
    ("SELECT * { ?s a ¶Position }", ":Position"),
    ("SELECT * { ?s ¶label ?o }", "rdfs:label"),
    ("SELECT * { ?s ¶WHERE ?o }", ""),
    ("SELECT * { ?s ¶zzzzzzz ?o }", ""),
]
PLACES = [
    ("SELECT * {\n  ?s ?p\n¶}", "not SPARQL 1.1 from here on"),
    ("SELECT * { ?s ?p ?o }¶}", "not SPARQL 1.1 from here on"),
    ("SELECT * { ?s ?p ?o ¶", "ends too early"),
    ("SELECT * { ?s ?p ?o # end\n¶", "ends too early"),
    ("SELECT * { ?s ¶<relative> ?o }", "an IRI is not absolute"),
    ("SELECT * { ?s ?p ?o FILTER(?o = ¶) }", "not SPARQL 1.1 from here on"),
    ("SELECT * { ?s ?p 'a'^^<urn:t> , ¶}", "not SPARQL 1.1 from here on"),
    ("SELECT * { ?s <urn:a>/<urn:b>* ?o . FILTER(?o >= 1.5 && ?o != 'x'@en || ¶) }", "not SPARQL 1.1 from here on"),
    ("SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }¶", "neither grouped nor aggregated"),
    ("SELECT ?s ?s { ?s ?p ?o }¶", "same variable twice"),
    ("SELECT (1 AS ?s) { ?s ?p ?o }¶", "new value to a variable"),
    ("SELECT * { ?s ?p ?o } GROUP BY ?s¶", "cannot stand with GROUP BY"),
    ("SELECT * { ?s ?p ?o } ¶_", "not SPARQL 1.1 from here on"),
    ("SELECT * { ?s ?p ?o } LIMIT ¶-1", "not SPARQL 1.1 from here on"),
]
# As PLACES, but the problem names the line alone.
LINES = [
    ("SELECT * {\n ?s ?p ¶'not closed }", "from this ' on, it is not clear where a string ends"),
    ('SELECT * { ?s ?p ¶"""not "closed" }', 'from this " on, it is not clear where a string ends'),
    ("SELECT * { ?s ?p ¶'a\\d' }", "from this ' on, it is not clear where a string ends"),
]


@pytest.mark.parametrize(("marked", "meant"), MEANT)
def test_the_nearest_known_thing_is_offered(asked, loaded, marked: str, meant: str) -> None:
    found = refused(asked, loaded, marked.replace("¶", ""))
    assert found.more.get("did_you_mean", "") == meant
    assert meant in found.advice
    check_place(found, marked)


@pytest.mark.parametrize(("marked", "reason"), PLACES)
def test_the_place_and_the_reason_are_shown(asked, loaded, marked: str, reason: str) -> None:
    found = refused(asked, loaded, marked.replace("¶", ""))
    assert reason in found.detail
    check_place(found, marked)


@pytest.mark.parametrize(("marked", "reason"), LINES)
def test_a_string_that_does_not_end_is_shown(asked, loaded, marked: str, reason: str) -> None:
    found = refused(asked, loaded, marked.replace("¶", ""))
    lines = marked.partition("¶")[0].split("\n")
    assert found.detail == f"Line {len(lines)}: {reason}"
    assert (found.more["line"], found.more["column"]) == (len(lines), len(lines[-1]) + 1)


def check_place(found: BadQuery, marked: str) -> None:
    before, _, after = marked.partition("¶")
    lines = (before.rstrip() if not after else before).replace("\r\n", "\n").split("\n")
    assert (found.more["line"], found.more["column"]) == (len(lines), len(lines[-1]) + 1)
    assert found.detail.startswith(f"Line {len(lines)}, column {len(lines[-1]) + 1}: ")
    source, caret = str(found.more["excerpt"]).split("\n")
    assert source in str(found.more["source"])
    assert caret.strip(" \t") == "^"


WORDS = st.sampled_from(
    [
        "SELECT",
        "*",
        "{",
        "}",
        "(",
        ")",
        "?s",
        "a",
        ":p",
        "x:p",
        "FILTER",
        "<urn:a>",
        "'x'",
        "1",
        ".",
        ";",
        "FROM",
        "_:b",
    ]
)


@settings(deadline=None, max_examples=300)
@examples(
    words=st.lists(WORDS, max_size=12), start=st.sampled_from(["ASK ", "SELECT * ", f"{X}DESCRIBE ", "CONSTRUCT "])
)
def test_no_wrong_query_shows_the_engine(asked, loaded, start: str, words: list[str]) -> None:
    found = None
    try:
        asked(loaded, start + " ".join(words))
    except BadQuery as problem:
        found = problem
    document = str(found.document()) if found else ""
    inner = ("error at", "expected", "unreported", "rust", "oxi", "/site-packages")
    assert not any(part in document for part in inner)
    assert not found or found.more["line"] == 1
