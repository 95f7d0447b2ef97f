"""OWL: HermiT really runs, and says what contradicts."""

import subprocess
import sys

import pytest
from araxes.knowledge import available, logic, reading
from araxes.problems import Report, ToolMissing
from araxes.project import Project
from helpers import Copy
from pyoxigraph import RdfFormat, Triple, parse

HEAD = "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . "


def triples(text: str) -> list[Triple]:
    return [quad.triple for quad in parse(HEAD + text, RdfFormat.TURTLE)]


def judged(text: str) -> logic.Verdict:
    return logic.reason({"x": triples(text)}, {})["x"]


def checked(copy: Copy) -> Report:
    project = Project(copy.root)
    return logic.check(reading.read_turtle(project)[0], project.prefixes())


def test_the_reasoner_is_installed() -> None:
    assert available()


def test_a_harmless_graph_is_consistent() -> None:
    assert judged("<urn:C> a owl:Class . <urn:x> a <urn:C> .") == logic.Verdict(
        consistent=True, unsatisfiable=[], same_as=[], clashes=[]
    )


def test_disjoint_classes_with_one_member_are_inconsistent() -> None:
    text = "<urn:C> a owl:Class ; owl:disjointWith <urn:D> . <urn:D> a owl:Class . <urn:x> a <urn:C> , <urn:D> ."
    assert not judged(text).consistent


def test_a_class_without_possible_members_is_found() -> None:
    text = "<urn:C> a owl:Class ; owl:disjointWith <urn:D> . <urn:D> a owl:Class . "
    text += "<urn:E> a owl:Class ; rdfs:subClassOf <urn:C> , <urn:D> ."
    assert judged(text).unsatisfiable == ["urn:E"]


def test_what_is_said_to_be_one_is_found() -> None:
    text = "<urn:C> a owl:Class . <urn:x> a <urn:C> , owl:NamedIndividual ; owl:sameAs <urn:y> . "
    text += "<urn:y> a <urn:C> , owl:NamedIndividual ."
    assert judged(text).same_as == [["urn:x", "urn:y"]]


def test_imports_are_not_followed() -> None:
    text = "<urn:o> a owl:Ontology ; owl:imports <https://example.invalid/> . <urn:C> a owl:Class ."
    assert judged(text).consistent


def test_an_axiom_that_the_reasoner_refuses_is_a_problem() -> None:
    text = "<urn:p> a owl:ObjectProperty , owl:TransitiveProperty , owl:IrreflexiveProperty . <urn:x> <urn:p> <urn:y> ."
    with pytest.raises(ToolMissing, match="failed"):
        judged(text)


def test_the_tiny_project_is_consistent(copy: Copy) -> None:
    report = checked(copy)
    assert report.findings == ()
    assert report.looked_at > 100


def test_a_contradiction_is_found_at_the_thing_that_brings_it(copy: Copy) -> None:
    copy.change(
        "data/sources/tiny-2024/positions.ttl",
        "    ax:isHeldBy state:oland ;",
        "    ax:isHeldBy state:oland , state:aland ;",
    )
    (found,) = checked(copy).findings
    assert str(found.place) == "data/sources/tiny-2024/positions.ttl:19:5"
    assert "Øland opposes the bridge (position:oland-bridge)" in found.message
    clash = found.quote.splitlines()
    assert len(clash) == 4, clash
    assert {"Functional: ax:isHeldBy", "position:oland-bridge ax:isHeldBy state:aland"} <= set(clash)


def test_a_contradiction_within_the_ontology_is_found_there(copy: Copy) -> None:
    copy.change(
        "ontology/schemes/stance.ttl", "stance:supports a ax:Stance ;", "stance:supports a ax:Stance , ax:Actor ;"
    )
    (found,) = checked(copy).findings
    assert found.place is not None
    assert found.place.file == "ontology/schemes/stance.ttl"


def test_a_class_that_nothing_can_be_is_found_in_its_file(copy: Copy) -> None:
    copy.add(
        "ontology/modules/positions.ttl", "\nax:Chimera a owl:Class ;\n    rdfs:subClassOf ax:Actor , ax:Stance .\n"
    )
    (found,) = checked(copy).findings
    assert "Nothing can ever be a ax:Chimera" in found.message
    assert found.place is not None
    assert found.place.file == "ontology/modules/positions.ttl"


def test_a_value_that_is_not_reasoned_over_is_a_warning(copy: Copy) -> None:
    copy.change("data/context/years.ttl", "ax:year 2024", 'ax:year "2024"^^<http://www.w3.org/2001/XMLSchema#gYear>')
    report = checked(copy)
    (found,) = report.findings
    assert (found.severity, str(found.place)) == ("warning", "data/context/years.ttl:4:20")
    assert "xsd:gYear" in found.message
    assert report.passed


def test_two_things_that_come_out_as_one_are_found(copy: Copy) -> None:
    file = "ontology/schemes/stance.ttl"
    copy.add(file, '\nstance:backs a ax:Stance ;\n    rdfs:label "backs"@en ;\n    owl:sameAs stance:supports .\n')
    (found,) = checked(copy).findings
    assert found.message == "backs (stance:backs) and supports (stance:supports) come out as one thing."
    line = (copy.root / file).read_text("utf-8").splitlines().index("    owl:sameAs stance:supports .") + 1
    assert found.place is not None
    assert (found.place.file, found.place.line) == (file, line)


def test_the_reasoner_runs_from_the_root_folder() -> None:
    code = (
        "from araxes.knowledge import logic; from pyoxigraph import *; "
        "n = NamedNode; print(logic.reason({'x': [Triple(n('urn:C'), "
        "n('http://www.w3.org/1999/02/22-rdf-syntax-ns#type'), n('http://www.w3.org/2002/07/owl#Class'))]}, {})['x'].consistent)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd="/")
    assert done.stdout == "True\n", done.stderr
