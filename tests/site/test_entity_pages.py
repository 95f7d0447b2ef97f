"""The pages of things: each fact once, in the order of time, in plain words, also on a phone and for search engines."""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from araxes import queries
from araxes.project import Project
from araxes.web.site import path_of
from helpers import ROOT, query_url, request, serving

from tests.site.pages import MISSING, PAGES, fullest, kinds, none
from tests.site.wire import ask

BASE = "https://w3id.org/araxes/"
AX = f"PREFIX ax: <{BASE}ns/> "
PHONE = 390
KINDS = kinds()
SAVED = queries.load(ROOT / "queries" / "pages", ROOT)
DETAILS = ("position", "comparison", "participation", "absence", "tenure", "affiliation")
Select = Callable[[str], list[dict[str, str]]]


class Rows(HTMLParser):
    """The rows of the tables of a page that are named after a query: of each cell its links and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: dict[str, list[dict[str, tuple[list[str], str]]]] = {}
        self._name = self._heading = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "tr":
            found = re.fullmatch(r"(.+)-(\d+)", given.get("id", ""))
            self._name = found[1] if found and found[1] in SAVED else ""
            if self._name:
                self.rows.setdefault(self._name, []).append({})
        elif tag == "td":
            self._heading = given.get("data-heading", "")
            if self._name:
                self.rows[self._name][-1][self._heading] = ([], "")
        elif tag == "a" and self._name and self._heading:
            self.rows[self._name][-1][self._heading][0].append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._heading = ""

    def handle_data(self, data: str) -> None:
        if self._name and self._heading:
            links, text = self.rows[self._name][-1][self._heading]
            self.rows[self._name][-1][self._heading] = (links, text + data)


def page_of(site: str, iri: str) -> str:
    """Return the page of a thing."""
    reply = ask(site, path_of(iri))
    assert reply.status == 200, iri
    return reply.text


def rows_of(site: str, name: str, iri: str) -> list[dict[str, dict[str, str]]]:
    """Return the rows that a query of the pages has for a thing."""
    parameter = SAVED[name].parameters[0].name
    text = queries.bind(SAVED[name], {parameter: iri}, Project(ROOT).prefixes())
    found: list[dict[str, dict[str, str]]] = request(query_url(f"{site}/", text)).json()["results"]["bindings"]
    return found


def head_of(site: str, iri: str) -> dict[str, Any]:
    """Return what the head of a page says for search engines."""
    (found,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page_of(site, iri), re.DOTALL)
    said: dict[str, Any] = json.loads(found)
    return said


@pytest.fixture(scope="module")
def things(select: Select) -> dict[str, str]:
    """Return the path of a thing of each kind, the one of which the most is said."""
    return {kind: path for kind, path in fullest(select).items() if kind in {*KINDS, "graph"}}


def test_each_fact_is_one_row_with_all_its_passages(site: str, things: dict[str, str], select: Select) -> None:
    told, merged = 0, 0
    actors = [row["a"] for row in select(f"{AX}SELECT DISTINCT ?a {{ ?p a ax:Position ; ax:isHeldBy ?a }}")]
    for iri in {*(BASE + path[1:] for path in things.values()), *actors}:
        for name, shown in Rows(page_of(site, iri)).rows.items():
            facts: dict[str, list[str]] = {}
            headings = dict(SAVED[name].columns)
            for row in rows_of(site, name, iri):
                passage = row.pop("passage", {}).get("value", "")
                facts.setdefault(json.dumps(row, sort_keys=True), []).append(passage)
            assert len(shown) == len(facts), f"{name} of {iri}"
            if "passage" not in headings:
                continue
            right = Counter(tuple(sorted(path_of(each) for each in passages if each)) for passages in facts.values())
            links = [row.get(headings["passage"], ([], ""))[0] for row in shown]
            assert Counter(tuple(sorted(each)) for each in links) == right, f"{name} of {iri}"
            told += len(shown)
            merged += sum(len(each) > 1 for each in links)
    assert told > 250
    assert merged > 10


def test_a_row_has_a_cell_for_each_column_with_its_heading(site: str, things: dict[str, str]) -> None:
    for path in things.values():
        for name, shown in Rows(page_of(site, BASE + path[1:])).rows.items():
            headings = [said for _, said in SAVED[name].columns]
            assert all(list(row) == [each for each in headings if each in row] for row in shown), (path, name)
            assert len({tuple(row) for row in shown}) == 1, (path, name)


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("positions-held", "Actor"),
        ("comparisons-with", "Actor"),
        ("comparisons-on", "Proposition"),
        ("positions-towards", "Proposition"),
        ("comparisons-of-position", "Position"),
    ],
)
def test_what_is_held_stands_in_the_order_of_time(site: str, select: Select, table: str, kind: str) -> None:
    ordered = list(dict.fromkeys(row["phase"] for row in select(SAVED["matrix-phases"].text)))
    assert len(ordered) > 4
    mixed = 0
    for iri in [row["t"] for row in select(f"{AX}SELECT DISTINCT ?t {{ ?t a ax:{kind} }}")]:
        phases = [row["phase"]["value"] for row in rows_of(site, table, iri) if "phase" in row]
        places = [ordered.index(each) for each in phases if each in ordered]
        assert places == sorted(places), (iri, phases)
        mixed += len(set(places)) > 1
        heading = dict(SAVED[table].columns)["phase"]
        shown = [links[0] for row in Rows(page_of(site, iri)).rows.get(table, []) if (links := row[heading][0])]
        assert list(dict.fromkeys(shown)) == [path_of(each) for each in dict.fromkeys(phases)], iri
    assert mixed or table == "comparisons-of-position", "positions of one phase are compared so far"


def test_positions_on_issues_about_a_thing_stand_in_the_order_of_time(site: str, select: Select) -> None:
    ordered = list(dict.fromkeys(row["phase"] for row in select(SAVED["matrix-phases"].text)))
    things = [row["t"] for row in select(f"{AX}SELECT DISTINCT ?t {{ ?i a ax:Issue ; ax:isAbout ?t }}")]
    for iri in things:
        rows = [row for row in rows_of(site, "positions-about", iri) if "phase" in row]
        keys = [(row["issue"]["value"], ordered.index(row["phase"]["value"])) for row in rows]
        assert keys == sorted(keys), iri


def test_the_words_before_the_triples_are_plain(site: str, things: dict[str, str]) -> None:
    found = []
    for path in things.values():
        first = page_of(site, BASE + path[1:]).partition('id="triples"')[0].partition("<main")[2]
        words = re.sub(r"<code>.*?</code>|<[^>]*>", " ", first)
        jargon = re.findall(r"\b(?:EDTF|rdfs?:\w+|owl:\w+|[Ll]iterals?|blank node)\b", words)
        found += [f"{path}: {each}" for each in {*jargon}]
    none(found)
    headings = {said for query in SAVED.values() for _, said in query.columns}
    assert "Date as stated" in headings
    none([said for said in headings if "EDTF" in said or "rdf" in said])


def test_what_no_source_speaks_of_says_so_and_nothing_else_does(site: str, select: Select) -> None:
    joined = {
        row["t"]
        for row in select(f"""SELECT DISTINCT ?t {{ GRAPH <{BASE}graph/links> {{ ?t a ?c }}
            FILTER(STRSTARTS(STR(?c), "{BASE}ns/")) }}""")
    }
    spoken = {
        row["t"]
        for graph in ("kaleji-2023", "entities", "context")
        for row in select(
            f"SELECT DISTINCT ?t {{ GRAPH <{BASE}graph/{graph}> {{ {{ ?t ?p ?o }} UNION {{ ?s ?p ?t }} }} }}"
        )
    }
    assert {f"{BASE}id/state/georgia", f"{BASE}id/state/iraq"} <= joined - spoken
    assert {
        f"{BASE}id/state/iran",
        f"{BASE}id/person/nikol-pashinyan",
        f"{BASE}id/issue/ceasefire-monitoring-centre",
    } <= spoken
    named = select(f'SELECT DISTINCT ?t {{ ?t a ?c FILTER(STRSTARTS(STR(?t), "{BASE}id/")) }}')
    noted = {row["t"] for row in named if "Nothing that is recorded here from a source" in page_of(site, row["t"])}
    assert noted == joined - spoken


def test_the_page_of_a_graph_says_what_it_is_and_how_to_take_it(site: str, select: Select) -> None:
    counts = select("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
    assert len(counts) > 5
    purposes = set()
    for row in counts:
        text = page_of(site, row["g"])
        card = text.partition("<h2>The graph</h2>")[2].partition("</section>")[0]
        purposes.add(re.findall(r"<dt>What it holds</dt>\s*<dd>(.*?)</dd>", card)[0])
        assert re.findall(r"<dt>Triples</dt>\s*<dd><bdi>(\d+)</bdi>", card) == [row["n"]]
        assert "creativecommons.org/licenses/by/4.0" in text.partition("</main>")[0]
        assert Rows(text).rows["graph-contents"]
        ways = re.findall(r'href="(/graphs\?[^"]*)"', text)
        assert len(ways) == 6
        for way in ways:
            assert ask(site, way.replace("&amp;", "&")).status == 200, way
    assert len(purposes) == len(counts), "each graph is for something else"
    owed = {row["d"] for row in select(f"SELECT ?d {{ <{BASE}graph/links> <http://purl.org/dc/terms/source> ?d }}")}
    shown = Rows(page_of(site, f"{BASE}graph/links")).rows["graph-sources"]
    assert {path_of(each) for each in owed} == {row["From"][0][0] for row in shown}
    source = Rows(page_of(site, f"{BASE}graph/kaleji-2023")).rows["graph-sources"][0]
    assert source["By"][0] == ["/id/person/vali-kaleji.html"]


def test_the_head_says_what_the_graph_does_and_no_more(site: str, select: Select, things: dict[str, str]) -> None:
    for path in things.values():
        found = head_of(site, BASE + path[1:])
        assert found["@context"] == "https://schema.org"
        assert all(value not in ([], {}, "") for value in found.values()), path
        for name, values in found.items():
            for each in values if isinstance(values, list) else [values]:
                if isinstance(each, dict) and each.get("@id", "").startswith(f"{BASE}id/") and name != "geo":
                    own, other = f"<{BASE}{path[1:]}>", f"<{each['@id']}>"
                    backed = f"{own} <{BASE}ns/isAttestedBy> ?a . ?a ?p {other}"
                    linked = select(f"SELECT ?p {{ {{ {own} ?p {other} }} UNION {{ {backed} }} }}")
                    assert linked, f"{path} has {name} {each['@id']}"


@pytest.mark.parametrize("kind", ["Position", "Claim"])
def test_the_author_is_who_it_is_according_to(site: str, select: Select, kind: str) -> None:
    right: dict[str, set[str]] = {row["t"]: set() for row in select(f"{AX}SELECT ?t {{ ?t a ax:{kind} }}")}
    for row in select(f"{AX}SELECT DISTINCT ?t ?who {{ ?t a ax:{kind} ; ax:isAttestedBy/ax:accordingTo ?who }}"):
        right[row["t"]].add(row["who"])
    assert len(right) > 20
    for iri, who in right.items():
        assert {each["@id"] for each in head_of(site, iri).get("author", [])} == who, iri


def test_who_holds_a_position_is_what_it_is_about_and_no_author(site: str, select: Select) -> None:
    rows = select(f"{AX}SELECT ?t ?who {{ ?t a ax:Position ; ax:isHeldBy ?who }}")
    assert len(rows) > 30
    for row in rows:
        head = head_of(site, row["t"])
        assert row["who"] in {each["@id"] for each in head["about"]}, row
        said = f"{AX}SELECT ?a {{ <{row['t']}> ax:isAttestedBy ?a . ?a ax:accordingTo <{row['who']}> }}"
        assert (row["who"] in {each["@id"] for each in head.get("author", [])}) == bool(select(said)), row
        assert not {"creator", "contributor", "publisher"} & head.keys(), row


def test_a_statement_is_a_quotation_only_where_all_that_backs_it_is_quoted(site: str, select: Select) -> None:
    rows = select(f"{AX}SELECT ?t ?who {{ ?t a ax:Statement ; ax:isMadeBy ?who }}")
    types = set()
    for row in rows:
        modes = {each["m"] for each in select(f"{AX}SELECT ?m {{ <{row['t']}> ax:isAttestedBy/ax:hasMode ?m }}")}
        head = head_of(site, row["t"])
        types.add(head["@type"])
        assert head["@type"] == ("Quotation" if modes == {f"{BASE}scheme/mode/quoted"} else "CreativeWork"), row
        assert row["who"] in {each["@id"] for each in head["mentions"]}, row
        assert not {"author", "creator", "text", "spokenByCharacter"} & head.keys(), row
    assert types == {"Quotation", "CreativeWork"}


@pytest.mark.parametrize("kind", ["Position", "Statement", "Claim"])
def test_the_head_says_in_words_how_it_is_attested(site: str, select: Select, kind: str) -> None:
    labels = "<http://www.w3.org/2000/01/rdf-schema#label>"
    ways: dict[str, set[str]] = {}
    for verb in ("hasMode", "hasStrength"):
        for row in select(
            f"{AX}SELECT DISTINCT ?t ?l {{ ?t a ax:{kind} ; ax:isAttestedBy/ax:{verb}/{labels} ?l FILTER(LANG(?l) = 'en') }}"
        ):
            ways.setdefault(row["t"], set()).add(row["l"])
    assert len(ways) > 4
    words = [
        "derived",
        "implied",
        "interpreted",
        "possible",
        "presupposed",
        "quoted",
        "reported",
        "stated",
        "strong",
        "weak",
    ]
    for iri, right in ways.items():
        (said,) = [each for each in head_of(site, iri)["description"] if str(each).startswith("How it is attested: ")]
        phrases = [
            re.split(r", according to ", each)[0] for each in said.removeprefix("How it is attested: ").split("; ")
        ]
        assert {each for each in words if re.search(rf"\b{each}\b", "; ".join(phrases))} == right, iri


def test_the_head_of_each_kind_has_what_schema_org_has_for_it(site: str) -> None:
    article = head_of(site, f"{BASE}id/document/kaleji-2023")
    assert (article["datePublished"], article["dateModified"]) == (["2023-06-15"], ["2023-06-29"])
    assert article["author"] == [{"@id": f"{BASE}id/person/vali-kaleji", "name": "Vali Kaleji"}]
    pair = "iran-zangezur-corridor-post-2kw--russia-zangezur-corridor-post-2kw"
    compared = head_of(site, f"{BASE}id/comparison/{pair}")
    assert (compared["@type"], len(compared["observationAbout"])) == ("Observation", 2)
    assert "author" not in compared
    assert "sameAs" not in compared
    assert head_of(site, f"{BASE}scheme/stance/opposes")["description"]
    meeting = head_of(site, f"{BASE}id/event/abdollahian-lavrov-meeting")
    assert meeting["startDate"] == ["2021-10-06"]
    baku = head_of(site, f"{BASE}id/settlement/baku")["geo"]
    assert 40 < baku["latitude"] < 41
    assert 49 < baku["longitude"] < 50
    assert "Türkiye" in json.dumps(head_of(site, f"{BASE}id/state/turkey")["alternateName"], ensure_ascii=False)


def test_a_date_that_is_no_plain_one_is_not_told_as_one(site: str, select: Select) -> None:
    dated = select(f"{AX}SELECT ?t ?d {{ ?t a ax:Event ; ax:edtfDate ?d }}")
    assert {row["d"] for row in dated if "~" in row["d"] or "/" in row["d"] or "X" in row["d"]}
    for row in dated:
        plain = re.fullmatch(r"\d{4}(-\d\d){0,2}", row["d"])
        assert head_of(site, row["t"]).get("startDate", []) == ([row["d"]] if plain else []), row


def test_about_says_how_many_quotations_there_are(site: str, select: Select) -> None:
    found = select(
        f"{AX}SELECT (COUNT(DISTINCT ?w) AS ?n) {{ ?p <http://www.w3.org/ns/oa#hasSelector>/<http://www.w3.org/ns/oa#exact> ?w }}"
    )
    assert f"{found[0]['n']} quotations, no wording of a source" in ask(site, "/about").text


def no_wider_than_a_phone(page: Any) -> None:
    """Fail where a page is wider than the window, or a table of it has to be pushed aside to be read."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    pushed = page.evaluate("""() => [...document.querySelectorAll(".wide:has(> .cards)")]
        .filter(each => each.scrollWidth > each.clientWidth).map(each => each.getAttribute("aria-label"))""")
    none(pushed)


@pytest.mark.parametrize("kind", [*KINDS, "graph"])
def test_the_page_of_a_thing_fits_a_phone(visit: Any, things: dict[str, str], kind: str) -> None:
    path = "/graph/links" if kind == "graph" else things[kind]
    no_wider_than_a_phone(visit(f"{path}.html", width=PHONE))
    if kind in {"id/state", "graph"}:
        no_wider_than_a_phone(visit(f"{path}.html", width=PHONE, rtl=True))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(visit: Any, name: str) -> None:
    no_wider_than_a_phone(visit(PAGES[name], width=PHONE))


def test_a_statement_and_a_page_that_is_not_there_fit_a_phone(visit: Any) -> None:
    no_wider_than_a_phone(visit("/id/statement/bocharnikov-zangezur-corridor.html", width=PHONE))
    no_wider_than_a_phone(visit(MISSING, width=PHONE, status=404))


def test_on_a_phone_each_value_has_its_heading_and_a_table_is_still_one(visit: Any) -> None:
    page = visit("/id/state/iran.html", width=PHONE)
    table = page.get_by_role("table").first
    names = [said for _, said in SAVED["positions-held"].columns]
    full = [each for each in table.get_by_role("row").all()[1:] if each.get_by_role("cell").count() == len(names)]
    first = full[0]  # a cell without a value is not shown on a phone
    assert [each.inner_text() for each in table.get_by_role("columnheader").all()] == names
    cells = first.get_by_role("cell").all()
    for cell, name in zip(cells, names, strict=True):
        assert cell.evaluate("each => getComputedStyle(each, '::before').content") == f'"{name}: "'
        assert cell.bounding_box()["width"] > PHONE / 2
    wide = visit("/id/state/iran.html")
    cell = wide.get_by_role("table").first.get_by_role("cell").first
    assert cell.evaluate("each => getComputedStyle(each, '::before').content") == "none"


def test_things_without_number_are_shown_page_by_page(tmp_path: Path) -> None:
    many, file = 5_230, tmp_path / "many.nt"
    label, kind = "http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    lines = []
    for name, number in (("Event", many), ("Issue", 120)):
        for n in range(number):
            iri = f"<{BASE}id/{name.lower()}/n{n:04}>"
            lines += [f"{iri} <{kind}> <{BASE}ns/{name}> .\n", f'{iri} <{label}> "{name} {n:04}"@en .\n']
    file.write_text("".join(lines))
    listed = re.compile(r'<li><a href="(/id/[^"]*)">')
    with serving("--data", str(file)) as url:
        site = url.rstrip("/")
        whole = ask(site, "/browse").text
        assert "5,230" in whole
        assert len(whole) < 50_000
        assert '<section id="event"' in whole
        for name, number in (("event", many), ("issue", 120)):
            found = []
            for at in range(1, (number + 99) // 100 + 1):
                text = ask(site, f"/browse?kind={name}&page={at}").text
                assert len(listed.findall(text)) <= 100
                found += listed.findall(text)
            assert found == [f"/id/{name}/n{n:04}.html" for n in range(number)]
        assert listed.findall(ask(site, "/browse?kind=issue&page=99").text) == found[100:]
        assert listed.findall(ask(site, "/browse?kind=issue&page=nonsense").text) == found[:100]
        for strange in ("kind=nothing", "kind=", f"kind={quote('<b>')}", "page=3", "kind=issue&page=-1"):
            assert ask(site, f"/browse?{strange}").status == 200, strange
        places = [each.text for each in ET.fromstring(ask(site, "/sitemap.xml").body).iterfind("{*}url/{*}loc")]
        assert len(places) == len(set(places)) > many + 120


def test_of_few_things_the_first_hundred_of_a_kind_are_shown_with_a_way_to_the_rest(site: str) -> None:
    text = ask(site, "/browse").text
    section = text.partition('<section id="attestation"')[2].partition("</section>")[0]
    assert section.count("<li>") == 100
    assert 'href="/browse?kind=attestation&amp;page=2"' in section
    sentences = text.partition('<section id="passage"')[2].partition("</section>")[0]
    assert 50 < sentences.count("<li>") < 100
    assert "more" not in sentences


def test_a_site_map_has_no_more_than_the_protocol_allows(tmp_path: Path) -> None:
    file = tmp_path / "very-many.nt"
    kind = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    file.write_text("".join(f"<{BASE}id/event/n{n}> <{kind}> <{BASE}ns/Event> .\n" for n in range(51_000)))
    with serving("--data", str(file)) as url:
        site = url.rstrip("/")
        assert ask(site, "/sitemap.xml").text.count("<loc>") == 50_000
        assert ask(site, "/browse").status == 200
        assert ask(site, "/browse?kind=event&page=510").text.count("<li><a") == 100
