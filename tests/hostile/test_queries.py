"""Every query of the corpus ends cleanly, within its limit, and nobody else notices."""

import re
import time
import tomllib
from pathlib import Path

import pytest
from helpers import JSON, Reply, query_url, request, rows
from siege import LIMIT, Probe

CORPUS = tomllib.loads(Path(__file__).with_name("corpus.toml").read_text("utf-8"))["query"]
CEILING = 10 * LIMIT / 1000 + 10
FORMS = (JSON, "text/csv", "application/sparql-results+xml")


def text_of(entry: dict) -> str:
    """Return the text of an entry with its repetitions written out."""
    often = entry.get("repeat", 0)

    def written(match: re.Match) -> str:
        return "".join(match[1].replace("§i", str(i)).replace("§j", str(i + 1)) for i in range(often))

    return re.sub("«(.*?)»", written, entry["text"], flags=re.DOTALL).replace("§n", str(often))


def sent(server: str, text: str, accept: str = f"{JSON}, text/turtle;q=0.5") -> Reply:
    """Send a text as the body of a POST."""
    return request(
        f"{server}sparql", text.encode(), accept=accept, headers={"Content-Type": "application/sparql-query"}
    )


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 70
    assert len({entry["name"] for entry in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["name"])
def test_a_query_ends_cleanly(besieged: str, probe: Probe, entry: dict) -> None:
    begun = time.monotonic()
    reply = sent(besieged, text_of(entry))
    assert reply.status in entry["ends"], (reply.status, reply.text[:500])
    assert time.monotonic() - begun < CEILING
    assert len(reply.body) == int(reply.headers["Content-Length"])
    if reply.status != 200:
        problem = reply.json()
        assert reply.type == "application/problem+json"
        assert problem["status"] == reply.status
        assert {"type", "title", "detail", "hint"} <= problem.keys()


def test_the_same_again_all_at_once(besieged: str, probe: Probe) -> None:
    from concurrent.futures import ThreadPoolExecutor

    heavy = [text_of(entry) for entry in CORPUS if 504 in entry["ends"] and len(text_of(entry)) < 5_000][:24]
    with ThreadPoolExecutor(8) as clients:
        statuses = [reply.status for reply in clients.map(lambda text: sent(besieged, text), heavy)]
    assert len(statuses) >= 20
    assert set(statuses) <= {200, 400, 413, 503, 504}


def test_a_query_beside_them_is_answered_rightly(besieged: str, probe: Probe) -> None:
    found = rows(request(query_url(besieged, "SELECT (2 AS ?two) {}")))
    assert found == [{"two": "2"}]


def test_a_page_of_a_wide_answer_costs_no_more_than_its_query(besieged: str, probe: Probe) -> None:
    wide = " ".join(f"?v{number}" for number in range(5_000))
    begun = time.monotonic()
    reply = sent(besieged, f"SELECT {wide} {{ ?s ?p ?o }} LIMIT 7800", accept="text/html")
    assert time.monotonic() - begun < CEILING
    assert len(reply.body) < 5_000_000


def test_a_comment_full_of_changing_functions_is_read_at_once(besieged: str, probe: Probe) -> None:
    reply = sent(besieged, "ASK {}\n#" + "NOW#" * 12_000)
    assert reply.status == 200
    assert probe.faults == []
