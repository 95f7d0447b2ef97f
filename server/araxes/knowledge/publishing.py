"""What people take from a release: ontologies in every syntax, a catalogue, tables, and reference pages."""

import csv
import hashlib
import io
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import pyoxigraph
from jinja2 import Environment, PackageLoader, StrictUndefined
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from araxes.knowledge import graphs, logic
from araxes.prefixes import BASE, GEOMETRY_GRAPH, NS, ONTOLOGY_GRAPH, OWL, RDF_TYPE, RDFS, shorten
from araxes.problems import BadProject
from araxes.project import HOMES
from araxes.queries import SavedQuery

TEMPLATES = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
TEMPLATES.loader = PackageLoader("araxes.knowledge")
TEMPLATES.add_extension("jinja2.ext.do")
TEMPLATES.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
TEMPLATES.tests |= {"blank": BlankNode.__instancecheck__, "literal": Literal.__instancecheck__}
NAME = re.compile(r"([A-Za-z][\w.-]*:\w(?:[\w.-]*\w)?)")
SYNTAXES = {"rdf": RdfFormat.RDF_XML, "jsonld": RdfFormat.JSON_LD, "nt": RdfFormat.N_TRIPLES}
MERGED, BOTH = (f"{BASE}ontology/araxes-merged{end}" for end in ("", "-with-data"))
DEFINED_BY = f"{RDFS}isDefinedBy"
NOT_OWL = ("ontology/shapes/", "ontology/prefixes.ttl")
HEAD = NamedNode(RDF_TYPE), NamedNode(f"{OWL}Ontology")
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


class Paper(NamedTuple):
    """An ontology as a document: its IRI, its triples, the text that people wrote, if they did, and if it is OWL."""

    iri: str
    triples: frozenset[Triple]
    text: str = ""
    owl: bool = True


def canonical(given: Iterable[Quad]) -> list[Quad]:
    """Return the quads with the names that RDFC-1.0 gives blank nodes, in the order of their N-Quads."""
    dataset = pyoxigraph.Dataset(given)
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(dataset, key=str)


def papers(read: Sequence[graphs.Document]) -> list[Paper]:
    """Return every ontology of the project, an ontology of each graph, and those that bring parts together."""
    served = [document for document in read if document.graph]
    store = graphs.store_of(graphs.triples(served))
    store.bulk_extend(quads := graphs.quads(served))
    held = set(store)
    store.update((graphs.QUERIES / "papers.ru").read_text("utf-8"))
    made: dict[str, set[Triple]] = {}
    # what was held is taken as written, since a store knows numbers by their values
    for quad in (*quads, *set(store) - held):
        made.setdefault(str(quad.graph_name)[1:-1], set()).add(quad.triple)
    declared: dict[object, Triple] = {each.subject: each for each in made.pop("urn:araxes:declared", ())}
    own = [paper for document in read for paper in _own(document, declared)]
    # the umbrella imports all that is served of the ontology; the headers of what it imports are not its own
    heads = {NamedNode(paper.iri) for paper in own}
    terms = {each for each in made.pop(ONTOLOGY_GRAPH, ()) if each.subject not in heads}
    data = {each for name, part in made.items() if name != GEOMETRY_GRAPH for each in part}
    data = {each for each in data if str(each.subject)[1:-1] not in made}
    made |= {MERGED: made[MERGED] | terms, BOTH: made[BOTH] | terms | data}
    return [*own, *(Paper(iri, frozenset(made[iri]), owl=iri != GEOMETRY_GRAPH) for iri in sorted(made))]


def files(given: Sequence[Paper], prefixes: Mapping[str, str], *, java: bool) -> tuple[dict[str, bytes], Any]:
    """Return papers in every syntax and a catalogue, by path; and axioms by term: these and OWL's own only by Java."""
    made: dict[str, bytes] = {}
    entries, homes = dict[str, str](), dict[str, str]()
    for paper in given:
        head, name = NamedNode(paper.iri), paper.iri.removeprefix(BASE)
        iris = [head, *(each.object for each in paper.triples if each.predicate.value == f"{OWL}versionIRI")]
        entries |= {str(iri)[1:-1]: name for iri in iris}
        said = [(str(each.subject)[1:-1], each.predicate.value, str(each.object)[1:-1]) for each in paper.triples]
        homes |= {shape: name for shape, *_ in said if shape.startswith(f"{BASE}shapes/")}
        homes |= {term: at.removeprefix(BASE) for term, how, at in said if how == DEFINED_BY and term.startswith(NS)}
        quads = canonical(Quad(*each) for each in paper.triples)
        # the header first: older readers look for it there
        ordered = sorted((quad.triple for quad in quads), key=lambda each: each.subject != head)
        words = "\n".join(map(str, ordered))
        used = {prefix: space for prefix, space in sorted(prefixes.items()) if space in words}
        for suffix, form in SYNTAXES.items():
            made[f"{name}.{suffix}"] = serialize(ordered, format=form, prefixes=used) or b""
        made[f"{name}.ttl"] = (paper.text or _header_first(paper, prefixes)).encode()
    catalogue = TEMPLATES.get_template("catalog.xml").render(entries=sorted(entries.items())).encode()
    made |= {f"{name.partition('/')[0]}/catalog-v001.xml": catalogue for name in [*made]}
    made[HOMES] = json.dumps(homes | entries, indent=0, sort_keys=True).encode()
    rdf = {name: made[f"{name}.rdf"] for name in (paper.iri.removeprefix(BASE) for paper in given if paper.owl)}
    axioms, written = logic.ask("write", rdf, prefixes) if java else ({}, {})
    return made | written, axioms


def _own(document: graphs.Document, declared: Mapping[object, Triple]) -> Iterator[Paper]:
    """Yield the ontology that a document is, in which its individuals are declared, too."""
    for iri in (quad.subject for quad in document.quads if (quad.predicate, quad.object) == HEAD):
        if document.file.startswith("ontology/") and isinstance(iri, NamedNode):
            added = {declared[quad.subject] for quad in document.quads if quad.subject in declared}
            names = (shorten(str(each.subject)[1:-1], document.prefixes) for each in added)
            lines = "".join(sorted(f"\n{name} a owl:NamedIndividual ." for name in names))
            text = f"{document.text}{lines}\n" if lines else document.text
            triples = graphs.triples([document]) | added
            yield Paper(iri.value, frozenset(triples), text, owl=not document.file.startswith(NOT_OWL))


def _header_first(paper: Paper, prefixes: Mapping[str, str]) -> str:
    text = graphs.turtle(paper.triples, prefixes, "Made by the build from the files of the project.")
    comment, heads, *blocks = text.split("\n\n")
    start = f"{shorten(paper.iri, prefixes)} a owl:Ontology"
    return "\n\n".join([comment, heads, *sorted(blocks, key=lambda block: not block.startswith(start))])


def tables(dataset: bytes, saved: Mapping[str, SavedQuery]) -> dict[str, bytes]:
    """Return each table of N-Quads in every form, and its metadata (CSVW), by path.

    A cell of the CSV (RFC 4180) is the SPARQL value. Raises `BadProject` for values that do not fit kinds or key.
    """
    told = {"release": hashlib.sha256(dataset).hexdigest()[:16], "saved": saved}
    store = graphs.store_of(quad.triple for quad in parse(dataset, RdfFormat.N_QUADS))
    described = TEMPLATES.get_template("tables.json").render
    made = {"csv-metadata.json": described(told).encode()} if saved else {}
    for name, query in saved.items():
        kinds, found = query.kinds, list(graphs.rows(store, query))
        rows = [[str(row[each].value) if each in row else "" for each in kinds] for row in found]
        try:
            if len({tuple(row.get(each) for each in query.first("key").split()) for row in found}) < len(rows):
                raise ValueError("two rows have one key")
            objects = [dict(zip(kinds, map(_value, kinds.values(), row), strict=True)) for row in rows]
            made[f"{name}.parquet"] = _parquet(query, objects, str(told["release"]))
        except ValueError as error:
            raise BadProject(f"{query.file}: {error}", hint="Correct the query or its header.") from error
        made[f"{name}.json"] = (json.dumps(objects, ensure_ascii=False, indent=1) + "\n").encode()
        for title, mark in ((name, ""), (f"{name}-guarded", "'")):
            cells = [[f"{mark}{cell}" if cell[:1] in {*"=+-@\t\r"} else cell for cell in row] for row in rows]
            csv.writer(out := io.StringIO(newline="")).writerows([list(kinds), *cells])
            made[f"{title}.csv"] = out.getvalue().encode()
            made[f"{title}.csv-metadata.json"] = described(told, only=title).encode()
    return {f"tables/{file}": body for file, body in made.items()}


def _value(kind: str, cell: str) -> object:
    """Return a cell as JSON has it: a list where there may be several values, else null where there is none."""
    if kind.endswith("*") or not cell:
        return cell.split("|") if cell else [] if kind.endswith("*") else None
    return int(cell) if kind in {"xsd:gYear", "xsd:integer"} else cell


def _parquet(query: SavedQuery, rows: Sequence[Mapping[str, object]], release: str) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    text, kinds = pa.string(), query.kinds
    types = {"iri*": pa.list_(text), "xsd:string*": pa.list_(text), "xsd:gYear": pa.int32(), "xsd:integer": pa.int64()}
    exact = {"xsd:date": pa.date32(), "xsd:dateTime": pa.timestamp("us", "UTC")}
    fields = [pa.field(name, types.get(kinds[name], text), True, {"description": said}) for name, said in query.columns]
    told = {"title": query.title, "description": query.first("row"), "release": release, "license": LICENCE}
    whole = pa.schema([each.with_type(exact.get(kinds[each.name], each.type)) for each in fields], told)
    parquet.write_table(pa.Table.from_pylist(rows, pa.schema(fields)).cast(whole), out := io.BytesIO())
    return out.getvalue()


def mark(text: str) -> str:
    """Return the comment by which an SVG says from which DOT text it was drawn."""
    return f"<!-- DOT {hashlib.sha256(text.encode()).hexdigest()} -->"


class Book:
    """What templates ask: the rows of each query by their first column, and what a node is called and where it is."""

    def __init__(self, documents: Sequence[graphs.Document], prefixes: Mapping[str, str]) -> None:
        self.prefixes, store = prefixes, graphs.by_file(documents)
        saved = graphs.package("handbook")
        self.found: dict[str, dict[object, list[dict[str, Any]]]] = {name: defaultdict(list) for name in saved}
        for name, query in saved.items():
            for row in graphs.rows(store, query):
                self.found[name][next(iter(row.values()))].append(row)
        # the values that the ontology gives each node for each property
        self.statements: dict[object, dict[str, list[object]]] = defaultdict(dict)
        for row in self.rows("statements"):
            self.statements[row["node"]].setdefault(self.of(row["property"]), []).append(row["value"])
        self.members = {node: [row["member"] for row in rows] for node, rows in self.found["members"].items()}
        labels, own = self.found["labels"], f"<{BASE}"
        self.labels = {node: rows[0]["label"].value for node, rows in labels.items() if str(node).startswith(own)}
        self.names = {row["ontology"]: row["name"].value for row in self.rows("ontologies")}
        homes = ((row[key], row["page"]) for key in ("term", "shape", "part") for row in self.rows(f"{key}s"))
        self.homes = {node: self.names[page] for node, page in homes}

    def pages(
        self, saved: Mapping[str, SavedQuery], axioms: object, diagrams: Mapping[str, str], files: Collection[str]
    ) -> dict[str, str]:
        """Return the page of each ontology by its path, from competency questions, axioms by term, and `files` to link.

        `diagrams` has the SVG of each ontology by name: one that was not drawn from what `dots` returns is left out.
        """
        texts = self.dots()
        drawn = {name: diagrams[name] for name, text in texts.items() if mark(text) in diagrams.get(name, "")}
        questions = {each.first("id"): each for each in saved.values()}
        given = {"questions": questions, "axioms": axioms, "diagrams": drawn, "drawable": texts, "files": files}
        fill = partial(TEMPLATES.get_template("ontology.html").render, given, book=self)
        return {f"ontology/{name}.html": fill(page=page, name=name) for page, name in self.names.items()}

    def dots(self) -> dict[str, str]:
        """Return the DOT text of each diagram by the name of its ontology."""
        fill, drawn = TEMPLATES.get_template("diagram.dot").render, self.found["arrows"]
        return {name: fill(book=self, page=page, name=name) for page, name in self.names.items() if page in drawn}

    def rows(self, query: str, key: object = None) -> list[dict[str, Any]]:
        """Return the rows of a query that begin with a node, or all."""
        found = self.found[query]
        return found.get(key, []) if key else [row for rows in found.values() for row in rows]

    def of(self, node: object) -> str:
        """Return the prefixed name of a node."""
        return shorten(node.value, self.prefixes) if isinstance(node, NamedNode) else ""

    def anchor(self, node: object) -> str:
        """Return the identifier of a term on its page: its local name, before which those of others have a prefix."""
        name = self.of(node)
        return re.sub(r"[^\w.-]+", "-", name.rpartition(":")[2] if str(node).startswith(f"<{BASE}") else name)

    def link(self, node: object) -> str:
        """Return where a term or an ontology is described, else the IRI where it can be followed, else nothing."""
        if node in self.homes or node in self.names:
            return f"{self.homes[node]}.html#{self.anchor(node)}" if node in self.homes else f"{self.names[node]}.html"
        return node.value if isinstance(node, NamedNode) and node.value.startswith(("http://", "https://")) else ""

    def pieces(self, text: str) -> list[tuple[str, object]]:
        """Return a text in pieces, with its term for each that is a prefixed name, else with nothing."""
        split = [(piece, *piece.partition(":")) for piece in NAME.split(text)]
        known = self.prefixes
        return [(piece, NamedNode(known[name] + local) if name in known else None) for piece, name, _, local in split]
