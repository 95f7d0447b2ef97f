"""The reference rules, run until nothing new comes out; what is committed must be what they make."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pyoxigraph import BlankNode, QueryTriples, RdfFormat, Triple, parse, serialize

from araxes.findings import Finding, Place, Report, report
from araxes.knowledge import graphs, writing
from araxes.knowledge.reading import ALL_DIFFERENT, Document
from araxes.names import INFERRED_GRAPH
from araxes.problems import BadRule
from araxes.project import Project
from araxes.queries import SavedQuery

FOLDER = "data/inferred"
DIFFERENT = f"{FOLDER}/{ALL_DIFFERENT}.ttl"
MOST_ROUNDS = 20
AGAIN = "Run `araxes derive` and commit what it writes."

Derived = dict[str, set[Triple]]


def derive(documents: Sequence[Document], rules: Mapping[str, SavedQuery]) -> Derived:
    """Return the triples that each rule makes from what people wrote, by the file that holds them.

    The rules run in rounds, each over all that is known so far, until a round makes nothing new. A triple belongs to
    the first rule that makes it, and what is asserted is not derived again.

    Raises `BadRule`, with a finding for each, for rules that are no CONSTRUCT, make blank nodes, or go on for ever.
    """
    asserted = graphs.triples(graphs.asserted(documents))
    derived = _fixpoint(rules, asserted, graphs.store_of)
    return {**derived, DIFFERENT: graphs.all_different(asserted.union(*derived.values()))}


def derive_with_rdflib(documents: Sequence[Document], rules: Mapping[str, SavedQuery]) -> Derived:
    """Return what `derive` returns but for the lists of what differs, computed by another engine."""
    return _fixpoint(rules, graphs.triples(graphs.asserted(documents)), _in_rdflib)


def write(project: Project, derived: Derived) -> list[str]:
    """Write the files that hold what was derived, remove those that no rule writes, and return the changed paths."""
    wanted = _texts(derived, project.prefixes())
    present = {file: project.path(file).read_text("utf-8") for file in project.turtle() if file.startswith(FOLDER)}
    changed = [file for file, text in wanted.items() if present.get(file) != text]
    unwanted = sorted(present.keys() - wanted.keys())
    for file in changed:
        project.path(file).parent.mkdir(parents=True, exist_ok=True)
        project.path(file).write_text(wanted[file], "utf-8")
    for file in unwanted:
        project.path(file).unlink()
    return changed + unwanted


def compare(project: Project, documents: Sequence[Document], derived: Derived) -> Report:
    """Return a finding for each triple by which a committed file and what its rule makes differ."""
    known = project.prefixes()
    wanted = _texts(derived, known)
    committed = {document.file: document for document in documents if document.graph == INFERRED_GRAPH}
    missing = sorted(derived.keys() - committed.keys())
    found = [Finding("This file is missing: a rule writes it.", AGAIN, Place(file)) for file in missing]
    for file, document in sorted(committed.items()):
        if file not in derived:
            found.append(Finding("No rule writes this file.", AGAIN, Place(file)))
        elif document.text != wanted[file]:
            whole = Finding("This file is not what `araxes derive` writes.", AGAIN, Place(file, 1))
            found += list(_differences(document, derived[file], known)) or [whole]
    return report("rules", sum(len(triples) for triples in derived.values()), "derived triples", found)


def _in_rdflib(known: set[Triple]) -> Any:
    from rdflib import Graph

    return Graph().parse(data=serialize(known, format=RdfFormat.N_TRIPLES), format="nt")


def _fixpoint(rules: Mapping[str, SavedQuery], asserted: set[Triple], load: Callable[[set[Triple]], Any]) -> Derived:
    derived: Derived = {f"{FOLDER}/{name}.ttl": set() for name in rules}
    known = set(asserted)
    makers: list[SavedQuery] = []
    for _ in range(MOST_ROUNDS):
        store = load(known)
        made = [(rule, _constructed(store.query(rule.text))) for _, rule in sorted(rules.items())]
        if faults := [(rule, fault) for rule, triples in made if (fault := _fault(triples))]:
            raise _bad(faults)
        makers = []
        for rule, triples in made:
            if new := (triples or set()) - known:
                derived[f"{FOLDER}/{rule.name}.ttl"] |= new
                known |= new
                makers.append(rule)
        if not makers:
            return derived
    hint = "Let the rule make nothing from what it has made itself, such as an IRI from an IRI of its own."
    raise _bad((rule, (f"still makes new triples after {MOST_ROUNDS} rounds", hint)) for rule in makers)


def _constructed(made: object) -> set[Triple] | None:
    if isinstance(made, QueryTriples):
        return set(made)
    graph = getattr(made, "graph", None)  # of a result of rdflib
    text = graph.serialize(format="nt", encoding="utf-8") if graph is not None else None
    return {quad.triple for quad in parse(text, RdfFormat.N_TRIPLES)} if text is not None else None


def _fault(made: set[Triple] | None) -> tuple[str, str] | None:
    if made is None:
        return "is not a CONSTRUCT query", "Write it as CONSTRUCT { … } WHERE { … }."
    if any(_has_blank_node(triple) for triple in made):
        return "makes a blank node", "Make an IRI with BIND(IRI(CONCAT(…)) AS ?name)."
    return None


def _has_blank_node(triple: Triple) -> bool:
    return isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode)


def _bad(faults: Iterable[tuple[SavedQuery, tuple[str, str]]]) -> BadRule:
    found = [Finding(f"The rule {rule.name} {what}.", hint, Place(rule.file, 1)) for rule, (what, hint) in faults]
    return BadRule(" ".join(each.message for each in found).removesuffix("."), more={"findings": found})


def _differences(document: Document, wanted: set[Triple], known: Mapping[str, str]) -> Iterator[Finding]:
    present = {quad.triple for quad in document.quads}
    sides = (("is missing here", wanted - present), ("is not derived", present - wanted))
    for what, triple in ((what, triple) for what, triples in sides for triple in triples):
        if document.file != DIFFERENT and not _has_blank_node(triple):
            at = document.places.find(str(getattr(triple.subject, "value", ""))) or (1,)
            yield Finding(f"This triple {what}: {writing.line(triple, known)}", AGAIN, Place(document.file, *at))


def _texts(derived: Derived, known: Mapping[str, str]) -> dict[str, str]:
    texts = {}
    for file, triples in derived.items():
        rule = file.replace(FOLDER, "queries/rules").replace(".ttl", ".rq")
        maker = "the build's list of what differs" if file == DIFFERENT else f"the rule {rule}"
        comment = f"Derived by {maker}. Written by `araxes derive`: change the rule or the data, not this file."
        texts[file] = writing.turtle(triples, known, comment)
    return texts
