"""The reference rules, run until nothing new comes out; what is committed must be what they make."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from pyoxigraph import BlankNode, Quad, QueryTriples, RdfFormat, Store, Triple, serialize

from araxes.findings import Finding, Place, Report, report
from araxes.knowledge import different, graphs, writing
from araxes.knowledge.reading import ALL_DIFFERENT, Document
from araxes.problems import BadRule
from araxes.project import Project
from araxes.queries import SavedQuery

FOLDER = "data/inferred"
DIFFERENT = f"{FOLDER}/{ALL_DIFFERENT}.ttl"
MOST_ROUNDS = 20
ENDLESS = "Let the rule make nothing from what it has made itself, such as an IRI from an IRI of its own."
AGAIN = "Run `araxes derive` and commit what it writes."

Derived = dict[str, set[Triple]]


def derive(documents: Sequence[Document], rules: Mapping[str, SavedQuery]) -> Derived:
    """Return the triples that each rule makes from what people wrote, by the file that holds them.

    The rules run in rounds, each over all that is known so far, until a round makes nothing new. A triple belongs to
    the first rule that makes it, and what is asserted is not derived again.

    Raises `BadRule`, with a finding for each, for rules that are no CONSTRUCT, make blank nodes, or go on for ever.
    """
    store = graphs.merged(graphs.asserted(documents))

    def run(rule: SavedQuery) -> object:
        return store.query(rule.text)

    def add(triples: Iterable[Triple]) -> None:
        store.extend(Quad(each.subject, each.predicate, each.object) for each in triples)

    asserted = graphs.triples(store)
    derived = _fixpoint(rules, run, add, asserted)
    return {**derived, DIFFERENT: set(different.all_different(store))}


def derive_with_rdflib(documents: Sequence[Document], rules: Mapping[str, SavedQuery]) -> Derived:
    """Return what `derive` returns but for the lists of what differs, computed by another engine."""
    from rdflib import Graph

    store = graphs.merged(graphs.asserted(documents))
    graph = Graph()
    graph.parse(data=serialize(graphs.triples(store), format=RdfFormat.N_TRIPLES), format="nt")

    def run(rule: SavedQuery) -> object:
        made = graph.query(rule.text).graph
        return _triples(made.serialize(format="nt", encoding="utf-8")) if made is not None else None

    def add(triples: Iterable[Triple]) -> None:
        text = serialize(triples, format=RdfFormat.N_TRIPLES)
        graph.parse(data=text, format="nt")

    return _fixpoint(rules, run, add, graphs.triples(store))


def texts(project: Project, derived: Derived) -> dict[str, str]:
    """Return the files that hold what was derived, by path."""
    known = project.prefixes()
    return {file: writing.turtle(triples, known, _comment(file)) for file, triples in derived.items()}


def write(project: Project, derived: Derived) -> list[str]:
    """Write the files that hold what was derived, remove those that no rule writes, and return the changed paths."""
    wanted = texts(project, derived)
    present = {file for file in project.turtle() if file.startswith(f"{FOLDER}/")}
    changed = []
    for file, text in wanted.items():
        path = project.path(file)
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            changed.append(file)
    for file in sorted(present - wanted.keys()):
        project.path(file).unlink()
        changed.append(file)
    return changed


def compare(project: Project, documents: Sequence[Document], derived: Derived) -> Report:
    """Return a finding for each triple by which a committed file and what its rule makes differ."""
    known = project.prefixes()
    committed = {document.file: document for document in graphs.inferred(documents)}
    wanted = texts(project, derived)
    missing = sorted(derived.keys() - committed.keys())
    found = [Finding("This file is missing: a rule writes it.", AGAIN, Place(file)) for file in missing]
    for file, document in sorted(committed.items()):
        if file not in derived:
            found.append(Finding("No rule writes this file.", AGAIN, Place(file)))
        elif document.text != wanted[file]:
            found += _differences(document, derived[file], known)
    return report("rules", sum(len(triples) for triples in derived.values()), "derived triples", found)


def _fixpoint(
    rules: Mapping[str, SavedQuery],
    run: Callable[[SavedQuery], object],
    add: Callable[[Iterable[Triple]], None],
    asserted: set[Triple],
) -> Derived:
    derived: Derived = {f"{FOLDER}/{name}.ttl": set() for name in rules}
    known = set(asserted)
    makers: list[SavedQuery] = []
    for _ in range(MOST_ROUNDS):
        fresh: set[Triple] = set()
        faults: list[Finding] = []
        makers = []
        for name, rule in sorted(rules.items()):
            made, found = _constructed(rule, run(rule))
            new = made - known - fresh
            derived[f"{FOLDER}/{name}.ttl"] |= new
            fresh |= new
            faults += found
            makers += [rule] if new else []
        if faults:
            raise _bad(faults)
        if not fresh:
            return derived
        add(fresh)
        known |= fresh
    raise _bad([_fault(rule, f"still makes new triples after {MOST_ROUNDS} rounds", ENDLESS) for rule in makers])


def _constructed(rule: SavedQuery, made: object) -> tuple[set[Triple], list[Finding]]:
    triples: set[Triple] = set()
    if not isinstance(made, QueryTriples | list):
        return triples, [_fault(rule, "is not a CONSTRUCT query", "Write it as CONSTRUCT { … } WHERE { … }.")]
    for each in made:
        if isinstance(each.subject, BlankNode) or isinstance(each.object, BlankNode):
            return triples, [_fault(rule, "makes a blank node", "Make an IRI with BIND(IRI(CONCAT(…)) AS ?name).")]
        triples.add(each)
    return triples, []


def _fault(rule: SavedQuery, what: str, hint: str) -> Finding:
    return Finding(f"The rule {rule.name} {what}.", hint, Place(rule.file, 1))


def _bad(faults: list[Finding]) -> BadRule:
    detail = " ".join(found.message for found in faults).removesuffix(".")
    return BadRule(detail, more={"findings": faults})


def _triples(text: bytes) -> list[Triple]:
    store = Store()
    store.load(text, RdfFormat.N_TRIPLES)
    return [quad.triple for quad in store]


def _differences(document: Document, wanted: set[Triple], known: dict[str, str]) -> list[Finding]:
    present = {quad.triple for quad in document.quads}
    found = [_difference(document, "is missing here", line) for line in _lines(wanted - present, known)]
    found += [_difference(document, "is not derived", line) for line in _lines(present - wanted, known)]
    if document.file == DIFFERENT or not found:
        return [Finding("This file is not what `araxes derive` writes.", AGAIN, Place(document.file, 1))]
    return found


def _difference(document: Document, what: str, line: str) -> Finding:
    at = document.places.find(document.places.expand_text(line.split(" ", 1)[0]) or "")
    place = Place(document.file, *at) if at else Place(document.file, 1)
    return Finding(f"This triple {what}: {line}", AGAIN, place)


def _lines(triples: set[Triple], known: dict[str, str]) -> list[str]:
    text = "".join(writing.line(triple, known) for triple in triples if not isinstance(triple.subject, BlankNode))
    return sorted(text.splitlines())


def _comment(file: str) -> str:
    name = file.removeprefix(f"{FOLDER}/").removesuffix(".ttl")
    maker = "the build's list of what differs" if file == DIFFERENT else f"the rule queries/rules/{name}.rq"
    return f"Derived by {maker}. Written by `araxes derive`: change the rule or the data, not this file."
