"""Writing: the same text whatever the order, and the same triples when it is read again."""

import random

from araxes.knowledge import publishing
from araxes.knowledge.graphs import turtle
from pyoxigraph import CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, Triple, parse

TEXT = """@prefix a: <urn:a#> .
@prefix unused: <urn:unused#> .
a:two a a:Thing ; <http://www.w3.org/2000/01/rdf-schema#label> "two\\n\\"lines\\""@en ; a:n 12 , 1.50 , true .
a:one a:list ( a:x "z" ) ; a:empty () ; a:b <urn:a#with/slash> .
a:one a:sel [ a a:Sel ; a:start 1 ; a:of [ a:n 3 ] ] , [] .
a:many a:list ( 1 2 3 4 5 [ a:n 6 ] ) .
[] a a:Axiom ; a:members ( a:one a:two ) .
"""
PREFIXES = {
    "a": "urn:a#",
    "unused": "urn:unused#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def triples(text: str) -> list[Triple]:
    return [quad.triple for quad in parse(text, RdfFormat.TURTLE, rename_blank_nodes=True)]


def same(one: list[Triple], other: list[Triple]) -> bool:
    sets = [Dataset(Quad(each.subject, each.predicate, each.object) for each in some) for some in (one, other)]
    for each in sets:
        each.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return sets[0] == sets[1]


def test_turtle_read_again_is_the_same_graph() -> None:
    assert same(triples(TEXT), triples(turtle(triples(TEXT), PREFIXES, "a comment")))


def test_turtle_does_not_depend_on_the_order() -> None:
    texts = set()
    for seed in range(10):
        shuffled = triples(TEXT)
        random.Random(seed).shuffle(shuffled)
        texts.add(turtle(shuffled, PREFIXES, "a comment"))
    assert len(texts) == 1


def test_turtle_has_comment_used_prefixes_type_first_and_label_second() -> None:
    lines = turtle(triples(TEXT), PREFIXES, "a comment").splitlines()
    assert lines[0] == "# a comment"
    assert [line.split()[1] for line in lines if line.startswith("@prefix")] == ["a:", "rdf:", "rdfs:", "xsd:"]
    block = lines[lines.index("a:two a a:Thing ;") :]
    assert block[1].startswith("    rdfs:label")


def test_canonical_quads_do_not_depend_on_order_or_names_of_blank_nodes() -> None:
    graph = NamedNode("urn:g")

    def written(seed: int) -> tuple[str, ...]:
        quads = [Quad(each.subject, each.predicate, each.object, graph) for each in triples(TEXT)]
        random.Random(seed).shuffle(quads)
        return tuple(map(str, publishing.canonical(quads)))

    texts = {written(seed) for seed in range(5)}
    assert len(texts) == 1
    lines = texts.pop()
    assert list(lines) == sorted(lines)
    assert len(lines) == len(triples(TEXT))
