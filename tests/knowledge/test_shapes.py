"""SHACL: each result with its place, in words, and what to change."""

import shutil

import pytest
from araxes.knowledge import quality, reading
from araxes.knowledge.graphs import Document
from araxes.problems import BadProject, Report
from araxes.project import Project
from helpers import Copy
from pyoxigraph import NamedNode, RdfFormat, parse

FILE = "data/sources/tiny-2024/positions.ttl"

NODE = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<urn:s> a sh:NodeShape ; sh:targetClass <urn:C> ; sh:property"""


def checked(copy: Copy) -> Report:
    project = Project(copy.root)
    return quality.check_shapes(reading.read_turtle(project)[0], project.prefixes())


def test_the_tiny_project_conforms(copy: Copy) -> None:
    report = checked(copy)
    assert report.findings == ()
    assert report.looked_at == 11


def test_a_missing_attestation_is_found_at_the_thing(copy: Copy) -> None:
    copy.change(
        FILE,
        "    ax:hasStance stance:opposes ;\n    ax:isAttestedBy tiny-2024:f002 .",
        "    ax:hasStance stance:opposes .",
    )
    (found,) = checked(copy).findings
    assert str(found.place) == f"{FILE}:17:1"
    assert found.message == (
        "Øland opposes the bridge (position:oland-bridge), ax:isAttestedBy:"
        " the shape shape:PositionAttestation is not met."
    )
    assert found.hint == "A position needs a source. Give at least one ax:isAttestedBy."


def test_an_unknown_stance_is_found_at_its_value(copy: Copy) -> None:
    copy.change(FILE, "stance:opposes", "stance:dislikes")
    (found,) = checked(copy).findings
    assert str(found.place) == f"{FILE}:21:18"
    assert "ax:hasStance, stance:dislikes" in found.message


def test_offsets_outside_the_text_are_found(copy: Copy) -> None:
    copy.change("data/sources/tiny-2024/passages.ttl", "oa:end 35", "oa:end 3500")
    (found,) = checked(copy).findings
    assert str(found.place) == "data/sources/tiny-2024/passages.ttl:18:71"
    assert "tiny-2024-passage:body-2-1" in found.message
    assert found.hint.startswith("The passage ends at 3500, but the text of A tiny text has")


def test_all_problems_are_reported(copy: Copy) -> None:
    copy.change(FILE, "stance:supports", "stance:likes")
    copy.change(FILE, "stance:opposes ;\n    ax:isAttestedBy tiny-2024:f002", "stance:dislikes")
    assert len(checked(copy).findings) == 3


def test_no_data_and_no_shapes_do_not_pass(documents: list[Document], prefixes: dict[str, str]) -> None:
    assert not quality.check_shapes([], prefixes).passed
    without = [document for document in documents if "shapes" not in document.file]
    assert not quality.check_shapes(without, prefixes).passed


def test_what_the_rules_made_is_validated_too(copy: Copy) -> None:
    copy.add(
        "ontology/shapes/positions.shapes.ttl",
        "\nshape:OddsShape a sh:NodeShape ;\n    sh:targetSubjectsOf ax:isAtOddsWith ;\n"
        "    sh:property shape:Odds .\n\n"
        "shape:Odds a sh:PropertyShape ;\n    sh:path ax:isAtOddsWith ;\n    sh:maxCount 0 ;\n"
        '    sh:message "Nobody should be at odds."@en .\n',
    )
    project = Project(copy.root)
    documents, _ = reading.read_turtle(project)
    assert quality.check_shapes(documents, project.prefixes()).passed
    found = quality.check_shapes(documents, project.prefixes(), derived=True).findings
    assert [str(each.place) for each in found] == [
        "data/inferred/is-at-odds-with.ttl:6:13",
        "data/inferred/is-at-odds-with.ttl:8:13",
    ]


def test_validate_names_the_shape_and_the_focus() -> None:
    text = f"{NODE} <urn:p> . <urn:p> sh:path <urn:q> ; sh:minCount 1 ."
    data = [quad.triple for quad in parse("<urn:x> a <urn:C> .", RdfFormat.TURTLE)]
    (result,) = quality.validate(data, [quad.triple for quad in parse(text, RdfFormat.TURTLE)])
    assert (result["shape"], result["focus"], result["path"].value) == (NamedNode("urn:p"), NamedNode("urn:x"), "urn:q")


def test_what_is_wrong_with_a_nested_node_is_found_at_the_thing_that_holds_it() -> None:
    text = f"{NODE.replace('targetClass <urn:C>', 'targetSubjectsOf <urn:r>')} <urn:p> ."
    text += " <urn:p> sh:path <urn:q> ; sh:minCount 1 ."
    nested = "<urn:above> <urn:has> <urn:x> . <urn:x> <urn:has> ( 1 [ <urn:has> [ <urn:r> 2 ] ] ) ."
    data = [quad.triple for quad in parse(nested, RdfFormat.TURTLE)]
    (result,) = quality.validate(data, [quad.triple for quad in parse(text, RdfFormat.TURTLE)])
    assert result["focus"] == NamedNode("urn:x")


def test_shapes_that_cannot_be_run_are_a_problem() -> None:
    text = f"{NODE} [ sh:minCount 1 ] ."
    data = [quad.triple for quad in parse("<urn:x> a <urn:C> .", RdfFormat.TURTLE)]
    with pytest.raises(BadProject, match="The shapes cannot be run"):
        quality.validate(data, [quad.triple for quad in parse(text, RdfFormat.TURTLE)])


def test_a_project_without_data_does_not_pass(copy: Copy) -> None:
    shutil.rmtree(copy.root / "data")
    report = checked(copy)
    assert (report.looked_at, report.passed) == (0, False)


def test_a_bad_literal_is_a_finding_and_no_traceback(copy: Copy, caplog: pytest.LogCaptureFixture) -> None:
    shape = "\nshape:Year a sh:PropertyShape ;\n    sh:targetSubjectsOf ax:year ;\n    sh:path ax:year ;\n"
    copy.add(
        "ontology/shapes/positions.shapes.ttl", shape + '    sh:datatype xsd:dateTime ;\n    sh:message "x"@en .\n'
    )
    copy.change("data/context/years.ttl", "2024 .", '"soon"^^<http://www.w3.org/2001/XMLSchema#dateTime> .')
    (found,) = checked(copy).findings
    assert str(found.place) == "data/context/years.ttl:4:28"
    assert caplog.records == []
