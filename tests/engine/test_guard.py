"""The guard: what must be refused is found in whatever dress, and what is harmless passes."""

import re
from contextlib import suppress

import pytest
from araxes.engine import question as guard
from araxes.problems import BadQuery, QueryTooDeep, QueryTooLong, ServiceRefused
from araxes.settings import Settings
from hypothesis import example, given, settings
from hypothesis import strategies as st

SETTINGS = Settings()

SERVICES = [
    "SELECT * { SERVICE <http://x/> {} }",
    "SELECT * { service silent <http://x/> {} }",
    "SELECT * { SERVICE?g {} }",
    "SELECT * { SERVICE\n<http://x/> {} }",
    "PREFIX : <http://x/> SELECT * { SERVICE:a {} }",
    "PREFIX x: <http://x/> SELECT * { SERVICEx:a {} }",
    "PREFIX : <http://x/> SELECT * { SERVICESILENT:a {} }",
    "SELECT * { ?a ?b 1SERVICE <http://x/> {} }",
    "SELECT * { ?a ?b true.SERVICE <http://x/> {} }",
    "SELECT * { ?a ?b trueSERVICE <http://x/> {} }",
    "PREFIX x: <http://x/> SELECT * { ?a ?b 'x'@en.SERVICEx:a {} }",
    "SELECT * { ?a ?b 'it''s' . SERVICE <http://x/> {} }",
    "SELECT * { FILTER(1<2)SERVICE<http://x/>{} }",
    'SELECT * { ?a ?b "\\"" . SERVICE <http://x/> {} }',
    "SELECT * { ?a ?b '''x''' . SERVICE <http://x/> {} }",
    "SELECT * { # it's\nSERVICE <http://x/> {} }",
    "SELECT * { # a\rSERVICE <http://x/> {} }",
    "SELECT * { ?a <http://x/#b> ?c . SERVICE <http://x/> {} }",
    "PREFIX x: <http://x/> SELECT * { VALUES ?q { x:a\\#b } SERVICE <http://x/> {} }",
    "PREFIX x: <http://x/> SELECT * { ?s x:\\' ?o . SERVICE <http://x/> {} }",
    "PREFIX x: <http://x/\\u0041#> SELECT * { SERVICE <http://x/> {} }",
    "BASE <http://x/\\u0041'> SELECT * { SERVICE <http://x/> {} }",
    "PREFIX x: <http://x/> SELECT * { ?s ?p x:.SERVICE <http://x/> {} }",
    "PREFIX x: <http://x/> SELECT * { ?s ?p x:a.b.SERVICE <http://x/> {} }",
]
HARMLESS = [
    'SELECT * { ?a ?b "SERVICE <http://x/> {}" }',
    "SELECT * { ?a ?b '''SERVICE 'x' <http://x/>''' }",
    "SELECT * { ?SERVICE ?b $service }",
    "SELECT * { ?a <http://example.org/SERVICE> ?c } # SERVICE",
    "PREFIX ex: <http://x/> SELECT * { ?a ex:SERVICE ex:service }",
    "PREFIX ex: <http://x/o'brien#it> SELECT * { ?a ex:b <http://x/o'brien> }",
    "SELECT * { FILTER ( ?a < ?b && ?c > 'x' ) }",
    "PREFIX x: <http://x/> SELECT * { ?a x:o\\'brien ?c ; x:a\\#b <http://x/\\u00e9#b> # SERVICE\n }",
    "SELECT * { ?a ?b '' , '''''' , 'it\\'s' , 'a\\\\' , '\\u0041\\U0001F600SERVICE'@en-GB }",
    "SELECT * { ?a ?b '''it's ''SERVICE'' \\''' , here''' }",
]
DOUBTFUL = [
    "SELECT * { FILTER(?a<'>')SERVICE<http://x/>{} FILTER(?a<'b') }",
    "SELECT * { FILTER(?a<?b#>'''\n)SERVICE<http://x/>{} #'''\n }",
    "SELECT * { FILTER(?a<x:y('>')) SERVICE<http://x/>{} FILTER(?a<'b') }",
    "SELECT * { VALUES ?a { '''' } SERVICE <http://x/> {} }",
    "SELECT * { VALUES ?a { ''' 'x:\\- } SERVICE <http://x/> {} VALUES ?b { ''' ' } }",
    "SELECT * { VALUES ?a { ''' ' # \\uD800 \n } SERVICE <http://x/> {} #'''\n }",
    "SELECT * { ?a ?b 'not closed } # SERVICE",
    "SELECT (1<?a#> AS ?b) FROM <urn:not> #\n AS ?b) FROM <urn:c> {}",
]


@pytest.mark.parametrize("text", SERVICES)
def test_another_endpoint_is_never_asked(text: str) -> None:
    with pytest.raises(ServiceRefused, match="SERVICE in line") as raised:
        guard.inspect(text, SETTINGS)
    assert raised.value.more["line"]


@pytest.mark.parametrize("text", HARMLESS)
def test_the_word_elsewhere_is_harmless(text: str) -> None:
    guard.inspect(text, SETTINGS)


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_could_hide_something_is_refused(text: str) -> None:
    with pytest.raises(BadQuery):
        guard.inspect(text, SETTINGS)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * " + "{" * 201 + "}" * 201,
        "SELECT * { FILTER" + "(" * 200 + "1" + ")" * 200 + "}",
        "SELECT * { ?a <urn:p> " + "[" * 200 + "]" * 200 + "}",
    ],
    ids=["groups", "brackets", "nodes"],
)
def test_what_is_too_deep_is_refused(text: str) -> None:
    with pytest.raises(QueryTooDeep):
        guard.inspect(text, SETTINGS)


def test_deep_text_within_a_string_is_harmless() -> None:
    guard.inspect(f"SELECT * {{ ?a ?b '{'{(' * 1000}' }}", SETTINGS)


def test_a_long_list_of_values_is_harmless() -> None:
    guard.inspect("SELECT * { VALUES ?a { " + "<urn:a> " * 5_000 + "} }", SETTINGS)
    guard.inspect("SELECT * { values( ?a #\n ?b){ " + "(x:a.b 'c'@en) " * 3_000 + "} }", SETTINGS)


def test_a_query_that_is_too_long_is_refused() -> None:
    with pytest.raises(QueryTooLong, match="at most 50,000 are read"):
        guard.inspect("#" * 50_001, SETTINGS)


@pytest.mark.parametrize(
    "piece", ["'''", '"', "'", "a-", "a.", "<a", "\\", "'\\", "@a-", "(<a", "# ", "a:", "?", "VALUES(?a", "a:\\"]
)
def test_reading_a_hostile_text_ends(piece: str) -> None:
    text = f"ASK {piece * 25_000}"[:50_000]
    with suppress(BadQuery):
        guard.inspect(text, SETTINGS)


PIECES = st.sampled_from(
    [
        *(
            "SERVICE",
            "service ",
            "x:",
            ":",
            "a",
            "1",
            ".",
            " ",
            "\n",
            "\r",
            "#",
            '"',
            "'",
            "'''",
            '""',
            "\\",
            "<",
            ">",
            "< ",
        ),
        *(
            "<http://x/#a>",
            "<http://x/'>",
            "<x'>",
            "<?a",
            "{",
            "}",
            "(",
            ")",
            "[",
            "]",
            "?v",
            "@en",
            "VALUES ?v {",
            "UNION",
        ),
        *("'a'", '"a"', "^^", "<=", "1.1.1", "true", "\u017fERVICE", "\u00b7", "FILTER(1<2)", "\\u0053ERVICE", "BIND"),
    ]
)
SMALL = Settings(query_depth=5)


@settings(max_examples=3000, deadline=None)
@given(text=st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
@example(text="a" * 50)
@example(text="{{{{{{")
def test_what_passes_without_a_scan_also_passes_the_scan(text: str) -> None:
    try:
        guard.inspect(text, SMALL)
        guard._scan(text, SMALL)
    except (ServiceRefused, QueryTooDeep) as refused:
        with pytest.raises(type(refused)):
            guard.inspect(text, SMALL)
    except BadQuery:  # what is not clear is refused only where it might hide something
        with suppress(BadQuery):
            guard.inspect(text, SMALL)
            assert not re.search(r"SERVICE|FROM|\\", text.upper())


@pytest.mark.parametrize(
    ("more", "few", "limit"),
    [
        (" ?x ." * 101, Settings(query_characters=100), "query_characters"),
        ("[" * 100, Settings(query_depth=100), "query_depth"),
    ],
)
def test_a_limit_is_named_for_machines(more: str, few: Settings, limit: str) -> None:
    with pytest.raises((QueryTooLong, QueryTooDeep)) as raised:
        guard.inspect("SELECT * { ?s ?p ?o" + more, few)
    assert raised.value.more == {"limit": limit, "most": 100}


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("SELECT * { ?s ?p ?o } ORDER BY ?o LIMIT 3", True),
        ("SELECT (NOW() AS ?n) {}", False),
        ("SELECT (now ( ) AS ?n) {}", False),
        ("SELECT (1+Rand#x\n() AS ?n) {}", False),
        ("SELECT (STRUUID() AS ?n) (UUID() AS ?m) {}", False),
        ("SELECT (BNODE() AS ?n) {}", False),
        ("PREFIX x: <http://x/> SELECT ?now ?rand { ?s x:uuid ?now ; x:knows ?rand }", True),
    ],
)
def test_what_changes_by_itself_is_seen(text: str, fixed: bool) -> None:
    assert guard.inspect(text, SETTINGS) is fixed
    assert guard.inspect(text + "# SERVICE", SETTINGS) is fixed


@pytest.mark.parametrize(
    ("text", "at", "line", "column", "excerpt"),
    [
        ("abc", 1, 1, 2, "abc\n ^"),
        ("ab\r\ncd", 5, 2, 2, "cd\n ^"),
        ("ab\rcd\nef", 7, 3, 2, "ef\n ^"),
        ("\ta\tb", 3, 1, 4, "\ta\tb\n\t \t^"),
        ("'😀' x", 4, 1, 5, "'😀' x\n     ^"),
        ("漢字x", 2, 1, 3, "漢字x\n    ^"),
        ("", 0, 1, 1, "\n^"),
        ("a\n", 2, 2, 1, "\n^"),
        ("x" * 200, 100, 1, 101, "x" * 120 + "\n" + " " * 60 + "^"),
    ],
)
def test_a_place_is_shown(text: str, at: int, line: int, column: int, excerpt: str) -> None:
    found = guard.place(text, at)
    assert (found["line"], found["column"], found["excerpt"]) == (line, column, excerpt)
