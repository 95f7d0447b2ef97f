"""The query page: works without scripts, escapes everything, and shows problems where they can be mended."""

import re
import tomllib
from collections.abc import Callable
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from araxes.engine.question import GRAPHS, RESULTS
from araxes.problems import every_problem
from araxes.queries import SavedQuery
from araxes.settings import SETTINGS
from araxes.web.pages import _example_text as example_text
from helpers import ROOT, Reply, query_url, request

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """A page whose tags must be balanced, and whose controls must have labels."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        assert reply.type == "text/html"
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(reply.text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def page(url: str, data: dict[str, str] | None = None) -> tuple[Reply, Page]:
    reply = request(url, data, accept=BROWSER)
    return reply, Page(reply)


def foreign_scripts(found: Page) -> list[dict[str, str | None]]:
    """Return the scripts other than the data block and the file of ours."""
    own = [each for each in found.all("script") if each.get("type") == "application/json"]
    own += [each for each in found.all("script") if str(each.get("src")).startswith("/static/query.js?v=")]
    assert len(own) == 2
    return [each for each in found.all("script") if each not in own]


@pytest.mark.parametrize("path", ["sparql", "sparql?example=pq01-who-holds-what"])
def test_the_page_has_a_form_with_labels_and_no_script_in_it(tiny_server: str, path: str) -> None:
    _, found = page(f"{tiny_server}{path}")
    assert [each["lang"] for each in found.all("html")] == ["en"]
    assert foreign_scripts(found) == []
    assert len(found.all("h1")) == len(found.all("main")) == len(found.all("title")) == 1
    assert {each["for"] for each in found.all("label")} == {
        each["id"] for tag in ("textarea", "select", "input") for each in found.all(tag)
    }
    assert not [attributes for _, attributes in found.found if "style" in attributes or "onclick" in attributes]


def test_the_page_offers_examples_and_each_runs_as_it_lies(tiny_server: str) -> None:
    _, found = page(f"{tiny_server}sparql")
    links = [str(each["href"]) for each in found.all("a") if "example=" in str(each["href"])]
    assert len(links) == 2
    for link in links:
        reply, _ = page(tiny_server + link.removeprefix("/"))
        text = re.search(r"<textarea[^>]*>\n(.*)</textarea>", reply.text, re.DOTALL)
        assert text
        query = text[1].replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')
        assert request(query_url(tiny_server, query)).status == 200


def test_the_page_begins_with_the_example_that_says_so() -> None:
    def saved(name: str, *header: tuple[str, str]) -> SavedQuery:
        return SavedQuery(name, "explore", f"{name}.rq", f"#: title: {name}\n\nASK {{ <urn:{name}> ?p ?o }}", header)

    plain = {name: saved(name) for name in ("a", "b")}
    chosen = {"a": saved("a"), "b": saved("b", ("start", "yes"))}

    def shown(known: dict[str, SavedQuery], **given: str) -> str:
        page: Any = SimpleNamespace(given=given, prefixes={})
        return example_text(known, page)

    assert shown(plain) == "ASK { <urn:a> ?p ?o }"
    assert shown(chosen) == shown(chosen, example="nope") == "ASK { <urn:b> ?p ?o }"
    assert shown(chosen, example="a") == shown(plain, example="a") == "ASK { <urn:a> ?p ?o }"
    assert shown({}).startswith("SELECT")


def test_a_browser_gets_a_table(tiny_server: str) -> None:
    query = (
        'SELECT ?iri ?text ?number ?none WHERE { VALUES (?iri ?text ?number) { (<https://example.org/a> "Å"@sv 12) } }'
    )
    reply, found = page(f"{tiny_server}sparql", {"query": query, "format": "html"})
    assert reply.status == 200
    assert "1 row<" in reply.text
    assert [each["scope"] for each in found.all("th")] == ["col"] * 4
    assert [each.get("lang") for each in found.all("td")] == [None, "sv", None, None]
    assert any(each["href"] == "https://example.org/a" for each in found.all("a"))


def test_a_browser_gets_graphs_truths_and_empty_answers(tiny_server: str) -> None:
    assert "Yes" in page(query_url(tiny_server, "ASK {}"))[0].text
    assert "No" in page(query_url(tiny_server, "ASK { <urn:no> ?p ?o }"))[0].text
    assert (
        "ax:code" in page(query_url(tiny_server, "CONSTRUCT WHERE { ?s <https://w3id.org/araxes/ns/code> ?o }"))[0].text
    )
    assert "holds no answer" in page(query_url(tiny_server, "SELECT * { <urn:no> ?p ?o }"))[0].text


def test_a_problem_is_shown_with_the_query_to_mend(tiny_server: str) -> None:
    query = "SELECT * {\n  ?s foo:p ?o }"
    reply, found = page(f"{tiny_server}sparql", {"query": query, "format": "html"})
    assert reply.status == 400
    assert "a prefix is used that is not declared" in reply.text
    assert reply.text.count("?s foo:p ?o }") == 2
    assert any(each.get("role") == "alert" for each in found.all("div"))


def test_a_browser_that_asks_for_a_file_gets_it(tiny_server: str) -> None:
    reply = request(f"{tiny_server}sparql", {"query": "SELECT ?a { VALUES ?a { 1 } }", "format": "csv"}, accept=BROWSER)
    assert (reply.type, reply.body) == ("text/csv", b"a\r\n1\r\n")


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "</textarea><b>", '"><img src=x onerror=alert(1)>'])
def test_nothing_that_is_sent_becomes_markup(tiny_server: str, hostile: str) -> None:
    literal = '"' + hostile.replace('"', '\\"') + '"'
    for query in (f"SELECT ?a {{ VALUES ?a {{ {literal} }} }}", f"nonsense {hostile}"):
        reply, found = page(f"{tiny_server}sparql", {"query": query, "format": "html"})
        assert hostile not in reply.text
        assert foreign_scripts(found) == found.all("img") == found.all("b") == []


def test_only_web_addresses_become_links(tiny_server: str) -> None:
    _, found = page(query_url(tiny_server, "SELECT ?a { VALUES ?a { <javascript:alert(1)> <urn:x> } }"))
    assert not [each for each in found.all("a") if str(each["href"]).startswith(("javascript", "urn"))]


def test_a_page_that_is_not_there_is_a_page_for_a_browser(tiny_server: str) -> None:
    reply, _ = page(f"{tiny_server}nowhere")
    assert reply.status == 404
    assert "nothing at /nowhere" in reply.text


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("ASK {}", "application/json"),
        ("ASK {}", "text/xml"),
        ("nonsense", "application/json"),
        ("nonsense", "application/json, application/xml"),
        ("nonsense", "text/plain"),
    ],
)
def test_who_likes_a_machine_better_gets_no_page(tiny_server: str, query: str, name: str) -> None:
    assert request(query_url(tiny_server, query), accept=f"{name}, text/html;q=0.5").type != "text/html"


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/csv"])
def test_who_names_the_page_gets_it(tiny_server: str, accept: str | None) -> None:
    for query, status in (("ASK {}", 200), ("SELECT (1 AS ?a) {}", 200), ("nonsense", 400)):
        reply = request(f"{tiny_server}sparql", {"query": query, "format": "html"}, accept=accept)
        assert (reply.status, reply.type) == (status, "text/html")


def test_the_limits_page_says_all_that_is_in_force(tiny_server: str) -> None:
    reply, found = page(f"{tiny_server}limits")
    rows = {str(each.get("id")) for each in found.all("tr")} - {"None"}
    assert rows == {each.name for each in SETTINGS if each.limit}
    for each in SETTINGS:
        if each.limit:
            assert each.help in reply.text
            assert f'<td class="number">{each.default:,}</td>' in reply.text
    linked = {str(each["href"]) for each in found.all("a")}
    elsewhere = {"/problems/unknown-query", "/problems/bad-parameter"}
    refusing = {f"/problems/{kind.slug}" for kind in every_problem() if kind.status != 500} - elsewhere
    assert {each for each in linked if each.startswith("/problems/")} == refusing
    for words in ("never cut", "Retry-After", "kept for short", "hang up", "until it ends or its time is over"):
        assert words in reply.text


def test_the_limits_page_follows_the_settings(site: Callable[..., Any]) -> None:
    text = site(query_milliseconds=1234, queue=7).send("/limits", accept=BROWSER).text
    assert '<td class="number">1,234</td>' in text
    assert "7 more may wait" in text


def test_the_limits_page_says_where_the_engine_differs(tiny_server: str) -> None:
    reply, found = page(f"{tiny_server}limits")
    told = tomllib.loads((ROOT / "server/araxes/web/differences.toml").read_text("utf-8"))["difference"]
    assert len(found.all("section")) == len(told) > 0
    assert reply.text.count("Gets what was meant") == sum("rewritten" in each for each in told)
    assert "`" not in reply.text


def test_the_description_can_be_read_as_a_page(tiny_server: str) -> None:
    reply, _ = page(f"{tiny_server}description")
    assert "a sd:Service" in reply.text


def test_a_variable_named_as_a_method_is_a_column(tiny_server: str) -> None:
    reply, found = page(query_url(tiny_server, "SELECT ?items ?keys ?get { VALUES ?keys { 1 } }"))
    assert len(found.all("td")) == 3
    assert "built-in" not in reply.text


def test_a_post_from_a_page_gets_a_page(tiny_server: str) -> None:
    reply, _ = page(f"{tiny_server}sparql", {"query": "ASK {}"})
    assert (reply.status, "Yes" in reply.text, reply.headers["Cache-Control"]) == (200, True, "no-store")


def test_the_page_offers_every_format(tiny_server: str) -> None:
    _, found = page(f"{tiny_server}sparql")
    offered = {each["value"] for each in found.all("option")}
    assert offered == {"html", *(each.name for each in (*RESULTS, *GRAPHS))}
