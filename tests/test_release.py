"""Releases: whole or not at all, checked when opened, and the same on any day."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from araxes.problems import BadRelease
from araxes.project import CURRENT, open_release, publish

PARTS = {"dataset.nq": b"<urn:a> <urn:b> <urn:c> <urn:g> .\n", "queries/a.rq": b"ASK {}"}
MANIFEST = {
    "dataset_sha256": hashlib.sha256(PARTS["dataset.nq"]).hexdigest(),
    "distinct_triples": 1,
    "inputs_hash": "x",
}


def test_what_is_published_can_be_opened(tmp_path: Path) -> None:
    made = publish(PARTS, MANIFEST, tmp_path)
    opened = open_release(tmp_path)
    assert opened.folder == made.folder.resolve()
    assert opened.dataset.read_bytes() == PARTS["dataset.nq"]
    assert made.folder.name.startswith(made.name)
    assert opened.name == str(MANIFEST["dataset_sha256"])[:16]


def test_the_same_parts_give_the_same_folder_and_bytes(tmp_path: Path) -> None:
    one = publish(PARTS, MANIFEST, tmp_path / "one")
    other = publish(dict(reversed(PARTS.items())), MANIFEST, tmp_path / "other")
    assert one.folder.name == other.folder.name
    assert (one.folder / "manifest.json").read_bytes() == (other.folder / "manifest.json").read_bytes()


@pytest.mark.parametrize("name", [*PARTS, "manifest.json"])
def test_a_changed_byte_is_refused(tmp_path: Path, name: str) -> None:
    path = publish(PARTS, MANIFEST, tmp_path).folder / name
    body = path.read_bytes()
    path.write_bytes(body[:-3] + bytes([body[-3] ^ 1]) + body[-2:])
    with pytest.raises(BadRelease):
        open_release(tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    (publish(PARTS, MANIFEST, tmp_path).folder / "queries/a.rq").unlink()
    with pytest.raises(BadRelease, match=r"lacks queries/a\.rq"):
        open_release(tmp_path)


def test_a_file_too_many_is_refused(tmp_path: Path) -> None:
    (publish(PARTS, MANIFEST, tmp_path).folder / "queries/b.rq").write_text("ASK {}")
    with pytest.raises(BadRelease, match=r"queries/b\.rq, which was not built"):
        open_release(tmp_path)


def test_no_release_is_a_problem_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadRelease, match="no release") as raised:
        open_release(tmp_path)
    assert "araxes build" in raised.value.advice


def test_a_new_release_becomes_current_and_the_old_one_stays(tmp_path: Path) -> None:
    old = publish(PARTS, MANIFEST, tmp_path)
    new = publish({**PARTS, "queries/a.rq": b"ASK { ?s ?p ?o }"}, MANIFEST, tmp_path)
    assert old.folder != new.folder
    assert open_release(tmp_path).folder == new.folder.resolve()
    assert open_release(old.folder).manifest == old.manifest


def test_a_spoilt_release_is_made_anew(tmp_path: Path) -> None:
    made = publish(PARTS, MANIFEST, tmp_path)
    made.dataset.write_bytes(b"")
    publish(PARTS, MANIFEST, tmp_path)
    assert open_release(tmp_path).dataset.read_bytes() == PARTS["dataset.nq"]


def test_a_failure_leaves_the_current_release_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = publish(PARTS, MANIFEST, tmp_path)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(BadRelease, match="no space left"):
        publish({**PARTS, "b": b""}, MANIFEST, tmp_path)
    assert open_release(tmp_path).folder == good.folder.resolve()
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([CURRENT, good.folder.name])


def test_only_the_last_releases_are_kept(tmp_path: Path) -> None:
    for number in range(9):
        publish({**PARTS, "n": str(number).encode()}, MANIFEST, tmp_path)
    assert len([each for each in tmp_path.iterdir() if each.name != CURRENT]) == 5
    assert open_release(tmp_path).folder.joinpath("n").read_text() == "8"


@pytest.mark.parametrize(
    "change",
    [
        lambda _: {},
        lambda _: [],
        lambda _: None,
        lambda full: {**full, "files": ["dataset.nq"]},
        lambda full: {**full, "files": {"dataset.nq": 1}},
        lambda full: {**full, "distinct_triples": "1"},
        lambda full: {**full, "distinct_triples": True},
        lambda full: {name: value for name, value in full.items() if name != "inputs_hash"},
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path: Path, change: Callable[[Any], Any]) -> None:
    path = publish(PARTS, MANIFEST, tmp_path).folder / "manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(BadRelease, match="is damaged"):
        open_release(tmp_path)


def test_a_changed_number_in_the_manifest_is_refused(tmp_path: Path) -> None:
    path = publish(PARTS, MANIFEST, tmp_path).folder / "manifest.json"
    path.write_text(path.read_text().replace('"distinct_triples": 1', '"distinct_triples": 2'))
    with pytest.raises(BadRelease, match=r"manifest\.json is not what was built"):
        open_release(tmp_path)
