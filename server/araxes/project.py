"""Where the files of a project are, and which named graph each belongs to."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from araxes import prefixes, queries
from araxes.prefixes import GRAPHS, ONTOLOGY_GRAPH
from araxes.problems import BadProject

NOT_SERVED = {"shapes", "alignments"}
DATA_GRAPHS = {"entities", "context", "links", "inferred"}
OWN_GRAPHS = DATA_GRAPHS | {"ontology"}
SOURCE_KEY = re.compile(r"[a-z0-9][a-z0-9-]*")
PACKAGE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Project:
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
        paths = (path for part in ("ontology", "data", "queries") for path in (self.root / part).rglob("*"))
        return sorted(path.relative_to(self.root).as_posix() for path in paths if path.is_file())

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
        named = {file: self.root / file for file in self.inputs()}
        for path in sorted(PACKAGE.rglob("*")):
            if path.is_file() and path.suffix != ".pyc" and PACKAGE / "_project" not in path.parents:
                named[f"araxes/{path.relative_to(PACKAGE).as_posix()}"] = path
        lines = (f"{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n" for name, path in named.items())
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def locate(given: Path | None, environ: Mapping[str, str]) -> Project:
    """Return the project: the folder given, else `ARAXES_PROJECT`, else the checkout, else the packaged copy."""
    asked = given or environ.get("ARAXES_PROJECT")
    for root in [Path(asked)] if asked else [PACKAGE.parent.parent, PACKAGE / "_project"]:
        if (root / prefixes.PREFIX_FILE).is_file():
            return Project(root.resolve())
    raise BadProject(f"{asked or 'The installed package'} has no {prefixes.PREFIX_FILE}")


def graph_of(file: str) -> str | None:
    """Return the IRI of the named graph to which a Turtle file belongs, or None where it is read but not served."""
    parts = PurePosixPath(file).parts
    if parts[0] == "ontology":
        return None if parts[1] in NOT_SERVED or file == prefixes.PREFIX_FILE else ONTOLOGY_GRAPH
    if key := source_of(file):
        return GRAPHS + key if SOURCE_KEY.fullmatch(key) else None
    return GRAPHS + parts[1] if len(parts) > 2 and parts[1] in DATA_GRAPHS else None


def source_of(file: str) -> str | None:
    """Return the key of the source to which a file belongs, or None."""
    parts = PurePosixPath(file).parts
    return parts[2] if parts[:2] == ("data", "sources") and len(parts) > 3 else None
