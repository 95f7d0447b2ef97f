"""The pages on the ontology: all that it says is on them once, in its own language, and every link leads somewhere."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import html5rdf
import pytest
from araxes.knowledge import publishing
from araxes.knowledge.graphs import Document
from araxes.knowledge.reading import read_turtle
from araxes.project import Project
from araxes.queries import SavedQuery
from helpers import ROOT, copy_of_tiny
from pyoxigraph import Literal, NamedNode, Quad

H = "{http://www.w3.org/1999/xhtml}"
BASE = "https://w3id.org/araxes/"
AX = BASE + "ns/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SH = "http://www.w3.org/ns/shacl#"
ONTOLOGY = NamedNode(OWL + "Ontology")
MERGED = {"araxes-merged", "araxes-merged-with-data"}  # test_documents.py shows that a release has them
FILES = {"ttl", "rdf", "jsonld", "nt", "ofn", "omn"}
NAMES = re.findall(
    r"^module:([\w-]+) a owl:Ontology", "\n".join(map(Path.read_text, ROOT.glob("ontology/**/*.ttl"))), re.MULTILINE
)
EVERY = {
    f"ontology/{name}.{end}" for name in NAMES for end in FILES
}  # more than there is: test_documents.py follows them
POSITION = AX + "Position"
AXIOM = "ax:Position SubClassOf ax:isHeldBy exactly 1 owl:Thing"
Trees = dict[str, ET.Element]


def rendered(project: Project, axioms: dict[str, list[str]] | None = None) -> dict[str, str]:
    """Return the pages of a project, read anew."""
    drawings = {path.stem: path.read_text("utf-8") for path in project.root.glob("ontology/diagrams/*.svg")}
    saved = project.queries("competency")
    book = publishing.Book(read_turtle(project)[0], project.prefixes())
    return book.pages(saved, axioms or {}, drawings, EVERY)


def tree(text: str) -> ET.Element:
    """Return a page as a tree; raises `ParseError` where a browser would have to guess."""
    return html5rdf.HTMLParser(strict=True).parse(text)


def words(part: ET.Element) -> str:
    """Return the text of an element, each white space one blank."""
    return " ".join("".join(part.itertext()).split())


def plain(literal: object) -> str:
    assert isinstance(literal, Literal)
    return " ".join(literal.value.split())


def identified(page: ET.Element, name: str) -> ET.Element:
    return next(part for part in page.iter() if part.get("id") == name)


@pytest.fixture(scope="module")
def documents(project: Project) -> list[Document]:
    return [each for each in read_turtle(project)[0] if each.file.startswith("ontology/")]


@pytest.fixture(scope="module")
def pages(project: Project) -> dict[str, str]:
    return rendered(project)


@pytest.fixture(scope="module")
def trees(pages: dict[str, str]) -> Trees:
    return {path.removeprefix("ontology/"): tree(text) for path, text in pages.items()}


@pytest.fixture(scope="module")
def names(documents: list[Document]) -> dict[str, str]:
    """Return the page of each file of the ontology."""
    return {
        each.file: f"{quad.subject.value.rpartition('/')[2]}.html"
        for each in documents
        for quad in each.quads
        if quad.object == ONTOLOGY and isinstance(quad.subject, NamedNode)
    }


@pytest.fixture(scope="module")
def homes(documents: list[Document], names: dict[str, str]) -> dict[str, tuple[str, list[Quad]]]:
    """Return of each own term its page, and all that its home says of it."""
    found: dict[str, tuple[str, list[Quad]]] = {}
    for document in documents:
        for quad in document.quads:
            if quad.predicate.value == RDFS + "isDefinedBy" and quad.subject.value.startswith(BASE):
                page = f"{quad.object.value.rpartition('/')[2]}.html"
                if names[document.file] == page:
                    found[quad.subject.value] = (page, [q for q in document.quads if q.subject == quad.subject])
    return found


def test_each_ontology_has_a_page(trees: Trees, names: dict[str, str], documents: list[Document]) -> None:
    assert len(names) == len(documents) > 40
    assert set(names.values()) == trees.keys()


def test_each_own_term_is_on_one_page_with_all_that_its_home_says_of_it(
    trees: Trees, homes: dict[str, tuple[str, list[Quad]]], counted: Callable[[str], None]
) -> None:
    assert len(homes) > 200
    titles = Counter(
        (path, words(code))
        for path, page in trees.items()
        for section in page.iter(f"{H}section")
        for code in list(section.iter(f"{H}code"))[:2]
    )
    texts = 0
    for term, (path, quads) in homes.items():
        assert [place for place, iri in titles if iri == term] == [path], term
        section = words(identified(trees[path], re.sub(r".*[/#]", "", term)))
        literals = [quad.object for quad in quads if isinstance(quad.object, Literal)]
        assert any(quad.predicate.value == SKOS + "definition" for quad in quads), term
        for literal in literals:
            if f"{AX}isNeededFor" not in {quad.predicate.value for quad in quads if quad.object == literal}:
                assert plain(literal) in section, (term, literal)
        texts += len(literals)
    links = sum(len(list(page.iter(f"{H}a"))) for page in trees.values())
    counted(f"{len(trees)} pages on the ontology, {len(homes)} terms, {texts} texts on them, {links} links")


def test_each_header_is_complete(trees: Trees, documents: list[Document], names: dict[str, str]) -> None:
    checked = 0
    for document in documents:
        shown = words(trees[names[document.file]])
        [iri] = [quad.subject for quad in document.quads if quad.object == ONTOLOGY]
        said = [quad.object for quad in document.quads if quad.subject == iri]
        for value in said:
            if isinstance(value, Literal):
                assert plain(value) in shown, (document.file, value)
                checked += 1
        assert str(iri)[1:-1] in shown
    assert checked > 300


def test_each_shape_says_what_it_asks_for(trees: Trees, documents: list[Document], names: dict[str, str]) -> None:
    checked = 0
    for document in (each for each in documents if each.file.startswith("ontology/shapes/")):
        page = trees[names[document.file]]
        shown = words(page)
        counts = {quad.subject for quad in document.quads if quad.predicate.value in {SH + "minCount", SH + "maxCount"}}
        for quad in document.quads:
            if quad.predicate.value in {SH + "message", SH + "description", SH + "select", RDFS + "label"}:
                assert plain(quad.object) in shown, quad
                checked += 1
            if quad.predicate.value in {SH + "property", SH + "sparql"} and isinstance(quad.object, NamedNode):
                part = words(identified(page, quad.object.value.rpartition("/")[2]))
                assert quad.object not in counts or re.search(r"exactly|at (least|most)|no value|from \d", part), part
    assert checked > 400


def test_each_mapping_is_in_the_table_of_its_page_and_with_its_term(
    trees: Trees, documents: list[Document], names: dict[str, str], homes: dict[str, tuple[str, list[Quad]]]
) -> None:
    checked = 0
    for document in (each for each in documents if each.file.startswith("ontology/alignments/")):
        table = [[words(part) for part in row.iter()] for row in trees[names[document.file]].iter(f"{H}tr")]
        for quad in document.quads:
            term, other = quad.subject, quad.object
            if quad.predicate.value in {SKOS + "editorialNote", RDFS + "comment"}:
                assert any(plain(other) in "".join(row) for row in table), quad
            if not (isinstance(term, NamedNode) and term.value in homes and isinstance(other, NamedNode)):
                continue
            path = homes[term.value][0]
            assert any(other.value in row for row in table), quad
            assert other.value in words(identified(trees[path], re.sub(r".*[/#]", "", term.value))), quad
            checked += 1
    assert checked > 150


def test_what_an_ontology_adds_to_terms_of_another_is_on_its_page(
    trees: Trees, documents: list[Document], names: dict[str, str], homes: dict[str, tuple[str, list[Quad]]]
) -> None:
    checked = 0
    for document in (
        each for each in documents if each.file.startswith(("ontology/axioms/", "ontology/translations/"))
    ):
        page = trees[names[document.file]]
        own = {term for term, (path, _) in homes.items() if path == names[document.file]}
        declared = {quad.subject for quad in document.quads if quad.predicate.value == RDFS + "isDefinedBy"}
        for quad in document.quads:
            term = quad.subject
            if isinstance(term, NamedNode) and term.value in homes.keys() - own and term not in declared:
                anchor = f"{homes[term.value][0]}#{re.sub('.*[/#]', '', term.value)}"
                rows = [row for row in page.iter(f"{H}tr") if any(a.get("href") == anchor for a in row.iter(f"{H}a"))]
                assert rows, quad
                if isinstance(quad.object, Literal):
                    assert any(plain(quad.object) in words(row) for row in rows), quad
                checked += 1
    assert checked > 100


def test_each_text_in_another_language_stands_alone_in_an_element_that_names_it(
    trees: Trees, documents: list[Document], homes: dict[str, tuple[str, list[Quad]]]
) -> None:
    spoken = {
        (path, part.get("lang"), words(part))
        for path, page in trees.items()
        for part in page.iter()
        if part.get("lang") and part.get("dir") == "auto"
    }
    checked: Counter[str] = Counter()
    for quad in (quad for document in documents for quad in document.quads):
        literal = quad.object
        if (
            isinstance(literal, Literal)
            and literal.language not in {None, "en"}
            and isinstance(quad.subject, NamedNode)
        ):
            language = literal.language or ""
            assert (homes[quad.subject.value][0], language, plain(literal)) in spoken, quad
            checked[language] += 1
    assert checked.keys() == {"fa", "ru"} and min(checked.values()) > 50
    assert {language for _, language, _ in spoken} == checked.keys()
    for page in trees.values():
        assert page.get("lang") == "en"
        for part in page.iter():
            own = (part.text or "") + "".join(child.tail or "" for child in part)
            foreign = re.search("[\u0400-\u04ff\u0600-\u06ff]", own)
            assert not foreign or part.get("lang") in {"ru", "fa"}, own


def test_labels_in_other_languages_are_marked_for_review(
    trees: Trees, homes: dict[str, tuple[str, list[Quad]]]
) -> None:
    section = identified(trees[homes[POSITION][0]], "Position")
    marked = [part for part in section.iter(f"{H}dd") if part.find(f"{H}span[@lang]") is not None]
    assert len(marked) == 2
    assert all(words(part).endswith("Translation for review.") for part in marked)


def links(trees: Trees) -> Iterator[tuple[str, str]]:
    for path, page in trees.items():
        for part in page.iter():
            if href := part.get("href"):
                yield path, href


def test_every_link_leads_to_something(trees: Trees, project: Project) -> None:
    anchors = {path: {part.get("id") for part in page.iter()} for path, page in trees.items()}
    seen: Counter[str] = Counter()
    for path, href in links(trees):
        if href.startswith(("http://", "https://")):
            seen["outside"] += 1
            continue
        file, _, anchor = href.partition("#")
        if file.startswith("../"):
            assert file == "../" or file.removeprefix("../sparql?example=") in project.queries("competency"), href
            seen["queries"] += 1
        elif file and not file.endswith(".html"):
            name, _, end = file.rpartition(".")
            assert f"{name}.html" == path or name in MERGED, href
            assert end in FILES, href
            seen["files"] += 1
        else:
            assert (file or path) in anchors, (path, href)
            assert not anchor or unquote(anchor) in anchors[file or path], (path, href)
            seen["pages"] += 1
    assert seen["pages"] > 5000 and seen["files"] >= len(FILES) * len(trees) and seen["outside"] > 500, seen


def test_a_page_is_strict_html_that_loads_and_runs_nothing(pages: dict[str, str]) -> None:
    assert len(pages) > 40
    for path, text in pages.items():
        page = tree(text)
        ids = Counter(part.get("id") for part in page.iter() if part.get("id"))
        assert {name: times for name, times in ids.items() if times > 1} == {}, path
        for part in page.iter():
            name = part.tag.rpartition("}")[2] if isinstance(part.tag, str) else ""
            assert name not in {"script", "link", "img", "iframe", "object", "embed", "image", "use", "form"}, (
                path,
                name,
            )
            assert not any(key.startswith("on") or key in {"src", "srcset", "style"} for key in part.attrib), (
                part.attrib
            )
            assert not (part.get("href") or "").lower().startswith(("javascript:", "data:", "//")), part.attrib
        styles = "".join(words(style) for style in page.iter(f"{H}style"))
        assert "url(" not in styles and "@import" not in styles


def test_a_page_can_be_walked_by_its_headings_landmarks_and_tables(trees: Trees) -> None:
    for path, page in trees.items():
        levels = [int(part.tag[-1]) for part in page.iter() if re.fullmatch(rf"{re.escape(H)}h[1-6]", str(part.tag))]
        assert levels.count(1) == 1 and levels[0] == 1, path
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels)), (path, levels)
        assert len(list(page.iter(f"{H}main"))) == len(list(page.iter(f"{H}footer"))) == 1
        first = next(page.iter(f"{H}a"))
        assert identified(page, (first.get("href") or "")[1:]).tag == f"{H}main"
        assert all(cell.get("scope") in {"col", "row"} for cell in page.iter(f"{H}th")), path
        for part in page.iter():
            if referred := part.get("aria-labelledby"):
                assert all(words(identified(page, name)) for name in referred.split()), (path, referred)
        assert all(words(part) for part in page.iter() if part.tag in {f"{H}a", f"{H}dd", f"{H}dt", f"{H}li"}), path


def luminance(colour: str) -> float:
    full = "".join(2 * digit for digit in colour) if len(colour) == 3 else colour
    parts = [int(full[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_style_is_small_and_its_colours_are_legible_in_light_and_dark(pages: dict[str, str]) -> None:
    [style] = {text.partition("<style>")[2].partition("</style>")[0] for text in pages.values()}
    assert len(style.encode()) < 6000
    palettes = [dict(re.findall(r"--([\w-]+): #([0-9a-f]+)", block)) for block in re.findall(r":root \{[^}]*\}", style)]
    assert len(palettes) == 3
    for palette in palettes:
        for ground in (luminance(palette["ground"]), luminance(palette["field"])):
            for name in ("ink", "soft", "accent"):
                low, high = sorted((ground, luminance(palette[name])))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (name, palette)


def test_the_table_of_stances_is_that_of_the_ontology_and_the_rule(
    trees: Trees, documents: list[Document], project: Project
) -> None:
    rule = project.queries("rules")["compare-positions"].text
    outcomes = dict(re.findall(r"\( ax:(\w+) outcome:([\w-]+) \)", rule))
    assert len(outcomes) == 4
    expected = {
        (quad.subject.value.rpartition("/")[2], quad.object.value.rpartition("/")[2], name, outcomes[name])
        for document in documents
        if document.file == "ontology/schemes/stance.ttl"
        for quad in document.quads
        if (name := quad.predicate.value.removeprefix(AX)) in outcomes
    }
    rows = [list(row) for row in next(trees["stance-scheme.html"].iter(f"{H}table")).iter(f"{H}tr")]
    ends = [[[a.get("href", "").rpartition("#")[2] for a in cell.iter(f"{H}a")] for cell in row] for row in rows]
    columns = [name for [name] in ends[0][1:]]
    shown = {
        (row[0][0], column, relation, outcome)
        for row in ends[1:]
        for column, (outcome, relation) in zip(columns, row[1:], strict=True)
    }
    assert len(shown) == 36
    assert shown == expected


def test_things_of_the_data_stand_with_their_class_and_statements_with_their_property(
    trees: Trees, project: Project
) -> None:
    quads = {quad for document in read_turtle(project)[0] if document.graph for quad in document.quads}
    typed = {quad.subject for quad in quads if quad.predicate.value == RDF + "type" and quad.object.value == POSITION}
    held = {quad.triple for quad in quads if quad.predicate.value == AX + "isHeldBy"}
    position = words(identified(trees["positions.html"], "Position"))
    assert f"{len(typed)} in all" in position and len(typed) > 30
    assert 0 < len(re.findall(r"position:[\w-]+", position)) <= 5
    assert f"{len(held):,} in all." in words(identified(trees["positions.html"], "isHeldBy")) and len(held) > 30
    for name in ("compares", "opposes"):
        assert "in all, all of them computed." in words(identified(trees["positions.html"], name))


def test_the_index_has_every_ontology_and_every_own_term(
    trees: Trees, homes: dict[str, tuple[str, list[Quad]]]
) -> None:
    found = Counter(href for path, href in links(trees) if path == "araxes.html")
    assert {f"{path}#{re.sub('.*[/#]', '', term)}" for term, (path, _) in homes.items()} <= found.keys()
    assert trees.keys() - {"araxes.html"} <= found.keys()


def test_axioms_are_shown_with_their_terms_linked_and_else_where_to_find_them(project: Project, trees: Trees) -> None:
    assert "Manchester syntax file" in words(identified(trees["positions.html"], "Position"))
    section = identified(tree(rendered(project, {POSITION: [AXIOM]})["ontology/positions.html"]), "Position")
    [line] = [code for code in section.iter(f"{H}code") if words(code) == AXIOM]
    assert [a.get("href") for a in line.iter(f"{H}a")] == [
        "#Position",
        "#isHeldBy",
        "http://www.w3.org/2002/07/owl#Thing",
    ]


def test_the_questions_that_need_a_term_are_shown_with_the_query(project: Project) -> None:
    documents = read_turtle(project)[0]
    needed = Quad(NamedNode(POSITION), NamedNode(AX + "isNeededFor"), Literal("X99"))
    module = next(each for each in documents if each.file == "ontology/modules/positions.ttl")
    more = Document("ontology/modules/more.ttl", module.graph, "", (needed,))
    saved = {
        "x99-who": SavedQuery("x99-who", "competency", "x99-who.rq", "", (("id", "X99"), ("question", "Who & why?")))
    }
    book = publishing.Book([*documents, more], project.prefixes())
    page = book.pages(saved, {}, {}, ())["ontology/positions.html"]
    [link] = [a for a in tree(page).iter(f"{H}a") if a.get("href") == "../sparql?example=x99-who"]
    assert words(link) == "Who & why?"


def test_a_diagram_is_shown_only_as_long_as_it_fits(project: Project, pages: dict[str, str]) -> None:
    assert sum("<svg" in page for page in pages.values()) > 8
    assert not any("The diagram is missing" in page for page in pages.values())
    book = publishing.Book(read_turtle(project)[0], project.prefixes())
    stale = dict.fromkeys(book.dots(), "<svg><!-- DOT 0 --></svg>")
    page = book.pages({}, {}, stale, ())["ontology/positions.html"]
    assert "<svg" not in page and "The diagram is missing" in page


def test_hostile_texts_are_shown_as_they_are(tmp_path: Path) -> None:
    copy = copy_of_tiny(tmp_path)
    hostile = "\"><script>alert('1')</script>&amp; \u202e{{ 7 * 7 }} בּ"
    escaped = hostile.replace('"', '\\"')
    more = f"""
ax:Hostile a owl:Class ; rdfs:subClassOf ax:Position ; rdfs:label "{escaped}"@en , "{escaped}"@he ;
    <{SKOS}definition> "{escaped}"@en ; rdfs:seeAlso <javascript:alert(1)> ;
    rdfs:isDefinedBy <{BASE}ontology/positions> .

<{BASE}id/state/hostile> a ax:Hostile ; rdfs:label "{escaped}"@en .
"""
    copy.add("ontology/modules/positions.ttl", more)
    project = Project(copy.root)
    pages = rendered(project)
    section = identified(tree(pages["ontology/positions.html"]), "Hostile")
    assert words(identified(section, "Hostile_")) == hostile
    assert [words(part) for part in section.iter() if part.get("lang") == "he"] == [hostile]
    assert words(section).count(hostile) >= 4
    assert "<script" not in publishing.Book(read_turtle(project)[0], project.prefixes()).dots()["positions"]
    for text in pages.values():
        assert not [part for part in tree(text).iter() if part.tag == f"{H}script"]
        assert "javascript:" not in [part.get("href", "").partition("alert")[0] for part in tree(text).iter()]
        assert "<script" not in text


def test_the_same_project_makes_the_same_bytes(project: Project, pages: dict[str, str]) -> None:
    assert rendered(Project(ROOT)) == pages
    documents = [
        Document(each.file, each.graph, each.text, tuple(reversed(each.quads)), each.prefixes)
        for each in reversed(read_turtle(project)[0])
    ]
    drawings = {path.stem: path.read_text("utf-8") for path in project.root.glob("ontology/diagrams/*.svg")}
    book = publishing.Book(documents, project.prefixes())
    assert book.pages(project.queries("competency"), {}, drawings, EVERY) == pages
