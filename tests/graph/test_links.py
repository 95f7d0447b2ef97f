"""Links to other data: every verified row of the lists is there, no other is, and each value says where it is from.

`tests/fixtures/links/` has the lists: names, identifiers and codes as they were gathered, each with its verdict.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from araxes import prefixes
from araxes.prefixes import THINGS
from araxes.project import Release
from helpers import ROOT, TESTS
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

KNOWN = prefixes.below(ROOT)
LISTS = TESTS / "fixtures" / "links"
REVIEW = ROOT / "docs" / "links-review.tsv"
PAGE = ROOT / "docs" / "links.md"
WIKIPEDIA, DBPEDIA = "https://en.wikipedia.org/wiki/", "http://dbpedia.org/resource/"
# scheme -> property, and what comes before the identifier where the value is a link
LINKS = {
    "wikidata": ("schema:sameAs", KNOWN["wd"]),
    "dbpedia": ("schema:sameAs", DBPEDIA),
    "geonames": ("schema:sameAs", "https://sws.geonames.org/"),
    "lcnaf": ("schema:sameAs", "http://id.loc.gov/authorities/names/"),
    "isni": ("schema:sameAs", "https://isni.org/isni/"),
    "ror": ("schema:sameAs", "https://ror.org/"),
    "enwiki-title": ("schema:subjectOf", WIKIPEDIA),
    "enwiki-title-former": ("schema:subjectOf", WIKIPEDIA),
    "enwiki-title-later": ("schema:subjectOf", WIKIPEDIA),
    "homepage": ("schema:url", "https://"),
}
CODES = {
    "iso3166-1-alpha2": ("ax:isoAlpha2Code",),
    "iso3166-1-alpha2-former": ("ax:isoAlpha2Code",),
    "iso3166-1-alpha3": ("ax:isoAlpha3Code",),
    "iso3166-1-alpha3-former": ("ax:isoAlpha3Code",),
    "iso3166-1-numeric-former": ("ax:isoNumericCode",),
    "iso3166-2": ("ax:isoSubdivisionCode",),
    "iso3166-3": ("ax:isoFormerCode",),
    "un-m49": ("ax:m49Code", "ax:isoNumericCode"),
    "un-m49-subregion": ("ax:m49SubregionCode",),
    "cow": ("ax:cowNumber",),
    "cow-abbreviation": ("ax:cowAbbreviation",),
    "gw": ("ax:gwNumber",),
    "cameo": ("ax:cameoCode",),
    "fips": ("ax:fipsCode",),
    "lei": ("schema:leiCode",),
    "us-ein": ("schema:taxID",),
}
KIND_OF_EVENT = "issue:color-revolutions"
APART = Counter(
    {
        "says that there is none, so there is no value": 2,
        "rests on a source under the Open Database License alone": 2,
        "names a kind of event, which the graph does not describe; the issue only leads to its pages": 1,
    }
)
ELEVEN = {"armenia", "azerbaijan", "georgia", "iran", "iraq", "israel", "russia", "syria", "turkey", "ukraine"}
ELEVEN |= {"united-states"}

Row = dict[str, str]
Select = Callable[[str], list[Row]]


def rows(path: Path) -> list[Row]:
    """Return the rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, dialect="excel-tab"))


def iri(name: str) -> NamedNode:
    """Return what a prefixed name stands for."""
    prefix, _, local = name.partition(":")
    return NamedNode(KNOWN[prefix] + local)


@cache
def store(*folders: str) -> Store:
    """Return the data below folders, all files as one graph."""
    whole = Store()
    for path in sorted(path for folder in folders for path in (ROOT / "data" / folder).rglob("*.ttl")):
        quads = parse(path=str(path), format=RdfFormat.TURTLE, rename_blank_nodes=True)
        whole.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
    assert len(whole) > 50
    return whole


def has(data: Store, thing: str, term: str, value: NamedNode | Literal) -> bool:
    """Return whether a thing has a value."""
    return any(data.quads_for_pattern(iri(thing), iri(term), value, None))


def link(scheme: str, value: str) -> NamedNode:
    """Return what an identifier is as a link."""
    before = LINKS[scheme][1]
    local = value.replace(" ", "" if scheme == "isni" else "_")
    return NamedNode(before + local + ("/" if scheme in {"geonames", "homepage"} else ""))


def stands(row: Row) -> list[bool]:
    """Return for each statement that a row of the identifiers asks for whether it is there."""
    thing, scheme, value = row["thing"], row["scheme"], row["value"]
    if scheme == "wgs84":
        latitude, longitude = value.split()
        path = f"<{KNOWN['geosparql']}hasGeometry>/<{KNOWN['geosparql']}asWKT>"
        found = store("geometry").query(f"SELECT ?wkt {{ <{iri(thing).value}> {path} ?wkt }}")
        return [[row["wkt"].value for row in found] == [f"POINT({longitude} {latitude})"]]
    if scheme in LINKS:
        term = "rdfs:seeAlso" if thing == KIND_OF_EVENT else LINKS[scheme][0]
        return [has(store("links"), thing, term, link(scheme, value))]
    return [has(store("links"), thing, term, Literal(value)) for term in CODES[scheme]]


def named(row: Row) -> bool:
    """Return whether a thing bears a name of the lists; an English one may differ in its capitals."""
    found = {
        quad.object
        for term in ("rdfs:label", "skos:altLabel")
        for quad in store("links", "entities").quads_for_pattern(iri(row["thing"]), iri(term), None, None)
        if isinstance(quad.object, Literal)
    }
    if row["language"] == "en":
        return row["label"].lower() in {name.value.lower() for name in found if name.language == "en"}
    return Literal(row["label"], language=row["language"]) in found


def apart() -> dict[tuple[str, str, str], str]:
    """Return why each row that is listed for review is not in the graph."""
    return {(row["thing"], row["what"], row["value"]): row["why it is not in the graph"] for row in rows(REVIEW)}


def test_every_verified_row_is_there_but_for_the_few_set_apart(counted: Callable[[str], None]) -> None:
    identifiers = [row for row in rows(LISTS / "identifiers.tsv") if row["verdict"] == "verified"]
    labels = [row for row in rows(LISTS / "labels.tsv") if row["verdict"] == "verified"]
    assert len(identifiers) == 263 + 5 * len(ELEVEN)
    assert len(labels) == 317
    missing = [(row["thing"], row["scheme"], row["value"]) for row in identifiers if not all(stands(row))]
    missing += [(row["thing"], f"label@{row['language']}", row["label"]) for row in labels if not named(row)]
    listed = apart()
    assert Counter(listed.get(each, f"not listed: {each}") for each in missing) == APART
    whole = len(identifiers) + len(labels)
    counted(
        f"{whole - len(missing)} of {whole} verified rows in the graph, {len(missing)} set apart with their reasons"
    )


def test_no_unverified_row_is_there_and_each_is_listed(counted: Callable[[str], None]) -> None:
    identifiers = [row for row in rows(LISTS / "identifiers.tsv") if row["verdict"] == "unverified"]
    labels = [row for row in rows(LISTS / "labels.tsv") if row["verdict"] == "unverified"]
    assert (len(identifiers), len(labels)) == (37, 44)
    assert [row for row in identifiers if row["value"] != "-" and any(stands(row))] == []
    assert [row for row in labels if named(row)] == []
    listed = apart()
    wanted = {(row["thing"], row["scheme"], row["value"]) for row in identifiers}
    wanted |= {(row["thing"], f"label@{row['language']}", row["label"]) for row in labels}
    assert wanted == {each for each, why in listed.items() if why in {"unverified", "none found"}}
    assert len(listed) == len(wanted) + APART.total()
    counted(f"{len(listed)} rows listed for review")


def test_nothing_is_there_that_no_row_has() -> None:
    verified = [row for row in rows(LISTS / "identifiers.tsv") if row["verdict"] == "verified" and row["value"] != "-"]
    links = {(iri(row["thing"]), link(row["scheme"], row["value"])) for row in verified if row["scheme"] in LINKS}
    codes = {(iri(row["thing"]), iri(term), row["value"]) for row in verified for term in CODES.get(row["scheme"], ())}
    leading = [iri(term) for term in ("schema:sameAs", "schema:subjectOf", "schema:url", "rdfs:seeAlso")]
    data = store("links")
    own = {NamedNode(THINGS + "settlement/agdam-city"), NamedNode(THINGS + "region/agdam-district")}
    found = {
        (quad.subject, quad.object)
        for term in leading
        for quad in data.quads_for_pattern(None, term, None, None)
        if quad.object not in own and not str(quad.subject).startswith(f"<{THINGS}dataset/")
    }
    assert found == links
    terms = {iri(term) for each in CODES.values() for term in each}
    given = {
        (quad.subject, term, quad.object.value)
        for term in terms
        for quad in data.quads_for_pattern(None, term, None, None)
        if isinstance(quad.object, Literal)
    }
    assert given == codes
    names = {(iri(r["thing"]), r["label"]) for r in rows(LISTS / "labels.tsv") if r["verdict"] == "verified"}
    labels = [
        quad
        for term in ("rdfs:label", "skos:altLabel")
        for quad in data.quads_for_pattern(None, iri(term), None, None)
        if isinstance(quad.object, Literal) and quad.object.language != "en"
    ]
    assert len(labels) > 200
    assert {(quad.subject, quad.object.value) for quad in labels} <= names


def test_every_code_is_text_of_the_width_of_its_list(select: Select) -> None:
    found = select("""
        PREFIX ax: <https://w3id.org/araxes/ns/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT ?property ?code (DATATYPE(?code) AS ?type) {
          { ?property rdfs:subPropertyOf ax:code } UNION { VALUES ?property { ax:m49SubregionCode } }
          ?thing ?property ?code }""")
    assert len(found) > 100
    assert {row["type"] for row in found} == {KNOWN["xsd"] + "string"}
    digits = [row["code"] for row in found if re.search(r"/(m49\w*|isoNumeric)Code$", row["property"])]
    assert {len(code) for code in digits} == {3}
    assert {"031", "034", "051"} <= set(digits)


def test_eleven_states_can_be_joined_by_each_code(select: Select) -> None:
    found = select("""
        PREFIX ax: <https://w3id.org/araxes/ns/>
        SELECT ?state ?cow ?gw ?cameo ?fips ?iso ?m49 { ?state a ax:State ; ax:cowNumber ?cow ; ax:gwNumber ?gw ;
          ax:cameoCode ?cameo ; ax:fipsCode ?fips ; ax:isoAlpha3Code ?iso ; ax:m49Code ?m49 }""")
    assert {row["state"].rsplit("/", 1)[1] for row in found} == ELEVEN
    assert len(found) == len(ELEVEN)
    for column in ("cow", "gw", "cameo", "fips", "iso", "m49"):
        assert len({row[column] for row in found}) == len(ELEVEN), column
    by_number = {row["cow"]: row["state"].rsplit("/", 1)[1] for row in found}
    assert by_number["365"] == "russia"
    assert by_number["372"] == "georgia"


def test_a_code_merges_no_two_things(ask: Callable[[str], bool]) -> None:
    pair = "PREFIX ax: <https://w3id.org/araxes/ns/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> ASK {"
    code = "?property rdfs:subPropertyOf ax:code ."
    assert ask(f"{pair} {code} ?one ?property ?value }}")
    assert not ask(f"{pair} {code} ?one ?property ?value . ?other ?property ?value . FILTER ( ?one != ?other ) }}")
    assert not ask(
        f"{pair} ?one <https://schema.org/sameAs> ?x . ?other <https://schema.org/sameAs> ?x . FILTER ( ?one != ?other ) }}"
    )


def test_a_thing_is_linked_by_schema_alone_and_merged_with_nothing() -> None:
    data = store("links", "geometry")
    merging = [KNOWN["owl"] + "sameAs", *(KNOWN["skos"] + f"{how}Match" for how in ("exact", "close", "broad"))]
    assert not [term for term in merging if any(data.quads_for_pattern(None, NamedNode(term), None, None))]
    assert len(list(data.quads_for_pattern(None, iri("schema:sameAs"), None, None))) > 100


def test_agdam_leads_to_both_candidates_and_is_neither() -> None:
    data = store("links", "geometry", "entities")
    said = {(quad.predicate, quad.object) for quad in data.quads_for_pattern(iri("settlement:agdam"), None, None, None)}
    candidates = {iri("region:agdam-district"), iri("settlement:agdam-city")}
    assert {value for term, value in said if term == iri("rdfs:seeAlso")} == candidates
    terms = {term.value for term, _ in said}
    assert not [term for term in terms if term.startswith((KNOWN["schema"], KNOWN["geosparql"]))]
    for candidate in candidates:
        assert any(data.quads_for_pattern(candidate, iri("schema:sameAs"), None, None))
        assert any(data.quads_for_pattern(candidate, iri("geosparql:hasGeometry"), None, None))


def test_what_only_the_lists_name_is_described_in_the_links_alone() -> None:
    entities, sources = store("entities"), store("sources")
    only = {
        quad.subject
        for quad in store("links").quads_for_pattern(None, iri("rdf:type"), None, None)
        if isinstance(quad.subject, NamedNode) and not quad.subject.value.startswith(KNOWN["dataset"])
    }
    assert {"state/georgia", "state/iraq", "settlement/tbilisi", "settlement/kyiv", "region/syunik"} <= {
        thing.value.removeprefix(THINGS) for thing in only
    }
    for thing in only:
        for data in (entities, sources):
            assert not any(data.quads_for_pattern(thing, None, None, None)), thing
            assert not any(data.quads_for_pattern(None, None, thing, None)), thing


def test_the_page_says_what_each_name_stands_for_and_where_it_is_described() -> None:
    found = re.findall(r"^\| (.+) \| `([\w:-]+)` \| (entities|links alone) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    listed = {row["name"]: row["thing"] for name in ("identifiers", "labels") for row in rows(LISTS / f"{name}.tsv")}
    assert len(found) == len(listed) > 60
    for name, thing, where in found:
        # the site of the joint centre is in the list of one of its two halves
        assert listed[name] == thing or name == "Central Asia-Caucasus Institute"
        described = any(store("entities").quads_for_pattern(iri(thing), iri("rdf:type"), None, None))
        assert described == (where == "entities"), name


def test_each_thing_has_one_english_label_and_at_most_one_in_another(select: Select) -> None:
    label = "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> SELECT ?thing ?language (COUNT(?label) AS ?n)"
    graph = "GRAPH <https://w3id.org/araxes/graph/links> { ?thing ?p ?o } FILTER ( ISIRI(?thing) && ?thing != <https://w3id.org/araxes/graph/links> )"
    found = select(f"""{label} {{ {{ SELECT DISTINCT ?thing {{ {graph} }} }}
        ?thing rdfs:label ?label BIND ( LANG(?label) AS ?language ) }} GROUP BY ?thing ?language""")
    assert {row["n"] for row in found} == {"1"}
    things = {row["thing"] for row in found}
    assert len(things) > 60
    assert {row["thing"] for row in found if row["language"] == "en"} == things
    languages = {row["language"] for row in found if row["thing"].endswith("/state/iran")}
    assert languages == {"en", "fa", "ru", "hy", "az", "tr", "ka", "he"}


def test_each_value_says_where_it_was_seen_and_credits_the_dataset(select: Select) -> None:
    found = select("""
        PREFIX owl: <http://www.w3.org/2002/07/owl#> PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX dcat: <http://www.w3.org/ns/dcat#>
        SELECT ?thing ?property ?value (SAMPLE(?words) AS ?said) (COUNT(DISTINCT ?dataset) AS ?credits) {
          GRAPH <https://w3id.org/araxes/graph/links> {
            ?axiom owl:annotatedSource ?thing ; owl:annotatedProperty ?property ; owl:annotatedTarget ?value ; dcterms:source ?words
            FILTER ISLITERAL(?words)
            OPTIONAL { ?axiom dcterms:source ?dataset . ?dataset a dcat:Dataset } } }
        GROUP BY ?thing ?property ?value""")
    assert len(found) > 550
    assert all(row["said"] for row in found)
    assert sum(row["credits"] != "0" for row in found) > 450


def test_the_credits_are_those_of_the_values_and_each_has_its_terms(select: Select) -> None:
    for graph, least in (("links", 20), ("geometry", 3)):
        name = f"https://w3id.org/araxes/graph/{graph}"
        head = "PREFIX dcterms: <http://purl.org/dc/terms/> SELECT DISTINCT ?dataset"
        said = select(f"{head} {{ GRAPH <{name}> {{ <{name}> dcterms:source ?dataset }} }}")
        used = select(
            f"{head} {{ GRAPH <{name}> {{ ?x dcterms:source ?dataset FILTER ( ISIRI(?dataset) && ?x != <{name}> ) }} }}"
        )
        assert {row["dataset"] for row in said} == {row["dataset"] for row in used}
        assert len(said) >= least
    terms = select("""
        PREFIX dcterms: <http://purl.org/dc/terms/> PREFIX dcat: <http://www.w3.org/ns/dcat#>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX schema: <https://schema.org/>
        SELECT ?dataset ?licence ?note ?address { ?dataset a dcat:Dataset ; schema:url ?address
          OPTIONAL { ?dataset dcterms:license ?licence } OPTIONAL { ?dataset skos:editorialNote ?note } }""")
    assert len(terms) > 20
    assert all(row["address"] and ("licence" in row) != ("note" in row) for row in terms)


def test_points_can_be_reckoned_with(select: Select) -> None:
    distance = """
        PREFIX geosparql: <http://www.opengis.net/ont/geosparql#>
        PREFIX geof: <http://www.opengis.net/def/function/geosparql/>
        PREFIX settlement: <https://w3id.org/araxes/id/settlement/>
        SELECT (geof:distance(?one, ?other, <http://www.opengis.net/def/uom/OGC/1.0/metre>) / 1000 AS ?km) {
          settlement:%s geosparql:hasDefaultGeometry/geosparql:asWKT ?one .
          settlement:%s geosparql:hasDefaultGeometry/geosparql:asWKT ?other }"""
    # swapped, both would be wrong by hundreds
    for one, other, km in (("yerevan", "baku", 457), ("moscow", "tehran", 2464), ("washington-dc", "stockholm", 6640)):
        (row,) = select(distance % (one, other))
        assert float(row["km"]) == pytest.approx(km, rel=0.01), (one, other)
    within = """
        PREFIX geosparql: <http://www.opengis.net/ont/geosparql#>
        PREFIX geof: <http://www.opengis.net/def/function/geosparql/>
        SELECT ?place { ?place geosparql:hasGeometry/geosparql:asWKT ?wkt
          FILTER geof:sfWithin(?wkt, "POLYGON((43 38, 51 38, 51 42, 43 42, 43 38))"^^geosparql:wktLiteral) }"""
    near = {row["place"].rsplit("/", 1)[1] for row in select(within)}
    assert {"yerevan", "baku", "nagorno-karabakh", "nakhichevan", "syunik"} <= near
    assert not near & {"tehran", "ankara", "moscow", "jerusalem"}


def test_only_places_have_points_and_a_state_is_no_place(select: Select) -> None:
    found = select("""
        PREFIX geosparql: <http://www.opengis.net/ont/geosparql#> PREFIX ax: <https://w3id.org/araxes/ns/>
        SELECT ?place (SAMPLE(?class) AS ?kind) { ?place geosparql:hasGeometry ?point
          OPTIONAL { ?place a ?class . ?class <http://www.w3.org/2000/01/rdf-schema#subClassOf>* ax:Territory } }
        GROUP BY ?place""")
    assert len(found) == 20
    assert all("kind" in row for row in found)


def test_points_stay_out_of_what_owl_tools_read(release: Release) -> None:
    documents = release.folder / "documents"
    points = (documents / "graph" / "geometry.ttl").read_text("utf-8")
    assert points.count("wktLiteral") == 20
    assert {path.suffix for path in (documents / "graph").glob("geometry.*")} == {".ttl", ".nt", ".rdf", ".jsonld"}
    others = [path for path in documents.rglob("*") if path.suffix in {".ttl", ".nt", ".ofn", ".omn"}]
    assert len(others) > 200
    shapes = ("geometry", "things-shapes", "places-shapes")
    assert [path for path in others if path.stem not in shapes and "wktLiteral" in path.read_text("utf-8")] == []
