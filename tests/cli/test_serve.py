"""`araxes serve`: builds when it must, serves only what was checked, and starts at once."""

import signal
import socket
import subprocess
import sys

import pytest
from araxes.project import open_release
from helpers import ROOT, Copy, araxes, environment, query_url, request, rows, serving

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
HEAVY = ("rdflib", "pyshacl", "owlready2", "araxes.knowledge")


def served(copy: Copy, *words: str) -> list[dict[str, str]]:
    with serving(*words, "--project", str(copy.root), "--release", str(copy.releases)) as url:
        return rows(request(query_url(url, COUNT)))


def test_the_first_start_builds_and_the_next_serves_what_was_built(copy: Copy) -> None:
    first = served(copy)
    release = open_release(copy.releases)
    assert first == [{"n": str(release.triples)}]
    assert served(copy) == first
    assert open_release(copy.releases).folder == release.folder


def test_a_change_is_built_before_it_is_served(copy: Copy) -> None:
    copy.araxes("build", "--without-reasoner")
    copy.add("data/links/codes.ttl", '\nstate:oland ax:code "OX" .\n')
    (before,) = served(copy, "--no-build")
    (after,) = served(copy)
    assert int(after["n"]) == int(before["n"]) + 1


def test_what_is_invalid_is_not_served_and_the_earlier_release_is(copy: Copy) -> None:
    copy.araxes("build", "--without-reasoner")
    copy.change("data/sources/tiny-2024/positions.ttl", "stance:opposes", "stance:dislikes")
    done = copy.araxes("serve", "--port", "0")
    assert done.returncode == 3
    assert "stance:dislikes" in done.stderr
    assert "the earlier release" in done.stderr
    assert "is untouched" in done.stderr
    assert "--no-build" in done.stderr
    assert served(copy, "--no-build")


def test_a_spoilt_release_is_not_served(copy: Copy) -> None:
    copy.araxes("build", "--without-reasoner")
    dataset = open_release(copy.releases).dataset
    dataset.write_bytes(dataset.read_bytes().replace(b"AX", b"AY"))
    done = copy.araxes("serve", "--port", "0", "--no-build")
    assert done.returncode == 3
    assert "is not what was built" in done.stderr


def test_no_release_and_no_build_could_not_run(copy: Copy) -> None:
    done = copy.araxes("serve", "--port", "0", "--no-build")
    assert done.returncode == 3
    assert "There is no release" in done.stderr


def test_a_taken_port_is_said_so(copy: Copy) -> None:
    copy.araxes("build", "--without-reasoner")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = copy.araxes("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 3
    assert "cannot be listened on" in done.stderr


def test_a_bad_port_was_not_understood(copy: Copy) -> None:
    done = copy.araxes("serve", "--port", "70000")
    assert done.returncode == 2
    assert "between 0 and 65,535" in done.stderr


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told(copy: Copy, sign: signal.Signals) -> None:
    copy.araxes("build", "--without-reasoner")
    command = [sys.executable, "-m", "araxes", "serve", "--port", "0", "--project", str(copy.root)]
    command += ["--release", str(copy.releases)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("Araxes serves")
        process.send_signal(sign)
        assert process.wait(timeout=60) == 0


def test_serving_loads_nothing_that_building_needs() -> None:
    code = (
        f"import sys, araxes.cli, araxes.serving, araxes.engine.pool; print([n for n in {HEAVY} if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "words", [(), ("build",), ("check",), ("derive",), ("serve",), ("query",), ("stats",), ("anchors", "verify")]
)
def test_each_command_has_help(words: tuple[str, ...]) -> None:
    done = araxes(*words, "-h")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: araxes")
    if not words:
        assert "Exit codes" in done.stdout
