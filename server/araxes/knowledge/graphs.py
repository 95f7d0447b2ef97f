"""Documents, where their words stand, and stores of them; what queries find, what rules derive, and triples as text."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from araxes import queries
from araxes.prefixes import FILE_IRI, INFERRED_GRAPH, OWL, RDF_TYPE
from araxes.problems import BadProject, BadRule, Place, Report, finding, report
from araxes.project import Project
from araxes.queries import SavedQuery

QUERIES = Path(__file__).with_name("queries")
FOLDER = "data/inferred"
DIFFERENT = f"{FOLDER}/all-different.ttl"
MOST_ROUNDS = 20
WORD = re.compile(
    r"""\#[^\n]*
      | (?P<text>\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3} | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
      | <(?P<iri>[^<>"{}|^`\\\x00-\x20]*)>
      | (?P<prefix>[^\W\d_][\w.-]*)?:(?P<local>[\w:%-](?:[\w:.%\\-]*[\w:%-])?)?
      | (?P<plain>[\w+-]+(?:\.[0-9]+)?)""",
    re.VERBOSE | re.DOTALL,
)

Derived = dict[str, set[Triple]]
Fact = Mapping[str, object]


@dataclass(frozen=True)
class Document:
    """One Turtle file as read; a subject stands at the first column, and its block goes on to the next such word."""

    file: str
    graph: str | None
    text: str
    quads: tuple[Quad, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def starts(self) -> dict[tuple[str, str | None], int]:
        """Return where each word stands first, by subject and word; a subject without a word, a word in any block."""
        found: dict[tuple[str, str | None], int] = {}
        subject = ""
        for word, match in words(self.text, self.prefixes):
            begins = self.text[match.start() - 1] == "\n"
            subject = word if begins else subject
            for key in ((subject, None if begins else word), ("", word)):
                found.setdefault(key, match.start())
        return found

    def find(self, subject: str, terms: Sequence[str] = ()) -> Place | None:
        """Return where the first of the terms stands in a subject's blocks, or anywhere for "", else the subject."""
        stands = (self.starts[key] for term in (*terms, None) if (key := (subject, term)) in self.starts)
        return next((Place(self.file, *at(self.text, start)) for start in stands), None)


def words(text: str, prefixes: Mapping[str, str]) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield whole IRIs, texts of literals and other words, each with its match; unknown prefixes are left out."""
    for match in WORD.finditer(text):
        value = match["text"].strip("\"'") if match["text"] else match["iri"] or match["plain"]
        if match.lastgroup in {"prefix", "local"} and (match["prefix"] or "") in prefixes:
            value = prefixes[match["prefix"] or ""] + (match["local"] or "").replace("\\", "")
        if value is not None:
            yield RDF_TYPE if value == match["plain"] == "a" else value, match


def at(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset, both counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def asserted(documents: Iterable[Document]) -> list[Document]:
    """Return the documents that people wrote and that are served: all but the inferred ones."""
    return [document for document in documents if document.graph and document.graph != INFERRED_GRAPH]


def quads(documents: Iterable[Document]) -> list[Quad]:
    """Return the quads of all the documents."""
    return [quad for document in documents for quad in document.quads]


def triples(documents: Iterable[Document]) -> set[Triple]:
    """Return the distinct triples of all the documents."""
    return {quad.triple for quad in quads(documents)}


def store_of(given: Iterable[Triple]) -> Store:
    """Return a store whose default graph holds the given triples, and which has no other graph."""
    store = Store()
    store.bulk_extend(Quad(*each) for each in given)
    return store


def by_file(documents: Sequence[Document]) -> Store:
    """Return a store with one named graph a file, and what is served of them merged in the default graph."""
    store = store_of(triples(document for document in documents if document.graph))
    for document in documents:
        name = NamedNode(FILE_IRI + quote(document.file))
        store.add_graph(name)
        store.bulk_extend(Quad(quad.subject, quad.predicate, quad.object, name) for quad in document.quads)
    return store


def told(facts: Iterable[Fact]) -> Iterator[Quad]:
    """Yield facts as quads of the default graph; a name of a fact is a property below `urn:araxes:`."""
    text = json.dumps({"@context": {"@vocab": "urn:araxes:"}, "@graph": [*facts]})
    yield from parse(text, RdfFormat.JSON_LD, rename_blank_nodes=True)


def saved(name: str) -> SavedQuery:
    """Return a query of the package."""
    return queries.read(QUERIES / f"{name}.rq", QUERIES)


def package(folder: str) -> dict[str, SavedQuery]:
    """Return the queries of the package in a folder by name."""
    return queries.load(QUERIES / folder, QUERIES)


def rows(store: Store, query: SavedQuery) -> Iterator[dict[str, Any]]:
    """Yield each row that a query finds, without what is unbound; raises `BadProject` for one that is no SELECT."""
    found = store.query(query.text)
    if not isinstance(found, pyoxigraph.QuerySolutions):
        raise BadProject(f"{query.file} is not a SELECT query", hint="A quality query selects what is wrong.")
    yield from ({each.value: row[each] for each in found.variables if row[each] is not None} for row in found)


def all_different(given: Iterable[Triple]) -> set[Triple]:
    """Return one `owl:AllDifferent` for each of the widest disjoint classes: no CONSTRUCT can write such lists."""
    by_class = groupby(rows(store_of(given), saved("top-classes")), itemgetter("class"))
    lists = [[str(row["individual"]) for row in group] for _, group in by_class]
    start = f"[] a <{OWL}AllDifferent> ; <{OWL}distinctMembers>"
    text = "\n".join(f"{start} ( {' '.join(members)} ) ." for members in lists if len(members) > 1)
    return {quad.triple for quad in parse(text, RdfFormat.TURTLE, rename_blank_nodes=True)}


def turtle(triples: Iterable[Triple], prefixes: Mapping[str, str], comment: str) -> str:
    """Return the triples as Turtle below a comment, in an order that depends on nothing but the graph."""
    import rdflib
    from diffable_rdf import deterministic_turtle

    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in prefixes.items():
        graph.bind(prefix, namespace)
    normalizes, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False  # a literal stays as it was written
    try:
        graph.parse(data=serialize(triples, format=RdfFormat.N_TRIPLES), format="nt")
        return f"# {comment}\n\n{deterministic_turtle(graph)}"
    finally:
        rdflib.NORMALIZE_LITERALS = normalizes


def derive(documents: Sequence[Document], rules: Mapping[str, SavedQuery]) -> Derived:
    """Return the triples that each rule is the first to make from what people wrote, by the file that holds them.

    The rules run in rounds, until one makes nothing new; raises `BadRule`, with a finding for each that cannot be run.
    """
    derived: Derived = {f"{FOLDER}/{name}.ttl": set() for name in rules}
    known = triples(asserted(documents))
    for _ in range(MOST_ROUNDS):
        store = store_of(known)
        made = {name: _made(rule, store) for name, rule in sorted(rules.items())}
        faults = {name: fault for name, (_, fault) in made.items() if fault}
        if faults:
            break
        for name, (new, _) in made.items():
            if new - known:
                derived[f"{FOLDER}/{name}.ttl"] |= new - known
                faults[name] = "endless"
            known |= new
        if not faults:
            return {**derived, DIFFERENT: all_different(known)}
    places = {name: Place(rules[name].file, 1) for name in faults}
    found = [finding(slug, places[name], name=name, rounds=str(MOST_ROUNDS)) for name, slug in faults.items()]
    raise BadRule(" ".join(each.message for each in found).removesuffix("."), more={"findings": found})


def _made(rule: SavedQuery, store: Store) -> tuple[set[Triple], str]:
    """Return what a rule makes of what is known, and what is wrong with it."""
    answer = store.query(rule.text)
    if not isinstance(answer, pyoxigraph.QueryTriples):
        return set(), "no-construct"
    made = set(answer)
    return made, "blank-node" if any(isinstance(node, BlankNode) for each in made for node in each) else ""


def write(project: Project, derived: Derived) -> list[str]:
    """Write the files that hold what was derived, remove those that no rule writes, and return the changed paths."""
    changed = _changes(project, derived)
    (project.root / FOLDER).mkdir(parents=True, exist_ok=True)
    for file, (slug, text) in changed.items():
        path = project.root / file
        path.unlink() if slug == "idle-file" else path.write_text(text, "utf-8")
    return list(changed)


def compare(project: Project, derived: Derived) -> Report:
    """Return a finding for each committed file that differs from what its rule makes."""
    changed = _changes(project, derived)
    found = [finding(slug, Place(file, int(slug == "stale-file"))) for file, (slug, _) in changed.items()]
    return report("rules", sum(map(len, derived.values())), "derived triples", found)


def _changes(project: Project, derived: Derived) -> dict[str, tuple[str, str]]:
    """Return for each file that is not as it should be the name of the finding that it is, and its text as derived."""
    prefixes, files = project.prefixes(), [file for file in project.turtle() if file.startswith(FOLDER)]
    changed = {file: ("idle-file", "") for file in files if file not in derived}
    for file, made in derived.items():
        rule = f"the rule {file.replace(FOLDER, 'queries/rules').replace('.ttl', '.rq')}"
        maker = "the build's list of what differs" if file == DIFFERENT else rule
        comment = f"Derived by {maker}. Written by `araxes derive`: change the rule or the data, not this file."
        text = turtle(made, prefixes, comment)
        if file not in files or (project.root / file).read_bytes() != text.encode():
            changed[file] = "stale-file" if file in files else "missing-file", text
    return changed
