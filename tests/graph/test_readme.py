"""What README prints was really printed."""

import csv
import json
import os
import re
import shlex
from pathlib import Path

import pytest
from helpers import ROOT, araxes, not_run, query_url, request

from tests.site.wire import ask

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```\n\$ (.*)\n([\s\S]*?)\n```", README)
COMMANDS = [(words, printed) for words, printed in BLOCKS if words.startswith("araxes query")]


def test_it_shows_commands_and_what_they_print() -> None:
    assert len(COMMANDS) >= 3
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize(("words", "printed"), COMMANDS, ids=[words for words, _ in COMMANDS])
def test_a_query_prints_what_it_says(releases: Path, words: str, printed: str) -> None:
    done = araxes(*shlex.split(words)[1:], "--release", str(releases), "--project", str(ROOT))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == printed


def test_the_question_is_answered_by_the_query_shown() -> None:
    query = (ROOT / "queries" / "explore" / "divergences.rq").read_text("utf-8")
    assert query[query.index("PREFIX") :].strip() in README


def test_curl_gets_what_it_says(server: str) -> None:
    words, printed = next(block for block in BLOCKS if "query@" in block[0])
    file = re.search(r"query@(\S+)", words)
    assert file
    reply = request(query_url(server, (ROOT / file[1]).read_text("utf-8")), accept="text/csv")
    assert list(csv.reader(reply.text.splitlines())) == list(csv.reader(printed.splitlines()))


def test_a_query_that_takes_too_much_gets_what_it_says(server: str) -> None:
    words, printed = next(block for block in BLOCKS if "%{http_code}" in block[0] and "query=" in block[0])
    query = re.search(r"'query=(.*?)'", words)
    assert query
    assert str(request(query_url(server, query[1])).status) == printed


def test_an_address_leads_where_it_says(server: str) -> None:
    words, printed = next(block for block in BLOCKS if "%{redirect_url}" in block[0])
    path = re.search(r"http://127\.0\.0\.1:8000(\S+)$", words)
    assert path
    reply = ask(server, path[1], "text/turtle")
    assert printed == f"{reply.status} http://127.0.0.1:8000{reply.headers['Location']}"


def test_the_graphs_have_the_sizes_it_says(releases: Path) -> None:
    done = araxes("stats", "--json", "--release", str(releases), "--project", str(ROOT))
    sizes = {row["graph"].split(":")[1]: str(row["triples"]) for row in json.loads(done.stdout)["Triples by graph"]}
    assert dict(re.findall(r"^\| `([\w-]+)` \| .* \| (\d+) \|$", README, re.MULTILINE)) == sizes


def test_the_anchors_are_verified_as_it_says(releases: Path) -> None:
    folder = os.environ.get("ARAXES_SOURCES")
    if not folder:
        not_run("the article's text is not here: set ARAXES_SOURCES to a folder with kaleji-2023.txt")
    printed = next(text for words, text in BLOCKS if words.startswith("araxes anchors"))
    done = araxes("anchors", "verify", str(Path(str(folder)) / "kaleji-2023.txt"), "--project", str(ROOT))
    seconds = re.compile(r"\d+\.\d s")
    assert seconds.sub("", done.stdout.strip()) == seconds.sub("", printed)
