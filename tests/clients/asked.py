"""What every client asks, and what is right: read off the files below data/, not off an answer."""

from typing import NamedTuple

PREFIXES = """\
PREFIX ax: <https://w3id.org/araxes/ns/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX phase: <https://w3id.org/araxes/id/phase/>
PREFIX proposition: <https://w3id.org/araxes/id/proposition/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX state: <https://w3id.org/araxes/id/state/>
"""
NS = "https://w3id.org/araxes/ns/"
STATE = "https://w3id.org/araxes/id/state/"
PHASE = "https://w3id.org/araxes/id/phase/"
STANCE = "https://w3id.org/araxes/scheme/stance/"
OPPOSES = f"{STANCE}opposes"

Rows = set[tuple[str | None, ...]]


class Asked(NamedTuple):
    """A query, its variables in order, and its rows; an unbound variable is None."""

    query: str
    names: tuple[str, ...]
    rows: Rows


JOIN = Asked(
    PREFIXES
    + """SELECT ?state ?stance ?phase WHERE {
  ?position a ax:Position ; ax:isTowards proposition:western-intervention ;
    ax:isHeldBy ?state ; ax:hasStance ?stance ; ax:holdsDuring ?phase .
}""",
    ("state", "stance", "phase"),
    {(f"{STATE}{s}", OPPOSES, f"{PHASE}{p}") for s in ("iran", "russia") for p in ("post-2kw", "post-ussr")},
)
OPTIONAL = Asked(
    PREFIXES
    + """SELECT ?label ?code ?also WHERE {
  ?state a ax:State ; rdfs:label ?label ; ax:isoAlpha2Code ?code
  FILTER ( LANG(?label) = "en" )
  OPTIONAL { ?state skos:altLabel ?also FILTER ( LANG(?also) = "en" ) }
}""",
    ("label", "code", "also"),
    {
        ("Armenia", "AM", None),
        ("Azerbaijan", "AZ", None),
        ("Georgia", "GE", None),
        ("Iran", "IR", None),
        ("Iraq", "IQ", None),
        ("Israel", "IL", None),
        ("Russia", "RU", None),
        ("Syria", "SY", None),
        ("Turkey", "TR", "Türkiye"),
        ("Ukraine", "UA", None),
        ("United States", "US", None),
    },
)
COUNTS = Asked(
    PREFIXES
    + """SELECT ?stance (COUNT(?position) AS ?n) WHERE { ?position a ax:Position ; ax:hasStance ?stance }
GROUP BY ?stance HAVING (COUNT(?position) > 2) ORDER BY DESC(?n)""",
    ("stance", "n"),
    {(f"{STANCE}opposes", "17"), (f"{STANCE}supports", "12"), (f"{STANCE}declines", "4")},
)
NUMBERS = Asked(
    PREFIXES
    + """SELECT ?document ?read ?issued ?from ?self WHERE {
  ?document ax:readCount ?read ; dcterms:issued ?issued . phase:2kw ax:earliestDateTime ?from
  BIND (?read > 10000 AS ?self)
}""",
    ("document", "read", "issued", "from", "self"),
    {("https://w3id.org/araxes/id/document/kaleji-2023", "11217", "2023-06-15", "2020-09-27T00:00:00Z", "true")},
)
TABLES = {"join": JOIN, "optional": OPTIONAL, "counts": COUNTS, "numbers": NUMBERS}

YES = PREFIXES + "ASK { state:iran a ax:State }"
NO = PREFIXES + "ASK { state:iran a ax:FormerState }"

LABELS = "http://www.w3.org/2004/02/skos/core#"
# `phase` and `state` are joined to their labels, so a client that takes queries apart has something to join.
GRAPH = (
    PREFIXES
    + """CONSTRUCT { ?state skos:prefLabel ?label ; ax:opposes ?proposition } WHERE {
  ?position ax:isHeldBy ?state ; ax:hasStance <https://w3id.org/araxes/scheme/stance/opposes> ;
    ax:isTowards proposition:western-intervention , ?proposition .
  ?state rdfs:label ?label FILTER ( LANG(?label) = "en" )
}"""
)
PROPOSITION = "https://w3id.org/araxes/id/proposition/western-intervention"
TRIPLES = {
    *((f"{STATE}{each.lower()}", f"{LABELS}prefLabel", each) for each in ("Iran", "Russia")),
    *((f"{STATE}{each}", f"{NS}opposes", PROPOSITION) for each in ("iran", "russia")),
}


def triples_of(graph: object) -> set[tuple[str, str, str]]:
    """Return an rdflib graph's triples as plain text."""
    return {(str(s), str(p), str(o)) for s, p, o in graph}
