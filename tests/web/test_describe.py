"""The service description and its VoID: what it says is counted again here, from the release's own file."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from araxes.engine import Answer, Question
from araxes.engine.question import GRAPHS
from araxes.problems import QueryTooSlow
from araxes.project import Release
from araxes.settings import SETTINGS, Settings
from helpers import JSON, TINY, Reply, request, serving
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, Store, parse

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PREFIXES = {
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "void": "http://rdfs.org/ns/void#",
    "schema": "https://schema.org/",
    "dcterms": "http://purl.org/dc/terms/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def store_of(reply: Reply) -> Store:
    assert reply.status == 200, reply.text
    syntax = RdfFormat.from_media_type(reply.type)
    assert syntax
    store = Store()
    store.extend(parse(reply.body, syntax))
    return store


def values(store: Store, variables: str, pattern: str) -> list[tuple[str, ...]]:
    found: Any = store.query(f"SELECT {variables} WHERE {{ {pattern} }}", prefixes=PREFIXES)
    return sorted(tuple(term.value for term in row) for row in found)


@pytest.fixture(scope="module")
def described(tiny_server: str) -> Store:
    return store_of(request(f"{tiny_server}sparql", accept="text/turtle"))


@pytest.fixture(scope="module")
def quads(tiny_release: Release) -> list[Quad]:
    return list(parse(tiny_release.dataset.read_bytes(), RdfFormat.N_QUADS))


def graphs_of(quads: list[Quad]) -> Iterator[tuple[str, set[Quad]]]:
    """Yield the merge of all under an empty name, then each graph."""
    merged: dict[str, set[Any]] = defaultdict(set)
    for each in quads:
        merged[each.graph_name.value].add(each.triple)
        merged[""].add(each.triple)
    yield from sorted(merged.items())


def test_the_endpoint_describes_itself_without_a_query(tiny_server: str, described: Store) -> None:
    endpoint = f"{tiny_server}sparql"
    assert values(described, "?service ?endpoint", "?service a sd:Service ; sd:endpoint ?endpoint") == [
        (endpoint, endpoint)
    ]
    assert values(described, "?service ?x", "?service sd:supportedLanguage ?x") == [
        (endpoint, f"{PREFIXES['sd']}SPARQL11Query")
    ]
    assert values(described, "?service ?x", "?service sd:feature ?x") == [
        (endpoint, f"{PREFIXES['sd']}UnionDefaultGraph")
    ]
    assert len(values(described, "?service ?x", "?service sd:resultFormat ?x")) == 10
    for accept in (None, "*/*", "text/turtle;q=0.5, image/png", "text/*"):
        assert request(endpoint, accept=accept).type == "text/turtle"
    assert request(endpoint, accept=BROWSER).type == "text/html"
    assert request(f"{endpoint}?format=turtle", accept=BROWSER).type == "text/turtle"
    assert request(endpoint, accept=JSON).status == 400
    assert request(endpoint, accept="image/png").status == 406
    assert request(f"{endpoint}?unheard-of=1", accept=None).type == "text/turtle"


@pytest.mark.parametrize("path", ["sparql", ".well-known/void"])
def test_every_syntax_says_the_same(tiny_server: str, path: str) -> None:
    found = []
    for each in GRAPHS:
        dataset = Dataset(store_of(request(f"{tiny_server}{path}", accept=each.media_type)))
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        found.append(set(dataset))
        assert request(f"{tiny_server}{path}?format={each.name}", accept=None).type == each.media_type
    assert all(each == found[0] for each in found)
    assert len(found[0]) > 300


def test_the_limits_in_force_are_all_there(described: Store) -> None:
    limit = "schema:propertyID ?id ; schema:name ?name ; schema:value ?value"
    told = values(described, "?id ?name ?value", f"?s a sd:Service ; schema:additionalProperty [ {limit} ]")
    expected = [(each.name, each.help, str(getattr(Settings(), each.name))) for each in SETTINGS if each.limit]
    assert told == sorted(expected)
    assert len(expected) >= 10


def test_counts_are_those_of_the_bytes(described: Store, quads: list[Quad]) -> None:
    for graph, triples in graphs_of(quads):
        subject = (
            "?d a void:Dataset ; void:sparqlEndpoint ?e ." if not graph else f"?x sd:name <{graph}> ; sd:graph ?d ."
        )
        counted = "void:triples ?t ; void:distinctSubjects ?s ; void:distinctObjects ?o ; void:classes ?c ; void:properties ?p"
        numbers = values(described, "?t ?s ?o ?c ?p", f"{subject} ?d {counted}")
        classes = {(each.subject, each.object.value) for each in triples if each.predicate.value == TYPE}
        classes = {each for each in classes if isinstance(each[1], str)}
        parts = [triples, {t.subject for t in triples}, {t.object for t in triples}, {c for _, c in classes}]
        expected = (*(str(len(each)) for each in parts), str(len({t.predicate for t in triples})))
        assert numbers == [tuple(expected)], graph
        by_class = values(described, "?c ?n", f"{subject} ?d void:classPartition [ void:class ?c ; void:entities ?n ]")
        assert by_class == sorted((name, str(n)) for name, n in Counter(c for _, c in classes).items())
        by_property = values(
            described, "?p ?n", f"{subject} ?d void:propertyPartition [ void:property ?p ; void:triples ?n ]"
        )
        assert by_property == sorted((name, str(n)) for name, n in Counter(t.predicate.value for t in triples).items())


def test_each_graph_is_named_and_can_be_fetched(tiny_server: str, described: Store, quads: list[Quad]) -> None:
    named = {each.graph_name.value for each in quads}
    assert {name for (name,) in values(described, "?name", "?x sd:name ?name")} == named
    dumps = {dump for (dump,) in values(described, "?dump", "?s void:dataDump ?dump")}
    assert {unquote(each.partition("graph=")[2]) for each in dumps} == named | {""}
    for dump in dumps:
        graph = unquote(dump.partition("graph=")[2])
        got = {each.triple for each in parse(request(dump, accept="application/n-triples").body, RdfFormat.N_TRIPLES)}
        assert len(got) == len(dict(graphs_of(quads))[graph])


def test_every_iri_is_absolute_and_ours_are_below_the_base(tiny_server: str, described: Store) -> None:
    nodes = [term for quad in described for term in (quad.subject, quad.object) if hasattr(term, "value")]
    assert not [each for each in nodes if isinstance(each, BlankNode) is False and "localhost" in each.value]
    assert all(tiny_server in each.value for each in nodes if "127.0.0.1" in each.value)


def test_the_name_by_which_others_know_the_server_is_a_setting(tiny_releases: Path) -> None:
    words = ("--no-build", "--project", str(TINY), "--release", str(tiny_releases))
    with serving(*words, ARAXES_PUBLIC_URL="https://example.org/kg/") as url:
        reply = request(f"{url}sparql", accept="text/turtle", headers={"Host": "evil.example"})
    assert values(store_of(reply), "?s ?e", "?s sd:endpoint ?e") == [("https://example.org/kg/sparql",) * 2]
    assert "127.0.0.1" not in reply.text


def test_a_new_release_is_described_anew(site: Any, tmp_path: Path) -> None:
    found = site()
    found.engine.body = b'{"head":{"vars":[]},"results":{"bindings":[]}}'
    first = found.send("/sparql", accept="text/turtle", cache_control="no-cache")
    found.send("/sparql", accept="text/turtle", cache_control="no-cache")
    assert len(found.engine.asked) == 4
    found.engine.release = Release(tmp_path, {**found.engine.release.manifest, "dataset_sha256": "b" * 64})
    second = found.send("/sparql", accept="text/turtle")
    assert len(found.engine.asked) == 8
    assert ("a" * 16 in first.text, "b" * 16 in second.text, "a" * 16 in second.text) == (True, True, False)


def test_what_cannot_be_counted_within_the_limits_is_described_without(site: Any) -> None:
    found = site()

    def slow(question: Question) -> Answer:
        raise QueryTooSlow("Too slow")

    found.engine.reply = slow
    for name in ("text/turtle", "application/n-triples"):
        described = store_of(found.send("/sparql", accept=name))
        assert values(described, "?e", "?s sd:endpoint ?e") == [("http://127.0.0.1:8000/sparql",)]
        assert values(described, "?d", "?d a void:Dataset ; void:dataDump ?x")
        assert not values(described, "?n", "?s void:triples ?n")


def test_graphs_come_in_every_format(tiny_server: str, tiny_release: Release) -> None:
    for each in GRAPHS:
        for path in (f"graphs?default&format={each.name}", "graphs?default"):
            reply = request(f"{tiny_server}{path}", accept=each.media_type if "format" not in path else None)
            assert (reply.status, reply.type) == (200, each.media_type)
            assert len(list(store_of(reply))) == tiny_release.triples
            headed = request(f"{tiny_server}{path}", method="HEAD", accept=each.media_type)
            assert (headed.body, headed.headers["Content-Length"]) == (b"", str(len(reply.body)))
    assert request(f"{tiny_server}graphs?default", accept="image/png").status == 406


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("graphs", 400, "bad-request"),
        ("graphs?default&graph=urn:a", 400, "bad-request"),
        ("graphs?graph=urn:a&graph=urn:b", 400, "bad-request"),
        ("graphs?default&default", 400, "bad-request"),
        ("graphs?graph=", 400, "bad-request"),
        ("graphs?graph=entities", 400, "bad-request"),
        ("graphs?graph=urn:none", 404, "unknown-graph"),
        (f"graphs?graph={quote('urn:a> { } <urn:b', safe='')}", 400, "bad-request"),
        ("graphs?default&format=csv", 400, "bad-request"),
        ("graphs?default&format=turtle&format=jsonld", 400, "bad-request"),
    ],
)
def test_a_graph_that_is_not_named_rightly_is_a_problem(tiny_server: str, path: str, status: int, slug: str) -> None:
    reply = request(f"{tiny_server}{path}", accept=None)
    assert (reply.status, reply.json()["type"]) == (status, f"/problems/{slug}")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["graphs?default", ".well-known/void"])
def test_graphs_are_only_read(tiny_server: str, method: str, path: str) -> None:
    reply = request(f"{tiny_server}{path}", b"<urn:a> <urn:b> 1 .", method=method)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert reply.json()["allow"] == ["GET", "HEAD", "OPTIONS"]


def test_every_setting_that_is_a_limit_is_a_number() -> None:
    assert {each.name for each in SETTINGS if each.limit} <= set(Settings._fields)
    assert all(isinstance(each.default, int) for each in SETTINGS if each.limit)
