"""The reference rules, run until nothing new comes out; what is committed must be what they make."""

from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import BlankNode, QueryTriples, Triple

from araxes.findings import Finding, Place, Report, report
from araxes.knowledge import graphs
from araxes.knowledge.reading import ALL_DIFFERENT, Document
from araxes.knowledge.turtle import turtle
from araxes.prefixes import INFERRED_GRAPH
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
    the first rule that makes it. Raises `BadRule`, with a finding for each rule that cannot be run to an end.
    """
    derived: Derived = {f"{FOLDER}/{name}.ttl": set() for name in rules}
    known = graphs.triples(graphs.asserted(documents))
    for _ in range(MOST_ROUNDS):
        makers = []
        for rule, triples in _made(rules, known):
            if new := triples - known:
                derived[f"{FOLDER}/{rule.name}.ttl"] |= new
                known |= new
                makers.append(rule)
        if not makers:
            return {**derived, DIFFERENT: graphs.all_different(known)}
    hint = "Let the rule make nothing from what it has made itself, such as an IRI from an IRI of its own."
    raise _bad((rule, f"still makes new triples after {MOST_ROUNDS} rounds", hint) for rule in makers)


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
    wanted = _texts(derived, project.prefixes())
    committed = {document.file: document for document in documents if document.graph == INFERRED_GRAPH}
    missing = derived.keys() - committed.keys()
    found = [Finding("This file is missing: a rule writes it.", AGAIN, Place(file)) for file in missing]
    for file, document in committed.items():
        if file not in derived:
            found.append(Finding("No rule writes this file.", AGAIN, Place(file)))
        elif document.text != wanted[file]:
            found.append(Finding("This file is not what `araxes derive` writes.", AGAIN, Place(file, 1)))
    return report("rules", sum(len(triples) for triples in derived.values()), "derived triples", found)


def _made(rules: Mapping[str, SavedQuery], known: set[Triple]) -> list[tuple[SavedQuery, set[Triple]]]:
    """Return what each rule makes of what is known."""
    store = graphs.store_of(known)
    made, faults = [], []
    for _, rule in sorted(rules.items()):
        result = store.query(rule.text)
        triples = set(result) if isinstance(result, QueryTriples) else set()
        made.append((rule, triples))
        if not isinstance(result, QueryTriples):
            faults.append((rule, "is not a CONSTRUCT query", "Write it as CONSTRUCT { … } WHERE { … }."))
        elif any(isinstance(node, BlankNode) for triple in triples for node in (triple.subject, triple.object)):
            faults.append((rule, "makes a blank node", "Make an IRI with BIND(IRI(CONCAT(…)) AS ?name)."))
    if faults:
        raise _bad(faults)
    return made


def _bad(faults: Iterable[tuple[SavedQuery, str, str]]) -> BadRule:
    found = [Finding(f"The rule {rule.name} {what}.", hint, Place(rule.file, 1)) for rule, what, hint in faults]
    return BadRule(" ".join(each.message for each in found).removesuffix("."), more={"findings": found})


def _texts(derived: Derived, known: Mapping[str, str]) -> dict[str, str]:
    texts = {}
    for file, triples in derived.items():
        rule = file.replace(FOLDER, "queries/rules").replace(".ttl", ".rq")
        maker = "the build's list of what differs" if file == DIFFERENT else f"the rule {rule}"
        comment = f"Derived by {maker}. Written by `araxes derive`: change the rule or the data, not this file."
        texts[file] = turtle(triples, known, comment)
    return texts
