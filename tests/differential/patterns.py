"""Random queries, part one: patterns, filters and paths. Each is made around an answer that is known."""

import random
import re
from collections.abc import Callable

from differential.data import Data, Triple
from differential.reference import Asked
from differential.walks import Walk, iri, literal, number, text, walk
from rdflib import Literal
from rdflib.namespace import RDF, RDFS
from rdflib.term import Node

Rng = random.Random
XSD = "http://www.w3.org/2001/XMLSchema#"


def select(walked: Walk, body: str, more: str = "*") -> Asked:
    return Asked(f"SELECT {more} WHERE {{ {body} }}")


def of_number(triple: tuple[Node, Node, Node]) -> bool:
    return number(triple[2])


def of_text(triple: tuple[Node, Node, Node]) -> bool:
    return text(triple[2])


def named_end(rng: Rng, data: Data, wanted: Callable[[Triple], bool], length: int = 2) -> tuple[Walk, str]:
    """Return a walk whose first triple ends in a variable, and that variable."""
    found = walk(rng, data, length, 400, wanted)
    found.predicates.pop(0, None)
    return found, found.name(found.triples[0][2])


def bgp(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, rng.randint(1, 4))
    return select(found, found.patterns())


def distinct(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, rng.randint(2, 4))
    some = rng.sample(found.variables, rng.randint(1, len(found.variables)))
    return select(found, found.patterns(), rng.choice(["DISTINCT ", "DISTINCT ", ""]) + " ".join(some))


def halves(rng: Rng, found: Walk) -> tuple[list[int], list[int]]:
    """Split a walk where the rest still hangs on what comes first."""
    at = rng.randint(1, max(1, len(found.triples) - 1))
    for each in range(at):
        found.predicates.pop(each, None)
    return list(range(at)), list(range(at, len(found.triples)))


def optional(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, rng.randint(2, 4), 250)
    first, rest = halves(rng, found)
    inner = found.patterns(rest)
    if len(rest) > 1 and rng.random() < 0.5:
        inner = f"{found.patterns(rest[:1])} OPTIONAL {{ {found.patterns(rest[1:])} }}"
    bound = [name for name in found.of(iri) if any(name in found.pattern(at).split() for at in rest)]
    if bound and rng.random() < 0.4:
        inner += f" FILTER ( isIRI({rng.choice(bound)}) )"
    return select(found, f"{found.patterns(first)} OPTIONAL {{ {inner} }}")


def optionals(rng: Rng, data: Data) -> Asked:
    """Several properties of a thing, each where there is one, and one of them perhaps required to be missing."""
    found = walk(rng, data, 1, 200, lambda triple: triple[1] == RDF.type and iri(triple[0]))
    node = found.name(found.triples[0][0])
    near = sorted({p for t in data.into[found.triples[0][2]][:40] for _, p, _ in data.out[t[0]]})
    some = rng.sample(near, min(len(near), rng.randint(1, 3)))
    some = [each for each in some if data.fan[each, "out"] < 4]
    parts = " ".join(f"OPTIONAL {{ {node} {each.n3()} ?o{at} }}" for at, each in enumerate(some))
    missing = f" FILTER ( {rng.choice(['', '!'])}BOUND(?o0) )" if some and rng.random() < 0.5 else ""
    return select(found, f"{node} a {found.triples[0][2].n3()} . {parts}{missing}")


def union(rng: Rng, data: Data) -> Asked:
    branches = []
    for _ in range(rng.randint(2, 3)):
        found = walk(rng, data, rng.randint(1, 2), 120)
        branches.append(f"{{ {found.patterns()} }}")
    return Asked(f"SELECT * WHERE {{ {' UNION '.join(branches)} }}")


def joined_union(rng: Rng, data: Data) -> Asked:
    """A pattern joined with either of two others about the same thing."""
    found = walk(rng, data, rng.randint(2, 3), 120)
    found.predicates.clear()
    first, rest = halves(rng, found)
    node = rng.choice(found.within(first))
    either = found.patterns(rest) or f"{node} a ?type"
    other = rng.choice(data.predicates).n3()
    body = f"{found.patterns(first)} {{ {either} }} UNION {{ {node} {other} ?other }}"
    return Asked(f"SELECT DISTINCT * WHERE {{ {body} }}")


def compare(rng: Rng, data: Data) -> Asked:
    found, end = named_end(rng, data, of_number if rng.random() < 0.6 else of_text)
    value = found.sample[end]
    sign = rng.choice(["<=", ">=", "<=", ">=", "=", "!=", "<", ">"])
    if number(value):
        shifted = int(value) + rng.choice([0, 0, 0, 1, -1])
        right = rng.choice([str(shifted), f"{shifted}.0", f"{shifted}e0", f"({shifted - 1} + 1)"])
        test = rng.choice([f"{end} {sign} {right}", f"{end} * 2 {sign} {right} * 2", f"-{end} {sign} -{right}"])
    else:
        test = f"STR({end}) {sign} {Literal(str(value)).n3()}"
    other = rng.choice(found.variables)
    more = rng.choice(["", "", f" || isIRI({other})", f" && BOUND({other})", f" && !isBlank({other})"])
    return select(found, f"{found.patterns()} FILTER ( {test}{more} )")


def compare_terms(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, rng.randint(2, 3))
    one = rng.choice(found.of(iri) or found.variables)
    values = [found.sample[one], rng.choice(data.triples)[0], rng.choice(data.predicates)]
    inside = ", ".join(each.n3() for each in values if iri(each)) or RDFS.label.n3()
    tests = [
        f"{one} {rng.choice(['IN', 'NOT IN'])} ({inside})",
        f"{one} {rng.choice(['=', '!='])} {inside.partition(', ')[0]}",
        f"sameTerm({one}, {inside.partition(', ')[0]})",
        f"{one} != {rng.choice(found.variables)}",
        f"isIRI({one}) && !isLiteral({one})",
    ]
    return select(found, f"{found.patterns()} FILTER ( {rng.choice(tests)} )")


def string_tests(rng: Rng, data: Data) -> Asked:
    found, end = named_end(rng, data, of_text)
    words = re.findall(r"[A-Za-z]{3,}", str(found.sample[end])) or ["a"]
    word = rng.choice(words)
    tests = [
        f'REGEX({end}, "{word}")',
        f'REGEX(STR({end}), "^{re.escape(str(found.sample[end])[0]) if str(found.sample[end])[0].isalnum() else "."}.*", "s")',
        f'REGEX({end}, "{word.swapcase()}", "i")',
        f'REGEX({end}, "{word[:2]}[a-z]+({word[-1]}|x)?")',
        f'CONTAINS({end}, "{word}")',
        f'CONTAINS(LCASE(STR({end})), "{word.lower()}")',
        f'STRSTARTS(STR({end}), "{words[0]}")',
        f'!STRENDS(STR({end}), "{word}")',
        f"STRLEN({end}) {rng.choice(['>', '<='])} {len(str(found.sample[end]))}",
        f'LANG({end}) = "{rng.choice(["en", "en", "", "de"])}"',
        f'LANGMATCHES(LANG({end}), "{rng.choice(["*", "EN", "en", "de"])}")',
        f"DATATYPE({end}) {rng.choice(['=', '!='])} <{XSD}string>",
    ]
    return select(found, f"{found.patterns()} FILTER ( {rng.choice(tests)} )")


def exists(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, rng.randint(2, 4), 150)
    first, rest = halves(rng, found)
    node = rng.choice(found.within(first))
    inner = found.patterns(rest) if rest and rng.random() < 0.5 else f"{node} {rng.choice(data.predicates).n3()} ?e"
    word = rng.choice(["EXISTS", "NOT EXISTS", "EXISTS"])
    return select(found, f"{found.patterns(first)} FILTER {word} {{ {inner} }}")


def minus(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, rng.randint(1, 3), 150)
    other = walk(rng, data, 1, 150)
    node = rng.choice(found.variables)
    # everything has a type: to take away all that has one would leave nothing to compare
    kinds = sorted({value for _, predicate, value in data.triples if predicate == RDF.type and iri(value)})
    taken = [
        f"{node} {rng.choice(data.predicates).n3()} ?m",
        f"{node} a ?m FILTER ( ?m = {rng.choice(kinds).n3()} )" if iri(found.sample[node]) else other.patterns(),
        other.patterns().replace("?v", "?w"),
        found.pattern(len(found.triples) - 1),
    ]
    return select(found, f"{found.patterns()} MINUS {{ {rng.choice(taken)} }}")


def values(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, rng.randint(1, 3))
    usable = found.of(lambda term: iri(term) or literal(term)) or [found.start]
    names = rng.sample(usable, rng.randint(1, min(2, len(usable))))
    pool = [found.sample[name] for name in names]
    table = [pool, *([rng.choice([rng.choice(data.triples)[0], None, each]) for each in pool] for _ in range(3))]
    lines = [" ".join(term.n3() if iri(term) or literal(term) else "UNDEF" for term in row) for row in table]
    lines = lines[: rng.randint(1, 4)]
    block = f"VALUES ({' '.join(names)}) {{ {' '.join(f'({line})' for line in dict.fromkeys(lines))} }}"
    if rng.random() < 0.3:
        return Asked(f"SELECT * WHERE {{ {found.patterns()} }} {block}")
    return select(found, rng.choice([f"{block} {found.patterns()}", f"{found.patterns()} {block}"]))


def bind(rng: Rng, data: Data) -> Asked:
    of = rng.choice([of_number, of_text])
    found, end = named_end(rng, data, of, rng.randint(1, 2))
    other = rng.choice(found.variables)
    numbers = [
        f"{end} + 1",
        f"<{XSD}integer>({end} * 2) - 3",
        f"{end} / 4",
        f"ABS(-{end})",
        f"ROUND({end} / 3)",
        f"CEIL({end} / 3)",
    ]
    numbers += [f"FLOOR({end} / 3)", f"STR({end})", f'CONCAT("n", STR({end}))', f"<{XSD}string>({end})", f"-{end}"]
    texts = [f"STRLEN({end})", f"UCASE({end})", f"LCASE(STR({end}))", f"SUBSTR({end}, 2, 3)", f"SUBSTR({end}, 3)"]
    texts += [f'CONCAT({end}, "!"@en)', f'STRBEFORE({end}, " ")', f'STRAFTER(STR({end}), " ")', f"STR({end})"]
    texts += [f'REPLACE(STR({end}), "[aeiou]+", "-")', f'REPLACE({end}, "^(.)(.)", "$2$1")', f"LANG({end})"]
    texts += [f"ENCODE_FOR_URI({end})", f"MD5(STR({end}))", f"SHA256(STR({end}))", f'STRLANG(STR({end}), "de")']
    both = [f"IF(isIRI({other}), 1, 2)", f"COALESCE(?none, {end})", f"DATATYPE({end})", f"isNumeric({end})"]
    both += [f"IF(BOUND(?none), 1, {end})", f"{end} = {end}", f"STRDT(STR({end}), <urn:t>)", "1 / 0", "?none + 1"]
    made = rng.choice((numbers if of is of_number else texts) + both)
    return select(found, f"{found.patterns()} BIND ( {made} AS ?made )")


def path(rng: Rng, data: Data) -> Asked:
    found = walk(rng, data, 2, 200)
    s, p, o = found.triples[0]
    second = found.triples[-1][1]
    ends = [(s.n3(), "?b"), ("?a", o.n3()), ("?a", "?b")]
    ends = [each for each in ends if "_:" not in "".join(each)]
    if data.fan[p, "out"] * len(data.of_predicate[p]) > 2000:
        ends = [each for each in ends if each != ("?a", "?b")] or [(RDFS.label.n3(), "?b")]
    one, two = p.n3(), second.n3()
    simple = [f"{one}/{two}", f"{one}/^{one}", f"^{one}/{two}", f"({one}|{two})", f"{one}|^{one}"]
    closed = [f"{one}+", f"{one}*", f"{one}?", f"({one}|{two})+", f"({one}/{two})*", f"^{one}+", f"{one}/{two}*"]
    negated = [f"!{one}", f"!({one}|{two})", f"^(!{one})"]
    left, right = rng.choice(ends)
    if (left, right) == ("?a", "?b"):
        return Asked(f"SELECT DISTINCT * WHERE {{ ?a {rng.choice([*simple, f'{one}+'])} ?b }}")
    return Asked(f"SELECT DISTINCT * WHERE {{ {left} {rng.choice(simple + closed + negated)} {right} }}")


def lists(rng: Rng, data: Data) -> Asked:
    """The members of the ontology's lists, by a path over blank nodes."""
    heads = {s for s, p, _ in data.of_predicate[RDF.first]}
    into = {p for p in data.predicates for _, _, o in data.of_predicate[p] if o in heads} - {RDF.rest}
    predicate = rng.choice(sorted(into))
    start = rng.choice(data.of_predicate[predicate])[0]
    place = start.n3() if iri(start) and rng.random() < 0.4 else "?s"
    more = rng.choice(["", "FILTER ( isIRI(?member) )", "OPTIONAL { ?member ?p 1 }"])
    head = rng.choice(["?member", "DISTINCT ?member", "(COUNT(?member) AS ?n)"])
    route = f"{predicate.n3()}/{RDF.rest.n3()}*/{RDF.first.n3()}"
    return Asked(f"SELECT {head} WHERE {{ {place} {route} ?member {more} }}")
