"""The reference rules, run until nothing new comes out; what is committed must be what they make."""

from collections.abc import Mapping, Sequence

from pyoxigraph import BlankNode, QueryTriples, Triple

from araxes.findings import Place, Report, finding, report
from araxes.knowledge import graphs
from araxes.knowledge.reading import ALL_DIFFERENT, Document
from araxes.knowledge.turtle import turtle
from araxes.problems import BadRule
from araxes.project import Project
from araxes.queries import SavedQuery

FOLDER = "data/inferred"
DIFFERENT = f"{FOLDER}/{ALL_DIFFERENT}.ttl"
MOST_ROUNDS = 20

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
    raise _bad([(rule, "endless") for rule in makers])


def write(project: Project, derived: Derived) -> list[str]:
    """Write the files that hold what was derived, remove those that no rule writes, and return the changed paths."""
    changed = _changes(project, derived)
    (project.root / FOLDER).mkdir(parents=True, exist_ok=True)
    for file, (_, wanted) in changed.items():
        if wanted is None:
            (project.root / file).unlink()
        else:
            (project.root / file).write_text(wanted, "utf-8")
    return list(changed)


def compare(project: Project, derived: Derived) -> Report:
    """Return a finding for each committed file that differs from what its rule makes."""
    found = []
    for file, (committed, wanted) in _changes(project, derived).items():
        slug = "missing-file" if committed is None else "idle-file" if wanted is None else "stale-file"
        found.append(finding(slug, Place(file, 1 if slug == "stale-file" else 0)))
    return report("rules", sum(map(len, derived.values())), "derived triples", found)


def _made(rules: Mapping[str, SavedQuery], known: set[Triple]) -> list[tuple[SavedQuery, set[Triple]]]:
    """Return what each rule makes of what is known."""
    store = graphs.store_of(known)
    made, faults = [], []
    for _, rule in sorted(rules.items()):
        result = store.query(rule.text)
        triples = set(result) if isinstance(result, QueryTriples) else set()
        made.append((rule, triples))
        if not isinstance(result, QueryTriples):
            faults.append((rule, "no-construct"))
        elif any(isinstance(node, BlankNode) for triple in triples for node in (triple.subject, triple.object)):
            faults.append((rule, "blank-node"))
    if faults:
        raise _bad(faults)
    return made


def _bad(faults: Sequence[tuple[SavedQuery, str]]) -> BadRule:
    found = [finding(slug, Place(rule.file, 1), name=rule.name, rounds=str(MOST_ROUNDS)) for rule, slug in faults]
    return BadRule(" ".join(each.message for each in found).removesuffix("."), more={"findings": found})


def _changes(project: Project, derived: Derived) -> dict[str, tuple[str | None, str | None]]:
    """Return for each file that is not as it should be its text as committed and as derived."""
    prefixes, wanted = project.prefixes(), {}
    for file, triples in derived.items():
        rule = file.replace(FOLDER, "queries/rules").replace(".ttl", ".rq")
        maker = "the build's list of what differs" if file == DIFFERENT else f"the rule {rule}"
        comment = f"Derived by {maker}. Written by `araxes derive`: change the rule or the data, not this file."
        wanted[file] = turtle(triples, prefixes, comment)
    files = [file for file in project.turtle() if file.startswith(FOLDER)]
    present = {file: (project.root / file).read_bytes().decode() for file in files}
    both = {file: (present.get(file), wanted.get(file)) for file in [*wanted, *files]}
    return {file: texts for file, texts in both.items() if texts[0] != texts[1]}
