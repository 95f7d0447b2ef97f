"""Strict reading: every fault of every file, each with its place, its source line and what to do."""

import pytest
from araxes.knowledge import reading
from araxes.project import Project
from helpers import TINY, Copy

HEAD = "@prefix ax: <https://w3id.org/araxes/ns/> .\n"
FAULTS = [
    ("missing dot", "ax:a ax:b ax:c\nax:d ax:e ax:f .", 3, 1, "closing dot"),
    ("prefix", "ax:a foo:b ax:c .", 2, 6, "Declare the prefix"),
    ("open string", 'ax:a ax:b "x .\n', 2, 11, "never closed"),
    ("space in IRI", "ax:a ax:b <urn:x y> .", 2, 11, "absolute IRI"),
    ("relative IRI", "ax:a ax:b <y> .", 2, 11, "absolute IRI"),
    ("literal as subject", '"a" ax:b ax:c .', 2, 1, ""),
    ("unknown directive", "@prefx b: <urn:b> .", 2, 1, ""),
]


@pytest.mark.parametrize(("text", "line", "column", "hint"), [each[1:] for each in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_is_found_at_its_place(copy: Copy, text: str, line: int, column: int, hint: str) -> None:
    copy.write("data/entities/bad.ttl", HEAD + text)
    _, report = reading.read_turtle(Project(copy.root))
    first = report.findings[0]
    assert first.place is not None
    assert (first.place.file, first.place.line, first.place.column) == ("data/entities/bad.ttl", line, column)
    assert hint in first.hint
    source, caret = first.quote.split("\n")
    assert source == (HEAD + text).split("\n")[line - 1]
    assert caret.index("^") == column - 1


def test_all_faults_of_all_files_are_reported(copy: Copy) -> None:
    copy.write("data/entities/one.ttl", HEAD + "ax:a ax:b .\nax:c ax:d ax:e .\nax:f foo:g ax:h .\n")
    copy.write("data/links/two.ttl", HEAD + "ax:a ax:b <x y> .\nax:c bar:d ax:e .\n")
    _, report = reading.read_turtle(Project(copy.root))
    places = {str(finding.place).rpartition(":")[0] for finding in report.findings}
    assert places == {
        "data/entities/one.ttl:2",
        "data/entities/one.ttl:4",
        "data/links/two.ttl:2",
        "data/links/two.ttl:3",
    }
    assert not report.passed


@pytest.mark.parametrize(
    ("raw", "message"), [(b"\xef\xbb\xbfab", "byte order mark"), (b"# \xff\n", "not UTF-8")], ids=["mark", "latin"]
)
def test_other_encodings_are_refused(copy: Copy, raw: bytes, message: str) -> None:
    (copy.root / "data/entities/bad.ttl").write_bytes(raw)
    _, report = reading.read_turtle(Project(copy.root))
    assert [message in finding.message for finding in report.findings] == [True]


def test_an_empty_project_does_not_pass(copy: Copy) -> None:
    project = Project(copy.root / "nothing")
    assert not reading.read_turtle(project)[1].passed
    assert not reading.read_queries(project).passed


def test_a_source_cannot_take_the_name_of_a_graph(copy: Copy) -> None:
    copy.write("data/sources/links/a.ttl", "")
    _, report = reading.read_turtle(Project(copy.root))
    assert "A source cannot be called links" in report.findings[0].message


def test_the_tiny_project_reads_without_a_finding() -> None:
    documents, report = reading.read_turtle(Project(TINY))
    assert report.findings == ()
    assert report.looked_at == len(documents) == 14
    assert {document.source for document in documents} == {None, "tiny-2024"}


def test_blank_nodes_of_two_files_stay_apart(copy: Copy) -> None:
    for file in ("one", "two"):
        copy.write(f"data/entities/{file}.ttl", HEAD + "_:x ax:code '1' .\n")
    documents, _ = reading.read_turtle(Project(copy.root))
    subjects = {
        quad.subject
        for document in documents
        for quad in document.quads
        if document.file.endswith(("one.ttl", "two.ttl"))
    }
    assert len(subjects) == 2


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("#: title: x\nSELECT * {\n ?s ?p }", "This is not SPARQL 1.1.", 3),
        ("#: title: x\nSELECT * { ?s foo:p ?o }", "The prefix of this name is not declared.", 2),
        ('#: title: x\n#: column: b "B"\nSELECT ?a { ?a ?p ?o }', "The columns of the header", 1),
        ("#: title\nASK {}", "has no key", 1),
    ],
)
def test_a_fault_of_a_query_is_found(copy: Copy, text: str, message: str, line: int) -> None:
    copy.write("queries/explore/bad.rq", text)
    report = reading.read_queries(Project(copy.root))
    (found,) = report.findings
    assert message in found.message
    assert found.place is not None
    assert (found.place.file, found.place.line) == ("queries/explore/bad.rq", line)
