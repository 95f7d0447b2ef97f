"""Makes test data of the project's domain, of any size, the same bytes for the same seed.

Run `python -m benchmarks.generate TRIPLES FILE` to see some. States, persons and organizations hold positions on
topics; statements in documents say so. As in life, few of each kind are named often and most seldom.
"""

import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

NS = "http://example.org/bench/ns/"
ID = "http://example.org/bench/id/"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
BROADER = "http://www.w3.org/2004/02/skos/core#broader"
XSD = "http://www.w3.org/2001/XMLSchema#"

STANCES = ("supports", "opposes", "is-neutral", "is-open", "demands", "refuses")
SUBJECTS = (
    "corridor",
    "border",
    "exercise",
    "ceasefire",
    "pipeline",
    "railway",
    "base",
    "recognition",
    "transit",
    "visa",
)
MANNERS = ("disputed", "joint", "northern", "closed", "planned", "old", "temporary", "armed", "common", "eastern")
FIRST, DAYS = date(1992, 1, 1), 12_000
STATES, REGIONS, CHILDREN = 14, 4, 4

# How many of the whole one thing of each kind stands for; positions and their statements fill the rest.
TRIPLES_PER = {"topic": 250, "organization": 300, "person": 100, "document": 150, "event": 200, "agreement": 800}

Fact = tuple[str, str, str]


def thing(kind: str, number: int) -> str:
    """Return the node of a thing."""
    return f"<{ID}{kind}-{number}>"


def term(name: str) -> str:
    """Return the node of a term of the test vocabulary."""
    return f"<{NS}{name}>"


def typed(value: object, kind: str) -> str:
    """Return a literal with a datatype of XML Schema."""
    return f'"{value}"^^<{XSD}{kind}>'


class World:
    """The chance behind one data set, and how many things of each kind it has."""

    def __init__(self, triples: int, seed: int) -> None:
        self.chance = random.Random(seed)
        self.counts = {kind: max(6, triples // share) for kind, share in TRIPLES_PER.items()}
        self.counts |= {"state": STATES, "region": REGIONS}

    def hub(self, kind: str) -> str:
        """Return one thing of a kind: a low number often, a high one seldom."""
        return thing(kind, int(self.counts[kind] * self.chance.random() ** 3))

    def hubs(self, kind: str, least: int, most: int) -> list[str]:
        """Return several different things of a kind."""
        return list(dict.fromkeys(self.hub(kind) for _ in range(self.chance.randint(least, most))))

    def words(self) -> str:
        """Return a few words on a subject."""
        return f"{self.chance.choice(MANNERS)} {self.chance.choice(SUBJECTS)}"

    def day(self) -> str:
        """Return a day as a literal."""
        return typed(FIRST + timedelta(days=self.chance.randrange(DAYS)), "date")


def facts(triples: int, seed: int = 1) -> Iterator[Fact]:
    """Yield as many distinct triples as asked for: first what is named, then positions until there are enough."""
    world = World(triples, seed)
    return islice(_endless(world), triples)


def _endless(world: World) -> Iterator[Fact]:
    for part in (_places, _topics, _organizations, _persons, _documents, _events, _agreements):
        yield from part(world)
    yield from _positions(world)


def _begin(kind: str, number: int, label: str) -> Iterator[Fact]:
    yield thing(kind, number), f"<{RDF_TYPE}>", term(kind.capitalize())
    yield thing(kind, number), f"<{LABEL}>", f'"{label}"@en'


def _places(world: World) -> Iterator[Fact]:
    for number in range(REGIONS):
        yield from _begin("region", number, f"Region {number}")
    for number in range(STATES):
        yield from _begin("state", number, f"State {number}")
        yield thing("state", number), term("region"), thing("region", number % REGIONS)
        for other in world.hubs("state", 1, 4):
            yield thing("state", number), term("borders"), other


def _topics(world: World) -> Iterator[Fact]:
    for number in range(world.counts["topic"]):
        yield from _begin("topic", number, f"The {world.words()} {number}")
        if number:
            yield thing("topic", number), f"<{BROADER}>", thing("topic", (number - 1) // CHILDREN)


def _organizations(world: World) -> Iterator[Fact]:
    for number in range(world.counts["organization"]):
        node = thing("organization", number)
        yield from _begin("organization", number, f"Council for the {world.words()} {number}")
        yield node, term("seat"), world.hub("state")
        yield node, term("founded"), world.day()
        for turn in range(world.chance.randint(1, 3)):
            member = f"<{ID}membership-{number}-{turn}>"
            yield member, f"<{RDF_TYPE}>", term("Membership")
            yield member, term("of"), node
            yield member, term("member"), world.hub("state")
            yield member, term("since"), world.day()
            if world.chance.random() < 0.3:
                yield member, term("until"), world.day()


def _persons(world: World) -> Iterator[Fact]:
    for number in range(world.counts["person"]):
        node = thing("person", number)
        yield from _begin("person", number, f"Person {number}")
        yield node, term("citizen"), world.hub("state")
        if world.chance.random() < 0.7:
            yield node, term("worksFor"), world.hub("organization")


def _documents(world: World) -> Iterator[Fact]:
    for number in range(world.counts["document"]):
        node = thing("document", number)
        yield from _begin("document", number, f"On the {world.words()} and the {world.words()}, part {number}")
        yield node, term("author"), world.hub("person")
        yield node, term("publisher"), world.hub("organization")
        yield node, term("published"), world.day()


def _events(world: World) -> Iterator[Fact]:
    for number in range(world.counts["event"]):
        node = thing("event", number)
        yield from _begin("event", number, f"Meeting on the {world.words()} {number}")
        yield node, term("date"), world.day()
        yield node, term("place"), world.hub("state")
        yield node, term("about"), world.hub("topic")
        for participant in world.hubs("state", 2, 4):
            yield node, term("participant"), participant


def _agreements(world: World) -> Iterator[Fact]:
    for number in range(world.counts["agreement"]):
        node = thing("agreement", number)
        yield from _begin("agreement", number, f"Treaty on the {world.words()} {number}")
        yield node, term("date"), world.day()
        yield node, term("about"), world.hub("topic")
        for participant in world.hubs("state", 2, 4):
            yield node, term("participant"), participant


def _positions(world: World) -> Iterator[Fact]:
    number = 0
    while True:
        said = thing("statement", number)
        yield said, f"<{RDF_TYPE}>", term("Statement")
        yield said, term("document"), world.hub("document")
        yield said, term("speaker"), world.hub("person")
        yield said, term("text"), f'"Sentence {number} names the {world.words()} and the {world.words()}."@en'
        for turn in range(world.chance.choice((1, 1, 1, 2))):
            node = thing("position", 2 * number + turn)
            yield node, f"<{RDF_TYPE}>", term("Position")
            yield node, term("holder"), world.hub(world.chance.choice(("state", "state", "person", "organization")))
            yield node, term("topic"), world.hub("topic")
            yield node, term("stance"), term(world.chance.choice(STANCES))
            yield node, term("date"), world.day()
            yield node, term("statement"), said
            yield node, term("confidence"), typed(f"{world.chance.random():.3f}", "decimal")
        number += 1


def write(triples: int, path: Path) -> Path:
    """Write as many triples as asked for as N-Triples; a file that is there stays."""
    if not path.exists():
        beside = path.with_suffix(".part")
        with beside.open("w", encoding="utf-8") as file:
            file.writelines(f"{subject} {name} {value} .\n" for subject, name, value in facts(triples))
        beside.rename(path)
    return path


if __name__ == "__main__":
    write(int(sys.argv[1]), Path(sys.argv[2]))
