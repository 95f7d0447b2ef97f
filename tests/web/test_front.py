"""The way of a request: packing, faults, files and headers, over an engine that answers as it is told."""

import gzip
import io
import json
import time
from typing import Any

import pytest
import zstandard
from araxes.engine import Answer, Question
from araxes.problems import Busy, ServerFault, TooMuchMemory
from helpers import JSON

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LONG = b'{"head":{"vars":[]},"results":{"bindings":[' + b",".join([b"{}"] * 2_000) + b"]}}"


def hit(reply: Any) -> bool:
    return reply.headers["Server-Timing"] == "cache;desc=hit"


@pytest.mark.parametrize("accepted", ["gzip", "zstd"])
def test_only_what_is_long_enough_is_packed(site: Any, accepted: str) -> None:
    found = site()
    assert "Content-Encoding" not in found.query(accept_encoding=accepted).headers
    found.engine.body = LONG
    packed = found.query("SELECT ?long {}", accept_encoding=accepted)
    unpack = {"gzip": gzip.decompress, "zstd": zstandard.decompress}[accepted]
    assert unpack(packed.body) == LONG
    assert len(packed.body) == int(packed.headers["Content-Length"]) < len(LONG)
    assert found.query("SELECT ?long {}").headers["ETag"] != packed.headers["ETag"]


def test_packing_twice_gives_the_same_bytes_and_tag(site: Any) -> None:
    replies = []
    for _ in range(2):
        found = site(cache_megabytes=0)
        found.engine.body = LONG
        replies += [found.query(accept_encoding="gzip"), found.query(accept_encoding="zstd")]
    assert replies[0].body == replies[2].body
    assert replies[1].body == replies[3].body
    assert len({each.headers["ETag"] for each in replies}) == 2


def test_the_same_bytes_in_another_type_have_another_tag(site: Any) -> None:
    found = site()
    assert found.query(accept="text/csv").headers["ETag"] != found.query(accept=JSON).headers["ETag"]


class File(io.BytesIO):
    """A file that remembers whether it was closed, and how it was read."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.sizes: list[int] = []

    def read(self, size: int | None = -1) -> bytes:
        self.sizes.append(size or -1)
        return super().read(size)


def filling(size: int) -> bytes:
    """Return the beginning of an answer, in so many bytes: a row, and a second one that does not end."""
    row = b'{"a":{"type":"literal","value":"x"}}'
    return (b'{"head":{"vars":["a"]},"results":{"bindings":[' + row + b',{"a":{"type":"literal","value":"').ljust(
        size, b"y"
    )


def with_file(found: Any, size: int = 3_000_000) -> list[File]:
    files: list[File] = []

    def reply(question: Question) -> Answer:
        files.append(File(filling(size)))
        return Answer(b"", question.format.media_type, found.engine.release.name, size, 1.0, True, files[-1])

    found.engine.reply = reply
    return files


def test_a_large_answer_is_sent_in_pieces_with_its_length(site: Any) -> None:
    found = site()
    files = with_file(found)
    reply = found.query(accept_encoding="gzip")
    assert (reply.body, reply.headers["Content-Length"]) == (filling(3_000_000), "3000000")
    assert "Content-Encoding" not in reply.headers
    assert reply.headers["ETag"]
    assert files[0].closed
    assert max(files[0].sizes) <= 65_536
    assert not hit(found.query())


def test_a_large_answer_is_closed_where_it_is_not_sent(site: Any) -> None:
    found = site()
    files = with_file(found)
    tag = found.query(method="HEAD").headers["ETag"]
    assert found.query(if_none_match=tag).status == 304
    assert found.query(accept_encoding="gzip, identity;q=0").status == 406
    page = found.query("SELECT * {}", accept=BROWSER)
    assert (page.status, "3,000,000 bytes" in page.text) == (200, True)
    assert [each.closed for each in files] == [True] * 4


def test_a_large_answer_of_a_client_that_hangs_up_is_closed(site: Any) -> None:
    found = site()
    files = with_file(found)
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/sparql",
        "QUERY_STRING": "query=SELECT*%7B%7D",
    }
    sent = found.app.wsgi_app(environ, lambda *_: None)
    assert next(iter(sent))
    sent.close()
    assert files[0].closed


def test_a_fault_of_our_own_says_nothing_of_it(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    found = site()

    def broken(question: Question) -> Answer:
        raise RuntimeError("secret in /etc/passwd")

    found.engine.reply = broken
    for accept in (JSON, BROWSER):
        reply = found.query(accept=accept)
        assert reply.status == 500
        assert "secret" not in reply.text
        assert reply.headers["Content-Security-Policy"]
        assert reply.headers["Araxes-Query-Id"] in reply.text
        assert ServerFault.title in reply.text
        assert f"the request {reply.headers['Araxes-Query-Id']} failed" in caplog.text
    assert "secret" in caplog.text


def test_who_comes_too_late_is_told_when_to_come_again(site: Any) -> None:
    found = site()

    def busy(question: Question) -> Answer:
        raise Busy("The queue is full", more={"retry_after": 7, "limit": "queue", "most": 32})

    found.engine.reply = busy
    for accept in (JSON, BROWSER):
        reply = found.query(accept=accept)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "7")
    assert '<a href="/limits#queue">' in found.query(accept=BROWSER).text
    assert found.query().json()["limit"] == "queue"


def test_a_problem_on_the_page_shows_where_and_what_was_likely_meant(site: Any) -> None:
    found = site()
    more = {
        "line": 1,
        "column": 3,
        "excerpt": "1 | SELCT\n    ^",
        "did_you_mean": "SELECT",
    }

    def refused(question: Question) -> Answer:
        raise TooMuchMemory("It is <b>large</b>", hint="Did you mean SELECT?", more=more)

    found.engine.reply = refused
    page = found.query("SELECT * {} #mend me", accept=BROWSER).text
    assert "<pre><code>1 | SELCT\n    ^</code></pre>" in page
    assert page.count("Did you mean SELECT?") == 1
    assert "&lt;b&gt;large" in page
    assert "#mend me</textarea>" in page


def test_types_are_absolute_where_the_server_knows_its_name(site: Any) -> None:
    document = site(public_url="https://example.org/kg/").query("nonsense").json()
    assert document["type"] == "https://example.org/kg/problems/bad-query"
    assert "instance" not in document


def test_the_question_has_client_and_time(site: Any) -> None:
    found = site(proxies=1)
    found.send("/sparql?query=ASK%7B%7D&timeout=0.5", x_forwarded_for="6.6.6.6, 198.51.100.1")
    question = found.engine.asked[0]
    assert (question.client, question.milliseconds) == ("198.51.100.1", 500)


@pytest.mark.parametrize(
    ("proxies", "header", "client"),
    [
        (0, "198.51.100.1", "192.0.2.7"),
        (1, None, "192.0.2.7"),
        (1, " , ", "192.0.2.7"),
        (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (2, "6.6.6.6, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (3, "198.51.100.1", "198.51.100.1"),
        (1, "x" * 500, "x" * 64),
    ],
)
def test_a_client_is_who_the_trusted_proxies_say(site: Any, proxies: int, header: str | None, client: str) -> None:
    found = site(proxies=proxies)
    found.query(**({"x_forwarded_for": header} if header else {}))
    assert found.engine.asked[0].client == client


def test_long_answers_are_not_drawn_as_pages(site: Any) -> None:
    found = site()
    found.engine.body = LONG * 200
    page = found.query(accept=BROWSER)
    assert (page.status, f"{len(LONG) * 200:,} bytes" in page.text, len(page.body) < 50_000) == (200, True, True)


def test_timings_tell_waiting_from_evaluating(site: Any) -> None:
    found = site()

    def slow(question: Question) -> Answer:
        time.sleep(0.03)
        return Answer(b"{}", question.format.media_type, found.engine.release.name, 2, 10.0)

    found.engine.reply = slow
    parts = dict(each.split(";dur=") for each in found.query().headers["Server-Timing"].split(", "))
    assert float(parts["eval"]) == 10
    assert 19 <= float(parts["queue"]) <= float(parts["total"]) - 10
    assert json.loads(found.query("nonsense").body)["query_id"]
