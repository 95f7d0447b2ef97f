"""How tables and files are served and described: headers, DCAT, VoID, example queries, citation."""

import hashlib
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from araxes.project import Release
from helpers import ROOT, query_url, request
from pyoxigraph import Quad, QueryBoolean, QuerySolutions, QueryTriples, RdfFormat, Store, parse

from tests.tables.conftest import QUERIES, read

PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
    "spdx": "http://spdx.org/rdf/terms#",
    "void": "http://rdfs.org/ns/void#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
HOST = re.compile(r"https?://[^/]+/")
LINKS = {
    *(f"https://schema.org/{name}" for name in ("sameAs", "subjectOf")),
    *(f"http://www.w3.org/2004/02/skos/core#{name}Match" for name in ("broad", "close", "exact", "narrow", "related")),
    "http://www.w3.org/2002/07/owl#sameAs",
    "http://www.w3.org/2000/01/rdf-schema#seeAlso",
}
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
IANA = "https://www.iana.org/assignments/media-types/"


def rows(store: Store, query: str) -> list[dict[str, str]]:
    found: Any = store.query(query, prefixes=PREFIXES)
    names = [each.value for each in found.variables]
    return [{name: row[name].value for name in names if row[name]} for row in found]


def store_of(body: bytes) -> Store:
    store = Store()
    store.load(body, format=RdfFormat.TURTLE)
    return store


@pytest.fixture(scope="module")
def void(server: str) -> Store:
    """Return the description of the real server."""
    return store_of(request(f"{server}.well-known/void", accept="text/turtle").body)


@pytest.fixture(scope="module")
def quads(server: str) -> list[Quad]:
    """Return what is served, fetched as anybody would."""
    reply = request(f"{server}graphs?default", accept="application/n-quads")
    return list(parse(reply.body, RdfFormat.N_QUADS))


@pytest.mark.parametrize("name", QUERIES)
def test_a_csv_leads_to_its_metadata(server: str, tables: Path, name: str) -> None:
    for title in (name, f"{name}-guarded"):
        reply = request(f"{server}tables/{title}.csv", accept="*/*")
        assert (reply.status, reply.body) == (200, (tables / f"{title}.csv").read_bytes())
        assert reply.headers["Content-Type"] == "text/csv; header=present; charset=utf-8"
        link = f'</tables/{title}.csv-metadata.json>; rel="describedby"; type="application/csvm+json"'
        assert link in reply.headers["Link"]
        metadata = request(f"{server}tables/{title}.csv-metadata.json", accept="*/*")
        assert (metadata.status, metadata.type) == (200, "application/csvm+json")
        assert metadata.json()["url"] == f"{title}.csv"


def test_a_table_comes_in_the_form_that_is_asked_for(server: str) -> None:
    from tests.site.wire import ask

    for accept, suffix in (
        ("text/csv", "csv"),
        ("application/json", "json"),
        ("application/vnd.apache.parquet", "parquet"),
    ):
        reply = ask(server.rstrip("/"), "/tables/positions", accept)
        assert (reply.status, reply.headers["Location"]) == (303, f"/tables/positions.{suffix}")
    assert request(f"{server}tables/nothing.csv", accept="*/*").status == 404


def test_what_serves_never_loads_what_writes_parquet() -> None:
    code = "import sys, araxes.cli, araxes.serving, araxes.web, araxes.asking; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_codebook_has_every_column_and_the_number_of_rows(server: str, tables: Path) -> None:
    page = request(f"{server}tables", accept="text/html").text
    for name, query in QUERIES.items():
        part = page[page.index(f'<section id="{name}"') :].partition("</section>")[0]
        assert f"<strong>{len(read(tables / f'{name}.csv'))}</strong> rows" in part
        assert [column for column, _ in query.columns] == re.findall(r'<th scope="row"><code>(\w+)</code>', part)
        assert part.count(f'href="/tables/{name}') == 5
    for words in ("Not stated", "Computed", "Disputed", "not-opposing", "How to cite"):
        assert words in page
    for path in ("", "about"):
        assert 'href="/tables"' in request(f"{server}{path}", accept="text/html").text


@pytest.mark.parametrize("name", QUERIES)
def test_a_table_can_be_asked_at_the_endpoint(server: str, tables: Path, name: str) -> None:
    reply = request(query_url(server, QUERIES[name].text), accept="text/csv")
    assert reply.status == 200
    assert sorted(reply.body.splitlines()) == sorted((tables / f"{name}.csv").read_bytes().splitlines())


def test_each_file_is_described_with_its_size_and_checksum(server: str, void: Store, release: Release) -> None:
    found = rows(
        void,
        """SELECT * { ?part a dcat:Dataset ; dcat:distribution ?d . ?d dcat:downloadURL ?url ; dcat:mediaType ?type ;
        dcat:byteSize ?size ; dcterms:conformsTo ?standard ; dcterms:license ?licence ; spdx:checksum ?sum .
        ?sum spdx:algorithm spdx:checksumAlgorithm_sha256 ; spdx:checksumValue ?value . }""",
    )
    by_url = {row["url"].removeprefix(server): row for row in found}
    files = {name.removeprefix("documents/") for name in release.manifest["files"] if name.startswith("documents/")}
    assert by_url.keys() == {name for name in files if not name.endswith(".html")} - {"homes.json"}
    assert len(by_url) > 250
    for path, row in by_url.items():
        body = (release.folder / "documents" / path).read_bytes()
        assert (row["size"], row["value"]) == (str(len(body)), hashlib.sha256(body).hexdigest())
    for path in [
        "ontology/positions.ttl",
        "graph/links.jsonld",
        "ontology/araxes.sssom.tsv",
        *(f"tables/positions{end}" for end in (".csv", ".json", ".parquet", ".csv-metadata.json")),
    ]:
        reply = request(f"{server}{path}", accept="*/*")
        assert hashlib.sha256(reply.body).hexdigest() == by_url[path]["value"]
        assert IANA + reply.type == by_url[path]["type"]


def test_each_download_answers(server: str, void: Store) -> None:
    found = {row["url"] for row in rows(void, "SELECT ?url { ?d dcat:downloadURL ?url }")}
    assert len(found) > 250
    assert {url: status for url in found if (status := request(url, accept="*/*").status) != 200} == {}


def test_the_dataset_says_what_it_is(server: str, void: Store, release: Release) -> None:
    (row,) = rows(
        void,
        """SELECT * { ?dataset a dcat:Dataset , void:Dataset ; dcterms:title ?title ; dcterms:license ?licence ;
        dcat:version ?version ; dcterms:identifier ?release ; dcterms:publisher ?who ; dcat:landingPage ?page .
        ?service a dcat:DataService ; dcat:servesDataset ?dataset ; dcat:endpointURL ?endpoint }""",
    )
    assert row["release"] == release.name
    assert row["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert row["endpoint"] == f"{server}sparql"
    assert row["licence"] == "https://creativecommons.org/licenses/by/4.0/"


def test_counts_are_those_of_what_is_served(void: Store, quads: list[Quad]) -> None:
    triples = {quad.triple for quad in quads}
    whole = "?d void:sparqlEndpoint ?e ."
    classes = Counter(
        each.object.value for each in triples if each.predicate.value == TYPE and hasattr(each.object, "value")
    )
    found = rows(void, f"SELECT * {{ {whole} ?d void:classPartition [ void:class ?c ; void:entities ?n ] }}")
    assert {row["c"]: int(row["n"]) for row in found} == {
        name: number for name, number in classes.items() if ":" in name
    }
    properties = Counter(each.predicate.value for each in triples)
    found = rows(void, f"SELECT * {{ {whole} ?d void:propertyPartition [ void:property ?p ; void:triples ?n ] }}")
    assert {row["p"]: int(row["n"]) for row in found} == properties
    assert rows(void, f"SELECT ?n {{ {whole} ?d void:triples ?n }}") == [{"n": str(len(triples))}]


def test_links_are_counted_by_property_and_target(void: Store, quads: list[Quad]) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    for each in {quad.triple for quad in quads}:
        target = HOST.match(getattr(each.object, "value", ""))
        if each.predicate.value in LINKS and target and not str(each.subject).startswith(("_:", f"<{target[0]}")):
            expected[each.predicate.value, target[0]] += 1
    found = rows(
        void,
        """SELECT * { ?s a void:Linkset ; void:linkPredicate ?p ; void:triples ?n ;
        void:subjectsTarget ?d ; void:objectsTarget/void:uriSpace ?space . ?d void:subset ?s }""",
    )
    assert {(row["p"], row["space"]): int(row["n"]) for row in found} == expected
    spaces = {space for _, space in expected}
    assert {"http://www.wikidata.org/", "http://dbpedia.org/", "https://sws.geonames.org/"} <= spaces


def test_credits_stand_with_their_licences(void: Store, quads: list[Quad]) -> None:
    dcat, licence = f"{PREFIXES['dcat']}Dataset", f"{PREFIXES['dcterms']}license"
    sets = {
        each.subject.value
        for each in quads
        if each.predicate.value == TYPE and getattr(each.object, "value", "") == dcat
    }
    licences = {
        (each.subject.value, each.object.value)
        for each in quads
        if each.predicate.value == licence and each.subject.value in sets
    }
    found = rows(
        void,
        "SELECT * { ?d void:sparqlEndpoint ?e ; dcterms:source ?s . ?s a dcat:Dataset ; rdfs:label ?l OPTIONAL { ?s dcterms:license ?c } }",
    )
    assert {row["s"] for row in found} == sets
    assert {(row["s"], row["c"]) for row in found if "c" in row} == licences
    assert len(sets) > 20


def test_saved_queries_are_described_as_editors_look_for_them(server: str, release: Release) -> None:
    reply = request(f"{server}queries.ttl", accept="*/*")
    assert (reply.status, reply.type) == (200, "text/turtle")
    store = store_of(reply.body)
    found = rows(
        store,
        """SELECT DISTINCT ?sq ?comment ?query ?target WHERE { ?sq a sh:SPARQLExecutable ; rdfs:comment ?comment ;
        schema:target ?target ; schema:keywords ?word ; sh:select|sh:ask|sh:construct|sh:describe ?query } ORDER BY ?sq""",
    )
    files = [
        path for part in ("explore", "competency", "tables", "pages") for path in (ROOT / "queries" / part).glob("*.rq")
    ]
    assert {row["sq"].partition("#")[2] for row in found} == {path.stem for path in files}
    assert {row["target"] for row in found} == {f"{server}sparql"}
    data = Store()
    data.bulk_load(path=str(release.dataset), format=RdfFormat.N_QUADS)
    forms = {
        "SPARQLSelectExecutable": QuerySolutions,
        "SPARQLAskExecutable": QueryBoolean,
        "SPARQLConstructExecutable": QueryTriples,
    }
    for name, form in forms.items():
        for row in rows(store, f"SELECT ?query {{ ?sq a sh:{name} ; sh:select|sh:ask|sh:construct ?query }}"):
            assert isinstance(data.query(row["query"]), form)
    assert len(rows(store, "SELECT * { ?x sh:declare [ sh:prefix ?p ; sh:namespace ?n ] }")) > 30


def test_the_descriptions_of_queries_are_no_triples_of_the_graph(quads: list[Quad], release: Release) -> None:
    assert not [each for each in quads if "SPARQLExecutable" in str(each.object)]
    assert len({quad.triple for quad in quads}) == release.triples


def test_the_citation_file_is_whole_and_agrees_with_the_project() -> None:
    """The fields that CFF 1.2.0 asks for, and the values that stand elsewhere too."""
    text = (ROOT / "CITATION.cff").read_text("utf-8")
    fields = dict(re.findall(r'^([a-z-]+): "?(.+?)"?$', text, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {"cff-version", "message", "title"} <= fields.keys()
    assert re.search(r'^authors:\n  - name: ".+"$', text, re.MULTILINE)
    assert fields["cff-version"] == "1.2.0"
    assert fields["version"] == project["version"]
    assert fields["type"] == "dataset"
    assert (
        fields["license"] == "CC-BY-4.0" and "Creative Commons Attribution 4.0" in (ROOT / "LICENSE-DATA").read_text()
    )
    assert f"    license: {project['license']}" in text and "Apache License" in (ROOT / "LICENSE").read_text()
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", fields["date-released"])
    assert "\t" not in text and text.endswith("\n")
    known = {
        "cff-version",
        "message",
        "type",
        "title",
        "abstract",
        "authors",
        "version",
        "date-released",
        "license",
        "url",
        "keywords",
        "references",
    }
    assert set(re.findall(r"^([a-z-]+):", text, re.MULTILINE)) == known
