"""The query page: works without scripts, escapes everything, and shows problems where they can be mended."""

import re
from html.parser import HTMLParser

import pytest
from araxes.queries import SavedQuery
from araxes.web.examples import Examples
from helpers import Reply, query_url, request

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


@pytest.mark.parametrize("path", ["", "sparql", "?example=pq01-who-holds-what"])
def test_the_page_has_a_form_with_labels_and_no_script(tiny_server: str, path: str) -> None:
    _, found = page(f"{tiny_server}{path}")
    assert found.all("html") == [{"lang": "en"}]
    assert found.all("script") == []
    assert len(found.all("h1")) == len(found.all("main")) == len(found.all("title")) == 1
    assert {each["for"] for each in found.all("label")} == {
        each["id"] for tag in ("textarea", "select") for each in found.all(tag)
    }
    assert not [attributes for _, attributes in found.found if "style" in attributes or "onclick" in attributes]


def test_the_page_offers_examples_and_each_runs_as_it_lies(tiny_server: str) -> None:
    _, found = page(tiny_server)
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

    plain = Examples({name: saved(name) for name in ("a", "b")})
    chosen = Examples({"a": saved("a"), "b": saved("b", ("start", "yes"))})
    assert plain.text(None) == "ASK { <urn:a> ?p ?o }"
    assert chosen.text(None) == chosen.text("nope") == "ASK { <urn:b> ?p ?o }"
    assert chosen.text("a") == plain.text("a")
    assert Examples({}).text(None).startswith("SELECT")


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
        assert found.all("script") == found.all("img") == found.all("b") == []


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
