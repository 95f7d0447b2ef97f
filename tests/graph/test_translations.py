"""The Russian and Persian labels: one for each class and listed concept, marked for review, in letters of their own."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from araxes.project import Project
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store

AX = "https://w3id.org/araxes/ns/"
MODULE = "https://w3id.org/araxes/ontology/"
OWL = "http://www.w3.org/2002/07/owl#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
LABEL = NamedNode(RDFS + "label")
NOTE = NamedNode("http://www.w3.org/2004/02/skos/core#editorialNote")
MARK = Literal("Translation for review.", language="en")
CONCEPTS = ("Stance", "Outcome", "AttestationMode", "Strength")

# By language, and whether of a class: in Russian only a class has a capital. Persian has letters of its own, each with
# shadda or hamza above at most, and a joiner or a blank only between two.
LETTER = "[آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیءأؤئ][\u0651\u0654]?"
PERSIAN = re.compile(f"(?:{LETTER})+(?:[ \u200c](?:{LETTER})+)*")
LETTERS = {
    ("ru", True): re.compile("[А-ЯЁ][а-яё]*( [а-яё]+)*"),
    ("ru", False): re.compile("[а-яё]+( [а-яё]+)*"),
    ("fa", True): PERSIAN,
    ("fa", False): PERSIAN,
}
LANGUAGES = ("ru", "fa")

Terms = dict[NamedNode, str]


@pytest.fixture(scope="module")
def ontology(project: Project) -> Store:
    """Return the ontology without its translations."""
    store = Store()
    for file in project.turtle():
        if re.match(r"ontology/(modules|axioms|schemes)/", file):
            store.load(path=str(project.root / file), format=RdfFormat.TURTLE)
    return store


@pytest.fixture(scope="module")
def terms(ontology: Store) -> Terms:
    """Return each own class, as `Class`, and each concept that has to be translated, with the class it is of."""
    found: Terms = {}
    for kind, iri in {"Class": OWL + "Class", **{name: AX + name for name in CONCEPTS}}.items():
        for quad in ontology.quads_for_pattern(None, TYPE, NamedNode(iri), None):
            if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith("https://w3id.org/araxes/"):
                found[quad.subject] = kind
    return found


def read(text: str) -> Store:
    """Return a Turtle text as a graph."""
    store = Store()
    store.load(input=text, format=RdfFormat.TURTLE)
    return store


def marks(store: Store) -> list[tuple[object, object]]:
    """Return the term and the label of each mark."""
    found: list[tuple[object, object]] = []
    for quad in store.quads_for_pattern(None, NOTE, MARK, None):
        about: dict[str, object] = {
            each.predicate.value: each.object for each in store.quads_for_pattern(quad.subject, None, None, None)
        }
        assert isinstance(quad.subject, BlankNode)
        assert about[OWL + "annotatedProperty"] == LABEL
        found.append((about[OWL + "annotatedSource"], about[OWL + "annotatedTarget"]))
    return found


def faults(store: Store, language: str, terms: Terms) -> list[tuple[str, str]]:
    """Return what is wrong with the labels of a language: the kind of the fault, and the term or the label."""
    labels = [(quad.subject, quad.object) for quad in store.quads_for_pattern(None, LABEL, None, None)]
    times = Counter(subject for subject, _ in labels)
    marked = Counter(marks(store))
    found = [("number", str(term)) for term in terms if times[term] != 1]
    found += [("term", str(subject)) for subject in times if subject not in terms]
    found += [("mark", str(pair[0])) for pair in labels if marked[pair] != 1]
    found += [("label", str(subject)) for subject, label in marked if (subject, label) not in labels]
    used: Counter[tuple[str, str]] = Counter()
    for subject, label in labels:
        assert isinstance(subject, NamedNode) and isinstance(label, Literal)
        kind = terms.get(subject, "")
        if label.language != language:
            found.append(("language", label.value))
        elif not LETTERS[language, kind == "Class"].fullmatch(label.value):
            found.append(("letters", label.value))
        used[kind, label.value] += 1
    found += [("shared", label) for (_, label), number in used.items() if number > 1]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_and_concept_has_one_marked_label_of_its_own(
    project: Project, terms: Terms, language: str, counted: Callable[[str], None]
) -> None:
    kinds = Counter(terms.values())
    assert kinds["Class"] > 70
    assert kinds["Stance"] == 6
    assert all(kinds[name] > 2 for name in CONCEPTS)
    store = read((project.root / f"ontology/translations/{language}.ttl").read_text("utf-8"))
    assert faults(store, language, terms) == []
    if language == LANGUAGES[-1]:
        concepts = len(terms) - kinds["Class"]
        counted(f"{kinds['Class']} classes and {concepts} concepts in Russian and Persian, each marked for review")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_imports_the_homes_of_all_that_it_labels(
    project: Project, ontology: Store, terms: Terms, language: str
) -> None:
    store = read((project.root / f"ontology/translations/{language}.ttl").read_text("utf-8"))
    header = NamedNode(f"{MODULE}labels-{language}")
    imported = {q.object for q in store.quads_for_pattern(header, NamedNode(OWL + "imports"), None, None)}
    defined = NamedNode(RDFS + "isDefinedBy")
    homes = {quad.object for term in terms for quad in ontology.quads_for_pattern(term, defined, None, None)}
    assert len(homes) > 10
    assert imported == homes | {NamedNode(MODULE + "external-terms")}


# Two classes and two stances, and one fault each.

PREFIXES = f"""@prefix ax: <{AX}> .
@prefix owl: <{OWL}> .
@prefix rdfs: <{RDFS}> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix stance: <https://w3id.org/araxes/scheme/stance/> .
"""
FEW: Terms = {
    NamedNode(AX + "Position"): "Class",
    NamedNode(AX + "Person"): "Class",
    NamedNode("https://w3id.org/araxes/scheme/stance/supports"): "Stance",
    NamedNode("https://w3id.org/araxes/scheme/stance/opposes"): "Stance",
}
SOUND = {
    "ru": ("Позиция", "Человек", "поддерживает", "выступает против"),
    "fa": ("موضع", "شخص", "حمایت می‌کند", "مخالفت می‌کند"),
}


def one(term: str, label: str) -> str:
    """Return a label in Turtle."""
    return f"{term} rdfs:label {label} .\n"


def mark(term: str, label: str) -> str:
    """Return the mark of a label in Turtle."""
    return (
        f"[] a owl:Axiom ; owl:annotatedSource {term} ; owl:annotatedProperty rdfs:label ;"
        f' owl:annotatedTarget {label} ; skos:editorialNote "Translation for review."@en .\n'
    )


def both(term: str, label: str) -> str:
    """Return a label and its mark in Turtle."""
    return one(term, label) + mark(term, label)


def few(language: str, *more: str, **instead: str) -> str:
    """Return sound labels of the few terms, some of them replaced by the keyword of their name, and more."""
    names = ("ax:Position", "ax:Person", "stance:supports", "stance:opposes")
    texts = dict(zip(names, SOUND[language], strict=True))
    blocks = [instead.get(name.partition(":")[2], both(name, f'"{text}"@{language}')) for name, text in texts.items()]
    return PREFIXES + "".join([*blocks, *more])


@pytest.mark.parametrize("language", LANGUAGES)
def test_sound_labels_have_no_fault(language: str) -> None:
    assert faults(read(few(language)), language, FEW) == []


@pytest.mark.parametrize(
    ("language", "spoilt", "fault"),
    [
        ("ru", few("ru", Person=""), ("number", f"<{AX}Person>")),
        ("ru", few("ru", both("ax:Person", '"Лицо"@ru')), ("number", f"<{AX}Person>")),
        ("ru", few("ru", both("ax:Nobody", '"никто"@ru')), ("term", f"<{AX}Nobody>")),
        ("ru", few("ru", Person=one("ax:Person", '"Человек"@ru')), ("mark", f"<{AX}Person>")),
        ("ru", few("ru", mark("ax:Person", '"Лицо"@ru')), ("label", f"<{AX}Person>")),
        ("ru", few("ru", Person=both("ax:Person", '"Человек"@en')), ("language", "Человек")),
        ("ru", few("ru", Person=both("ax:Person", '"Чeловек"@ru')), ("letters", "Чeловек")),
        ("ru", few("ru", Person=both("ax:Person", '"человек"@ru')), ("letters", "человек")),
        ("ru", few("ru", supports=both("stance:supports", '"Поддерживает"@ru')), ("letters", "Поддерживает")),
        ("ru", few("ru", Person=both("ax:Person", '"Позиция"@ru')), ("shared", "Позиция")),
        ("fa", few("fa", Person=both("ax:Person", '"موضع"@fa')), ("shared", "موضع")),
        ("fa", few("fa", Person=both("ax:Person", '"كنشگر"@fa')), ("letters", "كنشگر")),
        ("fa", few("fa", Person=both("ax:Person", '"فردي"@fa')), ("letters", "فردي")),
        ("fa", few("fa", Person=both("ax:Person", '"شخص a"@fa')), ("letters", "شخص a")),
        ("fa", few("fa", Person=both("ax:Person", '"شخص\u200c"@fa')), ("letters", "شخص\u200c")),
    ],
)
def test_each_fault_is_found_and_no_other(language: str, spoilt: str, fault: tuple[str, str]) -> None:
    assert faults(read(spoilt), language, FEW) == [fault]
