"""DESCRIBE: the resource, what points at it, and what all that is called."""

import pytest
from araxes.problems import BadQuery
from pyoxigraph import RdfFormat, parse

DATA = """@prefix : <http://x/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:g {
  :a a :Thing ; :p [ :q [ :r :deep ; :s "end" ] ] ; rdfs:label "A"@en , "Ah"@de .
  :b :knows :a ; rdfs:label "B" ; :other :c .
  :p rdfs:label "p of" . :Thing rdfs:label "Thing" . :deep rdfs:label "Deep" . :knows rdfs:label "knows" . :c rdfs:label "C" .
  _:x :self _:y . _:y :self _:x . :loop :at _:x .
  [ :holds :a ; :note "by a blank node" ] :more 1 .
  :alone :to :nothing-else .
}
:h { :a :p :elsewhere . :far :knows :a }
"""
PREFIX = "PREFIX : <http://x/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "


@pytest.fixture(scope="module")
def loaded(given):
    return given(DATA)


def described(asked, loaded, text: str, **more) -> list[str]:
    body = asked(loaded, PREFIX + text, "ntriples", **more).decode()
    short = body.replace("http://x/", "").replace("http://www.w3.org/2000/01/rdf-schema#", "")
    return short.replace("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "").replace(" .\n", "\n").splitlines()


def test_a_description_has_all_that_touches_the_resource(asked, loaded) -> None:
    found = described(asked, loaded, "DESCRIBE :a FROM :g")
    without_blank = {line for line in found if "_:" not in line}
    assert without_blank == {
        *("<a> <type> <Thing>", '<a> <label> "A"@en', '<a> <label> "Ah"@de', "<b> <knows> <a>", '<b> <label> "B"'),
        *('<p> <label> "p of"', '<Thing> <label> "Thing"', '<deep> <label> "Deep"', '<knows> <label> "knows"'),
    }
    blank = [line.split(maxsplit=2)[1:] for line in found if "_:" in line]
    assert sorted(predicate for predicate, _ in blank) == ["<holds>", "<more>", "<note>", "<p>", "<q>", "<r>", "<s>"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("DESCRIBE ?x { ?x :knows :a FILTER(?x = :b) }", {"<b> <other> <c>", '<c> <label> "C"'}),
        ("DESCRIBE * { :b :other ?x }", {"<b> <other> <c>"}),
        ("DESCRIBE :c :alone ?x { ?x :nope ?y }", {"<b> <other> <c>", "<alone> <to> <nothing-else>"}),
        ("DESCRIBE <http://x/nothing-else>", {"<alone> <to> <nothing-else>"}),
        ("BASE <http://x/> DESCRIBE #?y\n <nothing-else>#", {"<alone> <to> <nothing-else>"}),
        ("describe$x where { $x :to ?y } order by ?y limit 1", {"<alone> <to> <nothing-else>"}),
        ("DESCRIBE ?x ?y { { SELECT ?x (MAX(?z) AS ?y) { ?x :to ?z } GROUP BY ?x } }", {"<alone> <to> <nothing-else>"}),
        ("DESCRIBE ?x VALUES ?x { :alone }", {"<alone> <to> <nothing-else>"}),
        ("DESCRIBE ?x { VALUES ?x { 'text' 1 UNDEF :alone } }", {"<alone> <to> <nothing-else>"}),
    ],
)
def test_every_way_to_say_what_is_described(asked, loaded, text: str, parts: set[str]) -> None:
    assert parts <= set(described(asked, loaded, text))


def test_blank_nodes_in_a_circle_end(asked, loaded) -> None:
    assert len(described(asked, loaded, "DESCRIBE :loop")) == 3


def test_what_is_not_there_has_an_empty_description(asked, loaded) -> None:
    for text in ("DESCRIBE :nobody", "DESCRIBE ?x { ?x :nope 1 }", "DESCRIBE :a FROM :nope"):
        assert described(asked, loaded, text) == []


def test_a_description_keeps_to_the_graphs(asked, loaded) -> None:
    other = {"<a> <p> <elsewhere>", "<far> <knows> <a>"}
    assert other <= set(described(asked, loaded, "DESCRIBE :a"))
    assert set(described(asked, loaded, "DESCRIBE :a FROM :h")) == other
    assert set(described(asked, loaded, "DESCRIBE :a", default_graphs=("http://x/h",))) == other
    assert not other & set(described(asked, loaded, "DESCRIBE :a FROM :g"))
    named = "DESCRIBE ?x FROM :h FROM NAMED :g { GRAPH ?g { ?x :knows ?y } }"
    assert set(described(asked, loaded, named)) == set()
    assert set(described(asked, loaded, named.replace("?x :knows ?y", "?y :knows ?x"))) == other


def test_a_description_is_the_same_each_time(asked, given, loaded) -> None:
    for name in ("turtle", "rdfxml", "jsonld", "nquads"):
        assert asked(given(DATA), f"{PREFIX} DESCRIBE :a", name) == asked(loaded, f"{PREFIX} DESCRIBE :a", name)


def test_many_are_described_at_once(asked, given) -> None:
    loaded = given("".join(f"<urn:s{n}> <urn:to> <urn:s{n + 1}> .\n" for n in range(5000)))
    body = asked(loaded, "DESCRIBE ?s { ?s ?p ?o }", "ntriples")
    assert sum(1 for _ in parse(body, RdfFormat.N_TRIPLES)) == 5000


@pytest.mark.parametrize(
    "text", ["DESCRIBE", "DESCRIBE 'a'", "DESCRIBE ?x {", "DESCRIBE nope:a", "DESCRIBE <relative>"]
)
def test_what_cannot_be_read_is_explained(asked, loaded, text: str) -> None:
    with pytest.raises(BadQuery) as raised:
        asked(loaded, text)
    assert raised.value.more["line"] == 1
