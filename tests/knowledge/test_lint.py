"""The lint of shapes: what pyshacl would pass over in silence."""

import pytest
from araxes.knowledge import reading
from araxes.knowledge.graphs import Document
from araxes.problems import Report
from araxes.project import Project
from helpers import Copy

FILE = "ontology/shapes/positions.shapes.ttl"
FAULTS = {
    "misspelt term": (
        "sh:minCount 1 ;\n    sh:maxCount",
        "sh:mincount 1 ;\n    sh:maxCount",
        "sh:mincount is not a term of SHACL",
    ),
    "no target": ("sh:targetClass ax:Position ;", "", "shape:PositionShape has no target"),
    "misspelt target": (
        "sh:targetClass ax:Position ;",
        "sh:targetClas ax:Position ;",
        "shape:PositionShape has no target",
    ),
    "unknown class": (
        "sh:targetClass ax:Position ;",
        "sh:targetClass ax:Positoin ;",
        "ax:Positoin is declared neither",
    ),
    "unknown path": ("sh:path ax:hasStance", "sh:path ax:hasStanse", "ax:hasStanse is declared neither"),
    "unknown step": ("sh:path ax:hasStance", "sh:path ( ax:isTowards ax:nope )", "ax:nope is declared neither"),
    "unknown inverse": ("sh:path ax:hasStance", "sh:path [ sh:inversePath ax:nope ]", "ax:nope is declared neither"),
    "unknown value class": ("sh:class ax:Stance", "sh:class ax:Stans", "ax:Stans is declared neither"),
    "no message": (
        '    sh:message "A position has exactly one stance from the scheme. Give one ax:hasStance."@en .',
        "    sh:order 1 .",
        "shape:PositionStance has a constraint without sh:message",
    ),
    "idle": (
        "sh:property shape:PositionStance , ",
        "sh:property ",
        "No shape has the property shape shape:PositionStance",
    ),
    "no constraint": (
        '    sh:minCount 1 ;\n    sh:message "A position needs',
        '    sh:message "A position needs',
        "shape:PositionAttestation has no constraint",
    ),
    "query term": ("ax:codePoints ?length", "ax:codePoint ?length", "names ax:codePoint, which nothing declares"),
    "query prefix": ("$this oa:hasSource", "$this foo:hasSource", "names a prefix that is not declared"),
    "query syntax": ("FILTER ( ?value > ?length )", "FILTER ( ?value > )", "is not SPARQL 1.1"),
}


def checked(copy: Copy) -> Report:
    project = Project(copy.root)
    return reading.lint(reading.read_turtle(project)[0], project.prefixes())


def test_the_tiny_project_has_no_finding(copy: Copy) -> None:
    report = checked(copy)
    assert (report.findings, report.looked_at) == ((), 5)


@pytest.mark.parametrize(("old", "new", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_each_fault_is_found_in_its_file(copy: Copy, old: str, new: str, message: str) -> None:
    copy.change(FILE, old, new)
    found = [finding for finding in checked(copy).findings if message in finding.message]
    assert found, checked(copy).findings
    assert found[0].place is not None
    assert found[0].place.file == FILE
    assert found[0].place.line > 1
    assert found[0].hint


def test_a_shape_that_is_switched_off_is_a_warning(copy: Copy) -> None:
    copy.change(FILE, "sh:path ax:hasStance ;", "sh:path ax:hasStance ;\n    sh:deactivated true ;")
    assert [found.severity for found in checked(copy).findings] == ["warning"]


def test_no_shape_at_all_does_not_pass(documents: list[Document], prefixes: dict[str, str]) -> None:
    without = [document for document in documents if document.file != FILE]
    assert not reading.lint(without, prefixes).passed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sh:targetClass ax:Position", 'sh:targetClass "ax:Position"'),
        ("sh:class ax:Stance", 'sh:class "ax:Stance"'),
        ("sh:path ax:hasStance", 'sh:path "ax:hasStance"'),
        ("sh:path ax:hasStance", 'sh:path ( ax:isTowards "ax:hasStance" )'),
    ],
)
def test_a_text_in_place_of_a_name_is_found(copy: Copy, old: str, new: str) -> None:
    copy.change(FILE, old, new)
    (found,) = [each for each in checked(copy).findings if "has the text" in each.message]
    assert found.message.startswith("shape:Position")
    assert found.place is not None and found.place.line > 1


def named(copy: Copy, text: str) -> list[str]:
    copy.write("queries/competency/sub/new.rq", text)
    project = Project(copy.root)
    report = reading.read_queries(project, documents=reading.read_turtle(project)[0])
    return [f"{each.place}: {each.message}" for each in report.findings]


PREFIXES = "".join(
    f"PREFIX {name}: <{iri}>\n"
    for name, iri in {
        "ax": "https://w3id.org/araxes/ns/",
        "oa": "http://www.w3.org/ns/oa#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "stance": "https://w3id.org/araxes/scheme/stance/",
        "wd": "http://www.wikidata.org/entity/",
    }.items()
)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("?s ax:hasStanze ?o", "ax:hasStanze"),
        ("?s ?p ?o . ?s a ax:Atestation", "ax:Atestation"),
        ("?s <https://w3id.org/araxes/ns/hasStanze> ?o", "ax:hasStanze"),
        ("?s ax:hasStance stance:dislikes", "stance:dislikes"),
        ("?s ax:isTowards/oa:hasSauce ?o", "oa:hasSauce"),
        ("?s <http://xmlns.com/foaf/0.1/name> ?o", "<http://xmlns.com/foaf/0.1/name>"),
        ("?s ?p ?o FILTER ( ?p IN ( ax:isTowards, ax:hasStanze ) )", "ax:hasStanze"),
    ],
)
def test_an_undeclared_term_of_a_query_is_found_at_its_place(copy: Copy, pattern: str, name: str) -> None:
    (found,) = named(copy, f"{PREFIXES}SELECT * {{ {pattern} }}")
    column = pattern.index(name if name in pattern else "<") + 12
    assert found == (f"queries/competency/sub/new.rq:6:{column}: This query names {name}, which nothing declares.")


@pytest.mark.parametrize(
    "pattern",
    [
        "?s a/rdfs:subClassOf* ax:Actor ; rdfs:label 'ax:nothing'",
        "?s ?p ?o FILTER ( ?p NOT IN ( oa:nothing, ax:isTowards ) )  # ax:nothing\n",
        "VALUES ?s { wd:Q1 } ?s rdfs:seeAlso ?o",
        "GRAPH <https://w3id.org/araxes/graph/entities> { ?s ?p ?o } FILTER STRSTARTS(STR(?s), STR(ax:))",
    ],
)
def test_what_is_declared_and_what_is_only_listed_is_left_alone(copy: Copy, pattern: str) -> None:
    copy.add("data/links/codes.ttl", "\nstate:aland rdfs:seeAlso <http://www.wikidata.org/entity/Q5689> .\n")
    assert named(copy, f"{PREFIXES}SELECT * {{ {pattern} }}") == []
