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
    of_source = {document.graph for document in documents if document.file.startswith("data/sources/")}
    assert of_source == {"https://w3id.org/araxes/graph/tiny-2024"}


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


@pytest.mark.parametrize(
    ("raw", "message"),
    [(b"\xef\xbb\xbfASK {}", "byte order mark"), (b"ASK {} # \xff\n", "not UTF-8")],
    ids=["mark", "latin"],
)
def test_other_encodings_of_a_query_are_refused(copy: Copy, raw: bytes, message: str) -> None:
    (copy.root / "queries/explore/bad.rq").write_bytes(raw)
    (found,) = reading.read_queries(Project(copy.root)).findings
    assert message in found.message
    assert str(found.place).startswith("queries/explore/bad.rq:1")


@pytest.mark.parametrize("key", ["my source", 'a"b<c>', "Kaleji-2023", "-a"])
def test_a_key_that_fits_into_no_iri_is_found(copy: Copy, key: str) -> None:
    copy.write(f"data/sources/{key}/a.ttl", "")
    (found,) = reading.read_turtle(Project(copy.root))[1].findings
    assert found.message == f"A source cannot be called {key}: a key has small letters, digits and hyphens only."
    assert str(found.place) == f"data/sources/{key}"


@pytest.mark.parametrize("key", ["ax", "rdfs", "tiny-2024-passage"])
def test_a_key_that_is_a_prefix_is_found(copy: Copy, key: str) -> None:
    copy.write(f"data/sources/{key}/a.ttl", "")
    (found,) = reading.read_turtle(Project(copy.root))[1].findings
    assert (
        found.message
        == f"A source cannot be called {key}: {key}: is a prefix already, of the project or of another source."
    )


def test_a_key_whose_passages_have_a_prefix_of_the_project_is_found(copy: Copy) -> None:
    copy.change("ontology/prefixes.ttl", 'sh:prefix "skos"', 'sh:prefix "new-passage"')
    copy.write("data/sources/new/a.ttl", "")
    (found,) = reading.read_turtle(Project(copy.root))[1].findings
    assert "new-passage: is a prefix already" in found.message


def test_a_source_without_turtle_is_found(copy: Copy) -> None:
    copy.write("data/sources/new-2025/notes.md", "")
    (found,) = reading.read_turtle(Project(copy.root))[1].findings
    assert (found.message, str(found.place)) == ("This source has no Turtle file.", "data/sources/new-2025")


@pytest.mark.parametrize("file", ["data/ontology.ttl", "data/foo bar.ttl", "data/more/a.ttl", "data/sources/a.ttl"])
def test_a_file_of_data_that_has_no_graph_is_found(copy: Copy, file: str) -> None:
    copy.write(file, HEAD + "ax:a ax:b ax:c .")
    documents, report = reading.read_turtle(Project(copy.root))
    (found,) = report.findings
    assert (found.message, str(found.place)) == ("This file lies in no folder of data that has a graph.", file)
    assert [document.graph for document in documents if document.file == file] == [None]


def test_a_caret_stands_below_its_column_after_tabs(copy: Copy) -> None:
    copy.write("data/entities/bad.ttl", HEAD + "ax:a\tax:b\tfoo:c .")
    (found,) = reading.read_turtle(Project(copy.root))[1].findings
    assert found.quote == "ax:a\tax:b\tfoo:c .\n    \t    \t^"


def test_two_queries_of_one_name_and_kind_are_found(copy: Copy) -> None:
    copy.write("queries/rules/sub/superclass-types.rq", "CONSTRUCT WHERE { ?s ?p ?o }")
    copy.write("queries/explore/superclass-types.rq", "ASK {}")
    (found,) = reading.read_queries(Project(copy.root)).findings
    assert str(found.place) == "queries/rules/superclass-types.rq"
    assert found.message.startswith("queries/rules/sub/superclass-types.rq is called superclass-types too")


def test_a_rule_with_the_name_of_what_the_build_writes_is_found(copy: Copy) -> None:
    copy.write("queries/rules/all-different.rq", "CONSTRUCT WHERE { ?s ?p ?o }")
    (found,) = reading.read_queries(Project(copy.root), "queries/rules/").findings
    assert found.message.startswith("The file that the build itself writes is called all-different too")
