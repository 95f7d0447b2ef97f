"""What people take from a release: each ontology and each graph in every syntax, and a catalogue for offline use."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from pyoxigraph import CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, Store, Triple, serialize

from araxes.knowledge import graphs, owlapi
from araxes.knowledge.reading import Document
from araxes.knowledge.turtle import turtle
from araxes.prefixes import BASE, ONTOLOGY_GRAPH, OWL, RDF_TYPE, shorten
from araxes.problems import BadProject

SYNTAXES = {"rdf": RdfFormat.RDF_XML, "jsonld": RdfFormat.JSON_LD, "nt": RdfFormat.N_TRIPLES}
MERGED, BOTH = (f"{BASE}ontology/araxes-merged{end}" for end in ("", "-with-data"))
NAME = re.compile(r"[a-z]+/[a-z0-9-]+")
NOT_OWL = ("ontology/shapes/", "ontology/prefixes.ttl")
KIND, ONTOLOGY = NamedNode(RDF_TYPE), NamedNode(f"{OWL}Ontology")
VERSION = NamedNode(f"{OWL}versionIRI")
CATALOGUE = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
{}</catalog>
"""


class Paper(NamedTuple):
    """An ontology as a document: its IRI, its triples, the text that people wrote, if they did, and if it is OWL."""

    iri: str
    triples: frozenset[Triple]
    text: str = ""
    owl: bool = True

    @property
    def name(self) -> str:
        """Return its path below the base, such as `ontology/positions`."""
        return self.iri.removeprefix(BASE)

    @property
    def iris(self) -> list[str]:
        """Return the IRI, and that of the version."""
        return [self.iri, *(str(each.object)[1:-1] for each in self.triples if each.predicate == VERSION)]


def canonical(given: Iterable[Quad]) -> list[Quad]:
    """Return the quads with the names that RDFC-1.0 gives blank nodes, in the order of their N-Quads."""
    dataset = Dataset(given)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(dataset, key=str)


def papers(read: Sequence[Document]) -> list[Paper]:
    """Return every ontology of the project, an ontology of each graph, and those that bring parts together."""
    served = [document for document in read if document.graph]
    store = graphs.store_of(graphs.triples(served))
    store.bulk_extend(graphs.quads(served))
    declared: dict[object, Triple] = {each.subject: each for each in _constructed(store, "declarations")}
    made: dict[str, set[Triple]] = {}
    for each in _constructed(store, "headers"):
        made.setdefault(str(each.subject)[1:-1], set()).add(each)
    own = [paper for document in read for paper in _own(document, declared)]
    if odd := [paper.iri for paper in own if not NAME.fullmatch(paper.name)]:
        hint = f"An ontology is called {BASE}ontology/ and a name in small letters, digits and hyphens."
        raise BadProject(f"No document can be named after {', '.join(odd)}", hint=hint)
    heads = {NamedNode(paper.iri) for paper in own}
    content: dict[str, set[Triple]] = {}
    for document in served:
        part = content.setdefault(str(document.graph), set())
        for quad in document.quads:
            part |= {quad.triple, *(declared[node] for node in (quad.subject, quad.object) if node in declared)}
    # the umbrella imports all that is served of the ontology; the headers of what it imports are not its own
    terms = {each for each in content.pop(ONTOLOGY_GRAPH, ()) if each.subject not in heads}
    content |= {MERGED: terms, BOTH: terms.union(*content.values())}
    return [*own, *(Paper(iri, frozenset(made[iri] | content.get(iri, set()))) for iri in sorted(made))]


def files(
    given: Sequence[Paper], prefixes: Mapping[str, str], *, java: bool
) -> tuple[dict[str, bytes], dict[str, list[str]]]:
    """Return the papers in every syntax, and a catalogue, by path; and the logical axioms by term, in words.

    OWL's own syntaxes and the axioms are left out without Java.
    """
    made: dict[str, bytes] = {}
    for paper in given:
        head = NamedNode(paper.iri)
        quads = canonical(Quad(each.subject, each.predicate, each.object) for each in paper.triples)
        # the header first: older readers look for it there
        ordered = sorted((quad.triple for quad in quads), key=lambda each: each.subject != head)
        words = "\n".join(map(str, ordered))
        used = {name: space for name, space in sorted(prefixes.items()) if space in words}
        for suffix, form in SYNTAXES.items():
            made[f"{paper.name}.{suffix}"] = serialize(ordered, format=form, prefixes=used) or b""
        made[f"{paper.name}.ttl"] = (paper.text or _header_first(paper, prefixes)).encode()
    entries = sorted((iri, paper.name) for paper in given for iri in paper.iris)
    lines = (f"    <uri name={quoteattr(iri)} uri={quoteattr(f'../{name}.ttl')}/>\n" for iri, name in entries)
    catalogue = CATALOGUE.format("".join(lines)).encode()
    made |= {f"{name.partition('/')[0]}/catalog-v001.xml": catalogue for _, name in entries}
    rdf = {paper.iri: (paper.name, made[f"{paper.name}.rdf"]) for paper in given if paper.owl}
    axioms, written = owlapi.ask("write", rdf, prefixes, [name for name, _ in rdf.values()]) if java else ({}, {})
    return made | written, axioms


def _constructed(store: Store, name: str) -> Iterable[Triple]:
    yield from store.query(graphs.saved(f"documents/{name}").text)  # type: ignore[misc]


def _own(document: Document, declared: Mapping[object, Triple]) -> Iterator[Paper]:
    """Yield the ontology that a document is, in which its individuals are declared, too."""
    iris = [quad.subject for quad in document.quads if quad.predicate == KIND and quad.object == ONTOLOGY]
    for iri in iris:
        if document.file.startswith("ontology/") and isinstance(iri, NamedNode):
            added = {declared[quad.subject] for quad in document.quads if quad.subject in declared}
            names = (shorten(str(each.subject)[1:-1], document.prefixes) for each in added)
            lines = "".join(f"{name} a owl:NamedIndividual .\n" for name in sorted(names))
            text = f"{document.text}\n{lines}" if lines else document.text
            triples = graphs.triples([document]) | added
            yield Paper(iri.value, frozenset(triples), text, owl=not document.file.startswith(NOT_OWL))


def _header_first(paper: Paper, prefixes: Mapping[str, str]) -> str:
    text = turtle(paper.triples, prefixes, "Made by the build from the files of the project.")
    comment, heads, *blocks = text.split("\n\n")
    header = next(block for block in blocks if block.startswith(f"{shorten(paper.iri, prefixes)} a owl:Ontology"))
    blocks.remove(header)
    return "\n\n".join([comment, heads, header, *blocks])
