"""Each ontology can be taken alone or with any other: what it imports through the catalogue declares all that it uses."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from araxes.knowledge import available, logic
from helpers import ROOT, not_run
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse

ONTOLOGY = ROOT / "ontology"
RULES = ROOT / "queries" / "rules"
MODULE = "https://w3id.org/araxes/ontology/"
AX = "https://w3id.org/araxes/ns/"
OWL = "http://www.w3.org/2002/07/owl#"
PROV = "http://www.w3.org/ns/prov#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"
BUILT_IN = (OWL, RDF, RDFS, XSD)

TYPE = NamedNode(RDF + "type")
FIRST, REST = NamedNode(RDF + "first"), NamedNode(RDF + "rest")
IMPORTS = NamedNode(OWL + "imports")
DEFINED = NamedNode(RDFS + "isDefinedBy")
CHAIN = NamedNode(OWL + "propertyChainAxiom")
INVERSE = NamedNode(OWL + "inverseOf")
WORDS = {NamedNode(SKOS + name) for name in ("definition", "example", "scopeNote")}
QUALIFIED, UNQUALIFIED = NamedNode(PROV + "qualifiedForm"), NamedNode(PROV + "unqualifiedForm")

CLASSES = frozenset({OWL + "Class"})
JOINING = frozenset({OWL + "ObjectProperty"})
PROPERTIES = JOINING | {OWL + "DatatypeProperty", OWL + "AnnotationProperty"}
RANGES = CLASSES | {RDFS + "Datatype"}
TERMS = CLASSES | PROPERTIES
INDIVIDUALS = frozenset({"an individual"})
ANY: frozenset[str] = frozenset()
ENDS = {  # of what kind the subject and the object of an axiom have to be
    RDFS + "subClassOf": (CLASSES, CLASSES),
    RDFS + "subPropertyOf": (PROPERTIES, PROPERTIES),
    RDFS + "domain": (PROPERTIES, CLASSES),
    RDFS + "range": (PROPERTIES, RANGES),
    OWL + "equivalentClass": (CLASSES, CLASSES),
    OWL + "disjointWith": (CLASSES, CLASSES),
    OWL + "unionOf": (ANY, CLASSES),
    OWL + "intersectionOf": (ANY, CLASSES),
    OWL + "oneOf": (ANY, INDIVIDUALS),
    OWL + "onProperty": (ANY, PROPERTIES),
    OWL + "someValuesFrom": (ANY, RANGES),
    OWL + "allValuesFrom": (ANY, RANGES),
    OWL + "hasValue": (ANY, INDIVIDUALS),
    OWL + "inverseOf": (JOINING, JOINING),
    OWL + "propertyChainAxiom": (JOINING, JOINING),
    OWL + "members": (ANY, TERMS),
    OWL + "distinctMembers": (ANY, INDIVIDUALS),
    PROV + "qualifiedForm": (JOINING, TERMS),
    PROV + "unqualifiedForm": (TERMS, JOINING),
}

CATALOGUE = {
    each.attrib["name"]: ONTOLOGY / each.attrib["uri"]
    for each in ET.parse(ONTOLOGY / "catalog-v001.xml").iter("{urn:oasis:names:tc:entity:xmlns:xml:catalog}uri")
}
PARTS = ("modules", "axioms", "schemes", "translations")
NAMES = sorted(
    MODULE + name
    for part in PARTS
    for path in (ONTOLOGY / part).glob("*.ttl")
    for name in re.findall(r"^module:([\w-]+) a owl:Ontology", path.read_text("utf-8"), re.MULTILINE)
)
MODULES = [name for name in NAMES if CATALOGUE[name].parent.name == "modules"]


@cache
def triples(path: Path) -> frozenset[Triple]:
    """Return the triples of a Turtle file."""
    quads = parse(path=str(path), format=RdfFormat.TURTLE, rename_blank_nodes=True)
    return frozenset(quad.triple for quad in quads)


def objects(given: Iterable[Triple], subject: object, predicate: NamedNode) -> list[object]:
    """Return what a predicate leads to from a subject."""
    return [each.object for each in given if each.subject == subject and each.predicate == predicate]


def imports(name: str) -> set[str]:
    """Return the ontologies that an ontology imports by itself."""
    return {each.object.value for each in triples(CATALOGUE[name]) if each.predicate == IMPORTS}


def closure(*names: str) -> frozenset[Triple]:
    """Return the triples of ontologies and of all that they import, found through the catalogue and nowhere else."""
    seen: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        seen.add(name)
        waiting |= imports(name) - seen
    return frozenset().union(*(triples(CATALOGUE[name]) for name in seen))


def members(given: Iterable[Triple]) -> Callable[[object], Iterator[object]]:
    """Return a function that yields the members of a list, or else the thing itself."""
    first = {each.subject: each.object for each in given if each.predicate == FIRST}
    rest = {each.subject: each.object for each in given if each.predicate == REST}

    def listed(node: object) -> Iterator[object]:
        if node not in first:
            yield node
        while node in first:
            yield first[node]
            node = rest[node]

    return listed


def declared(given: Iterable[Triple]) -> dict[str, set[str]]:
    """Return of what kinds each IRI is declared."""
    kinds: dict[str, set[str]] = {}
    for each in given:
        if each.predicate == TYPE and isinstance(each.subject, NamedNode) and isinstance(each.object, NamedNode):
            kind = each.object.value if each.object.value.startswith(BUILT_IN) else "an individual"
            kinds.setdefault(each.subject.value, set()).add(kind)
    return kinds


def uses(given: Iterable[Triple]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each IRI that an axiom uses, with the kinds of which it may be."""
    listed = members(given)
    for each in given:
        wanted, found = ENDS.get(each.predicate.value, (ANY, ANY))
        ends = [(each.predicate, PROPERTIES), (each.subject, wanted)]
        if each.predicate == TYPE:
            ends.append((each.object, CLASSES))
        else:
            ends += [(node, found) for node in (listed(each.object) if found else ())]
        for node, kinds in ends:
            if kinds and isinstance(node, NamedNode) and not node.value.startswith(BUILT_IN):
                yield node.value, kinds


def undeclared(given: Iterable[Triple]) -> set[str]:
    """Return the IRIs that are used as something as which they are not declared."""
    kinds = declared(given)
    return {iri for iri, wanted in uses(given) if not kinds.get(iri, set()) & wanted}


def cyclic(edges: Mapping[str, set[str]]) -> set[str]:
    """Return the nodes that are on a cycle or lead to one."""
    left = dict(edges)
    while ends := {node for node, targets in left.items() if not targets & left.keys()}:
        left = {node: targets for node, targets in left.items() if node not in ends}
    return set(left)


def test_the_catalogue_names_every_ontology_of_terms_once(counted: Callable[[str], None]) -> None:
    files = [path for part in PARTS for path in (ONTOLOGY / part).glob("*.ttl")]
    assert len(MODULES) >= 10
    assert len(NAMES) == len(set(NAMES)) == len(files)
    assert {CATALOGUE[name] for name in NAMES} == set(files)
    for path in files:
        headers = [each for each in triples(path) if each.object == NamedNode(OWL + "Ontology")]
        assert len(headers) == 1, path
    counted(f"{len(NAMES)} ontologies of terms, {len(MODULES)} of them modules")


def test_no_import_leads_back() -> None:
    edges = {name: imports(name) for name in CATALOGUE}
    assert sum(map(len, edges.values())) > 50
    assert cyclic(edges) == set()
    assert cyclic({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {"a", "b", "c"}


def test_a_module_imports_the_stubs_and_the_documentation_alone() -> None:
    stubs, documentation = MODULE + "external-terms", MODULE + "documentation"
    for name in MODULES:
        assert imports(name) == ({stubs} if name == documentation else {stubs, documentation}), name


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.removeprefix(MODULE))
def test_nothing_that_an_ontology_uses_is_undeclared(name: str) -> None:
    whole = closure(name)
    assert len({iri for iri, _ in uses(whole)}) > 20
    assert undeclared(whole) == set()


@pytest.mark.parametrize(
    ("kind", "lost"), [("Class", "Actor"), ("Class", "Claim"), ("ObjectProperty", "isHeldBy"), ("Class", "Stance")]
)
def test_a_lost_declaration_is_found(kind: str, lost: str) -> None:
    declaration = Triple(NamedNode(AX + lost), TYPE, NamedNode(OWL + kind))
    whole = closure(MODULE + "positions")
    assert declaration in whole
    assert undeclared(whole - {declaration}) == {AX + lost}


def test_any_two_modules_fit_together(counted: Callable[[str], None]) -> None:
    pairs = list(combinations(MODULES, 2))
    assert len(pairs) >= 45
    for one, other in pairs:
        whole = closure(one, other)
        assert undeclared(whole) == set(), (one, other)
        two_kinds = {iri for iri, kinds in declared(whole).items() if len(kinds & TERMS) > 1}
        assert two_kinds == set(), (one, other)
    counted(f"{len(pairs)} pairs of modules, nothing undeclared and nothing of two kinds")


def test_what_a_module_repeats_of_another_is_what_that_one_says() -> None:
    repeated = 0
    for name in MODULES:
        own = triples(CATALOGUE[name])
        for each in own:
            if each.predicate != DEFINED or each.object == NamedNode(name):
                continue
            home = triples(CATALOGUE[each.object.value])
            said = {other for other in own if other.subject == each.subject}
            assert len(said) == 3, (name, each.subject)
            assert said <= home, (name, each.subject)
            repeated += 1
    assert repeated > 20


def test_each_ontology_and_each_pair_of_modules_is_consistent(counted: Callable[[str], None]) -> None:
    if not available():
        not_run("the OWL reasoner is not installed (pip install 'araxes[reason]')")
    sets = [(name,) for name in NAMES] + list(combinations(MODULES, 2))
    assert (MODULE + "actors", MODULE + "positions") in sets
    given = {" ".join(names): [each for each in closure(*names) if each.predicate not in WORDS] for names in sets}
    assert min(map(len, given.values())) > 100
    verdicts = logic.reason(given, {})
    assert verdicts.keys() == given.keys()
    for names, verdict in verdicts.items():
        assert verdict.consistent, names
        assert verdict.unsatisfiable == [], names
    counted(f"{len(NAMES)} ontologies, each with what it imports, and {len(sets) - len(NAMES)} pairs, all consistent")


@pytest.fixture(scope="module")
def axioms() -> frozenset[Triple]:
    """Return the axioms with all that they import."""
    return closure(*(name for name in NAMES if CATALOGUE[name].parent.name == "axioms"))


@pytest.fixture(scope="module")
def chains(axioms: frozenset[Triple]) -> dict[str, list[list[object]]]:
    """Return the chains of each property that is not a link of its own chain: one that is goes on, and is no shortcut."""
    listed = members(axioms)
    found: dict[str, list[list[object]]] = {}
    for each in axioms:
        if each.predicate == CHAIN and each.subject not in (links := list(listed(each.object))):
            found.setdefault(each.subject.value, []).append(links)
    return found


def written() -> set[str]:
    """Return the properties that rules add between things that are there, other than those that they read."""
    found: set[str] = set()
    for path in RULES.glob("*.rq"):
        made, _, read = path.read_text("utf-8").partition("CONSTRUCT")[2].partition("WHERE")
        if " a " not in made:
            found |= set(re.findall(r"ax:(\w+)", made)) - set(re.findall(r"ax:(\w+)", read))
    return {AX + name for name in found}


def test_every_shortcut_is_linked_with_its_long_form_both_ways(
    axioms: frozenset[Triple], chains: Mapping[str, list[list[object]]], counted: Callable[[str], None]
) -> None:
    forward = {(each.subject.value, each.object.value) for each in axioms if each.predicate == QUALIFIED}
    back = {(each.object.value, each.subject.value) for each in axioms if each.predicate == UNQUALIFIED}
    assert forward == back
    shortcuts = {one for one, _ in forward}
    assert len(shortcuts) >= 5
    assert shortcuts == chains.keys() == written()
    kinds = declared(axioms)
    for shortcut in shortcuts:
        long = {other for one, other in forward if one == shortcut}
        assert {kind for each in long for kind in kinds[each] & TERMS} == CLASSES | JOINING, shortcut
    counted(f"{len(shortcuts)} shortcuts, linked with {len({other for _, other in forward})} terms of their long forms")


def test_the_long_form_begins_as_the_chain_does(
    axioms: frozenset[Triple], chains: Mapping[str, list[list[object]]]
) -> None:
    begins = 0
    for shortcut, ways in chains.items():
        long = objects(axioms, NamedNode(shortcut), QUALIFIED)
        for way in ways:
            # a chain over other shortcuts begins with one of them, and has no step of its own to name
            if isinstance(way[0], BlankNode):
                assert objects(axioms, way[0], INVERSE)[0] in long, shortcut
                begins += 1
            else:
                assert isinstance(way[0], NamedNode)
                assert way[0].value in chains, shortcut
    assert begins >= 5
