"""The folder that a build writes and the server reads."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
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
    def triples(self) -> int:
        """Return how many distinct triples the release holds."""
        return int(self.manifest["distinct_triples"])

    @property
    def root(self) -> Path:
        """Return the folder with the release's own copy of ontology, data and queries."""
        return self.folder


def cache_folder(project: Path, environ: Mapping[str, str]) -> Path:
    """Return where the releases of a project go when nobody says otherwise: the user's cache folder."""
    home = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "araxes" / hashlib.sha256(str(project).encode()).hexdigest()[:12]


def publish(parts: Mapping[str, bytes], manifest: Mapping[str, Any], into: Path) -> Release:
    """Write a release below `into` and make it the current one; either all of it happens or nothing.

    Parameters: `parts`, the content of each file by its path within the release; `manifest`, what is known about
    it, to which the hash of every part is added; `into`, the folder that holds the releases.

    Raises `BadRelease` where the folder cannot be written.
    """
    full = {**manifest, "files": {name: _sha256(body) for name, body in sorted(parts.items())}}
    text = (json.dumps(full, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()
    name = f"{_sha256(parts[DATASET])[:16]}-{_sha256(text)[:8]}"
    try:
        into.mkdir(parents=True, exist_ok=True)
        if not _is_whole(into / name):
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
    for name, expected in listed.items():
        path = release.folder / name
        if not path.is_file():
            raise BadRelease(f"The release {release.folder} lacks {name}")
        if _sha256(path.read_bytes()) != expected:
            raise BadRelease(f"In the release {release.folder}, {name} is not what was built: its hash differs")
    for path in _files(release.folder):
        if path not in listed and path != MANIFEST:
            raise BadRelease(f"The release {release.folder} holds {path}, which was not built")
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
    if lacking := [name for name, kind in NEEDED.items() if not _has(manifest, name, kind)]:
        raise BadRelease(f"The manifest of the release {at} is damaged: see {', '.join(lacking)}")
    return Release(at.resolve(), manifest)


def _has(manifest: object, name: str, kind: type) -> bool:
    value = manifest.get(name) if isinstance(manifest, dict) else None
    texts = list(value.values()) if isinstance(value, dict) else []
    return type(value) is kind and all(isinstance(text, str) for text in texts)


def _is_whole(folder: Path) -> bool:
    try:
        open_release(folder)
    except BadRelease:
        return False
    return True


def _write(parts: Mapping[str, bytes], target: Path) -> None:
    beside = Path(tempfile.mkdtemp(prefix=".building-", dir=target.parent))
    try:
        for name, body in parts.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        beside.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


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


def _files(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
