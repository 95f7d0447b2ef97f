"""Every term of the ontology is needed for a competency question and says for which; no question names any other term.

Run as a script, it writes the codes of the questions into the files of the ontology.
"""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from araxes import queries
from araxes.queries import PREFIX, SavedQuery
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

ROOT = Path(__file__).parents[2]
AX = "https://w3id.org/araxes/ns/"
OWL = "http://www.w3.org/2002/07/owl#"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
NEEDED_FOR = NamedNode(f"{AX}isNeededFor")
KINDS = ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")
LINE = "    ax:isNeededFor "
HOME = "    rdfs:isDefinedBy "
CODES_A_LINE = 10
TOKEN = re.compile(
    r"""<([^<>"{}|^`\\\s]*)>|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\#[^\n]*|[?$]\w+|([A-Za-z][\w.-]*)?:(\w[\w-]*)"""
)
BLOCK = re.compile(rf"ax:(\w+) a (?:owl:\w+ , )*owl:(?:{'|'.join(KINDS)})\b")


def named(question: SavedQuery) -> set[str]:
    """Return the names from the ontology's namespace that a query uses, outside its comments and its strings."""
    names = set()
    for iri, prefix, local in TOKEN.findall(question.text):
        full = iri or (dict(PREFIX.findall(question.text)).get(prefix, "") + local if local else "")
        if full.startswith(AX) and full != AX:
            names.add(full.removeprefix(AX))
    return names


def needs(root: Path) -> dict[str, list[str]]:
    """Return for each name that a competency question of a project uses the codes of those questions, in order."""
    codes: dict[str, set[str]] = {}
    for question in queries.load(root / "queries" / "competency", root).values():
        for name in named(question):
            codes.setdefault(name, set()).add(question.first("id"))
    return {name: sorted(each) for name, each in codes.items()}


def annotated(text: str, codes: Mapping[str, list[str]]) -> str:
    """Return the text of a Turtle file in which the block of each term says for which questions it is needed.

    The canonical layout keeps the objects of a predicate on one line: where there are many, the predicate is repeated.
    """
    lines: list[str] = []
    term, defined = "", False
    for line in text.splitlines(keepends=True):
        if match := BLOCK.match(line):
            term, defined = match[1], False
        elif not line.startswith(" "):
            term = ""
        defined |= line.startswith("    skos:definition ")
        if term and line.startswith(LINE):
            continue
        # a module only names what has its home in another
        if term and defined and line.startswith(HOME):
            wanted = [f'"{code}"' for code in codes.get(term, [])]
            rows = (wanted[at : at + CODES_A_LINE] for at in range(0, len(wanted), CODES_A_LINE))
            lines += [f"{LINE}{' , '.join(row)} ;\n" for row in rows]
        lines.append(line)
    return "".join(lines)


def write(root: Path) -> list[Path]:
    """Write the codes into the files of a project's ontology, and return those that have changed."""
    codes, changed = needs(root), []
    for file in sorted((root / "ontology").rglob("*.ttl")):
        text = file.read_text("utf-8")
        if (new := annotated(text, codes)) != text:
            file.write_text(new, "utf-8")
            changed.append(file)
    return changed


@pytest.fixture(scope="module")
def store() -> Store:
    """Return the ontology, all files as one."""
    whole = Store()
    for file in sorted((ROOT / "ontology").rglob("*.ttl")):
        for quad in parse(path=str(file), format=RdfFormat.TURTLE, rename_blank_nodes=True):
            whole.add(Quad(quad.subject, quad.predicate, quad.object))
    return whole


@pytest.fixture(scope="module")
def terms(store: Store) -> list[str]:
    """Return the names of the ontology's own classes and properties."""
    found = {
        quad.subject.value.removeprefix(AX)
        for kind in KINDS
        for quad in store.quads_for_pattern(None, TYPE, NamedNode(OWL + kind), None)
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(AX)
    }
    assert len(found) > 150
    return sorted(found)


def test_no_question_names_what_is_not_declared(terms: list[str], counted: Callable[[str], None]) -> None:
    codes = needs(ROOT)
    assert len(codes) > 150
    assert {name: each for name, each in codes.items() if name not in terms} == {}
    counted(f"{len(codes)} of {len(codes)} names in the competency questions are terms of the ontology")


def test_every_term_is_needed_for_a_question(terms: list[str], counted: Callable[[str], None]) -> None:
    codes = needs(ROOT)
    needed = [term for term in terms if codes.get(term)]
    counted(f"{len(needed)} of {len(terms)} terms are needed for a competency question")
    assert sorted(set(terms) - set(needed)) == []


def test_every_term_says_for_which_questions(store: Store, terms: list[str], counted: Callable[[str], None]) -> None:
    codes = needs(ROOT)
    given = {
        term: sorted(str(quad.object) for quad in store.quads_for_pattern(NamedNode(AX + term), NEEDED_FOR, None, None))
        for term in terms
    }
    wrong = {
        term: f"says {', '.join(given[term]) or 'nothing'}, is named by {', '.join(codes.get(term, [])) or 'none'}"
        for term in terms
        if given[term] != [f'"{code}"' for code in codes.get(term, [])]
    }
    counted(f"{len(terms) - len(wrong)} of {len(terms)} terms say for which questions they are needed")
    assert wrong == {}, f"Run `python {Path(__file__).relative_to(ROOT)}`."


def test_nothing_but_a_term_says_so(store: Store, terms: list[str]) -> None:
    bearers = {str(quad.subject) for quad in store.quads_for_pattern(None, NEEDED_FOR, None, None)}
    assert bearers
    assert sorted(bearers - {f"<{AX}{term}>" for term in terms}) == []


def test_the_codes_stand_as_they_are_written() -> None:
    texts = {file: file.read_text("utf-8") for file in sorted((ROOT / "ontology").rglob("*.ttl"))}
    codes = needs(ROOT)
    assert sum(text.count(LINE) for text in texts.values()) > 150
    assert [file.name for file, text in texts.items() if annotated(text, codes) != text] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"PREFIX ax: <{AX}>\nASK {{ ?x a ax:State ; ^ax:isHeldBy/ax:isTowards* ?y }}", "State isHeldBy isTowards"),
        (f"PREFIX : <{AX}>\nASK {{ ?x a :State }}", "State"),
        (f"ASK {{ ?x a <{AX}State> }}   # ax:Position", "State"),
        (f'PREFIX ax: <{AX}>\n# ax:State\nASK {{ ?x ?p "ax:State # of" ; a ax:Person }}', "Person"),
        ("PREFIX ax: <https://example.org/>\nASK { ?x a ax:State }", ""),
        ("PREFIX state: <https://w3id.org/araxes/id/state/>\nASK { state:iran ?p ?o }", ""),
    ],
)
def test_what_a_query_names(text: str, names: str) -> None:
    assert named(SavedQuery("a", "competency", "a.rq", text, ())) == set(names.split())


def test_writing_the_codes_changes_nothing_else_and_only_once() -> None:
    block = 'ax:{0} a owl:ObjectProperty , owl:FunctionalProperty ;\n    rdfs:label "{0}"@en ;\n{1}'
    block += '    skos:definition "A."@en ;\n    rdfs:isDefinedBy module:a .\n'
    old = '    ax:isNeededFor "PQ07" , "PQ01" ;\n'
    others = "ax:A rdfs:subClassOf ax:B .\n\nscheme:a a skos:ConceptScheme ;\n    rdfs:isDefinedBy module:a .\n"
    before = "\n".join([block.format("A", old), block.format("B", ""), block.format("C", old), others])
    many = [f"PQ{number:02}" for number in range(1, 31)]
    after = annotated(before, {"A": ["PQ01", "TQ02"], "B": many})
    added = [line for line in after.splitlines() if "isNeededFor" in line]
    assert added[0] == '    ax:isNeededFor "PQ01" , "TQ02" ;'
    assert re.findall(r'"(\w+)"', "".join(added[1:])) == many
    assert max(map(len, added)) <= 120
    assert [line for line in after.splitlines() if line not in added] == before.replace(old, "").splitlines()
    assert annotated(after, {"A": ["PQ01", "TQ02"], "B": many}) == after


if __name__ == "__main__":
    at = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    sys.stdout.writelines(f"{path.relative_to(at)}\n" for path in write(at))
