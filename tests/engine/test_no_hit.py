"""No query that passes the guard ever reaches another endpoint: the real engine runs each beside a listening socket."""

import socket
import threading
from collections.abc import Iterator

import pytest
from araxes.engine import question as guard
from araxes.problems import Problem
from araxes.settings import Settings
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Quad, QueryBoolean, Store

PREFIXES = "PREFIX x: <http://x/> PREFIX : <http://x/> "
CALL = "SERVICE <{url}> {{ ?a ?b ?c }}"
HOSTILE = [
    # escapes in local names
    "SELECT * { VALUES ?q { x:\\' } CALL VALUES ?r { x:\\' } }",
    "SELECT * { VALUES ?q { x:a\\' } CALL VALUES ?r { x:\\' } }",
    "SELECT * { VALUES ?q { x:a\\#b } CALL }",
    "SELECT * { VALUES ?q { x:\\# } CALL\n}",
    "SELECT * { VALUES ?q { x:a\u00b7\\' } CALL #'\n }",
    "SELECT * { VALUES ?q { x:1\\' } CALL #'\n }",
    "SELECT * { VALUES ?q { x:%41\\' } CALL #'\n }",
    "PREFIX a.-b: <http://x/> SELECT * { VALUES ?q { a.-b:\\' } CALL #'\n }",
    f"PREFIX {'a' * 120}: <http://x/> SELECT * {{ VALUES ?q {{ {'a' * 120}:\\' }} CALL #'\n }}",
    "SELECT * { { ?q ?p:\\# } UNION { CALL }\n }",
    "SELECT * { { ?s x:\\' ?o } UNION { CALL } UNION { ?s x:\\' ?o } }",
    # escapes in IRIs
    "SELECT * { VALUES ?q { <http://x/#\\u0041> } CALL\n }",
    "SELECT * { VALUES ?q { <http://x/'\\U00000041> } CALL VALUES ?r { 'x' } }",
    'SELECT * { VALUES ?q { <http://x/\\u0041"> } CALL #"\n }',
    "SELECT * { VALUES ?q { <http://x/'> } CALL #'\n }",
    "PREFIX y: <http://x/\\u0041#> SELECT * { CALL }",
    "BASE <http://x/\\u0041'> SELECT * { CALL VALUES ?r { 'x' } }",
    "BASE <http://x/> SELECT * { VALUES ?q { <a'> } CALL VALUES ?r { 'x' } }",
    "SELECT * { FILTER(1<<http://x/#'>) CALL }",
    # quotation marks that the engine, where a long string fails, reads as short ones
    "SELECT * { VALUES ?q { '''' } CALL }",
    'SELECT * { VALUES ?q { """" } CALL }',
    "SELECT * { VALUES ?q { ''' 'x:\\- } CALL VALUES ?r { ''' ' } }",
    "SELECT * { VALUES ?q { ''' ' # \\uD800 \n } CALL #'''\n }",
    "SELECT * { VALUES ?q { ''' ' # \\U00110000 \n } CALL #'''\n }",
    "SELECT * { VALUES ?q { '''a\\''''} CALL VALUES ?z { '''x''' } }",
    'SELECT * { VALUES ?q { """a"""" } CALL #"\n }',
    "SELECT * { VALUES ?q { ''''a''' } CALL #'\n }",
    "SELECT * { VALUES ?q { '' } CALL VALUES ?z { '' } }",
    "SELECT * { VALUES ?q { ''''''} CALL VALUES ?z { '' } }",
    "SELECT * { VALUES ?q { '\\q' } CALL VALUES ?q { '\\q' } }",
    # a dot that ends a name
    "SELECT * { ?s ?p x:.CALL }",
    "SELECT * { ?s ?p :.CALL }",
    "SELECT * { ?s ?p x:a.b.CALL }",
    "SELECT * { ?s ?p x:a\\-.b.CALL }",
    "SELECT * { ?s ?p _:a.b.CALL }",
    # and others
    "SELECT * { # \\u000A CALL\n CALL }",
    "SELECT * { \\u0053ERVICE <{url}> { ?a ?b ?c } }",
    "SELECT * { #'\r CALL #'\n }",
    "SELECT * { VALUES ?q { 1 } #\x0c\x0b\x85\u2028'\n CALL }",
    "SELECT * { VALUES ?q { 'a'@en--ltr }CALL }",
    "SELECT * { { ?s ?1 ?o } UNION { CALL } }",
    "SELECT * { LATERAL { CALL } }",
    "SELECT * { ?s a ?o. } VALUES ?v { 1 } # CALL",
    "SELECT * { ?s ?p x:a·VALUES ?v { CALL } }",
    "SELECT * { SERVICE#\n<{url}> { ?a ?b ?c } }",
    "SELECT * { SERVICE SILENT#>\n<{url}> { ?a ?b ?c } }",
    "SELECT * { serviceSILENT<{url}>{ ?a ?b ?c } }",
    "SELECT * { SERVICE <http://listed/> { SERVICE <{url}> { ?a ?b ?c } } }",
    "SELECT * { SERVICE ?g { ?a ?b ?c } VALUES ?g { <{url}> } }",
    "SELECT * { FILTER NOT EXISTS { SERVICE <{url}> { ?a ?b ?c } } }",
    "PREFIX u: <{url}> SELECT * { SERVICE u: { ?a ?b ?c } }",
    "BASE <{url}> SELECT * { SERVICE <> { ?a ?b ?c } }",
    "ASK { SERVICE <{url}> { ?a ?b ?c } }",
    "DESCRIBE ?a { MINUS { SERVICE <{url}> { ?a ?b ?c } } }",
]
PIECES = st.sampled_from(
    [
        *("CALL", "CALL", "CALL", "{ CALL }", " .CALL", "UNION { CALL }", "SERVICE", "OPTIONAL { CALL }"),
        *(
            "x:\\'",
            "x:\\#",
            "x:a",
            "x:",
            ":",
            ":\\'",
            "x:a.b",
            "x:a.b.",
            "x:.",
            "_:b",
            "_:b.c.",
            "x:%41",
            "x:1",
            "x:a·",
        ),
        *("'", "''", "'''", '"', '""', '"""', "''''", "'a'", '"a"', "'''a'''", "'\\''", "\\", "\\u0027", "\\uD800"),
        *("<http://x/#>", "<http://x/'>", "<http://x/\\u0041#>", "<urn:a>", "<a#>", "<", ">", "<<", "#", "#'", "# x\r"),
        *(
            "\n",
            "\r",
            " ",
            ".",
            ";",
            ",",
            "{",
            "}",
            "(",
            ")",
            "1",
            "1.",
            "true",
            "a",
            "?v",
            "?v·",
            "$1",
            "@en",
            "^^",
            "-",
        ),
        *(
            "VALUES ?q { ",
            "VALUES (?q) { (",
            "FILTER(1<",
            "BIND(",
            " AS ?z)",
            "UNDEF",
            "?s ?p ",
            "} UNION {",
            "GRAPH ?g {",
        ),
    ]
)


class Listener:
    """A socket of this machine that counts who comes."""

    def __init__(self) -> None:
        self.hits = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                found, _ = self._socket.accept()
            except OSError:
                return
            self.hits += 1
            found.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@pytest.fixture(scope="module")
def store() -> Store:
    names = ["http://x/", "http://x/a", "http://x/a.b", "http://x/a-.b", "urn:c"]
    made = Store()
    made.extend([Quad(NamedNode("urn:a"), NamedNode("urn:b"), NamedNode(name)) for name in names])
    return made


def passes(text: str) -> bool:
    try:
        guard.inspect(text, Settings())
    except Problem:
        return False
    return True


def run(store: Store, text: str) -> None:
    try:
        found = store.query(text)
        if not isinstance(found, QueryBoolean):
            list(found)
    except (SyntaxError, OSError, RuntimeError, ValueError):
        return


def written(text: str, url: str) -> str:
    return PREFIXES + text.replace("CALL", CALL).replace("{{", "{").replace("}}", "}").replace("{url}", url)


def test_the_listener_hears_what_is_not_guarded(store: Store, listener: Listener) -> None:
    before = listener.hits
    run(store, written("SELECT * { CALL }", listener.url))
    assert listener.hits > before


@pytest.mark.parametrize("text", HOSTILE)
def test_no_disguise_reaches_another_endpoint(store: Store, listener: Listener, text: str) -> None:
    query, before = written(text, listener.url), listener.hits
    if passes(query):
        run(store, query)
    assert listener.hits == before


@settings(max_examples=1500, deadline=None)
@given(
    before=st.lists(PIECES, max_size=5),
    after=st.lists(PIECES, max_size=5),
    closed=st.sampled_from(["", "{", "(", "{("]),
)
def test_no_mixture_reaches_another_endpoint(
    store: Store, listener: Listener, before: list[str], after: list[str], closed: str
) -> None:
    ends = {"": "", "{": "}", "(": ")", "{(": ")}"}[closed]
    for start in ("SELECT * { ", "SELECT * { VALUES ?q { ", "SELECT * { ?s ?p "):
        middle = "".join(before) + (" } " if "VALUES" in start else " ") + "CALL" + "".join(after)
        query = written(f"{start}{middle}{ends}\n }}", listener.url)
        heard = listener.hits
        if passes(query):
            run(store, query)
        assert listener.hits == heard, query
