"""The folder that a build writes and the server reads."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from araxes.problems import BadRelease

DATASET = "dataset.nq"
MANIFEST = "manifest.json"
CURRENT = "current"
KEPT = 5
NEEDED = {"dataset_sha256": str, "distinct_triples": int, "files": dict, "inputs_hash": str}
FOLDER = re.compile(r"[0-9a-f]{16}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Release:
    """One built release: its folder, and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return the short name: the first sixteen digits of the dataset's hash."""
        return str(self.manifest["dataset_sha256"])[:16]

    @property
    def inputs_hash(self) -> str:
        """Return the hash of everything that the release was made of."""
        return str(self.manifest["inputs_hash"])

    @property
    def dataset(self) -> Path:
        """Return the path of the canonical N-Quads."""
        return self.folder / DATASET

    @property
    def sources(self) -> tuple[Path, ...]:
        """Return the files that hold the data."""
        return tuple(Path(name) for name in self.manifest.get("data", ())) or (self.dataset,)

    @property
    def triples(self) -> int:
        """Return how many distinct triples the release holds."""
        return int(self.manifest["distinct_triples"])

    @property
    def root(self) -> Path:
        """Return the folder with the release's own copy of ontology, data and queries."""
        return self.folder


def publish(parts: Mapping[str, bytes], manifest: Mapping[str, Any], into: Path) -> Release:
    """Write a release below `into` and make it the current one; either all of it happens or nothing.

    Parameters: `parts`, the content of each file by its path within the release; `manifest`, what is known about
    it, to which the hash of every part is added; `into`, the folder that holds the releases.

    Raises `BadRelease` where the folder cannot be written.
    """
    hashes = {name: _sha256(body) for name, body in parts.items()}
    full = {**manifest, "dataset_sha256": hashes[DATASET], "files": hashes}
    text = (json.dumps(full, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()
    name = f"{hashes[DATASET][:16]}-{_sha256(text)[:8]}"
    try:
        into.mkdir(parents=True, exist_ok=True)
        try:
            open_release(into / name)
        except BadRelease:
            _write({**parts, MANIFEST: text}, into / name)
        _point(into / CURRENT, name)
        _forget_old(into, name)
    except OSError as error:
        hint = "Give a folder that can be written with --release."
        raise BadRelease(f"The release cannot be written: {error}", hint=hint) from error
    return Release(into / name, full)


def open_release(folder: Path) -> Release:
    """Return the release in a folder, or the current one of a folder of releases, after checking every hash.

    Raises `BadRelease` where there is none, or where a file is missing, is more than the manifest lists or has changed.
    """
    release = peek(folder)
    digits = release.folder.name.partition("-")[2] if FOLDER.fullmatch(release.folder.name) else ""
    if not _sha256((release.folder / MANIFEST).read_bytes()).startswith(digits):
        raise BadRelease(f"In the release {release.folder}, {MANIFEST} is not what was built: its hash differs")
    listed = release.manifest["files"]
    present = {path.relative_to(release.folder).as_posix() for path in release.folder.rglob("*") if path.is_file()}
    for name in sorted(present - {MANIFEST} | listed.keys()):
        if name not in present:
            raise BadRelease(f"The release {release.folder} lacks {name}")
        if name not in listed:
            raise BadRelease(f"The release {release.folder} holds {name}, which was not built")
        if _sha256((release.folder / name).read_bytes()) != listed[name]:
            raise BadRelease(f"In the release {release.folder}, {name} is not what was built: its hash differs")
    return release


def peek(folder: Path) -> Release:
    """Return the release in a folder, or its current one, without checking the hashes.

    Raises `BadRelease` where there is none, or where its manifest does not say what a release is.
    """
    at = folder if (folder / MANIFEST).is_file() else folder / CURRENT
    if not (at / MANIFEST).is_file():
        raise BadRelease(f"There is no release in {folder}")
    try:
        manifest = json.loads((at / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadRelease(f"The manifest of the release {at} cannot be read: {error}") from error
    facts = manifest if isinstance(manifest, dict) else {}
    lacking = [name for name, kind in NEEDED.items() if type(facts.get(name)) is not kind]
    if lacking or not all(isinstance(each, str) for each in facts["files"].values()):
        raise BadRelease(f"The manifest of the release {at} is damaged: see {', '.join(lacking) or 'files'}")
    return Release(at.resolve(), facts)


def _write(parts: Mapping[str, bytes], target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".building-", dir=target.parent) as beside:
        whole = Path(beside) / target.name
        for name, body in parts.items():
            path = whole / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        if target.exists():
            shutil.rmtree(target)
        whole.rename(target)


def _point(link: Path, name: str) -> None:
    beside = link.with_name(f".current-{os.getpid()}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(name)
    beside.replace(link)


def _forget_old(into: Path, name: str) -> None:
    made = [each for each in into.iterdir() if FOLDER.fullmatch(each.name) and each.name != name]
    made.sort(key=lambda each: each.stat().st_mtime, reverse=True)
    for each in made[KEPT - 1 :]:
        shutil.rmtree(each, ignore_errors=True)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
