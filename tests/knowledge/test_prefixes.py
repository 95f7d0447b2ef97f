"""Prefixes: bound as the project declares them, everywhere."""

import pytest
from araxes.knowledge import reading
from araxes.problems import Report
from araxes.project import Project
from helpers import Copy


def checked(copy: Copy) -> Report:
    project = Project(copy.root)
    return reading.check_prefixes(project, reading.read_turtle(project)[0])


def test_the_tiny_project_agrees(copy: Copy) -> None:
    report = checked(copy)
    assert report.findings == ()
    assert report.looked_at > 50


@pytest.mark.parametrize("file", ["data/links/codes.ttl", "queries/explore/documents-by-year.rq"])
def test_another_namespace_is_found_in_data_and_in_queries(copy: Copy, file: str) -> None:
    copy.change(file, "<https://w3id.org/araxes/ns/>", "<https://example.org/ns/>")
    (found,) = checked(copy).findings
    assert "ax: is bound to https://example.org/ns/, but in the project to https://w3id.org/araxes/ns/" in found.message
    assert found.place is not None
    assert found.place.file == file
    line = (copy.root / file).read_text("utf-8").splitlines()[found.place.line - 1]
    assert line[found.place.column - 1 :].startswith("ax:")


def test_a_prefix_that_nobody_declared_is_found(copy: Copy) -> None:
    copy.write("data/links/more.ttl", "@prefix mine: <urn:mine> .\n")
    (found,) = checked(copy).findings
    assert "mine: is not declared in the project" in found.message
    assert "ontology/prefixes.ttl" in found.hint


def test_a_declaration_as_in_sparql_is_found(copy: Copy) -> None:
    copy.write("data/links/more.ttl", "PREFIX ax: <https://w3id.org/araxes/ns/>\nax:a ax:b ax:c .\n")
    (found,) = checked(copy).findings
    assert str(found.place) == "data/links/more.ttl:1:8"
    assert "Write it as `@prefix ax: <https://w3id.org/araxes/ns/> .`" in found.hint


@pytest.mark.parametrize("line", ["BASE <https://example.org/>", "@base <https://example.org/> ."])
def test_a_base_is_found(copy: Copy, line: str) -> None:
    copy.write("data/links/more.ttl", f"{line}\n")
    (found,) = checked(copy).findings
    assert str(found.place) == "data/links/more.ttl:1:1"


def test_what_stands_in_a_long_text_declares_nothing(copy: Copy) -> None:
    text = '@prefix ax: <https://w3id.org/araxes/ns/> .\nax:a ax:b """\nPREFIX ax: <urn:other>\nBASE <urn:x>\n""" .\n'
    copy.write("data/links/more.ttl", text)
    assert checked(copy).findings == ()


def test_the_prefix_of_a_source_must_be_its_own(copy: Copy) -> None:
    copy.change("data/sources/tiny-2024/positions.ttl", "attestation/tiny-2024/", "attestation/tiny-2025/")
    (found,) = checked(copy).findings
    assert "tiny-2024: is bound to" in found.message


def test_a_project_that_declares_nothing_does_not_pass(copy: Copy) -> None:
    copy.write("ontology/prefixes.ttl", "")
    report = checked(copy)
    assert len(report.findings) > 50
    assert not report.passed
