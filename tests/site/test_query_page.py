"""The query page in a real browser: the editor, what it completes, what it shows, and that it traps nobody."""

import json
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from helpers import request
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.site.pages import BASE, BROWSER, axe_in_all_modes, bytes_of

Visit = Callable[..., Page]

STATES = "SELECT ?state { ?state a <https://w3id.org/araxes/ns/State> } ORDER BY ?state"
MANY = "SELECT ?n { VALUES ?n { %s } }"
MOST_BYTES, MOST_REQUESTS = 200_000, 8


def asked(query: str) -> str:
    return f"/sparql?{urlencode({'query': query})}"


def html(site: str, query: str) -> str:
    reply = request(f"{site}/sparql", {"query": query, "format": "html"}, accept=BROWSER)
    assert (reply.status, reply.type) == (200, "text/html")
    return reply.text


def numbers(count: int) -> str:
    return MANY % " ".join(map(str, range(count)))


@pytest.fixture
def editor(visit: Visit) -> Callable[..., Page]:
    """Return a function that opens the query page, and waits for its editor."""

    def opened(path: str = "/sparql", **more: object) -> Page:
        page = visit(path, **more)
        expect(page.locator(".cm-content")).to_be_visible()
        return page

    return opened


Editor = Callable[..., Page]


def write(page: Page, text: str) -> None:
    """Type a text in place of what the editor holds."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def text_of(page: Page) -> str:
    return page.locator("#query").input_value()


def offered(page: Page) -> list[str]:
    expect(page.locator(".cm-tooltip-autocomplete li[role=option]").first).to_be_visible()
    return page.locator(".cm-tooltip-autocomplete .cm-completionLabel").all_inner_texts()


def test_a_query_is_asked_and_its_rows_lead_to_our_pages(editor: Editor, site: str) -> None:
    page = editor()
    write(page, STATES)
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#rows")).to_be_visible()
    links = page.locator("#rows td a")
    expect(page.locator("#status")).to_contain_text(f"{links.count()} rows")
    assert links.count() > 8
    found = dict(zip(links.all_inner_texts(), links.evaluate_all("all => all.map(a => a.href)"), strict=True))
    assert all(address.startswith(f"{site}/id/state/") for address in found.values())
    links.get_by_text("state:iran", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Iran")


def test_the_keyboard_asks(editor: Editor) -> None:
    page = editor()
    write(page, "ASK {}")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".truth")).to_have_text("Yes")


def test_tab_leaves_the_editor_and_comes_back(editor: Editor) -> None:
    page = editor()
    page.locator(".cm-content").click()
    before = text_of(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ask")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.className") != "editor"
    assert text_of(page) == before


def test_the_editor_is_named_and_its_label_leads_to_it(editor: Editor) -> None:
    page = editor()
    page.get_by_text("Query, in SPARQL 1.1", exact=True).click()
    expect(page.get_by_role("textbox", name="Query, in SPARQL 1.1").and_(page.locator(":focus"))).to_be_visible()


def test_completion_offers_our_classes_after_a(editor: Editor) -> None:
    page = editor()
    write(page, "SELECT * { ?s a ")
    page.keyboard.type("ax:Pos")
    assert offered(page)[0] == "ax:Position"
    assert "ax:isHeldBy" not in offered(page)
    expect(page.locator(".cm-completionInfo")).to_contain_text("attitude")
    page.locator("li[role=option][aria-selected=true]").click()
    assert text_of(page) == f"PREFIX ax: <{BASE}ns/>\nSELECT * {{ ?s a ax:Position"


def test_completion_offers_our_properties_by_label(editor: Editor) -> None:
    page = editor()
    write(page, "SELECT * { ?s ")
    page.keyboard.type("held")
    assert "is held by" in offered(page)
    page.get_by_text("is held by", exact=True).first.click()
    assert text_of(page).endswith("?s ax:isHeldBy")


def test_completion_offers_things_by_label_and_by_prefix(editor: Editor) -> None:
    page = editor()
    write(page, "SELECT * { ?s ?p ")
    page.keyboard.type("Iran")
    options = page.locator(".cm-tooltip-autocomplete li[role=option]")
    options.filter(has_text=re.compile("^Iranstate:iran$")).click()
    assert text_of(page) == f"PREFIX state: <{BASE}id/state/>\nSELECT * {{ ?s ?p state:iran"
    page.keyboard.type(" , state:rus")
    assert "state:russia" in offered(page)


def test_completion_offers_prefixes_of_ours_only(editor: Editor, visit: Visit) -> None:
    page = editor()
    known = json.loads(page.locator("#known").text_content() or "")["prefixes"]
    assert known["ax"] == f"{BASE}ns/"
    assert len(known) > 50
    write(page, "SELECT * { ?s ")
    page.keyboard.type("skos:")
    expect(page.locator("#query")).to_have_value(
        "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\nSELECT * { ?s skos:"
    )
    assert all(each.startswith("skos:") for each in offered(page))
    page.keyboard.press("Escape")
    write(page, "SELECT * { ?s ")
    page.keyboard.type("leaks:x ")
    assert text_of(page) == "SELECT * { ?s leaks:x "


def test_nothing_is_offered_in_texts_and_comments(editor: Editor) -> None:
    page = editor()
    for start in ('ASK { ?s ?p "', "ASK { # "):
        write(page, start)
        page.keyboard.type("Iran ")
        page.keyboard.press("Control+Space")
        expect(page.locator(".cm-tooltip-autocomplete")).to_have_count(0)


@pytest.mark.parametrize("count", [999, 1000, 1001, 5000])
def test_a_thousand_rows_are_shown_and_the_rest_announced(editor: Editor, count: int) -> None:
    page = editor()
    write(page, numbers(count))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#rows tbody tr")).to_have_count(min(count, 1000))
    heading = f"The first 1,000 of {count:,} rows" if count > 1000 else f"{count:,} rows"
    expect(page.locator("#answer h2")).to_have_text(heading)
    expect(page.locator("#status")).to_contain_text(heading)
    expect(page.locator(".cut")).to_have_count(int(count > 1000))


def test_the_whole_of_a_cut_answer_is_a_link_away(site: str) -> None:
    text = html(site, numbers(1200))
    cut = re.search(r'<p class="cut">(.*?)</p>', text, re.DOTALL)
    assert cut
    links = {name: unescape(address) for address, name in re.findall(r'<a href="([^"]*)">([^<]*)</a>', cut[1])}
    assert {"CSV", "JSON"} <= links.keys()
    assert request(site + links["CSV"], accept="*/*").text.count("\r\n") == 1201
    assert len(request(site + links["JSON"], accept="*/*").json()["results"]["bindings"]) == 1200


def test_an_answer_too_large_to_be_read_whole_shows_its_first_rows(site: str) -> None:
    text = html(site, "SELECT * { ?a ?b ?c . ?d a ?e } LIMIT 20000")
    assert "<h2>The first 1,000 rows</h2>" in text
    assert text.count("<tr>") == 1001
    wide = " ".join(f"?v{number}" for number in range(199))
    text = html(site, f"SELECT ?n {wide} {{ VALUES ?n {{ {'1 ' * 1500} }} }}")
    assert "<h2>The first 100 of 1,500 rows</h2>" in text
    assert text.count("<tr>") == 101


def test_a_graph_too_large_for_a_page_is_a_link_away(site: str) -> None:
    text = html(site, f"CONSTRUCT {{ ?s ?p ?o . ?o <urn:{'x' * 500}> ?s }} WHERE {{ ?s ?p ?o }}")
    assert "A large graph" in text
    (address,) = re.findall(r'<a href="([^"]*)">N-Triples</a>', text)
    assert request(site + unescape(address), accept="*/*").text.count(" .\n") > 5000


def test_a_file_keeps_the_graphs_that_were_asked(site: str) -> None:
    graph = f"{BASE}graph/ontology"
    query = "SELECT DISTINCT ?g { GRAPH ?g { ?s a ?c } }"
    reply = request(f"{site}/sparql?{urlencode({'query': query, 'named-graph-uri': graph})}", accept=BROWSER)
    (address,) = re.findall(r'<a href="([^"]*)">CSV</a>', reply.text)
    assert parse_qs(urlsplit(unescape(address)).query)["named-graph-uri"] == [graph]
    assert request(site + unescape(address), accept="*/*").text.split() == ["g", graph]


def test_an_iri_of_ours_never_leads_elsewhere(site: str) -> None:
    strange = [f"{BASE}/evil.example/", f"{BASE}id//evil.example/", f"{BASE}", f"{BASE}%2F%2Fevil.example"]
    values = " ".join(f"<{each}>" for each in strange)
    text = html(site, f"SELECT ?x {{ VALUES ?x {{ {values} }} }}")
    links = [unescape(each) for each in re.findall(r'<td><a href="([^"]*)"', text)]
    assert links == ["/", "/%252F%252Fevil.example"]


def test_a_column_sorts_and_rows_are_found(editor: Editor) -> None:
    page = editor(asked("SELECT ?n ?t { VALUES (?n ?t) { " + " ".join(f'({n} "t{n % 7}")' for n in range(30)) + " } }"))
    head = page.get_by_role("columnheader", name="n", exact=False).first
    first = page.locator("#rows tbody tr").first.locator("td").first
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(first).to_contain_text("0")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(first).to_contain_text("29")
    page.get_by_label("Show only rows with").fill("t3")
    expect(page.locator("#rows tbody tr:visible")).to_have_count(4)
    expect(page.locator("#status")).to_have_text("4 of 30 rows have it.")


def test_a_link_shares_the_query_with_its_answer(editor: Editor) -> None:
    page = editor()
    start = page.url
    write(page, STATES)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#rows")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["query"] == [STATES]
    shared = page.get_by_role("link", name="Link to this answer").get_attribute("href")
    other = editor(shared)
    assert text_of(other) == STATES
    expect(other.locator("#rows")).to_be_visible()
    page.go_back()
    expect(page.locator("#rows")).to_have_count(0)
    assert page.url == start


def test_a_query_behind_the_number_sign_is_shown_and_not_asked(editor: Editor) -> None:
    page = editor(f"/sparql#query={quote(STATES)}")
    expect(page.locator("#query")).to_have_value(STATES)
    expect(page.locator("#answer")).to_be_empty()


def test_a_problem_is_shown_with_its_hint_and_its_line(editor: Editor) -> None:
    page = editor(asked("SELECT ?s {\n  ?s foo:p ?o }"), status=400)
    expect(page.get_by_role("alert")).to_contain_text("a prefix is used that is not declared")
    expect(page.get_by_role("alert")).to_contain_text("every prefix it uses must be declared")
    expect(page.locator(".cm-wrong")).to_have_text("  ?s foo:p ?o }")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#status")).to_contain_text("The query cannot be read")
    expect(page.locator(".cm-wrong")).to_have_count(1)
    page.locator(".cm-content").click()
    page.keyboard.type(" ")
    expect(page.locator(".cm-wrong")).to_have_count(0)


def test_a_problem_document_and_a_foreign_answer_are_shown_too(editor: Editor) -> None:
    page = editor()
    document = {"title": "Too many wait", "detail": "No place is free", "hint": "Ask again.", "status": 200}
    sent = iter([("application/problem+json", json.dumps(document)), ("text/html", "<h1>Bad gateway</h1>")])

    def answer(route: Route) -> None:
        kind, body = next(sent)
        route.fulfill(status=200, content_type=kind, body=body)

    page.route(re.compile(r"query=ASK"), answer)
    write(page, "ASK {}")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer h2")).to_have_text("Too many wait")
    expect(page.get_by_role("alert")).to_have_text("No place is freeAsk again.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer h2")).to_have_text("The server answered with status 200")


def test_an_answer_that_takes_long_can_be_stopped(editor: Editor) -> None:
    page = editor()
    page.route(re.compile(r"/sparql\?"), lambda _: None)
    write(page, "ASK {}")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#status")).to_have_text("Stopped.")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.get_by_role("button", name="Ask")).to_be_enabled()


def test_a_query_too_long_for_an_address_is_posted(editor: Editor) -> None:
    page = editor()
    write(page, f"# {'x' * 9000}\nASK {{}}")
    with page.expect_request(lambda each: each.method == "POST"):
        page.keyboard.press("Control+Enter")
    expect(page.locator(".truth")).to_have_text("Yes")
    assert "query=" not in page.url


def test_another_format_is_a_download(editor: Editor) -> None:
    page = editor()
    write(page, STATES)
    page.get_by_label("Answer as").select_option("csv")
    with page.expect_download() as download:
        page.get_by_role("button", name="Ask").click()
    assert download.value.path().read_text("utf-8").startswith("state\n")


def test_typing_over_everything_leaves_no_trace(editor: Editor) -> None:
    """Chromium would write a style attribute, which the policy refuses and reports."""
    page = editor()
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("ASK {}")
    expect(page.locator("#query")).to_have_value("ASK {}")
    page.keyboard.press("Control+z")
    expect(page.locator("#query")).not_to_have_value("ASK {}")


def test_examples_stand_in_groups_and_are_found(editor: Editor, site: str) -> None:
    page = editor()
    titles = page.locator("details.questions summary").all_inner_texts()
    assert [re.sub(r" \(\d+\)$", "", each) for each in titles] == [
        "To explore",
        "What the graph must be able to answer",
        "Tables to take",
        "Behind the pages of this site",
    ]
    assert page.locator("details.questions li").count() > 80
    page.get_by_label("Find a question").fill("nato interven")
    expect(page.locator("details.questions li:visible")).to_have_count(1)
    expect(page.locator("#found")).to_have_text("1 found")
    page.locator("details.questions li:visible a").click()
    expect(page.locator("#query")).to_have_value(re.compile("^PREFIX"))
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#answer h2")).to_contain_text("row")


def test_an_example_takes_the_values_of_its_parameters(site: str) -> None:
    given = urlencode({"example": "divergences", "one": f"{BASE}id/state/turkey"})
    text = unescape(request(f"{site}/sparql?{given}", accept=BROWSER).text)
    assert f"VALUES ?one {{ <{BASE}id/state/turkey> }}" in text
    assert "VALUES ?other { state:russia }" in text
    wrong = request(f"{site}/sparql?{urlencode({'example': 'divergences', 'one': 'no iri'})}", accept=BROWSER)
    assert (wrong.status, wrong.type) == (400, "text/html")


def test_axe_finds_nothing(editor: Editor) -> None:
    page = editor(asked(STATES))
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\n?s a ax:P")
    offered(page)
    assert not axe_in_all_modes(page, "minor")
    wrong = editor(asked("nonsense"), status=400)
    assert not axe_in_all_modes(wrong, "minor")


def test_the_page_is_light(editor: Editor) -> None:
    page = editor(asked(STATES))
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\n?s a ax:P")
    offered(page)
    weight = bytes_of(page)
    assert 100_000 < weight.bytes <= MOST_BYTES
    assert 4 <= weight.requests <= MOST_REQUESTS


def test_the_page_keeps_nothing(editor: Editor) -> None:
    page = editor(asked(STATES))
    assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_fits_its_window(editor: Editor, width: int) -> None:
    page = editor(asked("SELECT * { ?s ?p ?o } LIMIT 20"), width=width)
    outside = page.evaluate("""() => [...document.querySelectorAll("main *")]
        .filter(each => !each.closest(".wide table") && each.getBoundingClientRect().right > innerWidth)
        .map(each => each.outerHTML.slice(0, 80))""")
    assert outside == []


@pytest.fixture
def plain(visit: Visit) -> Callable[[str], Page]:
    """Return a function that opens a page with scripts off."""
    return lambda path: visit(path, javascript=False)


def test_without_scripts_a_form_asks_and_a_page_answers(plain: Callable[[str], Page]) -> None:
    page = plain("/sparql")
    page.get_by_label("Query, in SPARQL 1.1").fill(STATES)
    page.get_by_role("button", name="Ask").click()
    assert page.locator("#rows td a").count() > 8
    assert not page.get_by_label("Find a question").is_visible()
    assert not page.get_by_role("button", name="Stop").is_visible()
    page.get_by_text("What the graph must be able to answer").click()
    page.get_by_role("link", name="The exercises that Russia objected to").click()
    assert "MilitaryExercise" in page.locator("#query").input_value()


def test_without_the_editor_the_form_still_asks(site: str, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context().new_page()
    page.route(re.compile("codemirror"), lambda route: route.abort())
    page.goto(f"{site}/sparql")
    page.get_by_label("Query, in SPARQL 1.1").fill("ASK {}")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#status")).to_contain_text("Answer.")
    expect(page.locator(".truth")).to_have_text("Yes")
