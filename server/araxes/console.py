"""What the commands share: where things are, progress, and how a problem ends a command."""

import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from araxes.findings import caret
from araxes.problems import BadParameter, BadQuery, BadRelease, BadSetting, Problem, UnknownQuery
from araxes.project import Project, locate
from araxes.release import Release, cache_folder, peek

FOUND, USAGE, COULD_NOT = 1, 2, 3
USAGE_PROBLEMS = (BadParameter, BadQuery, BadSetting, UnknownQuery)


@dataclass(frozen=True, slots=True)
class Place:
    """The project a command works on, and the folder of its releases."""

    project: Project
    releases: Path


def place(project: Path | None, release: Path | None) -> Place:
    """Return the place for the options `--project` and `--release`."""
    found = locate(project, os.environ)
    return Place(found, (release or cache_folder(found.root, os.environ)).absolute())


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


class Progress:
    """Says which step is at work, once it has been for a second."""

    def __init__(self, after: float = 1.0) -> None:
        self._after = after
        self._timer: threading.Timer | None = None

    def __call__(self, step: str) -> None:
        """Take note that a step begins, and that the one before has ended."""
        self.end()
        self._timer = threading.Timer(self._after, say, (f"{step} ...",))
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Take note that the last step has ended."""
        if self._timer:
            self._timer.cancel()


def has_reasoner() -> bool:
    """Return whether the extra that brings the reasoner is installed."""
    return importlib.util.find_spec("owlready2") is not None


def fresh_release(at: Place, *, build: bool = True) -> Release:
    """Return the current release; where it is missing or the inputs have changed, build one in a child process first.

    Raises `BadRelease` where the build fails, or where there is none and `build` is false.
    """
    current = _current(at.releases)
    if not build:
        if current is None:
            raise BadRelease(f"There is no release in {at.releases}")
        return current
    if current and current.inputs_hash == at.project.inputs_hash():
        return current
    say("The project has changed since the last build: building." if current else "There is no release yet: building.")
    if _build_in_child(at) == 0:
        return peek(at.releases)
    if current is None:
        raise BadRelease("The build failed, and there is no earlier release", hint="Correct what is listed above.")
    raise BadRelease(
        f"The build failed; the earlier release {current.name} is untouched",
        hint="Correct what is listed above, or serve the earlier release with --no-build.",
    )


def _current(folder: Path) -> Release | None:
    try:
        return peek(folder)
    except BadRelease:
        return None


def _build_in_child(at: Place) -> int:
    words = ["build", "--project", str(at.project.root), "--release", str(at.releases)]
    if not has_reasoner():
        say("WARNING: the reasoner is not installed, so this build does not check the ontology's logic.")
        say("    Install it with: pip install 'araxes[reason]'")
        words.append("--without-reasoner")
    return subprocess.run([sys.executable, "-m", "araxes", *words], stdout=sys.stderr, check=False).returncode


Command = Callable[..., None]


def located(command: Command) -> Command:
    """Give a command the options `--project` and `--release`."""
    folder = click.Path(file_okay=False, path_type=Path)
    project = click.option(
        "--project",
        type=folder,
        metavar="DIR",
        help="Folder with ontology/, data/ and queries/ [env: ARAXES_PROJECT].",
    )
    release = click.option(
        "--release",
        type=folder,
        metavar="DIR",
        envvar="ARAXES_RELEASE",
        help="Folder for releases, in place of the user's cache folder.",
    )
    return project(release(command))
