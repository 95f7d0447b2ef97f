"""What people take from a release: each ontology and graph in every syntax, the same in each, and a catalogue."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from araxes.project import Release
from helpers import ROOT, araxes
from pyoxigraph import CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, Triple, parse
from rdflib import Graph

BASE = "https://w3id.org/araxes/"
OWL = "http://www.w3.org/2002/07/owl#"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
ONTOLOGY, INDIVIDUAL, IMPORTS = (NamedNode(OWL + name) for name in ("Ontology", "NamedIndividual", "imports"))
RDF = {"ttl": RdfFormat.TURTLE, "rdf": RdfFormat.RDF_XML, "jsonld": RdfFormat.JSON_LD, "nt": RdfFormat.N_TRIPLES}
OWN = ("ofn", "omn")
FOLDERS = [ROOT / "ontology" / part for part in ("alignments", "axioms", "modules", "schemes", "stubs", "translations")]
NOT_OWL = {"prefixes", "geometry"}
DUBLIN = (
    "title",
    "abstract",
    "description",
    "creator",
    "publisher",
    "created",
    "issued",
    "modified",
    "license",
    "source",
)


@pytest.fixture(scope="module")
def documents(release: Release) -> Path:
    """Return the folder with the documents of the release."""
    return release.folder / "documents"


@pytest.fixture(scope="module")
def names(documents: Path) -> list[str]:
    """Return the path of each ontology without its suffix."""
    return sorted(path.relative_to(documents).as_posix().removesuffix(".ttl") for path in documents.rglob("*.ttl"))


@cache
def triples(path: Path) -> frozenset[Triple]:
    return frozenset(quad.triple for quad in parse(path.read_bytes(), RDF[path.suffix[1:]]))


def canonical(path: Path) -> Dataset:
    dataset = Dataset(Quad(each.subject, each.predicate, each.object) for each in triples(path))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def said(path: Path) -> set[Triple]:
    """Return the triples without blank nodes that are not of a header."""
    heads = {each.subject for each in triples(path) if each.predicate == TYPE and each.object == ONTOLOGY}
    named = (each for each in triples(path) if "_:" not in f"{each.subject}{each.object}"[:2] + str(each.object)[:2])
    return {each for each in named if each.subject not in heads}


def test_every_ontology_is_there_in_every_syntax(
    documents: Path, names: list[str], counted: Callable[[str], None]
) -> None:
    written = {path.stem for folder in FOLDERS for path in folder.glob("*.ttl")}
    assert len(names) > 55
    assert len(written) > 35
    for name in names:
        owl = not name.endswith("-shapes") and name.rpartition("/")[2] not in NOT_OWL
        for suffix in (*RDF, *OWN) if owl else RDF:
            assert (documents / f"{name}.{suffix}").stat().st_size > 200, (name, suffix)
    files = [path for path in documents.rglob("*") if path.is_file()]
    counted(
        f"{len(names)} ontologies in {len(RDF) + len(OWN)} syntaxes (shapes, prefixes and points in {len(RDF)}): {len(files)} documents"
    )


def test_every_syntax_of_rdf_says_the_same(documents: Path, names: list[str]) -> None:
    for name in names:
        wanted = canonical(documents / f"{name}.ttl")
        assert len(wanted) > 10
        for suffix in RDF:
            assert canonical(documents / f"{name}.{suffix}") == wanted, (name, suffix)


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_another_parser_reads_them_too(documents: Path) -> None:
    for suffix, form in {"ttl": "turtle", "rdf": "xml", "jsonld": "json-ld", "nt": "nt"}.items():
        path = documents / f"ontology/position-inference.{suffix}"
        assert len(Graph().parse(path, format=form)) == len(triples(path))


def test_what_people_wrote_is_kept_to_the_letter(documents: Path) -> None:
    for folder in FOLDERS:
        for path in folder.glob("*.ttl"):
            text = path.read_text("utf-8")
            iri = text.partition("\nmodule:")[2].partition(" ")[0]
            assert (documents / f"ontology/{iri}.ttl").read_text("utf-8").startswith(text), path


def test_each_document_is_one_ontology_with_its_iri_and_no_other(documents: Path, names: list[str]) -> None:
    for name in names:
        heads = [each.subject for each in triples(documents / f"{name}.nt") if each.object == ONTOLOGY]
        assert heads == [NamedNode(BASE + name)]


def test_the_catalogue_has_every_ontology_its_version_and_every_import(documents: Path, names: list[str]) -> None:
    # an editor looks for it beside the file that it opens
    texts = {(documents / folder / "catalog-v001.xml").read_text("utf-8") for folder in ("ontology", "graph")}
    tree = ET.fromstring(texts.pop())
    assert texts == set()
    entries = {
        each.attrib["name"]: each.attrib["uri"]
        for each in tree.iter("{urn:oasis:names:tc:entity:xmlns:xml:catalog}uri")
    }
    assert {BASE + name for name in names} <= entries.keys()
    assert all((documents / "graph" / uri).is_file() for uri in entries.values())
    imported = {
        each.object.value for name in names for each in triples(documents / f"{name}.nt") if each.predicate == IMPORTS
    }
    assert len(imported) > 30
    assert imported <= entries.keys()
    assert len([iri for iri in entries if "/0.2.0/" in iri]) == len(names)


def test_a_merged_file_says_what_its_parts_say_and_imports_nothing(documents: Path, release: Release) -> None:
    merged, everything = (documents / f"ontology/araxes-merged{end}.nt" for end in ("", "-with-data"))
    assert not any(each.predicate == IMPORTS for path in (merged, everything) for each in triples(path))
    for part in ("positions", "position-inference", "stance-scheme", "external-terms", "labels-fa"):
        assert said(documents / f"ontology/{part}.nt") <= said(merged), part
    for graph in ("entities", "kaleji-2023", "context", "links", "inferred"):
        assert said(documents / f"graph/{graph}.nt") <= said(everything), graph
    assert said(merged) < said(everything)
    served = {quad.triple for quad in parse(release.dataset.read_bytes(), RdfFormat.N_QUADS)}
    lost = {each for each in served if "_:" not in str(each)} - triples(everything)
    points = said(documents / "graph/geometry.nt")
    assert len(points & lost) > 50
    assert {each.subject.value.rpartition("/")[0] for each in lost - points} <= {f"{BASE}ontology", f"{BASE}graph"}


def test_every_thing_is_declared_an_individual(documents: Path) -> None:
    whole = triples(documents / "ontology/araxes-merged-with-data.nt")
    classes = {each.subject for each in whole if each.predicate == TYPE and each.object == NamedNode(f"{OWL}Class")}
    things = {
        each.subject
        for each in whole
        if each.predicate == TYPE and each.object in classes and isinstance(each.subject, NamedNode)
    }
    declared = {each.subject for each in whole if each.object == INDIVIDUAL}
    assert len(things) > 550
    assert things <= declared
    assert not declared & classes


def test_every_link_of_a_page_leads_to_a_document(documents: Path) -> None:
    followed = 0
    for page in documents.rglob("*.html"):
        for link in re.findall(r'href="([^"#]+)', page.read_text("utf-8")):
            if not link.startswith(("http://", "https://", "../")):
                assert (page.parent / link).is_file(), (page.name, link)
                followed += 1
    assert followed > 3000


def test_what_the_build_makes_has_a_full_header_and_begins_with_it(documents: Path) -> None:
    parts = ["owl:versionIRI", "owl:versionInfo", "bibo:status", "skos:historyNote", "vann:preferredNamespaceUri"]
    parts += ["vann:preferredNamespacePrefix", *(f"dcterms:{each}" for each in DUBLIN)]
    for name in ("ontology/araxes-merged", "ontology/araxes-with-data", "graph/entities", "graph/kaleji-2023"):
        head = (documents / f"{name}.ttl").read_text("utf-8").split("\n\n")[2]
        assert " a owl:Ontology ;" in head.partition("\n")[0], name
        lacks = [each for each in parts if f"    {each} " not in head]
        # what is of no one source names none
        assert lacks == (["dcterms:source"] if name == "graph/entities" else []), name


def test_data_is_served_without_declarations(select: Callable[[str], list[dict[str, str]]]) -> None:
    assert select("SELECT ?x WHERE { ?x a <http://www.w3.org/2002/07/owl#NamedIndividual> }") == []


def test_without_java_the_rest_is_there_and_the_build_says_so(tmp_path: Path) -> None:
    done = araxes("build", "--without-reasoner", "--project", str(ROOT), "--release", str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "without OWL's own syntaxes, which need Java" in done.stdout
    found = {path.suffix for path in (tmp_path / "current" / "documents").rglob("*") if path.is_file()}
    owl = {".ttl", ".rdf", ".jsonld", ".nt", ".xml", ".html", ".tsv"}
    assert found == owl | {".csv", ".json", ".parquet"}


def test_a_second_build_gives_the_same_documents(releases: Path, tmp_path: Path) -> None:
    done = araxes("build", "--project", str(ROOT), "--release", str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "current").resolve().name == (releases / "current").resolve().name
