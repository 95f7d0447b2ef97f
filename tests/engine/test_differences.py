"""What the page of differences says is what the engine does: when the engine changes, this fails and the page follows.

Run as a script, this writes docs/engine-differences.md anew.
"""

import tomllib
from pathlib import Path

import pytest
from araxes.problems import BadQuery

ROOT = Path(__file__).parents[2]
LISTED = tomllib.loads((ROOT / "server/araxes/web/differences.toml").read_text("utf-8"))["difference"]
PAGE = ROOT / "docs" / "engine-differences.md"
PREFIX = "PREFIX : <http://example.org/> "
DATA = """@prefix : <http://example.org/> .
:g1 { :a :p :b ; :q :b . :note :in 1 } :g2 { :b :p :c }"""
REFUSED = "refused"
# For each title: the rows of `query` here, and those of `rewritten`, which are what the standard wants or was meant.
EXPECTED = {
    "A path of length zero from a term that is not in the data": ("y", "y :nowhere"),
    "Alternatives in a path that lead to the same place": ("n 1", "n 2"),
    "The language of GROUP_CONCAT": ("language en", 'language ""'),
    "GROUP_CONCAT of what is no string": ('all ""', "all 1_2"),
    "MINUS within GRAPH ?g": ("s :b", "s :a :b"),
    "VALUES alone within GRAPH ?g": ("g,x ,1", "g,x :g1,1 :g2,1"),
    "A SELECT that counts within GRAPH ?g": ("g,n ,1", "g,n :g1,1 :g2,0"),
    "?g seen from within GRAPH ?g": ("x :g2", "x :g2"),
    "BNODE with a name": ("n 1", "n 2"),
    "Types below xsd:integer": ("type http://www.w3.org/2001/XMLSchema#integer", None),
    "How numbers, dates and truth values are written": ("text 1.5", "text 1.50"),
    "Language tags": ("same false", "same true"),
    "Integers beyond 64 bits": ('n ""', "n 9223372036854775808"),
    "Regular expressions": ('found ""', None),
    "Escapes outside strings and IRIs": (REFUSED, "a 1"),
    "Functions that are not known": (REFUSED, None),
    "Relative IRIs": (REFUSED, "s :a"),
}


def rows(asked, given, query: str) -> str:
    try:
        answer = asked(given(DATA), PREFIX + query, "csv").decode()
    except BadQuery:
        return REFUSED
    lines = answer.replace("http://example.org/", ":").replace(" ", "_").removesuffix("\r\n").split("\r\n")
    return " ".join(line or '""' for line in lines)


def test_every_difference_has_its_check() -> None:
    assert [each["title"] for each in LISTED] == list(EXPECTED)
    for each in LISTED:
        assert each.keys() - {"rewritten"} == {"title", "standard", "here", "instead", "query"}


@pytest.mark.parametrize("each", LISTED, ids=[each["title"] for each in LISTED])
def test_the_difference_is_as_the_page_says(asked, given, each: dict[str, str]) -> None:
    here, meant = EXPECTED[each["title"]]
    assert rows(asked, given, each["query"]) == here
    assert (rows(asked, given, each["rewritten"]) if "rewritten" in each else None) == meant


FORMS = {
    "integer": {"01": "1", "+1": "1", "-0": "0", "007": "7"},
    "byte": {"1": "1"},
    "decimal": {"1.0": "1", "1.": "1", "+1.50": "1.5"},
    "double": {"1.0": "1", "1e0": "1", "+INF": "INF", "1e400": "INF"},
    "float": {"1.50": "1.5"},
    "boolean": {"1": "true", "0": "false"},
    "date": {"2020-01-01+00:00": "2020-01-01Z"},
    "dateTime": {
        "2020-01-01T24:00:00": "2020-01-02T00:00:00",
        "2020-01-01T00:00:00.000Z": "2020-01-01T00:00:00Z",
        "2020-01-01T00:00:00-00:00": "2020-01-01T00:00:00Z",
    },
    "duration": {"P14M": "P1Y2M"},
    "dayTimeDuration": {"PT3600S": "PT1H"},
}


@pytest.mark.parametrize(("kind", "written"), [(kind, written) for kind, forms in FORMS.items() for written in forms])
def test_values_are_written_in_one_form(asked, given, kind: str, written: str) -> None:
    literal = f'"{written}"^^<http://www.w3.org/2001/XMLSchema#{kind}>'
    loaded = given(f"<urn:s> <urn:p> {literal} .")
    for query in ("SELECT ?v { ?s ?p ?v }", f"SELECT ?v {{ VALUES ?v {{ {literal} }} }}"):
        assert asked(loaded, query, "csv").decode() == f"v\r\n{FORMS[kind][written]}\r\n"


def page() -> str:
    parts = [
        "# Where answers differ from SPARQL 1.1",
        "This page is made from `server/araxes/web/differences.toml`, and every line of it is tested. "
        "The numbers are sections of SPARQL 1.1 Query; the queries use `PREFIX : <http://example.org/>`.",
    ]
    for each in LISTED:
        parts += [f"## {each['title']}", f"- Standard: {each['standard']}", f"- Here: {each['here']}"]
        parts += [f"- Instead: {each['instead']}", f"```sparql\n{each['query']}\n```"]
        parts += [f"Write:\n\n```sparql\n{each['rewritten']}\n```"] if "rewritten" in each else []
    text = "\n\n".join(parts) + "\n"
    return text.replace("\n\n- Here", "\n- Here").replace("\n\n- Instead", "\n- Instead")


def test_the_page_is_made_from_the_list() -> None:
    assert PAGE.read_text("utf-8") == page(), f"run: python {Path(__file__).relative_to(ROOT)}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
