"""Rules: to a fixpoint, the same in two engines, and committed as they come out."""

import pytest
from araxes.knowledge import graphs, reading
from araxes.knowledge.graphs import Document
from araxes.problems import BadRule
from araxes.project import Project
from araxes.queries import SavedQuery
from helpers import TINY, Copy
from pyoxigraph import NamedNode, Triple
from rdflib_rules import derive_with_rdflib

TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
AX = "https://w3id.org/araxes/ns/"
STATE = "https://w3id.org/araxes/id/state/"


def rule(text: str) -> dict[str, SavedQuery]:
    return {"a": SavedQuery("a", "rules", "queries/rules/a.rq", text, ())}


def derived(copy: Copy) -> graphs.Derived:
    project = Project(copy.root)
    return graphs.derive(reading.read_turtle(project)[0], project.queries("rules"))


def compared(copy: Copy) -> list[str]:
    project = Project(copy.root)
    documents, _ = reading.read_turtle(project)
    report = graphs.compare(project, graphs.derive(documents, project.queries("rules")))
    return [f"{finding.place}: {finding.message}" for finding in report.findings]


def test_each_rule_writes_its_own_file(copy: Copy) -> None:
    found = derived(copy)
    odds = NamedNode(AX + "isAtOddsWith")
    aland, oland = NamedNode(STATE + "aland"), NamedNode(STATE + "oland")
    assert found["data/inferred/is-at-odds-with.ttl"] == {Triple(aland, odds, oland), Triple(oland, odds, aland)}
    actor = NamedNode(AX + "Actor")
    assert found["data/inferred/superclass-types.ttl"] == {Triple(aland, TYPE, actor), Triple(oland, TYPE, actor)}


def test_rules_feed_each_other_until_nothing_is_new(copy: Copy) -> None:
    copy.add(
        "ontology/modules/positions.ttl",
        "\nax:Actor rdfs:subClassOf ax:Being .\n\nax:Being rdfs:subClassOf ax:Thing .\n",
    )
    types = derived(copy)["data/inferred/superclass-types.ttl"]
    assert Triple(NamedNode(STATE + "aland"), TYPE, NamedNode(AX + "Thing")) in types


def test_what_is_asserted_is_not_derived_again(copy: Copy) -> None:
    copy.change("data/entities/things.ttl", "state:aland a ax:State", "state:aland a ax:State , ax:Actor")
    types = derived(copy)["data/inferred/superclass-types.ttl"]
    assert {triple.subject.value for triple in types if isinstance(triple.subject, NamedNode)} == {STATE + "oland"}


def test_rdflib_derives_the_same(documents: list[Document]) -> None:
    saved = Project(TINY).queries("rules")
    one = graphs.derive(documents, saved)
    one.pop(graphs.DIFFERENT)
    assert derive_with_rdflib(documents, saved) == one
    assert sum(len(triples) for triples in one.values()) == 4


def test_what_is_committed_is_what_comes_out(copy: Copy) -> None:
    assert compared(copy) == []


def test_a_file_that_is_not_what_comes_out_is_named(copy: Copy) -> None:
    file = "data/inferred/is-at-odds-with.ttl"
    copy.change(file, "state:oland ax:isAtOddsWith state:aland .", "state:oland ax:isAtOddsWith state:oland .")
    assert compared(copy) == [f"{file}:1: This file is not what `araxes derive` writes."]


def test_another_layout_is_a_finding(copy: Copy) -> None:
    copy.add("data/inferred/is-at-odds-with.ttl", "\n")
    assert compared(copy) == ["data/inferred/is-at-odds-with.ttl:1: This file is not what `araxes derive` writes."]


def test_a_missing_file_and_one_that_no_rule_writes_are_findings(copy: Copy) -> None:
    (copy.root / "data/inferred/is-at-odds-with.ttl").rename(copy.root / "data/inferred/old.ttl")
    assert compared(copy) == [
        "data/inferred/is-at-odds-with.ttl: This file is missing: a rule writes it.",
        "data/inferred/old.ttl: No rule writes this file.",
    ]


def test_writing_makes_the_folder_right(copy: Copy) -> None:
    (copy.root / "data/inferred/is-at-odds-with.ttl").rename(copy.root / "data/inferred/old.ttl")
    project = Project(copy.root)
    changed = graphs.write(project, derived(copy))
    assert sorted(changed) == ["data/inferred/is-at-odds-with.ttl", "data/inferred/old.ttl"]
    assert compared(copy) == []
    assert graphs.write(project, derived(copy)) == []


def test_a_changed_position_changes_what_follows(copy: Copy) -> None:
    copy.change("data/sources/tiny-2024/positions.ttl", "stance:opposes", "stance:supports")
    assert derived(copy)["data/inferred/is-at-odds-with.ttl"] == set()
    assert compared(copy) == ["data/inferred/is-at-odds-with.ttl:1: This file is not what `araxes derive` writes."]


ENDLESS = """CONSTRUCT { ?new a <urn:C> } WHERE {
  ?s a ?kind . FILTER ISIRI(?s) BIND(IRI(CONCAT(STR(?s), "x")) AS ?new) }"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * { ?s ?p ?o }", "not a CONSTRUCT"),
        ("CONSTRUCT { [] ?p ?o } WHERE { ?s ?p ?o }", "blank node"),
        (ENDLESS, "after 20 rounds"),
    ],
)
def test_a_rule_that_cannot_be_run_is_a_problem(documents: list[Document], text: str, message: str) -> None:
    with pytest.raises(BadRule, match=message):
        graphs.derive(documents, rule(text))


def test_individuals_of_one_class_are_different(documents: list[Document]) -> None:
    found = graphs.derive(documents, {})[graphs.DIFFERENT]
    first = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#first")
    members = {
        triple.object.value for triple in found if triple.predicate == first and isinstance(triple.object, NamedNode)
    }
    assert {STATE + "aland", STATE + "oland"} <= members
    axioms = [triple for triple in found if triple.object == NamedNode("http://www.w3.org/2002/07/owl#AllDifferent")]
    assert len(axioms) == 4


def test_each_rule_that_cannot_be_run_is_named_with_its_file(documents: list[Document]) -> None:
    texts = {"a": "SELECT * { ?s ?p ?o }", "b": "CONSTRUCT { [] ?p ?o } WHERE { ?s ?p ?o }", "c": ENDLESS}
    saved = {name: SavedQuery(name, "rules", f"queries/rules/{name}.rq", text, ()) for name, text in texts.items()}
    with pytest.raises(BadRule) as raised:
        graphs.derive(documents, saved)
    assert [f"{each.place} {each.message}" for each in raised.value.more["findings"]] == [
        "queries/rules/a.rq:1 The rule a is not a CONSTRUCT query.",
        "queries/rules/b.rq:1 The rule b makes a blank node.",
    ]


def test_only_rules_that_go_on_are_named(documents: list[Document]) -> None:
    good = SavedQuery("b", "rules", "queries/rules/b.rq", "CONSTRUCT { ?s <urn:p> 1 } WHERE { ?s <urn:q> ?o }", ())
    with pytest.raises(BadRule) as raised:
        graphs.derive(documents, {**rule(ENDLESS), "b": good})
    assert [str(each.place) for each in raised.value.more["findings"]] == ["queries/rules/a.rq:1"]
