"""The competency questions, asked over HTTP, give the answers typed by hand, and reach them by the ontology's own terms.

PQ01 to PQ45 are about the article; those that begin with TQ ask for what the others leave unasked of the ontology.
"""

import csv
import re
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from araxes import queries
from araxes.project import Project
from araxes.queries import SavedQuery
from pyoxigraph import NamedNode, Quad, QueryResultsFormat, QuerySolutions, RdfFormat, Store

ROOT = Path(__file__).parents[2]
QUESTIONS = queries.load(ROOT / "queries" / "competency", ROOT)
NUMBER = 45
OURS = sum(question.first("id").startswith("TQ") for question in QUESTIONS.values())
REMARKS = (
    "http://www.w3.org/2004/02/skos/core#definition",
    "http://www.w3.org/2004/02/skos/core#scopeNote",
    "http://www.w3.org/2004/02/skos/core#editorialNote",
    "http://www.w3.org/2004/02/skos/core#example",
    "http://www.w3.org/2004/02/skos/core#note",
    "http://purl.org/dc/terms/description",
    "http://www.w3.org/2000/01/rdf-schema#comment",
)
FREE_PATH = re.compile(r"\?\w+\s+\(?[\^\w:/()]*[*+][\^\w:/()*+]*\s+\?(\w+)")
STRINGS = re.compile(r"\b(?:CONTAINS|REGEX|STRSTARTS|STRENDS|STRBEFORE|STRAFTER|REPLACE)\s*\(\s*(?:STR\()?\?(\w+)")
each_question = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())

Table = list[tuple[str, ...]]


def expected(question: SavedQuery) -> Table:
    """Return the header and rows of the answer that was typed by hand."""
    return rows((ROOT / question.file).with_name(question.first("expected")).read_text("utf-8"))


def rows(text: str) -> Table:
    """Return header and rows of a CSV text."""
    return [tuple(row) for row in csv.reader(text.splitlines())]


def same(question: SavedQuery, found: Table) -> bool:
    """Return whether an answer has the same header and the same rows, in the same order where the order counts."""
    wanted = expected(question)
    if question.first("rows") == "ordered":
        return found == wanted
    return found[:1] == wanted[:1] and sorted(found[1:]) == sorted(wanted[1:])


def over_http(server: str, text: str) -> Table:
    """Return the CSV answer of the served endpoint."""
    url = f"{server}sparql?{urllib.parse.urlencode({'query': text})}"
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "text/csv"})) as response:
        return rows(response.read().decode("utf-8"))


def bare(text: str) -> str:
    """Return a query without its comments."""
    return "\n".join(line.split("   #")[0] for line in text.splitlines() if not line.startswith("#"))


def test_there_are_45_and_ours_with_an_answer_each() -> None:
    assert OURS > 0
    assert sorted(question.first("id") for question in QUESTIONS.values()) == [
        *(f"PQ{n:02}" for n in range(1, NUMBER + 1)),
        *(f"TQ{n:02}" for n in range(1, OURS + 1)),
    ]
    assert all(name.startswith(f"{question.first('id').lower()}-") for name, question in QUESTIONS.items())
    answers = {path.stem for path in (ROOT / "queries" / "competency").glob("*.csv")}
    assert answers == set(QUESTIONS)


def test_all_are_answered_over_http(server: str, counted: Callable[[str], None]) -> None:
    right = [name for name, question in QUESTIONS.items() if same(question, over_http(server, question.text))]
    given = sum(name.startswith("pq") for name in right)
    counted(f"{given} of {NUMBER} questions and {len(right) - given} of {OURS} of our own answered over HTTP")
    assert sorted(QUESTIONS.keys() - right) == []
    assert len(right) == NUMBER + OURS


@each_question
def test_the_header_says_what_is_asked_and_what_comes_back(question: SavedQuery) -> None:
    assert all(question.first(key) for key in ("id", "title", "question", "facts", "rows", "expected"))
    assert tuple(name for name, _ in question.columns) == expected(question)[0]
    assert (len(expected(question)) == 1) == (question.first("rows") == "empty")


@each_question
def test_it_reaches_its_answer_by_terms_alone(question: SavedQuery) -> None:
    text = bare(question.text)
    assert not re.search(r"\bf\d{3}\b|id/attestation|id/passage|kaleji-2023:|kaleji-2023-passage:", text)
    assert not re.search(r"skos:(definition|scopeNote|editorialNote|example)|dcterms:description", text)
    assert set(STRINGS.findall(text)) <= {"date", "item"}


@each_question
def test_it_is_plain_sparql(question: SavedQuery) -> None:
    text = bare(question.text)
    assert not FREE_PATH.search(text)
    assert not re.search(r"\b(SERVICE|LOAD|FROM|BIND_ALL|geof:|LATERAL)\b", text)
    assert "ORDER BY" in text
    for group in re.finditer("GROUP_CONCAT", text):
        assert re.search(r"SELECT DISTINCT[\s\S]*ORDER BY[\s\S]*\}[\s\S]*\}[\s\S]*ORDER BY", text[group.start() :])


def test_none_needs_a_description_or_a_remark(dataset: Path) -> None:
    store = Store()
    store.load(path=str(dataset), format=RdfFormat.N_QUADS)
    remarks = [quad for iri in REMARKS for quad in store.quads_for_pattern(None, NamedNode(iri), None, None)]
    assert len(remarks) > 500
    for quad in remarks:
        store.remove(quad)
    store.bulk_extend(_in_default_graph(store))
    wrong = [name for name, question in QUESTIONS.items() if not same(question, _in_process(store, question.text))]
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "given", "answer"),
    [
        ("pq35-participants-of-three-plus-three", {"format": "body:ceasefire-monitoring-centre"}, ["Russia", "Turkey"]),
        ("pq43-turkey-on-the-corridor", {"holder": "state:iran"}, ["opposes"]),
        ("pq45-georgia-on-three-plus-three", {"given": "wd:Q794"}, ["supports"]),
        ("pq03-office-of-bocharnikov", {"person": "person:sergei-lavrov"}, ["Foreign minister of Russia"]),
    ],
)
def test_a_question_without_answer_has_one_for_somebody_else(
    server: str, project: Project, name: str, given: dict[str, str], answer: list[str]
) -> None:
    question = QUESTIONS[name]
    text = queries.bind(question, given, project.prefixes())
    assert [row[0] for row in over_http(server, text)[1:]] == answer


def _in_default_graph(store: Store) -> list[Quad]:
    return [Quad(quad.subject, quad.predicate, quad.object) for quad in store]


def _in_process(store: Store, text: str) -> Table:
    answer = store.query(text)
    assert isinstance(answer, QuerySolutions)
    return rows((answer.serialize(format=QueryResultsFormat.CSV) or b"").decode("utf-8"))
