"""The command line: build, check, derive, serve, query, anchors, stats."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from araxes import __version__, settings
from araxes.console import FOUND, ending, fresh_release, located, place, progress, say
from araxes.findings import Report, as_json, as_text, passed
from araxes.release import open_release

CODES = """\b
Exit codes:
  0  fine
  1  something was found that must change
  2  the command was not understood
  3  the command could not run"""
FORMATS = ("table", "json", "xml", "csv", "tsv", "turtle", "ntriples", "rdfxml", "jsonld")
ABOUT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

as_machine = click.option("--json", "machine", is_flag=True, help="Write JSON for a script.")
reasoning = click.option(
    "--without-reasoner", is_flag=True, help="Leave the OWL reasoner out; the release says that it was."
)


@click.group(epilog=CODES, context_settings=ABOUT)
@click.version_option(__version__, prog_name="araxes")
def group() -> None:
    """Build, check, ask and serve the knowledge graph of positions in the South Caucasus."""


def main() -> None:
    """Run the command line."""
    with ending():
        group(prog_name="araxes")


@group.command()
@located
@as_machine
@reasoning
def build(project: Path | None, release: Path | None, machine: bool, without_reasoner: bool) -> None:
    """Check everything and publish a release; an earlier one stays untouched if a step fails."""
    from araxes.knowledge import pipeline

    at = place(project, release)
    with progress() as tell:
        reports, made = pipeline.build(at.project, at.releases, reasoner=not without_reasoner, tell=tell)
    _show(reports, machine)
    if made is None:
        say("No release was made.")
        sys.exit(FOUND)
    say(f"Release {made.name}: {made.triples:,} triples in {made.folder}")


@group.command()
@located
@as_machine
@reasoning
def check(project: Path | None, release: Path | None, machine: bool, without_reasoner: bool) -> None:
    """Check ontology, data, queries and rules; list everything that must change."""
    from araxes.knowledge import pipeline

    at = place(project, release)
    with progress() as tell:
        reports = pipeline.check(at.project, reasoner=not without_reasoner, tell=tell).done
    _end_with(reports, machine)


@group.command()
@located
def derive(project: Path | None, release: Path | None) -> None:
    """Run the rules and write what they make to data/inferred."""
    from araxes.knowledge import pipeline

    at = place(project, release)
    with progress() as tell:
        reports, changed = pipeline.derive(at.project, tell)
    if not passed(reports):
        _end_with(reports, machine=False)
    click.echo("\n".join(changed) if changed else "Nothing changed.")


@group.command()
@located
@click.option("--host", help=f"{settings.setting('host').help} [default: 127.0.0.1; env: ARAXES_HOST].")
@click.option("--port", type=int, help=f"{settings.setting('port').help} [default: 8000; env: ARAXES_PORT].")
@click.option("--no-build", is_flag=True, help="Serve the current release as it is, even if the project has changed.")
@click.option(
    "--settings", "file", type=click.Path(), envvar=settings.FILE, help="File of settings [env: ARAXES_SETTINGS]."
)
@click.option("--data", multiple=True, type=click.Path(path_type=Path), help="Serve this file instead of the graph.")
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))
def serve(
    project: Path | None,
    release: Path | None,
    no_build: bool,
    data: tuple[Path, ...],
    files: tuple[Path, ...],
    **given: object,
) -> None:
    """Serve the graph, built first if the project has changed; or, with --data FILE..., just those files.

    SIGHUP changes to the newest release, or to the files as they are then.
    """
    chosen = settings.load(os.environ, given)
    if files and not data:
        raise click.UsageError("Files are given without --data.")
    from araxes import datafiles, serving

    if data:
        return serving.serve(lambda: datafiles.release_of([*data, *files]), chosen)
    folder = place(project, release).releases
    fresh_release(place(project, release), build=not no_build)
    return serving.serve(lambda: open_release(folder), chosen)


@group.command()
@located
@click.argument("query")
@click.option("--param", "given", multiple=True, metavar="NAME=VALUE", help="Value for a parameter of a saved query.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Form of the answer [default: table, or turtle].")
@click.option("--no-build", is_flag=True, help="Ask the current release as it is, even if the project has changed.")
def query(
    project: Path | None, release: Path | None, query: str, given: tuple[str, ...], form: str | None, no_build: bool
) -> None:
    """Answer QUERY: its text, the path of an .rq file, or the name of a saved query (pq15 is enough)."""
    from araxes import asking
    from araxes.engine import open_engine

    found = open_release(fresh_release(place(project, release), build=not no_build).folder)
    text = asking.text_of(query, given, found)
    engine = open_engine(found, settings.load(os.environ, {}))
    click.echo(asking.answer(engine, text, form))


@group.command()
@located
@as_machine
def stats(project: Path | None, release: Path | None, machine: bool) -> None:
    """Show what the release holds: triples, things, attestations, positions, comparisons."""
    from araxes import asking
    from araxes.engine import open_engine

    found = open_release(fresh_release(place(project, release)).folder)
    click.echo(asking.statistics(open_engine(found, settings.load(os.environ, {})), machine))


@group.group()
def anchors() -> None:
    """Work with the passages to which attestations point."""


@anchors.command()
@located
@as_machine
@click.argument("text", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", metavar="KEY", help="Which document the text is, such as kaleji-2023.")
def verify(project: Path | None, release: Path | None, machine: bool, text: Path, source: str | None) -> None:
    """Check every passage against TEXT, your own copy of the article; list those that fail."""
    from araxes.knowledge import passages, reading

    at = place(project, release).project
    documents, read = reading.read_turtle(at)
    _end_with([passages.verify(documents, text, source) if read.passed else read], machine)


def _show(reports: list[Report], machine: bool) -> None:
    click.echo(as_json(reports) if machine else as_text(reports))


def _end_with(reports: list[Report], machine: bool) -> NoReturn:
    _show(reports, machine)
    sys.exit(0 if passed(reports) else FOUND)
