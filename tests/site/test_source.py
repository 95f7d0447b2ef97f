"""The source reader: what each sentence yields, counted from the graph, and a reader's own copy that stays in the browser."""

import csv
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from helpers import TINY_TEXT, built, copy_of_tiny, not_run, request, serving
from playwright.sync_api import Page, expect

from tests.site.pages import BASE, BROWSER, LOGS, Log, inside

Select = Callable[[str], list[dict[str, str]]]
KEY = "kaleji-2023"
DOCUMENT = f"<{BASE}id/document/{KEY}>"
PREFIXES = f"PREFIX ax: <{BASE}ns/> PREFIX oa: <http://www.w3.org/ns/oa#> "
SENTENCE = re.compile(r'<tr id="row-(\d+)"><th scope="row" id="([^"]+)">(.*?)</th>\s*<td>(.*?)</td></tr>', re.DOTALL)
THING = re.compile(r'href="(/id/[^"]+)"')
FAR = 1 << 40


def path(iri: str) -> str:
    return "/" + quote(iri.removeprefix(BASE), safe="/:") + ".html"


@pytest.fixture(scope="module")
def text(server: str) -> str:
    """Return the page of the source."""
    reply = request(f"{server}source/{KEY}", accept=BROWSER)
    assert reply.status == 200
    return reply.text


@pytest.fixture(scope="module")
def sentences(text: str) -> dict[str, tuple[int, str, str]]:
    """Return number, head and what it yields of each sentence of the page, by anchor."""
    found = {anchor: (int(number), head, told) for number, anchor, head, told in SENTENCE.findall(text)}
    assert len(found) == text.count('<tr id="row-') > 40
    return found


@pytest.fixture(scope="module")
def told(select: Select) -> list[dict[str, str]]:
    """Return each passage of the source with its place, its attestations and what rests on these."""
    return select(
        PREFIXES
        + f"""SELECT ?anchor ?start ?passage ?attestation ?thing WHERE {{
        ?passage oa:hasSource {DOCUMENT} ; ax:section ?section ; ax:paragraph ?paragraph ; ax:sentence ?sentence ;
          oa:hasSelector/oa:start ?start .
        OPTIONAL {{ ?attestation ax:hasPassage ?passage OPTIONAL {{ ?thing ax:isAttestedBy ?attestation }} }}
        BIND (CONCAT(?section, "-", STR(?paragraph), "-", STR(?sentence)) AS ?anchor) }}"""
    )


def test_every_sentence_is_there_in_its_order(
    sentences: dict[str, tuple[int, str, str]], told: list[dict[str, str]]
) -> None:
    first: dict[str, int] = {}
    for row in told:
        first[row["anchor"]] = min(first.get(row["anchor"], FAR), int(row["start"]))
    assert list(sentences) == sorted(first, key=lambda each: first[each])
    assert [number for number, *_ in sentences.values()] == list(range(1, len(first) + 1))


def test_every_sentence_leads_to_its_passages_and_yields_what_rests_on_it(
    sentences: dict[str, tuple[int, str, str]], told: list[dict[str, str]]
) -> None:
    assert len(told) > 200
    for anchor, (_, head, yields) in sentences.items():
        own = [row for row in told if row["anchor"] == anchor]
        assert set(THING.findall(head)) == {path(row["passage"]) for row in own}, anchor
        wanted = {path(row[name]) for row in own for name in ("attestation", "thing") if name in row}
        assert set(THING.findall(yields)) == wanted, anchor
        assert yields.count("<li>") == len({row["attestation"] for row in own if "attestation" in row})


def test_each_fact_says_in_which_mode_and_on_whose_word(
    sentences: dict[str, tuple[int, str, str]], select: Select
) -> None:
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    rows = select(
        PREFIXES
        + f"""SELECT ?attestation ?label ?mode ?who ?how WHERE {{
        ?attestation ax:hasPassage/oa:hasSource {DOCUMENT} ; {label} ?label ; ax:hasMode/{label} ?mode ; ax:accordingTo/{label} ?who .
        OPTIONAL {{ ?attestation ax:hasStrength/{label} ?how FILTER(LANG(?how) = "en") }}
        FILTER(LANG(?label) = "en" && LANG(?mode) = "en" && LANG(?who) = "en") }}"""
    )
    assert len({row["attestation"] for row in rows}) > 150
    shown = "".join(yields for _, _, yields in sentences.values())
    facts = dict(re.findall(r'<li><a href="([^"]+)">(.*?)(?=<li>|</ul>)', shown, re.DOTALL))
    for row in rows:
        fact = facts[path(row["attestation"])].replace("&#39;", "'").replace("&amp;", "&")
        assert fact.startswith(f"{row['label']}</a> <small>{row['mode']}, according to {row['who']}"), row
        end = f", {row['how']}</small>" if "how" in row else f"{row['who']}</small>"
        assert end in fact, row


def test_what_is_covered_is_counted(text: str, select: Select, told: list[dict[str, str]]) -> None:
    covered = re.findall(r"[\d,]+\d|\d", text.partition('<p id="covered">')[2].partition("</p>")[0])
    lengths = select(
        PREFIXES
        + f"""SELECT ?length (SUM(?end - ?start) AS ?sum) WHERE {{ {DOCUMENT} ax:codePoints ?length .
        ?passage oa:hasSource {DOCUMENT} ; oa:hasSelector ?at . ?at oa:start ?start ; oa:end ?end
        FILTER NOT EXISTS {{ ?passage oa:hasSelector/oa:exact ?words }} }} GROUP BY ?length"""
    )[0]
    anchors = {row["anchor"] for row in told}
    yielding = {row["anchor"] for row in told if "attestation" in row}
    facts = {row["attestation"] for row in told if "attestation" in row}
    wanted = [len(anchors), len(yielding), len(facts), int(lengths["sum"]), int(lengths["length"])]
    assert [int(each.replace(",", "")) for each in covered] == wanted
    table = text.partition('<table class="coverage">')[2].partition("</table>")[0]
    rows = [re.findall(r">([^<>]+)</(?:a|td)>", row) for row in table.split("<tr>")[2:]]
    assert len(rows) > 3
    for section, number, with_facts, many, _ in rows:
        own = [row for row in told if row["anchor"].rsplit("-", 2)[0] == section]
        assert int(number) == len({row["anchor"] for row in own})
        assert int(with_facts) == len({row["anchor"] for row in own if "attestation" in row})
        assert int(many) == len({row["attestation"] for row in own if "attestation" in row})
    assert sum(int(row[1]) for row in rows) == len(anchors)


def test_each_square_has_the_number_of_facts_of_its_sentence(
    server: str, text: str, sentences: dict[str, tuple[int, str, str]]
) -> None:
    alone = inside(request(f"{server}source/{KEY}.svg", accept="*/*").text)
    drawn = {
        "#" + str(each.get("href")).partition("#")[2]: (int(str(each.get("data-row"))), "".join(each.itertext()))
        for each in ET.fromstring(alone).iter()
        if each.get("data-row")
    }
    assert drawn.keys() == {f"#{anchor}" for anchor in sentences}
    for anchor, (number, _, yields) in sentences.items():
        assert drawn[f"#{anchor}"][0] == number
        assert drawn[f"#{anchor}"][1].endswith(f"facts{yields.count('<li>')}") or yields.count("<li>") == 1
        assert f'<a href="#{anchor}" data-row="{number}">' in text
    assert f'href="/source/{KEY}#' in alone


def test_the_table_is_the_page(server: str, sentences: dict[str, tuple[int, str, str]]) -> None:
    reply = request(f"{server}source/{KEY}.csv", accept="*/*")
    shown: dict[str, set[str]] = {}
    for row in csv.DictReader(io.StringIO(reply.text)):
        anchor = f"{row['section']}-{row['paragraph']}-{row['sentence']}"
        shown.setdefault(anchor, set()).update(path(row[name]) for name in ("attestation", "thing") if row[name])
    assert shown == {anchor: set(THING.findall(yields)) for anchor, (*_, yields) in sentences.items()}


def test_one_source_is_shown_and_no_other_is_made_up(server: str, text: str) -> None:
    only = request(f"{server}source", accept=BROWSER)
    assert [each[1] for each in SENTENCE.findall(only.text)] == [each[1] for each in SENTENCE.findall(text)]
    for key in ("nowhere", "kaleji", "%3Cscript%3E", "kaleji-2023%22", "%F0%9F%8C%8A"):
        for suffix in ("", ".svg", ".csv", ".json"):
            reply = request(f"{server}source/{key}{suffix}", accept=BROWSER if not suffix else "*/*")
            assert reply.status == 404, key + suffix
            assert reply.type != "text/html" or "<script>" not in reply.text


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a server over two sources."""
    copy = copy_of_tiny(tmp_path_factory.mktemp("two") / "project")
    for name in ("passages", "positions"):
        file = copy.root / "data" / "sources" / "tiny-2024" / f"{name}.ttl"
        other = file.read_text("utf-8").replace("tiny-2024", "other-2025").replace("A tiny text", "Another text")
        copy.write(f"data/sources/other-2025/{name}.ttl", other.replace("position:aland", "position:new-aland"))
    prefixes = (copy.root / "ontology" / "prefixes.ttl").read_text("utf-8")
    lines = [line.replace("tiny-2024", "other-2025") for line in prefixes.splitlines() if "tiny-2024" in line]
    copy.write("ontology/prefixes.ttl", "\n".join([*lines, prefixes]))
    done = copy.araxes("derive")
    assert done.returncode == 0, done.stdout + done.stderr
    releases = built(copy.root, copy.releases, "--without-reasoner")
    with serving("--no-build", "--project", str(copy.root), "--release", str(releases)) as url:
        yield url


def test_of_several_sources_one_is_chosen(two: str) -> None:
    chooser = request(f"{two}source", accept=BROWSER).text
    assert re.findall(r'href="/source/([^"]+)"', chooser) == ["other-2025", "tiny-2024"]
    assert SENTENCE.findall(chooser) == []
    for key in ("other-2025", "tiny-2024"):
        page = request(f"{two}source/{key}", accept=BROWSER).text
        assert [each[1] for each in SENTENCE.findall(page)] == ["body-2-1", "body-2-2"]
        assert f"/id/passage/{key}/body-2-1.html" in page
        assert f"/id/passage/{key}/body-2-2-quote.html" in page


# A reader's own copy


@pytest.fixture
def tiny_page(tiny_server: str, new_context: Callable[..., Any]) -> Iterator[Page]:
    """Return the page of the tiny source; it may ask nothing of others and have no fault."""
    page = new_context().new_page()
    log = LOGS[page] = Log(tiny_server.rstrip("/"), page)
    page.goto(f"{tiny_server}source/tiny-2024")
    yield page
    assert log.faults == []


def copies(page: Page) -> list[dict[str, Any]]:
    """Return what the page shows of the copy: words, and whether they are said to be others than those that were read."""
    found: list[dict[str, Any]] = page.eval_on_selector_all(
        ".copy",
        "all => all.map(each => ({words: each.textContent, other: each.classList.contains('other'), shown: each.checkVisibility(),"
        " inside: each.children.length}))",
    )
    return found


def sent(page: Page) -> list[str]:
    """Return what was asked for, without the icon, which the browser fetches when it likes."""
    return [each.url for each in LOGS[page].requests if "/static/icon." not in each.url]


def choose(page: Page, body: bytes, name: str = "copy.txt") -> str:
    """Give the page a file, and return what it says then; nothing may be asked for."""
    asked = sent(page)
    page.set_input_files("#copy", {"name": name, "mimeType": "text/plain", "buffer": body})
    says = page.locator("#copy-says")
    expect(says).not_to_be_empty()
    assert sent(page) == asked, "something was sent"
    return says.inner_text()


def test_the_right_copy_is_recognised(tiny_page: Page) -> None:
    assert [each for each in copies(tiny_page) if each["shown"]] == []
    text = TINY_TEXT.read_text("utf-8")
    said = choose(tiny_page, TINY_TEXT.read_bytes())
    assert "byte for byte" in said
    assert "3 of 3 passages match" in said
    found = copies(tiny_page)
    assert [each["words"] for each in found] == [text[14:35], text[36:60], text[49:59]]
    assert all(each["shown"] and not each["other"] for each in found)


def test_a_changed_sentence_is_marked_and_the_others_hold(tiny_page: Page) -> None:
    said = choose(tiny_page, TINY_TEXT.read_text("utf-8").replace("wants", "hates").encode())
    assert "not the very text" in said
    assert "2 of 3 passages match" in said
    assert [each["other"] for each in copies(tiny_page)] == [True, False, False]
    assert choose(tiny_page, b"") != said


def test_offsets_count_code_points(tiny_page: Page) -> None:
    text = "\U0001f30a" * 14 + TINY_TEXT.read_text("utf-8")[14:]
    assert "3 of 3 passages match" in choose(tiny_page, text.encode())


def test_what_looks_like_markup_is_words(tiny_page: Page) -> None:
    said = choose(tiny_page, b"A tiny text.\n\n<img src=x onerror=alert(1)><script>alert(2)</script><b>" + b"x" * 60)
    assert "0 of 3 passages match" in said
    assert [each["inside"] for each in copies(tiny_page)] == [0, 0, 0]


def test_a_short_copy_and_a_mark_at_its_beginning_are_no_match(tiny_page: Page) -> None:
    assert "1 of 3 passages match" in choose(tiny_page, TINY_TEXT.read_text("utf-8")[:40].encode())


MARK, ENDS, READ = "byte order mark", "Line ends differ", "this is the text that was read"
BODY = TINY_TEXT.read_bytes()


@pytest.mark.parametrize(
    ("body", "said", "unsaid"),
    [
        (b"\xef\xbb\xbf" + BODY, [MARK, READ], [ENDS, "stands"]),
        (BODY.replace(b"\n", b"\r\n"), [ENDS, READ], [MARK, "stands"]),
        (BODY.replace(b"\n", b"\r"), [ENDS, READ], [MARK, "stands"]),
        (b"\xef\xbb\xbf" + BODY.replace(b"\n", b"\r\n"), [MARK, ENDS, READ], ["stands"]),
        (b"Taken from\nsome site\n\n" + BODY, ["stands 22 characters later", "not the very text"], [MARK, ENDS]),
        (b"Taken from\r\n" + BODY.replace(b"\n", b"\r\n"), ["stands 11 characters later", ENDS], [MARK]),
        (BODY[13:], ["stands 13 characters earlier"], [MARK, ENDS]),
    ],
    ids=["mark", "crlf", "cr", "both", "front", "front-crlf", "cut"],
)
def test_an_ordinary_copy_is_recognised(tiny_page: Page, body: bytes, said: list[str], unsaid: list[str]) -> None:
    told = choose(tiny_page, body)
    assert "3 of 3 passages match" in told
    assert [each for each in said if each not in told] == []
    assert [each for each in unsaid if each in told] == []
    text = BODY.decode()
    assert [each["words"] for each in copies(tiny_page)] == [text[14:35], text[36:60], text[49:59]]
    assert [each for each in copies(tiny_page) if each["other"]] == []


def test_from_where_on_nothing_matches_is_said(tiny_page: Page) -> None:
    assert "From Body ¶2 s2 on nothing matches" in choose(tiny_page, BODY[:36])
    tiny_page.reload()
    assert "Nothing matches from the first passage on" in choose(tiny_page, b"quite other words " * 50_000)


def test_a_line_within_the_text_shifts_what_follows(tiny_page: Page) -> None:
    told = choose(tiny_page, BODY[:36] + b"page 2\n" + BODY[36:])
    assert "3 of 3 passages match" in told
    assert "From Body ¶2 s2 on, the text stands 7 characters later" in told


@pytest.mark.parametrize(
    ("body", "said"), [(b"\xff\xfe\x00", "UTF-8"), (b"a" * ((1 << 24) + 1), "too large")], ids=["bytes", "large"]
)
def test_a_file_that_is_no_copy_is_refused_and_clears_what_was_shown(tiny_page: Page, body: bytes, said: str) -> None:
    choose(tiny_page, TINY_TEXT.read_bytes())
    tiny_page.set_input_files("#copy", {"name": "x", "mimeType": "text/plain", "buffer": body})
    expect(tiny_page.locator("#copy-says")).to_contain_text(said)
    assert [each for each in copies(tiny_page) if each["shown"] or each["words"]] == []


def test_the_hash_is_sha_256(tiny_page: Page) -> None:
    bodies = [bytes((n * 31 + at) % 256 for at in range(n)) for n in (*range(130), 1_000, 70_001)]
    found = tiny_page.evaluate("all => all.map(each => sha256(Uint8Array.from(each)))", [list(each) for each in bodies])
    assert found == [hashlib.sha256(each).hexdigest() for each in bodies]


def test_without_scripts_the_page_says_what_is_missing(visit: Any) -> None:
    page = visit(f"/source/{KEY}", javascript=False)
    assert page.locator("#copy").is_disabled()
    assert "This part needs scripts; the rest of the page is complete without" in page.locator("#own-copy").inner_text()
    assert [
        each for each in page.eval_on_selector_all(".copy", "all => all.map(each => each.checkVisibility())") if each
    ] == []


@pytest.fixture(scope="module")
def article() -> Path:
    """Return the reader's own copy of the article, which the project does not hold."""
    folder = os.environ.get("ARAXES_SOURCES")
    if not folder:
        not_run(f"the article's text is not here: set ARAXES_SOURCES to a folder with {KEY}.txt")
    file = Path(str(folder)) / f"{KEY}.txt"
    assert file.is_file(), f"ARAXES_SOURCES has no {file.name}"
    return file


def test_the_article_is_read_beside_its_claims(visit: Any, article: Path, select: Select) -> None:
    rows = select(
        PREFIXES
        + f"SELECT ?start ?end WHERE {{ ?p oa:hasSource {DOCUMENT} ; oa:hasSelector ?at . ?at oa:start ?start ; oa:end ?end }}"
    )
    text = article.read_bytes().decode("utf-8")
    page = visit(f"/source/{KEY}")
    said = choose(page, article.read_bytes())
    assert "byte for byte" in said
    assert f"{len(rows)} of {len(rows)} passages match" in said
    assert sorted(each["words"] for each in copies(page)) == sorted(
        text[int(row["start"]) : int(row["end"])] for row in rows
    )


def test_no_sentence_of_the_article_is_sent(text: str, server: str, article: Path, select: Select) -> None:
    rows = select(
        PREFIXES
        + f"SELECT ?start ?end WHERE {{ ?p oa:hasSource {DOCUMENT} ; ax:section ?section ; oa:hasSelector ?at . "
        "?at oa:start ?start ; oa:end ?end FILTER(?section != 'title') }"
    )
    whole = article.read_bytes().decode("utf-8")
    forms = [
        text,
        *(request(f"{server}source/{KEY}{suffix}", accept="*/*").text for suffix in (".svg", ".csv", ".json")),
    ]
    assert len(rows) > 40
    assert [row for row in rows if any(whole[int(row["start"]) : int(row["end"])] in form for form in forms)] == []
