"""Formats: whatever the data are, independent readers find in each answer what was asked for."""

import csv
import io
import itertools
import json
import re
import xml.etree.ElementTree as ET

import pytest
import rdflib
from araxes.engine.question import GRAPHS, RESULTS
from araxes.problems import NotAcceptable
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse
from rdflib.compare import isomorphic
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.plugins.sparql.results.jsonresults import JSONResultParser
from rdflib.plugins.sparql.results.xmlresults import XMLResultParser

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib, about itself
XSD = "http://www.w3.org/2001/XMLSchema#"
SPARQL = "{http://www.w3.org/2005/sparql-results#}"
NASTY = [
    *("", " ", "a\rb", "a\nb", "a\r\nb", "\t", "\\", '"', "'", '"""', "'''", 'a"', "a\\", "a,b", ";", "=1+1", "\u0085"),
    *("\u2028", "\ufeff", "é😀", "<b>&amp;]]>", "\x7f", "null", "true", "1", "{},{", '"}},{"', "<result>", "_:x", "?x"),
    *(" lead", "trail ", "<urn:a>", "\\n", "\\u0041", "#", "@en", "^^", "</literal>", "%0A", "&#xD;"),
]
BEYOND_XML = ["\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\ufffe", "\uffff"]
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.lists(st.sampled_from(NASTY)).map("".join)
IRIS = [
    *("http://x/", "http://x/a#", "http://x/1a", "http://x/é", "http://x/a.b", "http://x/-a", "http://x/a'b()"),
    *("http://x/a%20b", "http://x/a,b;c", "http://x/~!*&=@$+", "urn:uuid:1", "mailto:a@b", "http://x/?q=1&r=2"),
    *("http://x/a:b", "http://x/𐀀", "http://x/a·", "http://x/_", "http://x/ns/", "http://x/a/b", "tag:x,2024:y"),
]
LITERALS = [
    *(Literal(text) for text in NASTY),
    *(Literal("x", language=tag) for tag in ("en", "en-gb", "zh-hant-tw")),
    *(Literal("x", datatype=NamedNode(iri)) for iri in IRIS),
    *(Literal(text, datatype=NamedNode(XSD + "integer")) for text in ("1", "-1", "abc", "", "1 ", "1\n")),
    Literal("1.5", datatype=NamedNode(XSD + "decimal")),
    Literal("2020-02-30", datatype=NamedNode(XSD + "date")),
    Literal("<b>x</b>", datatype=NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral")),
]


@pytest.fixture(autouse=True, scope="module")
def lexical_forms_stay():
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    yield
    rdflib.NORMALIZE_LITERALS = before


@pytest.fixture(scope="module")
def nothing(given):
    return given("")


def rows(texts: list[str]) -> str:
    return f"SELECT ?a ?b {{ VALUES (?a ?b) {{ {' '.join(f'({Literal(text)} UNDEF)' for text in texts)} }} }}"


@pytest.mark.parametrize("texts", [NASTY, NASTY[:1], []])
def test_rows_are_read_by_others(asked, nothing, texts: list[str]) -> None:
    query = rows(texts)
    answer = json.loads(asked(nothing, query, "json"))
    assert [row["a"]["value"] for row in answer["results"]["bindings"]] == texts
    assert answer["head"]["vars"] == ["a", "b"]
    tree = ET.fromstring(asked(nothing, query, "xml"))
    assert [each.text or "" for each in tree.iter(f"{SPARQL}literal")] == texts
    table = csv.reader(io.StringIO(asked(nothing, query, "csv").decode(), newline=""), strict=True)
    assert [*table] == [["a", "b"], *([text, ""] for text in texts)]
    lines = asked(nothing, query, "tsv").decode().split("\n")
    assert lines == ["?a\t?b", *(line for line in lines[1:-1]), ""]
    found = [next(iter(parse(f"<urn:s> <urn:p> {line.split(chr(9))[0]} .", RdfFormat.TURTLE))) for line in lines[1:-1]]
    assert [quad.object.value for quad in found] == texts  # type: ignore[union-attr]


@settings(deadline=None, max_examples=60)
@examples(texts=st.lists(TEXT, max_size=4))
def test_any_text_comes_back_from_every_format_of_rows(asked, nothing, texts: list[str]) -> None:
    query = rows(texts)
    assert [r["a"]["value"] for r in json.loads(asked(nothing, query, "json"))["results"]["bindings"]] == texts
    answer = asked(nothing, query, "csv").decode()
    if "\0" not in answer:
        assert [line[0] for line in csv.reader(io.StringIO(answer, newline=""))] == ["a", *texts]
    assert asked(nothing, query, "tsv").count(b"\n") == len(texts) + 1


@pytest.mark.parametrize("text", BEYOND_XML)
def test_what_xml_cannot_carry_is_refused_with_what_can(asked, nothing, text: str) -> None:
    for query, name, offered in (
        (rows([text]), "xml", RESULTS),
        (f"CONSTRUCT {{ <urn:a> <urn:b> {Literal(text)} }} {{}}", "rdfxml", GRAPHS),
    ):
        with pytest.raises(NotAcceptable) as raised:
            asked(nothing, query, name)
        types = [each.media_type for each in offered if each.name != name]
        assert raised.value.more["offered"] == types


def test_terms_of_every_kind_come_back_from_json_and_xml(asked, given) -> None:
    loaded = given("")
    terms = " ".join(str(each) for each in (*LITERALS, *map(NamedNode, IRIS)))
    query = f"SELECT ?a {{ VALUES ?a {{ {terms} }} }}"
    expected = [str(term) for term in (*LITERALS, *map(NamedNode, IRIS))]
    for name, reader in (("json", JSONResultParser()), ("xml", XMLResultParser())):
        found = reader.parse(io.BytesIO(asked(loaded, query, name)))
        turtle = [
            f"<urn:s> <urn:p> {row[0].n3() if not isinstance(row[0], rdflib.URIRef) else f'<{row[0]}>'} ."
            for row in found
        ]
        terms_back = [str(next(iter(parse(line, RdfFormat.TURTLE))).object) for line in turtle]
        assert terms_back == expected


def test_base_direction_and_triples_within_triples_are_written(asked, nothing) -> None:
    query = "SELECT ?a ?b { VALUES (?a ?b) { ('x'@ar--rtl <<( <urn:a> <urn:b> 'c'@en--ltr )>>) } }"
    row = json.loads(asked(nothing, query, "json"))["results"]["bindings"][0]
    assert row["a"] == {"type": "literal", "value": "x", "xml:lang": "ar", "its:dir": "rtl"}
    assert row["b"]["value"]["object"] == {"type": "literal", "value": "c", "xml:lang": "en", "its:dir": "ltr"}
    assert asked(nothing, query, "tsv") == b'?a\t?b\n"x"@ar--rtl\t<<( <urn:a> <urn:b> "c"@en--ltr )>>\n'
    tree = ET.fromstring(asked(nothing, query, "xml"))
    assert [each.attrib["{http://www.w3.org/2005/11/its}dir"] for each in tree.iter(f"{SPARQL}literal")] == [
        "rtl",
        "ltr",
    ]


@pytest.mark.parametrize(("query", "truth"), [("ASK {}", True), ("ASK { FILTER(false) }", False)])
def test_yes_and_no_come_in_four_formats(asked, nothing, query: str, truth: bool) -> None:
    assert json.loads(asked(nothing, query, "json"))["boolean"] is truth
    assert ET.fromstring(asked(nothing, query, "xml")).findtext(f"{SPARQL}boolean") == str(truth).lower()
    assert asked(nothing, query, "csv") == asked(nothing, query, "tsv") == str(truth).lower().encode()


READERS = {"turtle": "turtle", "ntriples": "nt", "rdfxml": "xml", "jsonld": "json-ld"}


def graph_of(body: bytes, name: str) -> rdflib.Graph:
    if name in READERS:
        return rdflib.Graph().parse(data=body, format=READERS[name])
    dataset = rdflib.Dataset()
    dataset.parse(data=body, format="nquads" if name == "nquads" else "trig")
    graph = rdflib.Graph()
    for subject, predicate, object_, context in dataset.quads():
        assert context is None or context == DATASET_DEFAULT_GRAPH_ID
        graph.add((subject, predicate, object_))
    return graph


def triples() -> list[Triple]:
    subject, predicate = NamedNode("urn:s"), NamedNode("urn:p")
    return [
        *(Triple(subject, predicate, literal) for literal in LITERALS),
        *(Triple(NamedNode(iri), predicate, NamedNode(iri)) for iri in IRIS),
    ]


BLANK = "_:a <urn:p> _:b . _:b <urn:p> _:a . _:c <urn:q> ( 1 ( 2 ) _:c ) . <urn:s> a [ <urn:r> [] ] ."


@pytest.mark.parametrize("name", [each.name for each in GRAPHS])
def test_a_graph_is_the_same_to_others_in_every_format(asked, given, name: str) -> None:
    loaded = given("\n".join(f"{triple} ." for triple in triples()) + BLANK)
    query = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"
    reference = graph_of(asked(loaded, query, "ntriples"), "ntriples")
    assert len(reference) == loaded.triples > 90
    assert isomorphic(graph_of(asked(loaded, query, name), name), reference)


@pytest.mark.parametrize("name", [each.name for each in GRAPHS])
@settings(deadline=None, max_examples=40)
@examples(texts=st.lists(TEXT, min_size=1, max_size=3, unique=True))
def test_any_text_comes_back_from_every_format_of_graphs(asked, nothing, name: str, texts: list[str]) -> None:
    pattern = " ".join(f"<urn:s> <urn:p> {Literal(text)} ." for text in texts)
    try:
        body = asked(nothing, f"CONSTRUCT {{ {pattern} }} {{}}", name)
    except NotAcceptable:
        assert name == "rdfxml" and not re.fullmatch(
            "[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*", "".join(texts)
        )
        return
    syntax = RdfFormat.from_media_type(next(each for each in GRAPHS if each.name == name).media_type)
    assert syntax
    assert {quad.object.value for quad in parse(body, syntax)} == set(texts)  # type: ignore[union-attr]


def test_rows_and_graphs_have_the_same_bytes_each_time(asked, given) -> None:
    text = "".join(f"<urn:s{n}> <urn:p{n % 7}> [ <urn:q> {n} ] .\n" for n in range(200))
    query = "CONSTRUCT { ?s ?p ?o . ?o <urn:r> [ <urn:n> ?n ] } { ?s ?p ?o . ?o <urn:q> ?n }"
    for name in (each.name for each in GRAPHS):
        assert asked(given(text), query, name) == asked(given("\n".join(reversed(text.splitlines()))), query, name)


def test_a_construct_has_each_triple_once(asked, given) -> None:
    loaded = given("".join(f"<urn:s{n}> <urn:p> {n} .\n" for n in range(50)))
    assert (
        asked(loaded, "CONSTRUCT { <urn:a> <urn:b> <urn:c> } { ?s ?p ?o }", "nquads") == b"<urn:a> <urn:b> <urn:c> .\n"
    )


def test_turtle_declares_what_it_uses_whatever_the_text_says(asked, given) -> None:
    prefixes = {"": "http://x/", "a": "http://a/", "b": "http://b/", "c": "http://c/", "d.e": "http://d/"}
    loaded = given("<http://x/s> <http://a/p> 'b: <http://b/x> <http://c/x> c:d', <http://d/z> .")
    loaded.prefixes = prefixes
    body = asked(loaded, "CONSTRUCT WHERE { ?s ?p ?o }", "trig").decode()
    assert re.findall(r"^@prefix (\S*):", body, re.MULTILINE) == ["", "a", "d.e"]
    assert ":s a:p" in body


def test_many_rows_pass_as_they_are(asked, given) -> None:
    loaded = given("".join(f"<urn:s{n}> <urn:p> '}},{{<result>\\n{n}' .\n" for n in range(3000)))
    query = "SELECT * { ?s ?p ?o } ORDER BY ?s"
    found = [row["s"]["value"] for row in json.loads(asked(loaded, query))["results"]["bindings"]]
    assert found == sorted(f"urn:s{n}" for n in range(3000))
    names = (each.name for each in RESULTS)
    sizes = [len(asked(loaded, query, name)) for name in names]
    assert all(size > 8192 * 8 for size in sizes)
    assert all(one != two for one, two in itertools.pairwise(sizes))


@pytest.mark.parametrize("name", [each.name for each in GRAPHS])
def test_triples_within_triples_come_back_or_are_refused(asked, nothing, name: str) -> None:
    query = "CONSTRUCT { <urn:a> <urn:b> <<( <urn:c> <urn:d> <<( <urn:e> <urn:f> 'x'@ar--rtl )>> )>> } {}"
    if name == "jsonld":
        with pytest.raises(NotAcceptable, match="JSON-LD cannot carry") as raised:
            asked(nothing, query, name)
        assert raised.value.more["offered"] == [each.media_type for each in GRAPHS if each.name != name]
        return
    syntax = RdfFormat.from_media_type(next(each for each in GRAPHS if each.name == name).media_type)
    assert syntax
    found = [str(quad.object) for quad in parse(asked(nothing, query, name), syntax)]
    assert found == ['<urn:c> <urn:d> <<( <urn:e> <urn:f> "x"@ar--rtl )>>']
