"""The folder that a build writes and the server reads; or files of anybody's data in its place."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from araxes.problems import BadData, BadRelease

DATASET = "dataset.nq"
DOCUMENTS = "documents"
MANIFEST = "manifest.json"
CURRENT = "current"
KEPT = 5
NEEDED = {"dataset_sha256": str, "distinct_triples": int, "files": dict, "inputs_hash": str}
FOLDER = re.compile(r"[0-9a-f]{16}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Release:
    """One built release: its folder, with its own copy of ontology, data and queries, and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return the short name: the first sixteen digits of the dataset's hash."""
        return str(self.manifest["dataset_sha256"])[:16]

    @property
    def triples(self) -> int:
        """Return how many distinct triples the release holds."""
        return int(self.manifest["distinct_triples"])

    @property
    def dataset(self) -> Path:
        """Return the path of the canonical N-Quads."""
        return self.folder / DATASET

    @property
    def sources(self) -> tuple[Path, ...]:
        """Return the files that hold the data."""
        return tuple(Path(name) for name in self.manifest.get("data", ())) or (self.dataset,)


def publish(parts: Mapping[str, bytes], manifest: Mapping[str, Any], into: Path) -> Release:
    """Write a release from its files by path, with their hashes, and make it the current one: all of it, or nothing."""
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
        beside = into / f".current-{os.getpid()}"
        beside.unlink(missing_ok=True)
        beside.symlink_to(name)
        beside.replace(into / CURRENT)
    except OSError as error:
        hint = "Give a folder that can be written with --release."
        raise BadRelease(f"The release cannot be written: {error}", hint=hint) from error
    others = [each for each in into.iterdir() if FOLDER.fullmatch(each.name) and each.name != name]
    for each in sorted(others, key=lambda each: each.stat().st_mtime)[: 1 - KEPT]:
        shutil.rmtree(each, ignore_errors=True)
    return Release(into / name, full)


def open_release(folder: Path) -> Release:
    """Return the release in a folder, or its current one, every hash checked; raises `BadRelease` as `peek` does."""
    release = peek(folder)
    at, listed = release.folder, release.manifest["files"]
    present = {path.relative_to(at).as_posix(): path for path in at.rglob("*") if path.is_file()}
    digits = at.name.partition("-")[2] if FOLDER.fullmatch(at.name) else ""
    for name in sorted(present.keys() | listed.keys()):
        if name not in present:
            raise BadRelease(f"The release {at} lacks {name}")
        if name not in {*listed, MANIFEST}:
            raise BadRelease(f"The release {at} holds {name}, which was not built")
        if not _sha256(present[name].read_bytes()).startswith(listed.get(name, digits)):
            raise BadRelease(f"In the release {at}, {name} is not what was built: its hash differs")
    return release


def peek(folder: Path) -> Release:
    """Return the release in a folder, or its current one, unchecked; raises `BadRelease` for a bad manifest or none."""
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


def release_of(files: Sequence[Path]) -> Release:
    """Return what is served for files of data, named after their bytes; raises `BadData` if one cannot be read."""
    digest, missing = hashlib.sha256(), []
    for path in files:
        try:
            with path.open("rb") as file:
                digest.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\0".encode())
        except OSError as error:
            missing.append(f"{path}: {error.strerror or error}")
    if missing:
        raise BadData("; ".join(missing), hint="Give files that exist and can be read.")
    name, data = digest.hexdigest(), [str(path.absolute()) for path in files]
    # A place that holds nothing, so that no query or prefix of this project is shown with other people's data.
    manifest = {"dataset_sha256": name, "distinct_triples": 0, "files": {}, "inputs_hash": name, "data": data}
    return Release(Path(os.devnull), manifest)


def _write(parts: Mapping[str, bytes], target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".building-", dir=target.parent) as beside:
        whole = Path(beside) / target.name
        for name, body in parts.items():
            path = whole / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        shutil.rmtree(target, ignore_errors=True)
        whole.rename(target)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
