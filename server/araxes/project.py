"""Where the files of a project are, and which named graph each belongs to."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from araxes import prefixes, queries
from araxes.names import GRAPHS, ONTOLOGY_GRAPH
from araxes.problems import BadProject

PARTS = ("ontology", "data", "queries")
NOT_SERVED = {"shapes", "alignments"}
OWN_GRAPHS = {"ontology", "entities", "context", "links", "inferred"}
SOURCE_KEY = re.compile(r"[a-z0-9][a-z0-9-]*")
PACKAGE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with `ontology/`, `data/` and `queries/`."""

    root: Path

    def turtle(self) -> list[str]:
        """Return every Turtle file of ontology and data, relative to the root."""
        return self._files(("ontology", "data"), "*.ttl")

    def rq(self) -> list[str]:
        """Return every query file, relative to the root."""
        return self._files(("queries",), "*.rq")

    def inputs(self) -> list[str]:
        """Return every file that a release rests on, relative to the root."""
        return self._files(PARTS, "*")

    def path(self, file: str) -> Path:
        """Return where a file of the project is."""
        return self.root / file

    def queries(self, folder: str) -> dict[str, queries.SavedQuery]:
        """Return the saved queries below `queries/FOLDER` by name."""
        return queries.load(self.root / "queries" / folder, self.root)

    def sources(self) -> list[str]:
        """Return the keys of the sources: the folders below `data/sources`."""
        folder = self.root / "data" / "sources"
        return sorted(each.name for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []

    def prefixes(self) -> dict[str, str]:
        """Return the prefixes that the project declares, with those of its sources.

        Raises `BadProject` where the file that declares them is missing or is not Turtle.
        """
        path = self.path(prefixes.PREFIX_FILE)
        try:
            known = prefixes.declared(path.read_text("utf-8"))
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            raise BadProject(f"{prefixes.PREFIX_FILE} cannot be read: {error}") from error
        for key in self.sources():
            known |= prefixes.of_source(key)
        return known

    def inputs_hash(self) -> str:
        """Return one hash over everything a release is made of: the project's files and the code that reads them."""
        digest = hashlib.sha256()
        code = [path for path in sorted(PACKAGE.rglob("*")) if path.suffix in {".py", ".rq"} and _is_code(path)]
        named = [(file, self.path(file)) for file in self.inputs()]
        named += [(f"araxes/{path.relative_to(PACKAGE).as_posix()}", path) for path in code]
        for name, path in named:
            digest.update(f"{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
        return digest.hexdigest()

    def _files(self, parts: tuple[str, ...], pattern: str) -> list[str]:
        found = (path for part in parts for path in (self.root / part).rglob(pattern))
        return sorted(path.relative_to(self.root).as_posix() for path in found if path.is_file())


def locate(given: Path | None, environ: Mapping[str, str]) -> Project:
    """Return the project: the folder given, else `ARAXES_PROJECT`, else the checkout, else the packaged copy.

    Raises `BadProject` where that folder holds no project.
    """
    asked = given or (Path(environ["ARAXES_PROJECT"]) if environ.get("ARAXES_PROJECT") else None)
    candidates = [asked] if asked else [PACKAGE.parent.parent, PACKAGE / "_project"]
    for root in candidates:
        if (root / prefixes.PREFIX_FILE).is_file():
            return Project(root.resolve())
    raise BadProject(f"{candidates[-1] if asked else 'The installed package'} has no {prefixes.PREFIX_FILE}")


def graph_of(file: str) -> str | None:
    """Return the IRI of the named graph to which a Turtle file belongs, or None where it is read but not served.

    A file of data that lies in no folder with a graph of its own belongs to none.
    """
    parts = PurePosixPath(file).parts
    if parts[0] == "ontology":
        return None if parts[1] in NOT_SERVED or file == prefixes.PREFIX_FILE else ONTOLOGY_GRAPH
    if key := source_of(file):
        return GRAPHS + key if SOURCE_KEY.fullmatch(key) else None
    return GRAPHS + parts[1] if len(parts) > 2 and parts[1] in OWN_GRAPHS - {"ontology"} else None


def source_of(file: str) -> str | None:
    """Return the key of the source to which a file belongs, or None."""
    parts = PurePosixPath(file).parts
    return parts[2] if parts[:2] == ("data", "sources") and len(parts) > 3 else None


def _is_code(path: Path) -> bool:
    return "_project" not in path.parts and "__pycache__" not in path.parts
