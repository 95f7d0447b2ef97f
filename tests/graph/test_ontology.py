"""The ontology keeps its own rules: each term documented once, each file one ontology, each import at hand."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from araxes.project import Project
from pyoxigraph import Literal, NamedNode, RdfFormat, Store, parse

ROOT = Path(__file__).parents[2]
ONTOLOGY = ROOT / "ontology"
AX = "https://w3id.org/araxes/ns/"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
OWL = "http://www.w3.org/2002/07/owl#"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
FILES = sorted(path for path in ONTOLOGY.rglob("*.ttl"))
DEFINED = NamedNode(RDFS + "isDefinedBy")
COUNTER_EXAMPLE = AX + "counterExample"
DCTERMS = "http://purl.org/dc/terms/"
VANN = "http://purl.org/vocab/vann/"
HEADER = {
    *(DCTERMS + name for name in ("title", "abstract", "description", "creator", "publisher", "created", "issued")),
    *(DCTERMS + name for name in ("modified", "license", "source", "bibliographicCitation")),
    *(VANN + name for name in ("preferredNamespacePrefix", "preferredNamespaceUri")),
    "http://purl.org/ontology/bibo/status",
    OWL + "versionIRI",
    OWL + "versionInfo",
}


@pytest.fixture(scope="module")
def ontology(project: Project) -> Store:
    """Return the terms, axioms, schemes and stubs as one graph."""
    store = Store()
    for file in project.turtle():
        if re.match(r"ontology/(araxes\.ttl|modules|axioms|schemes|stubs)", file):
            store.load(path=str(project.root / file), format=RdfFormat.TURTLE)
    return store


def own_terms(ontology: Store) -> list[NamedNode]:
    """Return every term, concept, phase and rule that the ontology defines."""
    found = {quad.subject for quad in ontology.quads_for_pattern(None, DEFINED, None, None)}
    return sorted(
        (each for each in found if isinstance(each, NamedNode) and "w3id.org/araxes" in each.value),
        key=lambda t: t.value,
    )


def values(ontology: Store, term: NamedNode, predicate: str) -> list[Literal]:
    """Return the literals that a term has for a predicate."""
    found = ontology.quads_for_pattern(term, NamedNode(predicate), None, None)
    return [quad.object for quad in found if isinstance(quad.object, Literal)]


def test_every_term_has_one_label_one_definition_an_example_and_a_home(ontology: Store) -> None:
    terms = own_terms(ontology)
    assert len(terms) > 180
    for term in terms:
        labels = values(ontology, term, RDFS + "label")
        definitions = values(ontology, term, SKOS + "definition")
        assert [label.language for label in labels] == ["en"], term
        assert [definition.language for definition in definitions] == ["en"], term
        assert values(ontology, term, SKOS + "example"), term
        assert len(list(ontology.quads_for_pattern(term, DEFINED, None, None))) == 1, term


def test_no_definition_uses_its_own_label_and_no_two_are_alike(ontology: Store) -> None:
    definitions: Counter[str] = Counter()
    for term in own_terms(ontology):
        label = values(ontology, term, RDFS + "label")[0].value
        definition = values(ontology, term, SKOS + "definition")[0].value
        definitions[definition] += 1
        assert definition[0].isupper() and definition.endswith("."), term
        if term.value.startswith(AX):
            assert not re.search(rf"\b{re.escape(label)}\b", definition, re.IGNORECASE), (term, definition)
    assert {text for text, times in definitions.items() if times > 1} == set()


def test_a_definition_says_of_what_kind_a_term_is(ontology: Store) -> None:
    looked_at: Counter[str] = Counter()
    for term in own_terms(ontology):
        definition = values(ontology, term, SKOS + "definition")[0].value
        kinds = {quad.object.value for quad in ontology.quads_for_pattern(term, TYPE, None, None)}
        if kinds & {OWL + "ObjectProperty", OWL + "DatatypeProperty", OWL + "AnnotationProperty"}:
            assert re.match(r"Leads from .+ to ", definition), (term, definition)
            looked_at["property"] += 1
        elif OWL + "Class" in kinds:
            assert re.match(r"An? \w", definition), (term, definition)
            looked_at["class"] += 1
        else:
            assert re.match(r"(An?|The) \w", definition), (term, definition)
            looked_at["individual"] += 1
    assert min(looked_at["property"], looked_at["class"], looked_at["individual"]) > 30, looked_at


def test_a_counter_example_names_the_term_that_fits(ontology: Store, counted: Callable[[str], None]) -> None:
    labels = {term: values(ontology, term, RDFS + "label")[0].value for term in own_terms(ontology)}
    given = {term: values(ontology, term, COUNTER_EXAMPLE) for term in labels}
    for term, texts in given.items():
        for text in texts:
            assert text.language == "en" and text.value.endswith("."), text
            assert ": " in text.value, text
            fits = [
                label
                for other, label in labels.items()
                if other != term and re.search(rf"(?<![\w-]){re.escape(label)}(?![\w-])", text.value)
            ]
            assert fits, text
    number, terms = sum(map(len, given.values())), sum(map(bool, given.values()))
    assert number > 200
    counted(f"{len(labels)} terms, {number} counter-examples of {terms} of them")


@pytest.mark.parametrize(
    "confused",
    [
        "Position Statement",
        "State Territory Government Metonym",
        "Agreement MemorandumOfUnderstanding CooperationFormat InformalAlignment Body",
        "Proposition Issue Claim",
        "Comparison DivergenceClaim",
        "Event Contingency Development",
        "Absence Participation",
        "ThreatPerception Contingency",
        "Attestation Passage",
        "AttestationMode Strength",
        "hasMode hasStrength",
        "Relation InformalAlignment",
        "actsFor isMadeOnBehalfOf",
        "isAtOddsWith opposes isOpenTo",
    ],
)
def test_terms_that_are_easily_confused_are_told_apart(confused: str, ontology: Store) -> None:
    terms = [NamedNode(AX + name) for name in confused.split()]
    labels = {term: values(ontology, term, RDFS + "label")[0].value for term in terms}
    texts = {term: " ".join(text.value for text in values(ontology, term, COUNTER_EXAMPLE)) for term in terms}
    assert all(texts.values()), confused
    for term in terms:
        others = [other for other in terms if other != term]
        names_another = any(labels[other] in texts[term] for other in others)
        assert names_another or any(labels[term] in texts[other] for other in others), term


@pytest.mark.parametrize(
    ("scheme", "count"), [("stance", 6), ("mode", 7), ("outcome", 4), ("turn", 2), ("relation-kind", 3)]
)
def test_concepts_of_a_scheme_are_told_apart(scheme: str, count: int, ontology: Store) -> None:
    concepts = [term for term in own_terms(ontology) if f"/scheme/{scheme}/" in term.value]
    assert len([term for term in concepts if values(ontology, term, COUNTER_EXAMPLE)]) >= count


def test_the_style_names_each_property_without_domain_or_range(ontology: Store) -> None:
    style = (ONTOLOGY / "STYLE.md").read_text("utf-8")
    for end in ("domain", "range"):
        bare = {
            quad.subject.value.removeprefix(AX)
            for kind in ("ObjectProperty", "DatatypeProperty")
            for quad in ontology.quads_for_pattern(None, TYPE, NamedNode(OWL + kind), None)
            if isinstance(quad.subject, NamedNode)
            and quad.subject.value.startswith(AX)
            and not list(ontology.quads_for_pattern(quad.subject, NamedNode(RDFS + end), None, None))
        }
        named = re.search(rf"^- No {end}: ([^:]+):", style, re.MULTILINE)
        assert named, end
        assert len(bare) > 5
        assert set(re.findall(r"`(\w+)`", named[1])) == bare


def test_every_term_of_the_namespace_is_defined_where_it_says(ontology: Store) -> None:
    kinds = ("Class", "ObjectProperty", "DatatypeProperty")
    declared = {
        quad.subject
        for kind in kinds
        for quad in ontology.quads_for_pattern(None, TYPE, NamedNode(OWL + kind), None)
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(AX)
    }
    assert len(declared) > 150
    assert declared <= set(own_terms(ontology))
    for term in declared:
        home = next(iter(ontology.quads_for_pattern(term, DEFINED, None, None))).object
        assert isinstance(home, NamedNode)
        files = [
            path for path in FILES if f"module:{home.value.rsplit('/', 1)[1]} a owl:Ontology" in path.read_text("utf-8")
        ]
        assert len(files) == 1, home
        assert f"\nax:{term.value.removeprefix(AX)} a " in files[0].read_text("utf-8"), term


def test_no_term_is_of_two_kinds(ontology: Store) -> None:
    kinds = {"Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty"}
    of: dict[str, set[str]] = {}
    for kind in kinds:
        for quad in ontology.quads_for_pattern(None, TYPE, NamedNode(OWL + kind), None):
            if isinstance(quad.subject, NamedNode):
                of.setdefault(quad.subject.value, set()).add(kind)
    assert {term for term, found in of.items() if len(found) > 1} == set()


def test_each_file_has_the_whole_header() -> None:
    assert len(FILES) > 40
    titles: Counter[str] = Counter()
    for path in FILES:
        triples = [quad.triple for quad in parse(path=str(path), format=RdfFormat.TURTLE)]
        (ontology,) = (each.subject for each in triples if each.object == NamedNode(OWL + "Ontology"))
        header = Counter(each.predicate.value for each in triples if each.subject == ontology)
        assert {part for part in HEADER if header[part] != 1 and part != DCTERMS + "source"} == set(), path
        assert header[DCTERMS + "source"] >= 1, path
        assert header[OWL + "priorVersion"] + header[SKOS + "historyNote"] == 1, path
        said = {each.predicate.value: each.object for each in triples if each.subject == ontology}
        title, description = said[DCTERMS + "title"].value, said[DCTERMS + "description"].value
        assert description.count(". ") >= 1, path
        assert f" {title}. Version " in said[DCTERMS + "bibliographicCitation"].value, path
        titles[title] += 1
    assert {title for title, times in titles.items() if times > 1} == set()


def test_each_file_is_one_ontology_with_a_version() -> None:
    assert len(FILES) > 20
    for path in FILES:
        text = path.read_text("utf-8")
        assert text.count(" a owl:Ontology") == 1, path
        name = re.search(r"^module:([\w-]+) a owl:Ontology", text, re.MULTILINE)
        assert name, path
        assert f"<https://w3id.org/araxes/ontology/0.2.0/{name[1]}>" in text, path


def test_the_catalogue_leads_to_every_import() -> None:
    entries = {
        each.attrib["name"]: ONTOLOGY / each.attrib["uri"]
        for each in ET.parse(ONTOLOGY / "catalog-v001.xml").iter("{urn:oasis:names:tc:entity:xmlns:xml:catalog}uri")
    }
    imported: set[str] = set()
    for path in FILES:
        for block in re.findall(r"owl:imports ([^.;]*)[.;]", path.read_text("utf-8")):
            imported |= {f"https://w3id.org/araxes/ontology/{name}" for name in re.findall(r"module:([\w-]+)", block)}
    assert len(imported) > 20
    assert imported <= entries.keys()
    for iri, path in entries.items():
        assert f"module:{iri.rsplit('/', 1)[1]} a owl:Ontology" in path.read_text("utf-8"), iri


def test_the_table_of_stances_is_symmetric_and_total(ontology: Store) -> None:
    relations = [AX + name for name in ("isInAccordWith", "isContraryTo", "isWeaklyContraryTo", "isIncomparableWith")]
    stances = [q.subject for q in ontology.quads_for_pattern(None, TYPE, NamedNode(AX + "Stance"), None)]
    assert len(stances) == 6
    for one in stances:
        for other in stances:
            answers = [r for r in relations if list(ontology.quads_for_pattern(one, NamedNode(r), other, None))]
            mirrored = [r for r in relations if list(ontology.quads_for_pattern(other, NamedNode(r), one, None))]
            assert len(answers) == 1
            assert answers == mirrored


def test_codes_and_words_of_the_fact_list_are_notations(project: Project) -> None:
    text = "\n".join(
        (project.root / f).read_text("utf-8") for f in ("data/entities/issues.ttl", "ontology/schemes/stance.ttl")
    )
    notations = re.findall(r'skos:notation "([^"]+)"', text)
    assert sorted(notations) == sorted(
        [*(f"T{n:02}" for n in range(1, 21)), "supports", "opposes", "declines", "neutral", "mixed", "not-opposing"]
    )
