"""curl, the client of every how-to page."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from clients.asked import GRAPH, JOIN, OPTIONAL, TRIPLES, YES, triples_of
from helpers import not_run
from rdflib import Graph

LABELS = "SELECT ?s ?l { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?l } ORDER BY ?s ?l"


@pytest.fixture(scope="module")
def curl() -> str:
    found = shutil.which("curl")
    return found or not_run("curl is not installed (Debian: apt install curl)")


def run(curl: str, *words: str) -> bytes:
    """Run curl to its end; a status of 400 or more fails."""
    command = [curl, "--silent", "--show-error", "--fail-with-body", "--max-time", "60", "--noproxy", "*", *words]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    return done.stdout


def assert_join(body: bytes) -> None:
    bindings = json.loads(body)["results"]["bindings"]
    assert {tuple(row[name]["value"] for name in JOIN.names) for row in bindings} == JOIN.rows
    assert len(bindings) == len(JOIN.rows)


def test_curl_gets_json_without_any_option(curl: str, endpoint: str) -> None:
    assert_join(run(curl, "--get", "--data-urlencode", f"query={JOIN.query}", endpoint))


def test_curl_posts_a_form(curl: str, endpoint: str) -> None:
    assert_join(run(curl, "--data-urlencode", f"query={JOIN.query}", endpoint))


@pytest.mark.parametrize("expect", [(), ("--header", "Expect: 100-continue")], ids=["plain", "expect-continue"])
@pytest.mark.parametrize("chunked", [(), ("--header", "Transfer-Encoding: chunked")], ids=["length", "chunked"])
def test_curl_posts_a_file(
    curl: str, endpoint: str, tmp_path: Path, expect: tuple[str, ...], chunked: tuple[str, ...]
) -> None:
    file = tmp_path / "join.rq"
    file.write_text(JOIN.query, "utf-8")
    typed = ("--header", "Content-Type: application/sparql-query")
    assert_join(run(curl, *typed, *expect, *chunked, "--data-binary", f"@{file}", endpoint))


def test_curl_asks_by_the_query_method(curl: str, endpoint: str) -> None:
    typed = ("--header", "Content-Type: application/sparql-query")
    assert_join(run(curl, "--request", "QUERY", *typed, "--data-binary", JOIN.query, endpoint))


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_curl_takes_compressed_answers(curl: str, endpoint: str, encoding: str) -> None:
    if (
        encoding == "zstd"
        and b"zstd" not in subprocess.run([curl, "--version"], capture_output=True, check=True).stdout
    ):
        not_run("this curl cannot decode zstd")
    asked = ("--header", "Accept: text/csv", "--data-urlencode", f"query={LABELS}", endpoint)
    told = ("--compressed", "--header", f"Accept-Encoding: {encoding}", "--write-out", "%{size_download}")
    plain, packed = run(curl, *asked), run(curl, *told, *asked)
    assert plain.count(b"\n") > 800
    assert packed.startswith(plain)
    assert int(packed.removeprefix(plain)) < len(plain) / 2


def test_curl_gets_the_same_rows_whatever_it_can_decode(curl: str, endpoint: str) -> None:
    for encoding in ("identity", "br", "br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip;q=0", "*"):
        asked = ("--compressed", "--header", f"Accept-Encoding: {encoding}", "--header", "Accept: text/csv")
        body = run(curl, *asked, "--get", "--data-urlencode", f"query={OPTIONAL.query}", endpoint)
        lines = body.decode("utf-8").splitlines()
        assert {tuple(cell or None for cell in line.split(",")) for line in lines[1:]} == OPTIONAL.rows


@pytest.mark.parametrize("media_type", ["text/turtle", "application/n-triples", "application/rdf+xml"])
def test_curl_constructs(curl: str, endpoint: str, media_type: str) -> None:
    asked = ("--header", f"Accept: {media_type}", "--data-urlencode", f"query={GRAPH}")
    found = Graph().parse(run(curl, *asked, endpoint), format=media_type)
    assert triples_of(found) == TRIPLES


def test_curl_sends_several_questions_over_one_connection(curl: str, endpoint: str) -> None:
    address = ("--get", "--data-urlencode", f"query={YES}", endpoint)
    told = ("--write-out", "\n%{num_connects} %{http_code}\n")
    lines = run(curl, *told, *address, "--next", "--silent", *told, *address).decode().splitlines()
    assert [line for line in lines if line.endswith(" 200")] == ["1 200", "0 200"]


def test_curl_sees_a_problem_as_a_failure(curl: str, endpoint: str) -> None:
    command = [curl, "--silent", "--fail-with-body", "--noproxy", "*", "--data-urlencode", "query=SELECT", endpoint]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 22
    assert json.loads(done.stdout)["status"] == 400
