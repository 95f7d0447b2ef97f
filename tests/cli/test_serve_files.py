"""`araxes serve` with other people's data, with settings, under another server, and told to change."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from helpers import (
    TINY,
    Copy,
    araxes,
    count,
    descendants,
    environment,
    query_url,
    ready,
    request,
    rows,
    served,
    serving,
    until,
)

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"
FILES = {
    "a.ttl": "@prefix : <http://a/> . :s :p :o , 'text' .",
    "b.nt": "<http://a/s> <http://a/p> <http://a/o> .\n<http://a/s> <http://a/p> _:b .\n",
    "c.nq": "<http://a/s> <http://a/p> <http://a/o> <http://a/g1> .\n<http://a/t> <http://a/p> _:b <http://a/g1> .\n",
    "d.trig": "@prefix : <http://a/> . :g2 { :s :p :o . :u :p [] }",
    "e.rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="http://a/">'
    '<rdf:Description rdf:about="http://a/v"><a:p>e</a:p></rdf:Description></rdf:RDF>',
    "f.jsonld": '{"@id": "http://a/w", "http://a/p": "f"}',
}


def test_files_of_six_kinds_are_served_as_one_graph_in_which_each_triple_counts_once(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    with serving("--data", *(str(tmp_path / name) for name in FILES)) as url:
        assert count(url) == 7
        for path in ("", "about", "limits"):
            page = request(f"{url}{path}", accept="text/html").text
            assert "The data are not those of Araxes" in page and "CC BY 4.0" not in page, path
        assert "CC BY 4.0" not in request(f"{url}nowhere", accept="text/html").text
        graphs = rows(request(query_url(url, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")))
        assert {row["g"]: row["n"] for row in graphs} == {"http://a/g1": "2", "http://a/g2": "2"}
        assert rows(request(query_url(url, "SELECT (COUNT(DISTINCT ?b) AS ?n) { ?s ?p ?b FILTER(isBlank(?b)) }"))) == [
            {"n": "3"}
        ]
        page = request(url, accept="text/html")
        assert page.status == 200
        assert "pq15" not in page.text


def test_every_bad_file_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "good.nt").write_text(FILES["b.nt"])
    (tmp_path / "bad.ttl").write_text("@prefix : <http://a/> .\n:s :p .\n")
    (tmp_path / "worse.nq").write_text("<http://a/s> <a b> <http://a/o> .\n")
    (tmp_path / "table.xlsx").write_text("?")
    done = araxes("serve", "--port", "0", "--data", *(str(path) for path in sorted(tmp_path.iterdir())))
    assert done.returncode == 3
    assert done.stdout == ""
    for words in ("bad.ttl", "line 2", "worse.nq", "table.xlsx"):
        assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "good.nt" not in done.stderr


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    done = araxes("serve", "--port", "0", "--data", str(tmp_path / "none.ttl"), str(tmp_path / "no.nt"))
    assert done.returncode == 3
    assert "none.ttl" in done.stderr
    assert "no.nt" in done.stderr


def test_files_without_data_are_not_understood() -> None:
    done = araxes("serve", "some.ttl")
    assert done.returncode == 2
    assert "--data" in done.stderr


def test_a_signal_serves_the_files_as_they_are_now_and_a_bad_one_changes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data.nt"
    data.write_text(FILES["b.nt"])
    with served("--data", str(data)) as running:
        assert count(running.url) == 2
        data.write_text(FILES["b.nt"] + "<http://a/new> <http://a/p> <http://a/o> .\n")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: count(running.url, f"# {time.monotonic()}") == 3)
        data.write_text("<http://a/new> <http://a/p> .\n")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: ready(running.url).json()["reload"] == "failed")
        assert ready(running.url).status == 200
        assert str(tmp_path) not in ready(running.url).text
        assert "data.nt" in running.errors.read_text()
        assert count(running.url) == 3
        data.write_text(FILES["b.nt"])
        running.process.send_signal(signal.SIGHUP)
        until(lambda: count(running.url, f"# {time.monotonic()}") == 2)
        assert ready(running.url).json()["reload"] == "ok"


def test_a_signal_serves_the_release_that_was_built_meanwhile(copy: Copy) -> None:
    copy.araxes("build", "--without-reasoner")
    with served("--no-build", "--project", str(copy.root), "--release", str(copy.releases)) as running:
        before = count(running.url)
        old = request(query_url(running.url, COUNT)).headers["Araxes-Release"]
        copy.add("data/links/codes.ttl", '\nstate:oland ax:code "OX" .\n')
        copy.araxes("build", "--without-reasoner")
        assert count(running.url) == before
        running.process.send_signal(signal.SIGHUP)
        until(lambda: request(query_url(running.url, COUNT)).headers["Araxes-Release"] != old)
        assert count(running.url) == before + 1


def test_settings_come_from_a_file_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "data.nt").write_text(FILES["b.nt"] * 2_000)
    (tmp_path / "araxes.toml").write_text('query_milliseconds = 300\nquery_characters = 200\nhost = "localhost"\n')
    words = ("--settings", str(tmp_path / "araxes.toml"), "--data", str(tmp_path / "data.nt"))
    with serving(*words, ARAXES_QUERY_CHARACTERS="5000") as url:
        assert request(query_url(url, f"{COUNT} # {'x' * 300}")).status == 200
        assert request(query_url(url, f"{COUNT} # {'x' * 6_000}")).status == 413


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("query_seconds = 3", "query_seconds, which is no setting"),
        ("query_milliseconds = 1", "between 50 and 600,000"),
        ('query_milliseconds = "soon"', "not a whole number"),
        ("= 1", "cannot be read"),
    ],
)
def test_a_bad_file_of_settings_is_not_understood(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "araxes.toml").write_text(text)
    done = araxes("serve", "--settings", str(tmp_path / "araxes.toml"), "--data", "x.nt")
    assert done.returncode == 2
    assert said in done.stderr


def test_a_signal_before_it_has_started_ends_it(tmp_path: Path) -> None:
    (tmp_path / "data.nt").write_text("".join(f"<http://a/{n}> <http://a/p> <http://a/o> .\n" for n in range(20_000)))
    for delay in (0.05, 0.2, 0.35, 0.5):
        command = [sys.executable, "-m", "araxes", "serve", "--port", "0", "--data", str(tmp_path / "data.nt")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
            threading.Event().wait(delay)
            process.terminate()
            process.communicate(timeout=60)
        assert process.returncode in {0, -signal.SIGTERM}


def test_nothing_is_left_when_it_ends() -> None:
    with served("--no-build", "--project", str(TINY), "--data", str(TINY / "ontology/prefixes.ttl")) as running:
        pids = descendants(running.process.pid)
        assert len(pids) >= 4
    until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in pids))


def test_nothing_is_left_when_it_is_killed() -> None:
    with served("--data", str(TINY / "ontology/prefixes.ttl")) as running:
        pids = descendants(running.process.pid)
        os.kill(running.process.pid, signal.SIGKILL)
        until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in pids))


def test_a_serving_process_that_dies_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "data.nt").write_text(FILES["b.nt"])
    with served("--data", str(tmp_path / "data.nt")) as running:
        (front,) = (
            int(word)
            for word in Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
        )
        (tmp_path / "data.nt").write_text(FILES["b.nt"] + "<http://a/new> <http://a/p> <http://a/o> .\n")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: count(running.url, f"# {time.monotonic()}") == 3)
        name = request(query_url(running.url, COUNT)).headers["Araxes-Release"]
        os.kill(front, signal.SIGKILL)
        until(lambda: answers(running.url))
        assert request(query_url(running.url, COUNT)).headers["Araxes-Release"] == name


def answers(url: str) -> bool:
    try:
        return json.loads(request(query_url(url, COUNT)).body)["results"]["bindings"][0]["n"]["value"] == "3"
    except OSError:
        return False
