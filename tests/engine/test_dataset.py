"""Files in a store: every syntax, bad ones by their place, one default graph, and FROM as the standard has it."""

import json
import socket
from pathlib import Path

import pytest
from araxes.engine.evaluate import from_clauses, load
from araxes.problems import BadData, BadQuery, BadRequest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

COUNT = "SELECT (COUNT(*) AS ?n) {} {{ ?s ?p ?o }}"
EVERY_KIND = {
    "nq": "<http://x/a> <http://x/p> <http://x/b> <http://x/g> .\n",
    "nt": "<http://x/a> <http://x/p> <http://x/b> .\n",
    "ttl": "@prefix : <http://x/> . :a :p :b .",
    "trig": "@prefix : <http://x/> . :g { :a :p :b }",
    "jsonld": '{"@id": "http://x/a", "http://x/p": {"@id": "http://x/b"}}',
    "json": '{"@id": "http://x/a", "http://x/p": {"@id": "http://x/b"}}',
    **dict.fromkeys(
        ("rdf", "owl", "xml"),
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://x/">'
        '<rdf:Description rdf:about="http://x/a"><p rdf:resource="http://x/b"/></rdf:Description></rdf:RDF>',
    ),
}
GRAPHS = """@prefix : <http://x/> .
:one { :a :p :b . :a :p :c } :two { :a :p :b . :d :p :e } :three { :f :p :g . _:x :p _:x } :four { :a :p :b }"""


def number(answer: bytes) -> int:
    return int(json.loads(answer)["results"]["bindings"][0]["n"]["value"])


def write(folder: Path, **files: str) -> list[Path]:
    made = [folder / name.replace("_", ".") for name in files]
    for path, text in zip(made, files.values(), strict=True):
        path.write_text(text, "utf-8")
    return made


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_kind_of_file_is_read_by_its_extension(given, asked, kind: str) -> None:
    loaded = given(EVERY_KIND[kind], kind)
    assert asked(loaded, "ASK { <http://x/a> <http://x/p> <http://x/b> }", "csv") == b"true"
    assert (loaded.triples, loaded.shared) == (1, False)


def test_the_default_graph_is_the_union_with_each_triple_once(tmp_path: Path, asked) -> None:
    own = "@prefix : <http://x/> . :a :p :b . :own :p 1 ."
    loaded = load(dict.fromkeys(write(tmp_path, a_trig=GRAPHS, b_ttl=own, c_ttl=own), ""), {})
    assert number(asked(loaded, COUNT.format(""))) == loaded.triples == 6
    assert loaded.shared


@pytest.mark.parametrize(
    ("text", "shared", "triples"),
    [
        ("<urn:g> { <urn:a> <urn:b> 1 } <urn:h> { <urn:a> <urn:b> 2 }", False, 2),
        ("<urn:g> { <urn:a> <urn:b> 1 } <urn:h> { <urn:a> <urn:b> 1 }", True, 1),
        ("<urn:a> <urn:b> 1 . <urn:h> { <urn:a> <urn:b> 1 }", True, 1),
        ("_:g { <urn:a> <urn:b> 1 } <urn:h> { <urn:a> <urn:b> 2 }", False, 2),
        ("", False, 0),
    ],
)
def test_what_was_loaded_is_counted(given, asked, text: str, shared: bool, triples: int) -> None:
    loaded = given(text)
    assert (loaded.shared, loaded.triples) == (shared, triples)
    assert number(asked(loaded, COUNT.format(""))) == triples


def test_blank_nodes_of_two_files_are_two_but_of_two_graphs_one(tmp_path: Path, asked) -> None:
    one = "_:x <urn:p> 1 <urn:g> .\n_:x <urn:q> 1 <urn:h> .\n".replace(" 1 ", ' "1" ')
    loaded = load(dict.fromkeys(write(tmp_path, a_nq=one, b_nq=one), ""), {})
    assert number(asked(loaded, "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }")) == 2
    assert number(asked(loaded, "SELECT (COUNT(*) AS ?n) { ?s <urn:p> ?o ; <urn:q> ?o }")) == 2


def test_relative_iris_resolve_against_their_own_file(tmp_path: Path, asked) -> None:
    files = write(tmp_path, a_ttl="<> <urn:p> <#x> .", b_jsonld='{"@id": "", "urn:p": {"@id": "y"}}')
    loaded = load(dict.fromkeys(files, ""), {})
    found = json.loads(asked(loaded, "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s"))["results"]["bindings"]
    pairs = [(row["s"]["value"], row["o"]["value"]) for row in found]
    assert pairs == [
        (files[0].as_uri(), f"{files[0].as_uri()}#x"),
        (files[1].as_uri(), files[0].with_name("y").as_uri()),
    ]


def test_every_bad_file_is_named_with_its_place(tmp_path: Path) -> None:
    files = write(
        tmp_path,
        good_ttl="<urn:a> <urn:b> 1 .",
        a_ttl="<urn:a> <urn:b>\n  foo:c .",
        b_nq="<urn:a> <rel> <urn:c> .",
        c_rdf='<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n <a></b>',
        d_jsonld='{"@id": "urn:a",\n "urn:b": [}',
        e_txt="",
        f_ttl='<urn:a> <urn:b> "open',
    )
    files.append(tmp_path / "none.ttl")
    with pytest.raises(BadData) as raised:
        load(dict.fromkeys(files, ""), {})
    said = {Path(each.partition(":")[0]).name: each for each in raised.value.detail.split("; ")}
    assert raised.value.more["files"] == [str(path) for path in files[1:]]
    assert "line 2, column 3: The prefix foo: has not been declared" in said["a.ttl"]
    assert "line 1, column 9" in said["b.nq"]
    assert "XML namespaces are required" in said["c.rdf"]
    assert "line 2, column" in said["d.jsonld"]
    assert "files that end in .txt are not read" in said["e.txt"]
    assert "line 1" in said["f.ttl"]
    assert "No such file" in said["none.ttl"]
    assert "rust" not in raised.value.detail.lower()


def test_nothing_is_fetched_or_read_for_a_file(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        files = write(
            tmp_path,
            a_jsonld=f'{{"@context": "{url}", "@id": "urn:a", "b": "c"}}',
            b_rdf=f'<!DOCTYPE r [<!ENTITY a SYSTEM "{url}">]><rdf:RDF xmlns:x="urn:x" '
            'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description><x:b>&a;</x:b></rdf:Description>'
            "</rdf:RDF>",
        )
        with pytest.raises(BadData, match="nothing is fetched") as raised:
            load(dict.fromkeys(files, ""), {})
        assert len(raised.value.more["files"]) == 2
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize(
    ("graphs", "expected"),
    [
        (("one",), 2),
        (("one", "two"), 3),
        (("one", "two", "two", "four"), 3),
        (("one", "three"), 4),
        (("one", "two", "three", "four", "nope"), 5),
        (("nope",), 0),
        (("nope", "neither"), 0),
    ],
)
def test_several_default_graphs_are_merged_as_sets(given, asked, graphs: tuple[str, ...], expected: int) -> None:
    loaded = given(GRAPHS)
    by_text = "".join(f"FROM <http://x/{name}> " for name in graphs)
    assert number(asked(loaded, COUNT.format(by_text))) == expected
    iris = tuple(f"http://x/{name}" for name in graphs)
    assert number(asked(loaded, COUNT.format(""), default_graphs=iris)) == expected
    assert number(asked(loaded, COUNT.format("FROM <http://x/three>"), default_graphs=iris)) == expected
    assert number(asked(loaded, COUNT.format(""))) == loaded.triples == 5


BOTH = "SELECT ?g (COUNT(*) AS ?n) {} {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} }} GROUP BY ?g ORDER BY ?g"


@pytest.mark.parametrize("named", [("three",), ("one", "three"), ("nope",), ()])
def test_merged_and_named_graphs_stand_side_by_side(given, asked, named: tuple[str, ...]) -> None:
    loaded = given(GRAPHS)
    sizes = {"one": b"2", "three": b"2"}
    expected = b"".join(
        [b"g,n\r\n,3\r\n", *(b"http://x/%s,%s\r\n" % (name.encode(), sizes[name]) for name in named if name in sizes)]
    )
    clauses = "FROM <http://x/one> FROM <http://x/two>" + "".join(f" FROM NAMED <http://x/{name}>" for name in named)
    assert asked(loaded, BOTH.format(clauses), "csv") == expected
    iris = {name: tuple(f"http://x/{each}" for each in of) for name, of in (("d", ("one", "two")), ("n", named))}
    assert asked(loaded, BOTH.format(""), "csv", default_graphs=iris["d"], named_graphs=iris["n"]) == expected


def test_a_blank_node_is_the_same_in_merged_and_named_graphs(given, asked) -> None:
    loaded = given("<urn:g> { _:x <urn:p> 1 } <urn:h> { _:x <urn:p> 1 } <urn:i> { _:x <urn:q> 2 }")
    query = "SELECT (COUNT(*) AS ?n) FROM <urn:g> FROM <urn:h> FROM NAMED <urn:i> { ?x <urn:p> 1 GRAPH ?g { ?x ?q 2 } }"
    assert number(asked(loaded, query)) == 1


@pytest.mark.parametrize(
    ("text", "default", "named"),
    [
        ("SELECT * FROM <http://x/a> { }", ["http://x/a"], []),
        ("PREFIX x: <http://x/> SELECT * FROM x:a FROM NAMED x:b WHERE { }", ["http://x/a"], ["http://x/b"]),
        ("BASE <http://x/y/> SELECT * from <../a> FROM named<b>{ }", ["http://x/a"], ["http://x/y/b"]),
        ("PREFIX x: <http://x/\\u0041> CONSTRUCT { ?FROM ?p 'FROM' } FROM x:b\\-c { }", ["http://x/Ab-c"], []),
        ("ASK #FROM <urn:x>\nFROM#\n<urn:a>#\n{ ?s <urn:FROM> 'FROM <urn:y>' }", ["urn:a"], []),
        ("PREFIX : <http://x/> DESCRIBE : :b FROM : FROM :c { }", ["http://x/", "http://x/c"], []),
        ("SELECT (COUNT(*) AS ?FROM) FROM <urn:a> { { SELECT ?from {} } } ORDER BY ?FROM", ["urn:a"], []),
        ("SELECT ?from { ?from ?FROM <FROM:x> }", [], []),
    ],
)
def test_the_graphs_of_from_are_found(text: str, default: list[str], named: list[str]) -> None:
    found = from_clauses(text)
    assert [[iri.value for iri in part] for part in found] == [default, named]


def test_a_from_that_could_be_overlooked_is_refused(given, asked) -> None:
    text = "PREFIX x: <http://x/> SELECT * FROM x:one FROMx:two { ?s ?p ?o }"
    with pytest.raises(BadQuery, match="FROM and a name") as raised:
        asked(given(GRAPHS), text)
    assert "space after FROM" in raised.value.advice


@pytest.mark.parametrize("field", ["default_graphs", "named_graphs"])
@pytest.mark.parametrize("iri", ["", "no iri", "relative", "http://x/ y", "<http://x/>"])
def test_a_graph_must_have_an_absolute_iri(given, asked, field: str, iri: str) -> None:
    with pytest.raises(BadRequest, match="not an IRI"):
        asked(given(""), "ASK {}", **{field: (iri,)})


def test_terms_are_the_properties_and_classes_in_use(given) -> None:
    loaded = given("@prefix : <http://x/> . :g { :a a :Thing ; :p :b , <urn:q> }")
    assert set(loaded.terms) == {":Thing", ":p", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"}


NAMES = ("one", "two", "three")
GRAPHS_OF = st.fixed_dictionaries({name: st.frozensets(st.integers(0, 4), max_size=3) for name in (*NAMES, "")})


@settings(deadline=None, max_examples=80)
@examples(
    graphs=GRAPHS_OF,
    default=st.lists(st.sampled_from(NAMES), max_size=3),
    named=st.lists(st.sampled_from(NAMES), max_size=2),
)
def test_any_choice_of_graphs_is_a_union_of_sets(given, asked, graphs, default: list[str], named: list[str]) -> None:
    parts = [
        (f"<urn:{name}> " if name else "", "".join(f"<urn:s> <urn:p> {n} . " for n in of))
        for name, of in graphs.items()
    ]
    loaded = given(" ".join(f"{name}{{ {triples} }}" for name, triples in parts))
    clauses = "".join(f"FROM <urn:{name}> " for name in default) + "".join(
        f"FROM NAMED <urn:{name}> " for name in named
    )
    query = "SELECT ?g ?o {} {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} }}"
    everything = not default and not named
    union = [*graphs] if everything else default
    expected = [("", str(n)) for n in frozenset().union(*(graphs[name] for name in union))]
    for name in NAMES if everything else {*named}:
        expected += [(f"urn:{name}", str(n)) for n in graphs[name]]
    iris = {
        "default_graphs": tuple(f"urn:{name}" for name in default),
        "named_graphs": tuple(f"urn:{name}" for name in named),
    }
    for answer in (asked(loaded, query.format(clauses), "csv"), asked(loaded, query.format(""), "csv", **iris)):
        found = [tuple(line.split(",")) for line in answer.decode().split("\r\n")[1:-1]]
        assert sorted(found) == sorted(expected)
