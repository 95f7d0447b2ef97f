"""Quality queries: each row is a finding at the place of what it is about."""

from araxes.knowledge import quality, reading
from araxes.knowledge.graphs import Document
from araxes.problems import Report
from araxes.project import Project
from helpers import ROOT, Copy


def checked(copy: Copy) -> Report:
    project = Project(copy.root)
    documents, _ = reading.read_turtle(project)
    return quality.check(documents, project.queries("quality"), project.prefixes())


def test_the_tiny_project_has_no_finding(copy: Copy) -> None:
    report = checked(copy)
    assert (report.findings, report.looked_at) == ((), 2)


def test_an_undeclared_term_is_found_at_its_line_and_column(copy: Copy) -> None:
    copy.change("data/sources/tiny-2024/positions.ttl", "ax:hasStance stance:opposes", "ax:hasStanze stance:opposes")
    (found,) = checked(copy).findings
    assert str(found.place) == "data/sources/tiny-2024/positions.ttl:21:5"
    assert found.message == (
        "Øland opposes the bridge (position:oland-bridge) has the property ax:hasStanze,"
        " which the ontology does not declare."
    )
    assert found.hint == "Correct the spelling, or declare the property."


def test_one_thing_defined_differently_in_two_files_is_found_in_both(copy: Copy) -> None:
    copy.change("data/links/codes.ttl", '"Åland"@en', '"Aland Islands"@en')
    found = checked(copy).findings
    assert [str(each.place) for each in found] == ["data/entities/things.ttl:10:16", "data/links/codes.ttl:6:16"]
    assert "is called Åland here, and Aland Islands in data/links/codes.ttl." in found[0].message


def test_a_warning_is_a_warning(copy: Copy) -> None:
    copy.change("queries/quality/undeclared-term.rq", "severity: error", "severity: warning")
    copy.add("data/entities/things.ttl", "\nstate:aland ax:colour 'blue' .\n")
    report = checked(copy)
    assert [each.severity for each in report.findings] == ["warning"]
    assert report.passed


def test_no_query_at_all_does_not_pass(documents: list[Document], prefixes: dict[str, str]) -> None:
    assert not quality.check(documents, {}, prefixes).passed


def test_what_a_shape_allows_once_may_not_differ_between_files(copy: Copy) -> None:
    copy.change(
        "ontology/modules/positions.ttl",
        "ax:hasStance a owl:ObjectProperty , owl:FunctionalProperty",
        "ax:hasStance a owl:ObjectProperty",
    )
    copy.add(
        "data/sources/tiny-2024/passages.ttl",
        "\n<https://w3id.org/araxes/id/position/oland-bridge> ax:hasStance <https://w3id.org/araxes/scheme/stance/supports> ; ax:isAttestedBy <urn:x> .\n",
    )
    documents, _ = reading.read_turtle(Project(copy.root))
    query = Project(ROOT).queries("quality")["two-files"]
    (found,) = quality.check(documents, {"two-files": query}, Project(copy.root).prefixes()).findings
    assert found.message == (
        "Two files differ over has stance (ax:hasStance) of Øland opposes the bridge (position:oland-bridge):"
        ' data/sources/tiny-2024/passages.ttl has "supports (stance:supports)",'
        ' and data/sources/tiny-2024/positions.ttl has "opposes (stance:opposes)".'
    )


def test_a_source_that_attests_nothing_is_found_though_it_says_nothing(copy: Copy) -> None:
    copy.write("data/sources/new-2025/document.ttl", "")
    copy.write("data/sources/old-2025/a.ttl", "<urn:x> a <https://w3id.org/araxes/ns/Attestation> .")
    project = Project(copy.root)
    query = Project(ROOT).queries("quality")["silent-source"]
    report = quality.check(reading.read_turtle(project)[0], {"silent-source": query}, project.prefixes())
    messages = {str(each.place): each.message for each in report.findings}
    assert messages == {"data/sources/new-2025": "The source new-2025 has no attestation."}
