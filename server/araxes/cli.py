"""The command line: build, check, derive, release, diff, serve, query, anchors, stats."""

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from araxes import __version__, reuse, settings
from araxes.problems import BadParameter, BadQuery, BadSetting, Problem, Report, UnknownQuery, passed, rendered, shown
from araxes.project import Project, locate, open_release, release_of
from araxes.reuse import say

Paths = tuple[Path, ...]
FOUND, USAGE, COULD_NOT, MOST_LINES = 1, 2, 3, 20
CODES = "\b\n" + Path(__file__).with_name("exit-codes.txt").read_text("utf-8")
FORMATS = ("table", "json", "xml", "csv", "tsv", "turtle", "trig", "ntriples", "nquads", "rdfxml", "jsonld")
FILE, FOLDER = click.Path(path_type=Path), click.Path(file_okay=False, path_type=Path)


def _located(context: click.Context, option: click.Parameter, given: Path | None) -> Project | Path:
    """Return the project, or the folder of its releases: as given, else where it is by default."""
    if option.name == "project":
        return locate(given, os.environ)
    return (given or reuse.folder_of(context.params["project"])).absolute()


AT: dict[str, Any] = {"type": FOLDER, "metavar": "DIR", "callback": _located}
PLACE = (
    click.Option(["--project"], **AT, help="Folder with ontology/, data/ and queries/ [env: ARAXES_PROJECT]."),
    click.Option(["--release", "releases"], **AT, help="Folder for releases [env: ARAXES_RELEASE; else in the cache]."),
)
JSON = click.Option(["--json", "machine"], is_flag=True, help="Write JSON for a script.")
AS_IS = click.Option(["--no-build", "stale"], is_flag=True, help="Take the release as it is, changed project or not.")
NO_LOGIC = click.Option(["--without-reasoner"], is_flag=True, help="Leave the OWL reasoner out; the release says so.")


def tell(step: str) -> None:
    """Say that a step begins, where a person watches."""
    if sys.stderr.isatty():
        say(f"{step} ...")


@click.group(epilog=CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="araxes")
def group() -> None:
    """Build, check, ask and serve the knowledge graph of positions in the South Caucasus."""


def main() -> None:
    """Run the command line; a problem ends it with the exit code that it calls for."""
    try:
        group(prog_name="araxes")
    except Problem as problem:
        say(rendered("problem.txt", problem=problem))
        sys.exit(USAGE if isinstance(problem, BadParameter | BadQuery | BadSetting | UnknownQuery) else COULD_NOT)
    except Exception as error:  # noqa: BLE001 - whatever it is, a person gets one line, and a script its exit code
        said = " ".join(str(error).split()) or "it gives no reason"
        say(f"error: the command could not run: {type(error).__name__}: {said}")
        sys.exit(COULD_NOT)


@group.command(params=[*PLACE, JSON, NO_LOGIC])
def build(project: Project, releases: Path, machine: bool, without_reasoner: bool) -> None:
    """Check everything and publish a release; an earlier one stays untouched if a step fails."""
    from araxes.knowledge import pipeline

    reports, made = pipeline.build(project, releases, reasoner=not without_reasoner, tell=tell)
    click.echo(shown(reports, machine=machine))
    say(f"Release {made.name}: {made.triples:,} triples in {made.folder}" if made else "No release was made.")
    sys.exit(0 if made else FOUND)


@group.command(params=[*PLACE, JSON, NO_LOGIC])
def check(project: Project, machine: bool, without_reasoner: bool, **_: Path) -> None:
    """Check ontology, data, queries and rules; list everything that must change."""
    from araxes.knowledge import pipeline

    _end_with([*pipeline.check(project, reasoner=not without_reasoner, tell=tell).reports.values()], machine)


@group.command(params=[*PLACE])
def derive(project: Project, **_: Path) -> None:
    """Run the rules and write what they make to data/inferred."""
    from araxes.knowledge import pipeline

    reports, changed = pipeline.derive(project, tell)
    if not passed(reports):
        _end_with(reports, machine=False)
    click.echo("\n".join(changed) or "Nothing changed.")


@group.command(params=[*PLACE, AS_IS])
@click.argument("into", type=FOLDER)
def release(project: Project, releases: Path, stale: bool, into: Path) -> None:
    """Hand the release on below the folder INTO: every graph in every syntax, and what changed since the last there."""
    from araxes.knowledge.releases import take

    made = take(reuse.fresh_release(project, releases, build=not stale), into.absolute())
    click.echo(f"Release {made.name}: {len(made.manifest['files'])} files in {made.folder}")


@group.command()
@click.option("--all", "whole", is_flag=True, help="Show every line of long lists.")
@click.argument("old", type=FOLDER)
@click.argument("new", type=FOLDER)
def diff(whole: bool, old: Path, new: Path) -> None:
    """Show what changed from the release in OLD to that in NEW: terms, answers, facts."""
    from araxes.knowledge.releases import changes

    click.echo(changes(open_release(old), open_release(new), 0 if whole else MOST_LINES))


@group.command(params=[*PLACE, AS_IS])
@click.option("--host", help="Address to listen on [default: 127.0.0.1; env: ARAXES_HOST].")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one [default: 8000; env: ARAXES_PORT].")
@click.option("--settings", "file", type=FILE, help="File of settings [env: ARAXES_SETTINGS].")
@click.option("--data", multiple=True, type=FILE, help="Serve this file instead of the graph.")
@click.option("--with", "beside", multiple=True, type=FILE, help="Serve this file as a graph beside those here.")
@click.option("--store", type=FOLDER, metavar="DIR", help="Keep the data on disk, in this folder [env: ARAXES_STORE].")
@click.option("--backend", multiple=True, metavar="URL", help="Ask this SPARQL endpoint [env: ARAXES_BACKEND].")
@click.argument("rest", nargs=-1, metavar="[FILE|URL]...")
def serve(
    project: Project, releases: Path, stale: bool, data: Paths, beside: Paths, rest: tuple[str, ...], **more: Any
) -> None:
    """Serve the graph, built first if the project has changed; with --data FILE..., just those files.

    With --with FILE..., files (any syntax of RDF, .gz too) stand beside the graph. With --backend URL..., an endpoint
    that holds the data is asked, or its replicas in turn. SIGHUP changes to the newest release, or to the files as they
    are then.
    """
    urls = [*more["backend"], *(rest if more["backend"] else ())]
    chosen = settings.load(os.environ, {**more, "backend": " ".join(urls) or None})
    if bool(data) + bool(beside) + bool(chosen.backend) > 1 or (rest and not (data or beside or urls)):
        raise click.UsageError("Give files with either --data or --with, and none with --backend.")
    from araxes import serving

    files, quick = [Path(each) for each in rest], bool(chosen.store)
    if data:
        return serving.serve(lambda: release_of([*data, *files], quick=quick), chosen)
    reuse.fresh_release(project, releases, build=not stale)
    if beside:
        return serving.serve(lambda: release_of([*beside, *files], open_release(releases), quick=quick), chosen)
    return serving.serve(lambda: open_release(releases), chosen)


@group.command(params=[*PLACE, AS_IS])
@click.argument("query")
@click.option("--param", "given", multiple=True, metavar="NAME=VALUE", help="Value for a parameter of a saved query.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Form of the answer [default: table, or turtle].")
def query(project: Project, releases: Path, query: str, given: tuple[str, ...], form: str | None, stale: bool) -> None:
    """Answer QUERY: its text, the path of an .rq file, or the name of a saved query (pq15 is enough)."""
    from araxes import asking

    release = reuse.fresh_release(project, releases, build=not stale)
    click.echo(asking.answer(release, asking.text_of(query, given, release), form))


@group.command(params=[*PLACE, JSON])
def stats(project: Project, releases: Path, machine: bool) -> None:
    """Show what the release holds: triples, things, attestations, positions, comparisons."""
    from araxes import asking

    click.echo(asking.statistics(reuse.fresh_release(project, releases), machine))


@group.group()
def anchors() -> None:
    """Work with the passages to which attestations point."""


@anchors.command(params=[*PLACE, JSON])
@click.argument("text", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", metavar="KEY", help="Which document the text is, such as kaleji-2023.")
def verify(project: Project, machine: bool, text: Path, source: str | None, **_: Path) -> None:
    """Check every passage against TEXT, your own copy of the article; list those that fail."""
    from araxes.knowledge import quality, reading

    documents, read = reading.read_turtle(project)
    _end_with([quality.verify(documents, text, source) if read.passed else read], machine)


def _end_with(reports: list[Report], machine: bool) -> NoReturn:
    click.echo(shown(reports, machine=machine))
    sys.exit(0 if passed(reports) else FOUND)
