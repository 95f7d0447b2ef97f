"""`araxes build`: deterministic, whole or not at all."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from araxes.project import Project, open_release
from helpers import TINY, Copy, araxes, copy_of_tiny

FAST = "--without-reasoner"


def test_two_builds_in_two_places_give_the_same_bytes(copy: Copy, tmp_path: Path) -> None:
    other = copy_of_tiny(tmp_path / "somewhere" / "else")
    for each in (copy, other):
        done = each.araxes("build", FAST)
        assert done.returncode == 0, done.stdout + done.stderr
    one, two = open_release(copy.releases), open_release(other.releases)
    assert one.folder.name == two.folder.name
    for name in ("dataset.nq", "manifest.json"):
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes()


def test_the_order_and_names_in_a_file_do_not_change_the_dataset(copy: Copy) -> None:
    copy.araxes("build", FAST)
    before = open_release(copy.releases)
    file = "data/sources/tiny-2024/positions.ttl"
    text = (copy.root / file).read_text("utf-8")
    head, *blocks = text.strip().split("\n\n")
    copy.write(file, "\n\n".join([head, *reversed(blocks)]) + "\n")
    assert copy.araxes("build", FAST).returncode == 0
    after = open_release(copy.releases)
    assert after.dataset.read_bytes() == before.dataset.read_bytes()
    assert after.manifest["inputs_hash"] != before.manifest["inputs_hash"]


def test_the_manifest_says_what_there_is(copy: Copy) -> None:
    copy.araxes("build")
    release = open_release(copy.releases)
    manifest = release.manifest
    dataset = release.dataset.read_bytes()
    assert manifest["dataset_sha256"] == hashlib.sha256(dataset).hexdigest()
    assert sum(manifest["triples_by_graph"].values()) == len(dataset.splitlines())
    assert manifest["reasoner"] is True
    assert {"pyoxigraph", "pyshacl", "owlready2"} <= manifest["tools"].keys()
    assert all(step["looked_at"] > 0 and step["findings"] == 0 for step in manifest["steps"])
    assert len(manifest["steps"]) == 10
    given = {name for name in manifest["files"] if not name.startswith("documents/")}
    assert set(Project(copy.root).inputs()) | {"dataset.nq"} == given
    assert len(manifest["files"]) - len(given) == manifest["steps"][-1]["looked_at"] > 80
    assert str(copy.root) not in json.dumps(manifest)


@pytest.mark.parametrize("iri", ["https://w3id.org/araxes/../../escaped/onto", "http://example.org/onto"])
def test_no_document_is_written_outside_the_release(copy: Copy, tmp_path: Path, iri: str) -> None:
    copy.add("ontology/schemes/more.ttl", f"<{iri}> a <http://www.w3.org/2002/07/owl#Ontology> .\n")
    done = copy.araxes("build", FAST)
    assert done.returncode == 1
    assert f"No document can be named after {iri}" in done.stdout
    assert list(tmp_path.rglob("onto.*")) == []


def test_a_release_without_the_reasoner_says_so(copy: Copy) -> None:
    copy.araxes("build", FAST)
    assert open_release(copy.releases).manifest["reasoner"] is False


def test_a_failing_build_leaves_the_earlier_release_untouched(copy: Copy) -> None:
    copy.araxes("build", FAST)
    before = {path: path.read_bytes() for path in copy.releases.rglob("*") if path.is_file()}
    copy.change("data/sources/tiny-2024/positions.ttl", "stance:opposes", "stance:dislikes")
    done = copy.araxes("build", FAST)
    assert done.returncode == 1
    assert "No release was made." in done.stderr
    assert {path: path.read_bytes() for path in copy.releases.rglob("*") if path.is_file()} == before


def test_json_holds_the_steps_and_the_release(copy: Copy) -> None:
    document = json.loads(copy.araxes("build", FAST, "--json").stdout)
    assert document["passed"] is True
    assert document["steps"][-1]["step"] == "release"
    assert document["steps"][-1]["looked_at"] == open_release(copy.releases).triples


def test_releases_go_to_the_cache_folder_of_the_user(tmp_path: Path) -> None:
    done = araxes("build", FAST, "--project", str(TINY), XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "araxes").iterdir()
    assert open_release(folder).triples > 100


def test_a_folder_that_cannot_be_written_could_not_run(copy: Copy) -> None:
    (copy.root / "taken").write_text("a file")
    done = araxes("build", FAST, "--project", str(copy.root), "--release", str(copy.root / "taken" / "x"))
    assert done.returncode == 3
    assert "cannot be written" in done.stderr


def test_a_second_source_is_one_more_folder(copy: Copy) -> None:
    folder = copy.root / "data" / "sources"
    shutil.copytree(folder / "tiny-2024", folder / "tiny-2025")
    for path in (folder / "tiny-2025").iterdir():
        path.write_text(path.read_text("utf-8").replace("tiny-2024", "tiny-2025"), "utf-8")
    copy.change("data/sources/tiny-2025/positions.ttl", "position:aland-bridge a", "position:aland-bridge-2025 a")
    copy.change("data/sources/tiny-2025/positions.ttl", "position:oland-bridge a", "position:oland-bridge-2025 a")
    assert copy.araxes("derive").returncode == 0
    done = copy.araxes("build", FAST)
    assert done.returncode == 0, done.stdout
    graphs = open_release(copy.releases).manifest["triples_by_graph"]
    key = "https://w3id.org/araxes/graph/tiny-202"
    assert graphs[key + "5"] == graphs[key + "4"]
