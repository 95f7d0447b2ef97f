"""A store on disk answers as one in memory; what makes it may be killed, and touches nothing of anybody else's."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from araxes.engine import Engine, Question
from araxes.engine.question import GRAPHS, RESULTS
from araxes.problems import BadData, Problem, QueryTooSlow, TooMuchMemory
from araxes.project import Release, release_of
from araxes.settings import Settings
from engine.test_no_hit import Listener
from helpers import environment, not_run, until

JSON, TSV = (next(each for each in RESULTS if each.name == name) for name in ("json", "tsv"))
SHARED = "<urn:a> { <urn:s> <urn:p> 1, 2 } <urn:b> { <urn:s> <urn:p> 2, 3 } <urn:s> <urn:p> 3, 4 ."
APART = "<urn:a> { <urn:s> <urn:p> 1, 2 } <urn:b> { <urn:s> <urn:p> 3 } <urn:s> <urn:p> 4 ."
PLAIN = "<urn:s> <urn:p> 1, 2 ."
COUNT = "SELECT (COUNT(*) AS ?n) {} {{ ?s ?p ?o }}"
ASKED = [
    COUNT.format(""),
    COUNT.format("FROM <urn:a>"),
    COUNT.format("FROM <urn:a> FROM <urn:b>"),
    COUNT.format("FROM <urn:none>"),
    COUNT.format("FROM NAMED <urn:a>"),
    "SELECT ?g ?o { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?o",
    "SELECT ?g ?o FROM NAMED <urn:a> { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?o",
    "SELECT ?o ?q FROM <urn:b> FROM NAMED <urn:a> { ?s ?p ?o GRAPH ?g { ?s ?p ?q } } ORDER BY ?o ?q",
    "SELECT ?o (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?o ORDER BY ?o",
    "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s <urn:p>+ ?o }",
    "ASK { ?s ?p 4 }",
]
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"
GREEDY = "SELECT ?a ?d ?g { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY DESC(CONCAT(STR(?a), STR(?d), STR(?g)))"
LOADING = """
import sys
from pathlib import Path
from araxes.engine import disk
disk.load({Path(sys.argv[1]): ""}, {}, Path(sys.argv[2]), "0123")
"""


def served(release: Release, folder: Path, **more: int) -> Engine:
    return Engine(release, Settings(workers=3, store=str(folder), **more))  # type: ignore[arg-type]


def lines(body: bytes) -> list[bytes]:
    return sorted(body.splitlines())


def terms(body: bytes) -> object:
    """The rows of an answer in any order, or a graph as it is: its nodes have lasting names."""
    if not body.startswith(b"{"):
        return body
    found = json.loads(body)
    return found["boolean"] if "boolean" in found else sorted(map(repr, found["results"]["bindings"]))


def stores(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("store-*") if path.is_dir())


def data(folder: Path, text: str, name: str = "data.trig") -> Release:
    (folder / name).write_text(text)
    return release_of([folder / name])


@pytest.mark.parametrize("text", [SHARED, APART, PLAIN])
def test_every_graph_is_as_it_is_in_memory(tmp_path: Path, text: str) -> None:
    release = data(tmp_path, text)
    with closing(Engine(release, Settings(workers=3))) as there, closing(served(release, tmp_path / "disk")) as here:
        for query in ASKED:
            assert here.ask(Question(query, JSON)).body == there.ask(Question(query, JSON)).body, query
        for graphs in [("urn:a",), ("urn:a", "urn:b")]:
            question = Question(ASKED[0], JSON, default_graphs=graphs)
            assert here.ask(question).body == there.ask(question).body
        assert here.release.triples == there.release.triples
        described = Question("DESCRIBE <urn:s>", GRAPHS[0])
        assert here.ask(described).body == there.ask(described).body


@pytest.fixture(scope="module")
def pair(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    """Engines over the project's release in memory and on disk."""
    folder = tmp_path_factory.mktemp("disk")
    with closing(Engine(release, Settings(workers=3))) as there, closing(served(release, folder)) as here:
        yield there, here


def test_the_competency_questions_have_the_same_answers(pair: tuple[Engine, Engine], project: object) -> None:
    there, here = pair
    saved = project.queries("competency")  # type: ignore[attr-defined]
    assert len(saved) >= 45
    for name, query in saved.items():
        text = query.text
        form = GRAPHS[0] if "CONSTRUCT" in text else JSON
        try:
            right = terms(there.ask(Question(text, form)).whole())
        except Problem as found:
            with pytest.raises(type(found)):
                here.ask(Question(text, form))
            continue
        assert terms(here.ask(Question(text, form)).whole()) == right, name


def test_large_answers_come_from_disk_too(pair: tuple[Engine, Engine]) -> None:
    there, here = pair
    question = Question("SELECT ?s ?p ?o { ?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o)) }", TSV)
    assert len(right := there.ask(question).whole()) > 1024 * 1024
    assert lines(here.ask(question).whole()) == lines(right)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("bad.ttl", b"@prefix : <http://a/> .\n:s :p .\n"),
        ("half.nt.gz", gzip.compress(b"<urn:s> <urn:p> <urn:o> .\n" * 5_000)[:-20]),
        ("not.nt.gz", b"no gzip"),
        ("what.xlsx", b"?"),
    ],
)
def test_a_bad_file_is_named_and_leaves_nothing(tmp_path: Path, name: str, body: bytes) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(BadData, match=name.replace(".", "\\.")):
        served(release_of([tmp_path / name]), tmp_path / "disk")
    assert stores(tmp_path / "disk") == []


def test_what_stands_in_the_folder_is_never_touched(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    for name in (".lock", ".loading/mine", "store-notes.txt", "store-mine/notes", "store-x/facts.txt", "data/y"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    for at in range(4):
        served(data(tmp_path, f"<urn:s> <urn:p> {at} ."), folder).close()
    for name in (".lock", ".loading/mine", "store-notes.txt", "store-mine/notes", "store-x/facts.txt", "data/y"):
        assert (folder / name).read_text() == name
    assert len([each for each in stores(folder) if (each / "facts.json").exists()]) == 2


def test_what_was_used_last_is_kept_longest(tmp_path: Path) -> None:
    texts = [f"<urn:s> <urn:p> {at} ." for at in range(3)]
    names = []
    for at in (0, 1, 0, 2):
        with closing(served(data(tmp_path, texts[at]), tmp_path / "disk")) as engine:
            names.append(f"store-{engine.release.name}")
    assert {each.name for each in stores(tmp_path / "disk")} == {names[0], names[3]}


@pytest.mark.parametrize("spoil", ["a file", "a file in its way", "no facts", "no store"])
def test_a_folder_that_cannot_be_used_is_said_so(tmp_path: Path, spoil: str) -> None:
    release, folder = data(tmp_path, PLAIN), tmp_path / "disk"
    if spoil == "a file":
        folder.write_text("mine")
    elif spoil == "a file in its way":
        folder.mkdir()
        (folder / f"store-{release.name}").write_text("mine")
    elif spoil == "no store":
        with closing(served(release, folder)):
            next(folder.glob("store-*/data/CURRENT")).unlink()
    else:
        (folder / f"store-{release.name}").mkdir(parents=True)
    with pytest.raises(BadData, match="store"):
        served(release, folder)


def test_a_loader_that_is_killed_leaves_what_the_next_one_clears_away(tmp_path: Path) -> None:
    fifo, folder = tmp_path / "data.nt", tmp_path / "disk"
    os.mkfifo(fifo)
    command = [sys.executable, "-c", LOADING, str(fifo), str(folder)]
    with (
        subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment()) as process,
        fifo.open("w") as out,
    ):
        out.write("<urn:s> <urn:p> 1 .\n" * 1_000)
        until((folder / "store-loading" / "data").is_dir)
        process.send_signal(signal.SIGKILL)
        process.wait()
    fifo.unlink()
    fifo.write_text("<urn:s> <urn:p> <urn:o> .\n")
    subprocess.run(command, check=True, env=environment())
    assert [each.name for each in stores(folder)] == ["store-0123"]


def test_a_slow_query_is_ended_and_the_next_one_answered(pair: tuple[Engine, Engine], tmp_path: Path) -> None:
    with closing(served(pair[0].release, tmp_path, query_milliseconds=400, query_megabytes=64)) as engine:
        with pytest.raises(QueryTooSlow):
            engine.ask(Question(SLOW, JSON))
        assert b'"4"' not in engine.ask(Question(COUNT.format(""), JSON)).body
    with closing(served(pair[0].release, tmp_path, query_megabytes=64)) as engine:
        with pytest.raises(TooMuchMemory):
            engine.ask(Question(GREEDY, JSON))
        assert engine.ask(Question("ASK {}", JSON)).body


def test_a_worker_on_disk_has_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if subprocess.run(["unshare", "-Un", "true"], check=False, capture_output=True).returncode:
        not_run("this machine forbids namespaces of a user's own")
    listener = Listener()
    with closing(served(data(tmp_path, PLAIN), tmp_path / "disk")) as engine:
        monkeypatch.setattr("araxes.engine.pool.inspect", lambda *_: True)  # as if the guard had let it pass
        with pytest.raises(Problem):
            engine.ask(Question(f"SELECT * {{ SERVICE <{listener.url}> {{ ?a ?b ?c }} }}", JSON))
    assert listener.hits == 0
    listener.close()
