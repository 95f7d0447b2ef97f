"""What the address of each IRI answers, by what a client accepts."""

import json
import re
import signal
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from araxes.project import Release
from helpers import Reply, served, serving
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Dataset, NamedNode, RdfFormat, Store, parse

from tests.site.wire import ask

BASE = "https://w3id.org/araxes/"
IRAN = "/id/state/iran"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SYNTAXES = {
    "ttl": ("text/turtle", RdfFormat.TURTLE),
    "nt": ("application/n-triples", RdfFormat.N_TRIPLES),
    "rdf": ("application/rdf+xml", RdfFormat.RDF_XML),
    "jsonld": ("application/ld+json", RdfFormat.JSON_LD),
    "trig": ("application/trig", RdfFormat.TRIG),
    "nq": ("application/n-quads", RdfFormat.N_QUADS),
}
QUADS = ("trig", "nq", "jsonld")
LABEL, GRAPH = NamedNode("http://www.w3.org/2000/01/rdf-schema#label"), NamedNode(f"{BASE}graph/entities")


def links(reply: Reply) -> dict[str, list[str]]:
    """Return the targets of the Link header by relation."""
    found: dict[str, list[str]] = {}
    for target, relation in re.findall(r'<([^>]*)>; rel="([^"]*)"', ", ".join(reply.headers.get_all("Link") or [])):
        found.setdefault(relation, []).append(target)
    return found


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        (BROWSER, "html"),
        (None, "html"),
        ("*/*", "html"),
        *((kind, suffix) for suffix, (kind, _) in SYNTAXES.items()),
        ("text/turtle;q=0.5, application/ld+json", "jsonld"),
        ("text/html;q=0.1, text/*;q=0.5", "ttl"),
        ("text/html;q=0, */*", "ttl"),
        ("application/rdf+xml;q=0.9, text/html;q=0.8", "rdf"),
        ("application/*, text/html;q=0", "trig"),
    ],
)
def test_a_thing_leads_to_what_the_client_likes_best(site: str, accept: str | None, suffix: str) -> None:
    reply = ask(site, IRAN, accept)
    assert reply.status == 303
    assert reply.headers["Location"] == f"{IRAN}.{suffix}"
    assert "Accept" in reply.headers["Vary"]
    found = ask(site, reply.headers["Location"])
    assert (found.status, found.type) == (200, SYNTAXES[suffix][0] if suffix != "html" else "text/html")


def test_who_accepts_none_of_it_is_told_what_there_is(site: str) -> None:
    reply = ask(site, IRAN, "image/png, text/html;q=0")
    assert reply.status == 406
    assert set(reply.json()["offered"]) == {"text/html", *(kind for kind, _ in SYNTAXES.values())}


@pytest.mark.parametrize("suffix", ["html", *SYNTAXES])
def test_head_is_get_without_the_body(site: str, suffix: str) -> None:
    got, head = (ask(site, f"{IRAN}.{suffix}", method=method) for method in ("GET", "HEAD"))
    assert head.body == b""
    for name in ("Content-Type", "Content-Length", "ETag", "Link", "Cache-Control"):
        assert head.headers[name] == got.headers[name], name
    fresh = ask(site, f"{IRAN}.{suffix}", If_None_Match=got.headers["ETag"])
    assert (fresh.status, fresh.body) == (304, b"")


def test_every_syntax_says_the_same(site: str, select: Callable[[str], list[dict[str, str]]]) -> None:
    sets = {}
    for suffix, (_, syntax) in SYNTAXES.items():
        found = Dataset(parse(ask(site, f"{IRAN}.{suffix}").body, syntax))
        sets[suffix] = {str(quad.triple) for quad in found if "_:" not in str(quad)}
    assert len(sets["nt"]) > 100
    assert all(found == sets["nt"] for found in sets.values()), {name: len(found) for name, found in sets.items()}
    own = select(f"SELECT ?p ?o {{ <{BASE}id/state/iran> ?p ?o }}")
    inbound = select(f"SELECT ?s ?p {{ ?s ?p <{BASE}id/state/iran> FILTER(isIRI(?s)) }}")
    assert sum(f"<{BASE}id/state/iran> <" in each[: len(BASE) + 20] for each in sets["nt"]) == len(own)
    assert sum(each.endswith(f"<{BASE}id/state/iran>") for each in sets["nt"]) == len(inbound)


def test_a_description_names_what_it_mentions_and_brings_its_attestations(site: str) -> None:
    path = "/id/position/russia-iranian-exercises-post-2kw"
    store = Store()
    store.load(ask(site, f"{path}.trig").body, RdfFormat.TRIG)
    query = """PREFIX ax: <https://w3id.org/araxes/ns/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT * { GRAPH ?g { ?it ax:isAttestedBy ?a } GRAPH ?h { ?a ax:hasPassage ?p ; ax:accordingTo ?who ; ax:hasMode ?m }
        GRAPH ?i { ?p rdfs:label ?passage } GRAPH ?j { ?who rdfs:label ?name } GRAPH ?k { ax:isAttestedBy rdfs:label ?said } }"""
    found = [str(row["name"].value) for row in store.query(query)]  # type: ignore[union-attr]
    assert "Sergei Lavrov" in found
    mentioned = {
        term.value
        for quad in store
        for term in (quad.subject, quad.predicate, quad.object)
        if isinstance(term, NamedNode)
    }
    own = {
        quad.object.value
        for quad in store
        if quad.subject == NamedNode(BASE + path[1:]) and isinstance(quad.object, NamedNode)
    }
    named = {quad.subject.value for quad in store if quad.predicate == LABEL}
    assert {iri for iri in own & mentioned if iri.startswith(BASE)} <= named


@pytest.mark.parametrize("suffix", QUADS)
def test_each_triple_says_from_which_graph_it_is(
    site: str, suffix: str, select: Callable[[str], list[dict[str, str]]]
) -> None:
    quads = Dataset(parse(ask(site, f"{IRAN}.{suffix}").body, SYNTAXES[suffix][1]))
    stated = {
        (quad.graph_name.value, quad.predicate.value, quad.object.value)
        for quad in quads  # type: ignore[union-attr]
        if quad.subject == NamedNode(f"{BASE}id/state/iran")
    }
    asked = select(f"SELECT ?g ?p ?o {{ GRAPH ?g {{ <{BASE}id/state/iran> ?p ?o }} }}")
    assert stated == {(row["g"], row["p"], row["o"]) for row in asked}


@pytest.mark.parametrize(
    "path", [f"{IRAN}.html", f"{IRAN}.ttl", IRAN, "/ontology/positions.html", "/ontology/positions", "/ns/Position"]
)
def test_links_say_what_to_cite_and_what_else_there_is(site: str, path: str) -> None:
    found = links(ask(site, path))
    assert len(found["cite-as"]) == 1
    assert found["cite-as"][0].startswith(BASE)
    assert found["license"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert len(found["alternate"]) >= 5
    for each in {*found["alternate"], *found["describedby"]}:
        assert ask(site, each).status == 200, each


@pytest.mark.parametrize(
    "path",
    [
        "/id/state/atlantis",
        "/id/nothing",
        "/scheme/stance/shrugs",
        "/ns/Nothing",
        "/ontology/nothing",
        "/graph/nothing",
        "/id/state/atlantis.ttl",
        "/id/state/iran.xyz",
        "/shapes/Nothing",
        "/ontology/9.9.9/positions",
    ],
)
def test_what_the_graph_does_not_know_is_not_found(site: str, path: str) -> None:
    reply = ask(site, path)
    assert reply.status == 404
    assert reply.json()["type"].endswith("/problems/not-found")
    page = ask(site, path, BROWSER)
    assert (page.status, page.type) == (404, "text/html")


def test_a_withdrawn_thing_is_gone(tmp_path: Path) -> None:
    data = tmp_path / "withdrawn.ttl"
    data.write_text(f"""@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        @prefix dcterms: <http://purl.org/dc/terms/> .
        <{BASE}id/event/twice> owl:deprecated true ; rdfs:comment "It was the same event as another." ; dcterms:isReplacedBy <{BASE}id/event/once> .
        <{BASE}id/event/once> a <{BASE}ns/Event> ; rdfs:label "Once"@en .
        <{BASE}id/event/old> a <{BASE}ns/Event> ; owl:deprecated true ; rdfs:label "Old, but still described"@en .""")
    with serving("--data", str(data)) as url:
        site = url.rstrip("/")
        for path in ("/id/event/twice", "/id/event/twice.html", "/id/event/twice.ttl"):
            reply = ask(site, path)
            assert reply.status == 410, path
            assert reply.json()["instead"] == f"{BASE}id/event/once"
            assert "the same event" in reply.json()["detail"]
            assert 'href="/id/event/once.html"' in ask(site, path, BROWSER).text
        assert ask(site, "/id/event/twice", BROWSER).type == "text/html"
        assert ask(site, "/id/event/once.html").status == 200
        assert ask(site, "/id/event/old.html").status == 200


def test_each_term_leads_to_its_place_in_its_ontology(site: str, select: Callable[[str], list[dict[str, str]]]) -> None:
    terms = [
        row["t"]
        for row in select(
            f"SELECT DISTINCT ?t {{ ?t <http://www.w3.org/2000/01/rdf-schema#isDefinedBy> ?o FILTER(STRSTARTS(STR(?t), '{BASE}ns/')) }}"
        )
    ]
    assert len(terms) > 150
    pages: dict[str, str] = {}
    for term in terms:
        reply = ask(site, term.removeprefix(BASE[:-1]), BROWSER)
        assert reply.status == 303, term
        file, _, part = reply.headers["Location"].partition("#")
        pages[file] = pages.get(file) or ask(site, file).text
        assert f'id="{part}"' in pages[file], term
        assert ask(site, term.removeprefix(BASE[:-1]), "text/turtle").headers["Location"] == file.replace(
            ".html", ".ttl"
        )


def test_each_document_can_be_had_by_its_iri_and_by_that_of_its_version(site: str, release: Release) -> None:
    folder = release.folder / "documents"
    entries = re.findall(
        r'<uri name="([^"]+)" uri="\.\./([^"]+)\.ttl"', (folder / "ontology" / "catalog-v001.xml").read_text()
    )
    assert len(entries) > 100
    for iri, name in entries:
        path = iri.removeprefix(BASE[:-1])
        for file in sorted((folder / name).parent.glob(f"{Path(name).name}.*")):
            if file.suffix == ".tsv":
                continue
            kind = ask(site, f"/{name}{file.suffix}", method="HEAD")
            assert kind.status == 200, file
            reply = ask(site, path, kind.type)
            assert (reply.status, reply.headers["Location"]) == (303, f"/{name}{file.suffix}"), (iri, file)
    assert ask(site, "/ontology/positions.ttl").body == (folder / "ontology" / "positions.ttl").read_bytes()
    for listed in ("ontology/catalog-v001.xml", "graph/catalog-v001.xml", "ontology/araxes.sssom.tsv"):
        assert ask(site, f"/{listed}").body == (folder / listed).read_bytes()


def test_each_shape_leads_to_its_ontology(site: str, release: Release) -> None:
    shapes = set(
        re.findall(rf"<({BASE}shapes/[^>]+)>", (release.folder / "documents/ontology/positions-shapes.nt").read_text())
    )
    assert shapes
    for shape in shapes:
        reply = ask(site, shape.removeprefix(BASE[:-1]), BROWSER)
        file, _, part = reply.headers["Location"].partition("#")
        assert f'id="{part}"' in ask(site, file).text, shape


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1:1"},
        {"X_Forwarded_Host": "evil.example"},
        {"X_Forwarded_Proto": "gopher"},
        {"X_Forwarded_Prefix": "/evil"},
        {"Forwarded": "host=evil.example"},
    ],
)
def test_what_a_client_claims_of_the_host_changes_nothing(site: str, headers: dict[str, str]) -> None:
    for path in (IRAN, f"{IRAN}.html", f"{IRAN}.ttl", "/", "/sitemap.xml", "/ns/Position"):
        plain, claimed = ask(site, path), ask(site, path, **headers)
        assert (claimed.status, claimed.headers["Location"], claimed.body) == (
            plain.status,
            plain.headers["Location"],
            plain.body,
        )
        assert "evil" not in claimed.text


def test_a_page_describes_its_thing_for_search_engines(site: str) -> None:
    text = ask(site, f"{IRAN}.html").text
    found = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)[0])
    assert (found["@context"], found["@type"], found["@id"]) == (
        "https://schema.org",
        "Country",
        f"{BASE}id/state/iran",
    )
    assert {"@value": "Iran", "@language": "en"} in found["name"]
    assert "http://www.wikidata.org/entity/Q794" in found["sameAs"]


def test_robots_and_the_site_map_are_whole(site: str, select: Callable[[str], list[dict[str, str]]]) -> None:
    robots = ask(site, "/robots.txt")
    assert robots.type == "text/plain"
    assert re.findall(r"^Sitemap: (\S+)$", robots.text, re.MULTILINE)[0].endswith("/sitemap.xml")
    listed = [
        each.text or ""
        for each in ET.fromstring(ask(site, "/sitemap.xml").body).iter(
            "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
        )
    ]
    things = select(f"SELECT DISTINCT ?s {{ ?s a ?c FILTER(STRSTARTS(STR(?s), '{BASE}id/')) }}")
    paths = {re.sub(r"^https?://[^/]+", "", each) for each in listed}
    assert {f"/id/{row['s'].removeprefix(BASE)[3:]}.html" for row in things} <= paths
    assert len(listed) == len(set(listed))
    assert {"/", "/matrix", "/timeline", "/map", "/causes", "/network"} <= paths


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["text/html", "text/turtle", "application/ld+json", "application/rdf+xml", "*/*", "text/*", "image/png"]
            ),
            st.integers(0, 10),
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda each: each[0],
    )
)
def test_no_wish_is_answered_with_what_it_refuses(site: str, wishes: list[tuple[str, int]]) -> None:
    reply = ask(site, IRAN, ", ".join(f"{kind};q={weight / 10}" for kind, weight in wishes))
    refused = {kind for kind, weight in wishes if not weight}
    if reply.status == 303:
        suffix = reply.headers["Location"].rpartition(".")[2]
        kind = "text/html" if suffix == "html" else SYNTAXES[suffix][0]
        assert kind not in refused
        weights = dict(wishes)
        got = next(weights[each] for each in (kind, f"{kind.partition('/')[0]}/*", "*/*") if each in weights)
        assert got == max(
            next((weights[each] for each in (other, f"{other.partition('/')[0]}/*", "*/*") if each in weights), 0)
            for other in ("text/html", *(each for each, _ in SYNTAXES.values()))
        )
    else:
        assert reply.status == 406


def test_a_thing_that_very_much_points_at_has_a_page(tmp_path: Path) -> None:
    data = tmp_path / "hub.nt"
    lines = [f"<{BASE}id/event/e{n}> <{BASE}ns/involves> <{BASE}id/state/hub> .\n" for n in range(20_000)]
    lines += [
        f'<{BASE}id/event/e{n}> <http://www.w3.org/2000/01/rdf-schema#label> "Event {n}"@en .\n' for n in range(20_000)
    ]
    data.write_text("".join(lines))
    with serving("--data", str(data)) as url:
        site = url.rstrip("/")
        assert "More than 2,000 triples point at it." in ask(site, "/id/state/hub.html").text
        for path in ("/id/state/hub.html", "/id/state/hub.ttl", "/browse", "/search?q=event", "/sitemap.xml"):
            assert ask(site, path).status == 200, path


def test_names_are_those_of_the_release_that_is_served(tmp_path: Path) -> None:
    data = tmp_path / "name.ttl"
    text = f'<{BASE}id/state/x> <http://www.w3.org/2000/01/rdf-schema#label> "%s"@en .'
    data.write_text(text % "Before")
    with served("--data", str(data)) as running:
        site = running.url.rstrip("/")
        assert "<h1>Before</h1>" in ask(site, "/id/state/x.html").text
        release = ask(site, "/health").headers["Araxes-Release"]
        data.write_text(text % "After")
        running.process.send_signal(signal.SIGHUP)
        assert any(ask(site, "/health").headers["Araxes-Release"] != release for _ in range(100_000))
        assert "<h1>After</h1>" in ask(site, "/id/state/x.html").text
        assert [each["label"] for each in ask(site, "/search.json?q=after").json()] == ["After"]
