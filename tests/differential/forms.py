"""Random queries, part two: groups, order, subqueries, graphs, and the other forms of query."""

from differential.data import Data
from differential.patterns import Rng, halves, named_end, of_number, of_text
from differential.reference import Asked
from differential.walks import Walk, iri, literal, walk
from rdflib import BNode
from rdflib.namespace import RDF, RDFS


def count(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, rng.randint(1, 3), 600)
    key = rng.choice(found.variables)
    other = rng.choice(found.variables)
    counted = rng.choice(["COUNT(*)", f"COUNT({other})", f"COUNT(DISTINCT {other})"])
    having = rng.choice(["", "", f"HAVING ( {counted} {rng.choice(['>', '<=', '='])} {rng.randint(1, 3)} )"])
    if rng.random() < 0.25:
        return Asked(f"SELECT ({counted} AS ?n) WHERE {{ {found.patterns()} }}")
    return Asked(f"SELECT {key} ({counted} AS ?n) WHERE {{ {found.patterns()} }} GROUP BY {key} {having}")


def aggregate(rng: Rng, data: Data) -> Asked:
    """Sums, means and extremes of numbers; extremes of texts without their language."""
    numeric = rng.random() < 0.7
    found, end = named_end(rng, data, of_number if numeric else of_text, rng.randint(1, 2))
    thing = found.start
    apart = rng.choice(["", "", "DISTINCT "])
    words = ["SUM", "AVG", "MIN", "MAX"] if numeric else ["MIN", "MAX"]
    value = end if numeric else f"STR({end})"
    made = " ".join(f"({word}({apart}{value}) AS ?{word.lower()})" for word in rng.sample(words, 2))
    keys = rng.choice([["?type"], [thing], [], []])
    body = found.patterns() + (f" {thing} a ?type ." if keys == ["?type"] else "")
    group = f" GROUP BY {' '.join(keys)}" if keys else ""
    return Asked(f"SELECT {' '.join(keys)} {made} WHERE {{ {body} }}{group}")


def group_by_expression(rng: Rng, data: Data) -> Asked:
    found, end = named_end(rng, data, of_text, rng.randint(1, 2))
    made = rng.choice([f"STRLEN({end})", f"SUBSTR(STR({end}), 1, 1)", f"LANG({end})", f"ISLITERAL({end})"])
    having = "" if rng.random() < 0.5 else " HAVING ( COUNT(*) > 1 )"
    return Asked(f"SELECT ?key (COUNT(*) AS ?n) WHERE {{ {found.patterns()} }} GROUP BY ({made} AS ?key){having}")


def ordered(rng: Rng, data: Data) -> Asked:
    """A slice of rows in a total order: by the text of every variable, of which none is a blank node."""
    while True:
        found = walk(rng, data, rng.randint(1, 3), 600)
        named = [name for name in found.variables if not isinstance(found.sample[name], BNode)]
        if named:
            break
    some = rng.sample(named, min(len(named), rng.randint(1, 2)))
    sure = " ".join(f"FILTER ( {'isLiteral' if literal(found.sample[name]) else 'isIRI'}({name}) )" for name in some)
    keys = " ".join(rng.choice([f"STR({name})", f"DESC(STR({name}))", f"ASC(STR({name}))"]) for name in some)
    lasts = " ".join(f"LANG({name}) DATATYPE({name})" for name in some if literal(found.sample[name]))
    cut = rng.choice(["LIMIT 5", "LIMIT 3 OFFSET 2", "LIMIT 20", "OFFSET 1", ""])
    text = f"SELECT DISTINCT {' '.join(some)} WHERE {{ {found.patterns()} {sure} }} ORDER BY {keys} {lasts} {cut}"
    return Asked(text, ordered=True)


def ordered_numbers(rng: Rng, data: Data) -> Asked:
    found, end = named_end(rng, data, lambda triple: iri(triple[0]) and of_number(triple), 1)
    thing = found.start
    way = rng.choice(["{}", "DESC({})", "ASC({})"]).format(end)
    cut = rng.choice(["LIMIT 5", "LIMIT 4 OFFSET 3", ""])
    body = f"{found.patterns()} FILTER ( isIRI({thing}) )"
    return Asked(f"SELECT {thing} {end} WHERE {{ {body} }} ORDER BY {way} STR({thing}) {cut}", ordered=True)


def subselect(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, rng.randint(2, 3), 200)
    found.predicates.clear()
    first, rest = list(range(len(found.triples) - 1)) or [0], [len(found.triples) - 1]
    shared = " ".join(name for name in found.within(first) if name in found.within(rest)) or found.start
    counted = rng.random() < 0.5
    head = f"{shared} (COUNT(*) AS ?n)" if counted else f"DISTINCT {shared}"
    tail = f" GROUP BY {shared}" if counted else ""
    parts = [f"{{ SELECT {head} WHERE {{ {found.patterns(first)} }}{tail} }}", found.patterns(rest)]
    if not counted:
        rng.shuffle(parts)
    return Asked(f"SELECT * WHERE {{ {' '.join(parts)} }}")


def graph(rng: Rng, data: Data) -> Asked:
    name = rng.choice(data.graphs)
    found = walk(rng, data, rng.randint(1, 3), 200, graph=name)
    place = rng.choice([f"<{name}>", "?g", "?g"])
    outer = ""
    if rng.random() < 0.4:
        things = [each for each in found.of(iri) if data.out[found.sample[each]]] or [found.start]
        outer = rng.choice([f" {rng.choice(things)} a ?class .", f" {rng.choice(things)} {RDFS.label.n3()} ?l ."])
    more = rng.choice(["*", "DISTINCT ?g", "?g (COUNT(*) AS ?n)"]) if place == "?g" else "*"
    group = " GROUP BY ?g" if "COUNT" in more else ""
    return Asked(f"SELECT {more} WHERE {{ GRAPH {place} {{ {found.patterns()} }}{outer} }}{group}")


def dataset(rng: Rng, data: Data) -> Asked:
    """FROM and FROM NAMED: only these graphs, merged, and by name."""
    default = rng.sample(data.graphs, rng.randint(1, 3))
    named = rng.sample(data.graphs, rng.randint(0, 2))
    found = walk(rng, data, rng.randint(1, 2), 200, graph=rng.choice(default))
    body = found.patterns()
    if named and rng.random() < 0.7:
        inner = walk(rng, data, 1, 200, graph=rng.choice(named))
        body = rng.choice(["{0} OPTIONAL {{ GRAPH ?g {{ {1} }} }}", "{{ {0} }} UNION {{ GRAPH ?g {{ {2} }} }}"]).format(
            body, found.pattern(0), inner.patterns()
        )
    return Asked(f"SELECT * WHERE {{ {body} }}", tuple(default), tuple(named))


def ask(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, rng.randint(1, 4), 1000)
    if rng.random() < 0.35:
        other = rng.choice(data.predicates)
        return Asked(f"ASK WHERE {{ {found.patterns()} {rng.choice(found.variables)} {other.n3()} ?other }}")
    return Asked(f"ASK WHERE {{ {found.patterns()} }}")


def construct(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, rng.randint(1, 3), 300)
    if rng.random() < 0.25:
        return Asked(f"CONSTRUCT WHERE {{ {found.patterns()} }}")
    made = [found.pattern(rng.randrange(len(found.triples)))]
    one, two = rng.choice(found.variables), rng.choice(found.variables)
    made.append(rng.choice([f"{one} <urn:made> {two} .", f"<urn:all> <urn:made> {one} .", f"{one} ?none {two} ."]))
    first, rest = halves(rng, found)
    body = f"{found.patterns(first)} OPTIONAL {{ {found.patterns(rest)} }}" if rest else found.patterns()
    return Asked(f"CONSTRUCT {{ {' '.join(made)} }} WHERE {{ {body} }}")


def mixed(rng: Rng, data: Data) -> Asked:
    """Several constructs in one group, as people write them."""
    found = walk(rng, data, rng.randint(2, 4), 40)
    found.predicates.clear()
    first, rest = halves(rng, found)
    thing = _thing(rng, found, first)
    parts = [found.patterns(first)]
    if rest:
        parts.append(rng.choice(["{}", "OPTIONAL {{ {} }}", "FILTER EXISTS {{ {} }}"]).format(found.patterns(rest)))
    extra = [
        f"OPTIONAL {{ {thing} {RDFS.label.n3()} ?label FILTER ( LANGMATCHES(LANG(?label), 'en') ) }}",
        f"MINUS {{ {thing} {rng.choice(data.predicates).n3()} ?gone }}",
        f"FILTER NOT EXISTS {{ {thing} {rng.choice(data.predicates).n3()} ?gone }}",
        f"{{ {thing} a ?class }} UNION {{ {thing} {RDFS.label.n3()} ?class }}",
        f"{thing} a/{RDFS.subClassOf.n3()}* ?class .",
    ]
    parts += rng.sample(extra, rng.randint(1, 2))
    if rng.random() < 0.2:
        parts.insert(0, f"{{ SELECT {thing} (COUNT(*) AS ?n) WHERE {{ {thing} a ?kind }} GROUP BY {thing} }}")
    return Asked(f"SELECT DISTINCT * WHERE {{ {' '.join(parts)} }}")


def _thing(rng: Rng, found: Walk, first: list[int]) -> str:
    near = found.within(first)
    return rng.choice([name for name in found.of(iri) if name in near and name != "?p"] or near)


def typed(rng: Rng, data: Data) -> Asked:
    """Things of a class with their labels, filtered and counted, as the questions of the project are put."""
    found = walk(rng, data, 1, 400, lambda triple: triple[1] == RDF.type and iri(triple[0]))
    kind = found.triples[0][2].n3()
    word = rng.choice(["a", "e", "the", "I", "of"])
    order = rng.choice(["", "ORDER BY DESC(?n) ?s"])
    return Asked(
        f"SELECT ?s (COUNT(DISTINCT ?o) AS ?n) WHERE {{ ?s a {kind} ; {RDFS.label.n3()} ?label ; ?p ?o "
        f"FILTER ( CONTAINS(?label, '{word}') && !isBlank(?o) ) }} GROUP BY ?s {order}",
        ordered=bool(order),
    )
