"""A release for whoever needs one: built if need be, and opened in Python by the two libraries that people use."""

import hashlib
import os
import subprocess
import sys
import warnings
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import click

from araxes.prefixes import BASE, NS
from araxes.problems import BadRelease, ToolMissing
from araxes.project import DOCUMENTS, Project, Release, locate, open_release

say = partial(click.echo, err=True)
WHOLE = "ontology/araxes-merged-with-data"


def folder_of(project: Project) -> Path:
    """Return the folder of a project's releases: `ARAXES_RELEASE`, else one in the cache."""
    if given := os.environ.get("ARAXES_RELEASE"):
        return Path(given)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "araxes"
    return cache / hashlib.sha256(str(project.root).encode()).hexdigest()[:12]


def fresh_release(project: Project, releases: Path, *, build: bool = True) -> Release:
    """Return the current release; without a whole one, or if the inputs have changed, a child process builds one."""
    if not build:
        return open_release(releases)
    current = None
    with suppress(BadRelease):
        current = open_release(releases)
    if current and current.manifest["inputs_hash"] == project.inputs_hash():
        return current
    say("The project has changed since the last build: building." if current else "There is no release yet: building.")
    words = ["build", "--project", str(project.root), "--release", str(releases)]
    from araxes.knowledge import available

    if not available():
        say("WARNING: the reasoner is not installed, so this build does not check the ontology's logic.")
        say("    Install it with: pip install 'araxes[reason]'")
        words.append("--without-reasoner")
    if subprocess.run([sys.executable, "-P", "-m", "araxes", *words], stdout=sys.stderr, check=False).returncode == 0:
        return open_release(releases)
    if current is None:
        raise BadRelease("The build failed, and there is no earlier release", hint="Correct what is listed above.")
    hint = "Correct what is listed above, or serve the earlier release with --no-build."
    raise BadRelease(f"The build failed; the earlier release {current.name} is untouched", hint=hint)


def dataset(folder: str | Path | None = None) -> Any:
    """Return a release as an rdflib dataset: a graph for each named graph, and their union as default graph."""
    from rdflib import Dataset

    release = _opened(folder)
    made = Dataset(default_union=True)
    # rdflib warns of its own use of what it is going to rename
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        made.parse(data=release.dataset.read_bytes(), format="nquads")
    for prefix, namespace in Project(release.folder).prefixes().items():
        made.bind(prefix, namespace)
    return made


def namespace(folder: str | Path | None = None) -> Any:
    """Return the namespace of the terms in an owlready2 world of its own, with every individual of a release."""
    try:
        import owlready2
    except ImportError:
        raise ToolMissing("owlready2 is not installed") from None
    file = _opened(folder).folder / DOCUMENTS / f"{WHOLE}.nt"
    ontology = owlready2.World().get_ontology(BASE + WHOLE)
    return ontology.load(fileobj=BytesIO(file.read_bytes())).get_namespace(NS)


def _opened(folder: str | Path | None) -> Release:
    if folder is not None:
        return open_release(Path(folder))
    return fresh_release(project := locate(None, os.environ), folder_of(project))
