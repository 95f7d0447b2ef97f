"""Every fact of the article is attested, in the right mode, on the right word, from the right sentence."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

EXPECTED = Path(__file__).parent / "expected"
AX = "https://w3id.org/araxes/ns/"
ID = "https://w3id.org/araxes/id/"
PREFIXES = (
    f"PREFIX ax: <{AX}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> PREFIX oa: <http://www.w3.org/ns/oa#>\n"
)

Select = Callable[[str], list[dict[str, str]]]
Counted = Callable[[str], None]


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of an expectation typed by hand."""
    with (EXPECTED / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def last(iri: str) -> str:
    """Return what stands after the last slash."""
    return iri.rsplit("/", 1)[-1]


def test_every_fact_has_an_attestation_of_its_name_mode_word_and_sentence(select: Select, counted: Counted) -> None:
    rows = select(
        PREFIXES
        + """SELECT ?attestation ?mode ?word ?section ?paragraph ?sentence WHERE {
          ?attestation a ax:Attestation ; ax:hasMode ?mode ; ax:accordingTo ?word ; ax:hasPassage ?passage .
          ?passage ax:section ?section ; ax:paragraph ?paragraph ; ax:sentence ?sentence ;
            oa:hasSource <https://w3id.org/araxes/id/document/kaleji-2023> }"""
    )
    found: dict[str, set[tuple[str, ...]]] = {}
    for row in rows:
        place = (row["section"], row["paragraph"], row["sentence"])
        found.setdefault(row["attestation"], set()).add((*place, last(row["mode"]), last(row["word"])))
    expected = {
        f"{ID}attestation/kaleji-2023/{row['fact'].lower()}": {tuple(list(row.values())[1:])}
        for row in table("facts.tsv")
    }
    assert len(expected) == 193
    assert found == expected
    sentences = {facts[:3] for places in found.values() for facts in places}
    assert len(sentences) == 52
    counted(f"{len(found)} of {len(expected)} facts attested")
    counted(f"{len(sentences)} of 52 sentences covered")


def test_every_attestation_backs_something(select: Select) -> None:
    idle = select(PREFIXES + "SELECT ?a WHERE { ?a a ax:Attestation FILTER NOT EXISTS { ?thing ax:isAttestedBy ?a } }")
    assert idle == []


def test_the_positions_are_those_of_the_fact_list(select: Select) -> None:
    rows = select(
        PREFIXES
        + """SELECT ?code ?holder ?stance ?phase ?attestation WHERE {
          ?position a ax:Position ; ax:isHeldBy ?holder ; ax:hasStance ?way ; ax:holdsDuring ?phase ;
            ax:isTowards ?proposition ; ax:isAttestedBy ?attestation .
          ?proposition ax:isOnIssue ?issue .
          ?issue <http://www.w3.org/2004/02/skos/core#notation> ?code .
          ?way <http://www.w3.org/2004/02/skos/core#notation> ?stance }"""
    )
    found: dict[tuple[str, ...], set[str]] = {}
    for row in rows:
        key = (row["code"], last(row["holder"]), row["stance"], last(row["phase"]))
        found.setdefault(key, set()).add(last(row["attestation"]).upper())
    expected = {
        (row["code"], row["holder"], row["stance"], row["phase"]): set(row["facts"].split())
        for row in table("positions.tsv")
    }
    assert len(expected) == 37
    assert found == expected


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (
            "State",
            "armenia azerbaijan iran israel russia syria turkey ukraine united-states",
        ),
        ("FormerState", "soviet-union"),
        ("UnrecognizedPolity", "artsakh"),
        ("InternationalOrganization", "csto nato"),
        (
            "Person",
            "ali-khamenei amir-hossein-abdollahian ilham-aliyev mikhail-bocharnikov nikol-pashinyan sergei-lavrov "
            "vali-kaleji vladimir-putin",
        ),
        ("Arrangement", "ceasefire-monitoring-centre csto iran-armenia-russia nato three-plus-three"),
    ],
)
def test_the_entities_are_those_of_the_article(select: Select, kind: str, names: str) -> None:
    others = "FILTER NOT EXISTS { GRAPH <https://w3id.org/araxes/graph/links> { ?thing a ?class } }"
    rows = select(f"{PREFIXES} SELECT ?thing WHERE {{ ?thing a ax:{kind} {others} }}")
    assert sorted(last(row["thing"]) for row in rows) == sorted(names.split())


def test_every_thing_has_one_english_label(select: Select) -> None:
    rows = select(
        PREFIXES
        + """SELECT ?thing (COUNT(DISTINCT ?label) AS ?labels) WHERE {
          ?thing a ?class . FILTER (STRSTARTS(STR(?thing), "https://w3id.org/araxes/id/"))
          OPTIONAL { ?thing rdfs:label ?label FILTER (LANG(?label) = "en") } } GROUP BY ?thing"""
    )
    assert len(rows) > 500
    assert [row["thing"] for row in rows if row["labels"] != "1"] == []


def test_actors_answer_without_a_reasoner(select: Select) -> None:
    rows = select(PREFIXES + "SELECT (COUNT(DISTINCT ?x) AS ?n) WHERE { ?x a ax:Actor }")
    direct = select(
        PREFIXES
        + """SELECT (COUNT(DISTINCT ?x) AS ?n) WHERE {
          ?x a ?class . ?class rdfs:subClassOf ax:Actor . FILTER (STRSTARTS(STR(?class), STR(ax:))) }"""
    )
    assert int(rows[0]["n"]) == int(direct[0]["n"]) > 30


@pytest.mark.parametrize(
    "query",
    [
        # the article lists no participant of 3+3, names no signatory of the memorandum, never says that Russia is in the CSTO
        "ASK { ?p ax:isParticipationIn <https://w3id.org/araxes/id/format/three-plus-three> }",
        "ASK { ?p ax:isParticipationIn <https://w3id.org/araxes/id/agreement/monitoring-centre-memorandum> }",
        """ASK { ?p ax:isParticipationIn <https://w3id.org/araxes/id/organization/csto> ;
          ax:isParticipationOf <https://w3id.org/araxes/id/state/russia> }""",
        # what was prevented, threatened or possible is no event
        "ASK { ?x a ax:Contingency , ax:Event }",
        # Georgia is nowhere named in the article; only other data name it
        """ASK { GRAPH ?graph { ?x rdfs:label ?label }
          FILTER (CONTAINS(STR(?label), "Georgia") && ?graph != <https://w3id.org/araxes/graph/links>) }""",
    ],
)
def test_what_the_article_does_not_say_is_not_there(ask: Callable[[str], bool], query: str) -> None:
    assert not ask(PREFIXES + query)


def test_no_address_of_the_author_is_kept(project_text: str) -> None:
    assert "@" in project_text
    assert "mailto:" not in project_text
    assert "caci-analyst" not in project_text.lower()
