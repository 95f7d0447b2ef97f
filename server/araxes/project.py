"""A project, its files and the named graph of each; and the releases built from it, or files of anybody's data."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import quote

from araxes import prefixes, queries
from araxes.prefixes import FILE_IRI, GRAPHS, ONTOLOGY_GRAPH
from araxes.problems import BadData, BadProject, BadRelease

NOT_SERVED = {"shapes", "alignments"}
DATA_GRAPHS = {"entities", "context", "links", "geometry", "inferred"}
OWN_GRAPHS = DATA_GRAPHS | {"ontology"}
SOURCE_KEY = re.compile(r"[a-z0-9][a-z0-9-]*")
PACKAGE = Path(__file__).parent
DATASET, DOCUMENTS, HOMES, MANIFEST, CURRENT = "dataset.nq", "documents", "homes.json", "manifest.json", "current"
NEEDED = {"dataset_sha256": str, "distinct_triples": int, "files": dict, "inputs_hash": str}
FOLDER = re.compile(r"[0-9a-f]{16}-[0-9a-f]{8}")


class Project(NamedTuple):
    """A folder with `ontology/`, `data/` and `queries/`."""

    root: Path

    def turtle(self) -> list[str]:
        """Return every Turtle file of ontology and data, relative to the root."""
        return [file for file in self.inputs() if file.endswith(".ttl") and not file.startswith("queries/")]

    def rq(self, below: str = "queries/") -> list[str]:
        """Return every query file below a folder, relative to the root."""
        return [file for file in self.inputs() if file.endswith(".rq") and file.startswith(below)]

    def inputs(self) -> list[str]:
        """Return every file that a release rests on, relative to the root."""
        return sorted(f"{part}/{name}" for part in ("ontology", "data", "queries") for name in _files(self.root / part))

    def queries(self, folder: str) -> dict[str, queries.SavedQuery]:
        """Return the saved queries below `queries/FOLDER` by name."""
        return queries.load(self.root / "queries" / folder, self.root)

    def sources(self) -> list[str]:
        """Return the keys of the sources: the folders below `data/sources`."""
        return sorted(path.name for path in self.root.glob("data/sources/*/"))

    def prefixes(self) -> dict[str, str]:
        """Return the prefixes of the project and its sources; raises `BadProject` where they cannot be read."""
        try:
            known = prefixes.declared((self.root / prefixes.PREFIX_FILE).read_text("utf-8"))
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            raise BadProject(f"{prefixes.PREFIX_FILE} cannot be read: {error}") from error
        return known | {name: iri for key in self.sources() for name, iri in prefixes.of_source(key).items()}

    def inputs_hash(self) -> str:
        """Return one hash over everything a release is made of: the project's files and the code that reads them."""
        code = {name: path for name, path in _files(PACKAGE).items() if not name.startswith("_project/")}
        code = {f"araxes/{name}": path for name, path in sorted(code.items()) if path.suffix != ".pyc"}
        hashes = _hashes({**{file: self.root / file for file in self.inputs()}, **code})
        return hashlib.sha256("".join(f"{name}\n{digest}\n" for name, digest in hashes.items()).encode()).hexdigest()


def locate(given: Path | None, environ: Mapping[str, str]) -> Project:
    """Return the project: the folder given, else `ARAXES_PROJECT`, else the checkout, else the packaged copy."""
    asked = given or environ.get("ARAXES_PROJECT")
    for root in [Path(asked)] if asked else [PACKAGE.parent.parent, PACKAGE / "_project"]:
        if (root / prefixes.PREFIX_FILE).is_file():
            return Project(root.resolve())
    raise BadProject(f"{asked or 'The installed package'} has no {prefixes.PREFIX_FILE}")


def graph_of(file: str) -> str | None:
    """Return the IRI of the named graph to which a Turtle file belongs, or None where it is read but not served."""
    match PurePosixPath(file).parts:
        case ("ontology", folder, *_) if folder not in NOT_SERVED and file != prefixes.PREFIX_FILE:
            return ONTOLOGY_GRAPH
        case ("data", "sources", key, _, *_) if SOURCE_KEY.fullmatch(key):
            return GRAPHS + key
        case ("data", folder, _, *_) if folder in DATA_GRAPHS:
            return GRAPHS + folder
    return None


class Release(NamedTuple):
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
    def sources(self) -> Mapping[str, str]:
        """Return the paths of the files that hold the data, each with the graph for what names none itself, or ""."""
        return self.manifest.get("data") or {str(self.dataset): ""}

    @property
    def unchanged(self) -> bool:
        """Return whether the files of data that it was named after are as they were then."""
        return all(_mark(Path(path)) == mark for path, mark in self.manifest.get("marks", {}).items())


def publish(parts: Mapping[str, bytes], manifest: Mapping[str, Any], into: Path, kept: int = 5) -> Release:
    """Write a release from its files by path, with their hashes, and make it the current one: all of it, or nothing.

    Of the releases there, only so many are `kept`; 0 keeps all. Raises `BadRelease` where it cannot be written.
    """
    hashes = {name: hashlib.sha256(body).hexdigest() for name, body in parts.items()}
    full = {**manifest, "dataset_sha256": hashes[DATASET], "files": hashes}
    text = (json.dumps(full, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()
    name = f"{hashes[DATASET][:16]}-{hashlib.sha256(text).hexdigest()[:8]}"
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".building-", dir=into) as beside:
            whole, link = Path(beside, name), Path(beside, CURRENT)
            for part, body in {**parts, MANIFEST: text}.items():
                (whole / part).parent.mkdir(parents=True, exist_ok=True)
                (whole / part).write_bytes(body)
            # One that is there and whole may be in use.
            if _hashes(_files(into / name)) != _hashes(_files(whole)):
                shutil.rmtree(into / name, ignore_errors=True)
                whole.rename(into / name)
            link.symlink_to(name)
            link.replace(into / CURRENT)
    except OSError as error:
        hint = "Give a folder that can be written with --release."
        raise BadRelease(f"The release cannot be written: {error}", hint=hint) from error
    others = [each for each in into.iterdir() if FOLDER.fullmatch(each.name) and each.name != name]
    for each in sorted(others, key=lambda each: each.stat().st_mtime)[: 1 - kept if kept else 0]:
        shutil.rmtree(each, ignore_errors=True)
    return Release(into / name, full)


def open_release(folder: Path) -> Release:
    """Return the release in a folder, or its current one; raises `BadRelease` where none is, or not as it was built."""
    at = (folder if (folder / MANIFEST).is_file() else folder / CURRENT).resolve()
    try:
        manifest = json.loads((at / MANIFEST).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BadRelease(f"There is no release in {folder}") from error
    except (OSError, ValueError) as error:
        raise BadRelease(f"The manifest of the release {at} cannot be read: {error}") from error
    facts = manifest if isinstance(manifest, dict) else {}
    lacking = [name for name, kind in NEEDED.items() if type(facts.get(name)) is not kind]
    if lacking or not all(isinstance(each, str) for each in facts["files"].values()):
        raise BadRelease(f"The manifest of the release {at} is damaged: see {', '.join(lacking) or 'files'}")
    digits = at.name.partition("-")[2] if FOLDER.fullmatch(at.name) else ""
    found, listed = _hashes(_files(at)), {MANIFEST: digits, **facts["files"]}
    for name in sorted(found.keys() | listed.keys()):
        if name not in found:
            raise BadRelease(f"The release {at} lacks {name}")
        if name not in listed:
            raise BadRelease(f"The release {at} holds {name}, which was not built")
        if not found[name].startswith(listed[name]):
            raise BadRelease(f"In the release {at}, {name} is not what was built: its hash differs")
    return Release(at, facts)


def release_of(files: Sequence[Path], beside: Release | None = None, *, quick: bool = False) -> Release:
    """Return what is served for files of data, alone or each as a graph beside a release.

    It is named after their bytes or, if that must be `quick`, sizes and times; raises `BadData` if one cannot be read.
    """
    digest, missing, marks = hashlib.sha256(beside.name.encode() if beside else b""), [], {}
    for path in files:
        try:
            with path.open("rb") as file:
                marks[str(path.absolute())] = mark = _mark(path)
                whole = "" if quick else hashlib.file_digest(file, "sha256").hexdigest()
                digest.update(f"{path.name}\0{whole or mark}\0".encode())
        except OSError as error:
            missing.append(f"{path}: {error.strerror or error}")
    if missing:
        raise BadData("; ".join(missing), hint="Give files that exist and can be read.")
    names = [Path(path).name for path in marks]
    if beside and (twice := sorted({name for name in names if names.count(name) > 1})):
        found = f"{', '.join(twice)}: each file is a graph of its name, and two have this one"
        raise BadData(found, hint="Give each file a name of its own.")
    data = {path: FILE_IRI + quote(Path(path).name) if beside else "" for path in marks}
    # Alone at a place that holds nothing, so that no query or prefix of this project is shown with other people's data.
    base = beside or Release(Path(os.devnull), {"distinct_triples": 0, "files": {}})
    data = {**(beside.sources if beside else {}), **data}
    return base._replace(manifest={**base.manifest, "dataset_sha256": digest.hexdigest(), "data": data, "marks": marks})


def _mark(path: Path) -> str:
    """Return what changes with a file: its size, and when it was written."""
    told = path.stat()
    return f"{told.st_size} {told.st_mtime_ns}"


def _files(folder: Path) -> dict[str, Path]:
    """Return the files below a folder by their paths in it."""
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def _hashes(files: Mapping[str, Path]) -> dict[str, str]:
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
