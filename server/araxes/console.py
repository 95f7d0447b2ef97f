"""What the commands share: where things are, progress, and how a problem ends a command."""

import hashlib
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from araxes.findings import caret
from araxes.problems import BadParameter, BadQuery, BadRelease, BadSetting, Problem, UnknownQuery
from araxes.project import Project, locate
from araxes.release import Release, peek

FOUND, USAGE, COULD_NOT = 1, 2, 3
USAGE_PROBLEMS = (BadParameter, BadQuery, BadSetting, UnknownQuery)


@dataclass(frozen=True, slots=True)
class Place:
    """The project a command works on, and the folder of its releases."""

    project: Project
    releases: Path


def place(project: Path | None, release: Path | None) -> Place:
    """Return the place for the options `--project` and `--release`; its default is in the user's cache."""
    found = locate(project, os.environ)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "araxes"
    folder = release or cache / hashlib.sha256(str(found.root).encode()).hexdigest()[:12]
    return Place(found, folder.absolute())


def say(text: str) -> None:
    """Write a line for a person beside the output."""
    click.echo(text, err=True)


@contextmanager
def ending() -> Iterator[None]:
    """End the command with the exit code that a problem calls for."""
    try:
        yield
    except Problem as problem:
        say(f"error: {problem.detail}")
        if source := problem.more.get("source"):
            say(f"    {source}\n    {caret(str(source), int(str(problem.more['column'])))}")
        say(f"    {problem.advice}")
        sys.exit(USAGE if isinstance(problem, USAGE_PROBLEMS) else COULD_NOT)
    except Exception as error:  # noqa: BLE001 - whatever it is, a person gets one line, and a script its exit code
        said = " ".join(str(error).split()) or "it gives no reason"
        say(f"error: the command could not run: {type(error).__name__}: {said}")
        sys.exit(COULD_NOT)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Give a function to be told that a step begins; it says so once the step has been at work for a second."""
    timer = threading.Timer(1, say)  # of no step yet

    def tell(step: str) -> None:
        nonlocal timer
        timer.cancel()
        timer = threading.Timer(1, say, (f"{step} ...",))
        timer.daemon = True
        timer.start()

    yield tell
    timer.cancel()


def fresh_release(at: Place, *, build: bool = True) -> Release:
    """Return the current release; where it is missing or the inputs have changed, build one in a child process first.

    Raises `BadRelease` where the build fails, or where there is none and `build` is false.
    """
    if not build:
        return peek(at.releases)
    current = None
    with suppress(BadRelease):
        current = peek(at.releases)
    if current and current.inputs_hash == at.project.inputs_hash():
        return current
    say("The project has changed since the last build: building." if current else "There is no release yet: building.")
    if _build_in_child(at) == 0:
        return peek(at.releases)
    if current is None:
        raise BadRelease("The build failed, and there is no earlier release", hint="Correct what is listed above.")
    hint = "Correct what is listed above, or serve the earlier release with --no-build."
    raise BadRelease(f"The build failed; the earlier release {current.name} is untouched", hint=hint)


def _build_in_child(at: Place) -> int:
    words = ["build", "--project", str(at.project.root), "--release", str(at.releases)]
    if importlib.util.find_spec("owlready2") is None:
        say("WARNING: the reasoner is not installed, so this build does not check the ontology's logic.")
        say("    Install it with: pip install 'araxes[reason]'")
        words.append("--without-reasoner")
    return subprocess.run([sys.executable, "-m", "araxes", *words], stdout=sys.stderr, check=False).returncode


def located(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options `--project` and `--release`."""
    folder = click.Path(file_okay=False, path_type=Path)
    about = "Folder with ontology/, data/ and queries/ [env: ARAXES_PROJECT]."
    project = click.option("--project", type=folder, metavar="DIR", help=about)
    about = "Folder for releases, in place of the user's cache folder."
    release = click.option("--release", type=folder, metavar="DIR", envvar="ARAXES_RELEASE", help=about)
    return project(release(command))
