"""From Python: the release as an rdflib dataset and as an owlready2 namespace, each in two lines."""

import subprocess
import sys
from pathlib import Path

import araxes
import pytest
from araxes.problems import BadRelease
from araxes.project import Release
from helpers import ROOT, TINY, environment
from rdflib import URIRef

# rdflib warns of its own use of what it is going to rename
pytestmark = pytest.mark.filterwarnings("ignore:Dataset.default_context:DeprecationWarning")

POSITIONS = "SELECT ?position WHERE { ?position a ax:Position }"


def run(code: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment(**more))


def test_the_dataset_has_every_graph_and_their_union(release: Release) -> None:
    dataset = araxes.open(release.folder)
    sizes = {str(graph.identifier): len(graph) for graph in dataset.graphs() if len(graph)}
    by_graph = release.manifest["triples_by_graph"]
    assert {iri: sizes[iri] for iri in by_graph} == by_graph
    assert len(dataset.query(POSITIONS)) == 37
    assert len(set(dataset.triples((None, None, None)))) == release.triples


def test_the_prefixes_are_bound(release: Release) -> None:
    bound = dict(araxes.open(release.folder).namespaces())
    assert bound["ax"] == URIRef("https://w3id.org/araxes/ns/")
    assert bound["kaleji-2023"] == URIRef("https://w3id.org/araxes/id/attestation/kaleji-2023/")


def test_the_namespace_has_terms_and_things(release: Release) -> None:
    onto = araxes.onto(release.folder)
    positions = onto.Position.instances()
    assert len(positions) == 37
    assert onto.isHeldBy.range == [onto.Actor]
    iran = onto.world["https://w3id.org/araxes/id/state/iran"]
    assert onto.State in iran.is_a
    assert {each.isHeldBy for each in positions} >= {iran}
    assert "State" in onto.State.label.en


def test_two_namespaces_share_nothing(release: Release) -> None:
    one, other = araxes.onto(release.folder), araxes.onto(release.folder)
    one.Position.instances()[0].label.append("changed")
    assert all("changed" not in each.label for each in other.Position.instances())


def test_without_a_release_one_is_built(tmp_path: Path) -> None:
    code = "import araxes; print(len(araxes.open()), len(araxes.onto().Position.instances()))"
    done = run(code, ARAXES_PROJECT=str(TINY), ARAXES_RELEASE=str(tmp_path / "releases"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1] == "2"
    assert done.stderr.count("There is no release yet: building.") == 1


def test_what_is_no_release_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(BadRelease, match="There is no release"):
        araxes.open(tmp_path)
    with pytest.raises(BadRelease, match="There is no release"):
        araxes.onto(tmp_path)


def test_importing_the_package_loads_neither_library() -> None:
    done = run(
        "import sys, araxes; print([name for name in ('rdflib', 'owlready2', 'pyshacl') if name in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_the_lines_in_the_readme_run(releases: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = [block.split("```")[0] for block in readme.split("```python\n")[1:]]
    assert len(blocks) == 2
    for block in blocks:
        done = run(block, ARAXES_PROJECT=str(ROOT), ARAXES_RELEASE=str(releases))
        assert done.returncode == 0, done.stderr
        printed = [line.removeprefix("# ") for line in block.splitlines() if line.startswith("# ")]
        assert done.stdout.splitlines() == printed
