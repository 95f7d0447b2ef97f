"""The project: found where it is, each file in its graph, and every input in the hash."""

from pathlib import Path

import pytest
from araxes.problems import BadProject
from araxes.project import Project, graph_of, locate
from helpers import ROOT, TINY, Copy

GRAPH = "https://w3id.org/araxes/graph/"


@pytest.mark.parametrize(
    ("file", "graph"),
    [
        ("ontology/araxes.ttl", "ontology"),
        ("ontology/modules/actors.ttl", "ontology"),
        ("ontology/schemes/stance.ttl", "ontology"),
        ("data/entities/actors.ttl", "entities"),
        ("data/sources/kaleji-2023/positions.ttl", "kaleji-2023"),
        ("data/sources/another-2031/deep/er.ttl", "another-2031"),
        ("data/context/phases.ttl", "context"),
        ("data/inferred/a.ttl", "inferred"),
    ],
)
def test_each_file_has_its_graph(file: str, graph: str) -> None:
    assert graph_of(file) == GRAPH + graph


@pytest.mark.parametrize("file", ["ontology/shapes/a.ttl", "ontology/alignments/a.ttl", "ontology/prefixes.ttl"])
def test_some_files_are_read_and_not_served(file: str) -> None:
    assert graph_of(file) is None


def test_a_source_is_known_by_its_folder() -> None:
    assert graph_of("data/sources/tiny-2024/a.ttl") == GRAPH + "tiny-2024"
    assert graph_of("data/entities/a.ttl") == GRAPH + "entities"


def test_the_folder_given_goes_before_the_environment_and_that_before_the_checkout() -> None:
    assert locate(TINY, {"ARAXES_PROJECT": str(ROOT)}).root == TINY
    assert locate(None, {"ARAXES_PROJECT": str(TINY)}).root == TINY
    assert locate(None, {}).root == ROOT


def test_a_folder_without_a_project_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(BadProject, match=r"has no ontology/prefixes\.ttl") as raised:
        locate(tmp_path, {})
    assert "--project" in raised.value.advice


def test_a_source_brings_its_own_prefixes() -> None:
    known = Project(TINY).prefixes()
    assert known["tiny-2024"] == "https://w3id.org/araxes/id/attestation/tiny-2024/"
    assert known["tiny-2024-passage"] == "https://w3id.org/araxes/id/passage/tiny-2024/"
    assert known["ax"] == "https://w3id.org/araxes/ns/"


@pytest.mark.parametrize(
    "file", ["ontology/araxes.ttl", "data/links/codes.ttl", "queries/explore/documents-by-year.rq"]
)
def test_every_input_is_in_the_hash(copy: Copy, file: str) -> None:
    project = Project(copy.root)
    before = project.inputs_hash()
    assert before == Project(TINY).inputs_hash()
    copy.add(file, "# more\n")
    assert project.inputs_hash() != before


def test_a_new_file_is_in_the_hash(copy: Copy) -> None:
    before = Project(copy.root).inputs_hash()
    copy.write("data/sources/new-2025/a.ttl", "")
    assert Project(copy.root).inputs_hash() != before


def test_the_code_is_in_the_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("one = 1\n")
    monkeypatch.setattr("araxes.project.PACKAGE", tmp_path)
    before = Project(TINY).inputs_hash()
    (tmp_path / "a.py").write_text("one = 2\n")
    assert Project(TINY).inputs_hash() != before


@pytest.mark.parametrize("file", ["data/ontology.ttl", "data/a b.ttl", "data/sources/a.ttl", "data/sources/a b/c.ttl"])
def test_a_file_of_data_in_no_known_folder_has_no_graph(file: str) -> None:
    assert graph_of(file) is None
