"""SPARQL queries by the grammar, and what spoils them."""

import re

from hypothesis import strategies as st

PREFIXES = "PREFIX ax: <https://w3id.org/araxes/ns/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
VARIABLES = st.sampled_from(["?a", "?b", "?c", "$d", "?é", "?_1"])
IRIS = st.sampled_from(
    [
        "<https://w3id.org/araxes/ns/State>",
        "ax:State",
        "ax:isHeldBy",
        "rdfs:label",
        "<urn:x:%20y>",
        "<http://é.example/ü?q=1#f>",
        "rdfs:a\\-b",
        "ax:",
    ]
)
LITERALS = st.one_of(
    st.sampled_from(
        ["1", "-2", "3.5", "1e3", "true", '""', "''", "'''a\n'b'''", '"\\u00e9\\n"', '"x"@en-GB', '"1"^^<urn:t>', "+.5"]
    ),
    st.text(max_size=8).map(
        lambda text: '"' + re.sub(r'[\\"\n\r]', lambda found: f"\\u{ord(found[0]):04X}", text.replace("\x00", "")) + '"'
    ),
)
TERMS = st.one_of(VARIABLES, IRIS, LITERALS)
SUBJECTS = st.one_of(VARIABLES, VARIABLES, IRIS)

_paths = st.recursive(
    st.one_of(IRIS, st.just("a")),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("/".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})"),
        inner.map(lambda path: f"^({path})"),
        st.tuples(inner, st.sampled_from("*+?")).map(lambda two: f"({two[0]}){two[1]}"),
    ),
    max_leaves=4,
)
VERBS = st.one_of(IRIS, IRIS, st.just("a"), VARIABLES, _paths)
TRIPLES = st.tuples(SUBJECTS, VERBS, TERMS).map(lambda three: " ".join(three) + " .")

_CALLS = ["STR({})", "LANG({})", "STRLEN(STR({}))", "isIRI({})", "UCASE(STR({}))", "ABS({})", "!({})", "-({})", "({})"]
_SIGNS = ["=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "&&", "||"]
EXPRESSIONS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(_CALLS), inner).map(lambda two: two[0].format(two[1])),
        st.tuples(inner, st.sampled_from(_SIGNS), inner).map(lambda three: f"({' '.join(three)})"),
        st.tuples(inner, inner).map(lambda two: f"REGEX(STR({two[0]}), STR({two[1]}))"),
        st.tuples(inner, inner).map(lambda two: f"IF({two[0]}, {two[1]}, 1)"),
        inner.map(lambda one: f"(?a IN ({one}, 2))"),
    ),
    max_leaves=5,
)


def _group(parts: list[str]) -> str:
    return "{ " + " ".join(parts) + " }"


def _elements(groups: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return what may stand in a group, with groups within it."""
    graphs = st.sampled_from(["?g", "<https://w3id.org/araxes/graph/entities>"])
    data = st.lists(st.one_of(IRIS, st.just("UNDEF"), st.just("1")), max_size=3).map(" ".join)
    return st.one_of(
        TRIPLES,
        TRIPLES,
        EXPRESSIONS.map(lambda made: f"FILTER ({made})"),
        groups.map(lambda group: f"OPTIONAL {group}"),
        st.tuples(groups, groups).map(lambda two: f"{two[0]} UNION {two[1]}"),
        groups.map(lambda group: f"MINUS {group}"),
        st.tuples(st.sampled_from(["", "NOT "]), groups).map(lambda two: f"FILTER {two[0]}EXISTS {two[1]}"),
        st.tuples(graphs, groups).map(lambda two: f"GRAPH {two[0]} {two[1]}"),
        st.tuples(VARIABLES, data).map(lambda two: f"VALUES {two[0]} {{ {two[1]} }}"),
        groups.map(lambda group: f"{{ SELECT * WHERE {group} LIMIT 3 }}"),
    )


GROUPS: st.SearchStrategy[str] = st.recursive(
    st.lists(TRIPLES, min_size=1, max_size=2).map(_group),
    lambda groups: st.lists(_elements(groups), min_size=1, max_size=3).map(_group),
    max_leaves=4,
)
_binds = st.lists(EXPRESSIONS, max_size=2).map(
    lambda made: " ".join(f"BIND ({each} AS ?made{at})" for at, each in enumerate(made))
)
_forms = st.sampled_from(["SELECT * WHERE", "SELECT DISTINCT ?a ?b", "SELECT (COUNT(*) AS ?n)", "ASK", "ASK WHERE"])
_tails = st.sampled_from([" LIMIT 5", " LIMIT 5 OFFSET 1", " ORDER BY ?a DESC(?b) LIMIT 3", "", "# the end"])
QUERIES = st.one_of(
    st.tuples(_forms, GROUPS, _binds, _tails).map(
        lambda four: f"{PREFIXES}{four[0]} {four[1][:-1]} {four[2]} }}{four[3] if 'SELECT' in four[0] else ''}"
    ),
    GROUPS.map(lambda group: f"{PREFIXES}CONSTRUCT {{ ?a a ax:State }} WHERE {group}"),
    st.one_of(IRIS, VARIABLES).map(lambda term: f"{PREFIXES}DESCRIBE {term} WHERE {{ ?a a ax:State }}"),
)

TOKEN = re.compile(r'"""|\'\'\'|"[^"\n]*"|\'[^\'\n]*\'|<[^<>\s]*>|[?$]?[\w:%\\.-]+|\s+|\S', re.DOTALL)
ODD = [
    *('"', "'", '"""', "'''", "<", ">", "\\", "#", "{", "}", "(", ")", "[", "]", "[]", "()", ";", ",", ".", "@", "^^"),
    *(
        "\u202e",
        "\ufeff",
        "\u00a0",
        "\u2028",
        "\x00",
        "\x01",
        "\x1b",
        "\r",
        "\n",
        "\t",
        "\x7f",
        "\u0301",
        "𝕏",
        "\U0010ffff",
    ),
    *(
        "\\u0041",
        "\\u0000",
        "\\uD800",
        "\\uD800\\uDC00",
        "\\U00110000",
        "\\U0001F600",
        "\\u00",
        "\\x41",
        "%",
        "%zz",
        "%00",
    ),
    *(
        "SERVICE",
        "service <http://127.0.0.1:9/>",
        "INSERT DATA",
        "LOAD",
        "CLEAR ALL",
        "FROM <file:///etc/passwd>",
        "BASE <x>",
    ),
    *("SELECT", "WHERE", "UNION", "FILTER", "VALUES", "GROUP BY", "HAVING", "LIMIT -1", "OFFSET 99999999999999999999"),
    *(
        "1e999999",
        "9" * 300,
        "-0",
        "0.0e-0",
        "NaN",
        "?",
        "$",
        "?" + "v" * 300,
        "<" + "i" * 300 + ">",
        "_:b",
        "_:",
        ":",
        "a:b:c",
    ),
    *(
        "{" * 60,
        "}" * 60,
        "(" * 90,
        ")" * 90,
        "[" * 60,
        "!" * 90,
        "-" * 90,
        "^" * 60,
        "/" * 30,
        "|" * 30,
        '"' * 7,
        "'" * 7,
    ),
    *("(" * 900, "{" * 900, "[" * 900, "-" * 3000, "!" * 3000, "{ " * 150 + "}" * 150, "<" * 500, "OPTIONAL {" * 120),
    *("<<", ">>", "<<( ?a ?b ?c )>>", "LATERAL {", "TRIPLE(?a, ?b, ?c)", "VERSION '1.2'", "ADJUST(?a)", "{| ax:a 1 |}"),
]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["delete", "double", "swap", "put", "put", "cut", "glue"]),
        st.integers(0, 10_000),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=6,
)


def spoiled(text: str, changes: list[tuple[str, int, int]]) -> str:
    """Return a query with some of its words deleted, doubled, swapped, glued, cut off, or odd ones put in."""
    words = TOKEN.findall(text)
    for what, first, second in changes:
        if not words:
            break
        at, other = first % len(words), second % len(words)
        if what == "delete":
            del words[at]
        elif what == "double":
            words.insert(at, words[at])
        elif what == "swap":
            words[at], words[other] = words[other], words[at]
        elif what == "put":
            words.insert(at, ODD[second % len(ODD)])
        elif what == "glue":
            words = [word for number, word in enumerate(words) if number != at or not word.isspace()]
        else:
            words[at] = words[at][: second % (len(words[at]) + 1)]
    return "".join(words)


SPOILED = st.builds(spoiled, QUERIES, CHANGES)
