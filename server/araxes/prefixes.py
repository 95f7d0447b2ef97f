"""The few names that code needs to know, and the prefixes of the project, read from where they are declared once."""

import re
from collections.abc import Mapping
from pathlib import Path

from pyoxigraph import RdfFormat, parse

BASE = "https://w3id.org/araxes/"
NS, THINGS, GRAPHS = BASE + "ns/", BASE + "id/", BASE + "graph/"
ONTOLOGY_GRAPH, INFERRED_GRAPH, GEOMETRY_GRAPH = GRAPHS + "ontology", GRAPHS + "inferred", GRAPHS + "geometry"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SH = "http://www.w3.org/ns/shacl#"
XSD = "http://www.w3.org/2001/XMLSchema#"

RDF_TYPE = RDF + "type"
FILE_IRI = "urn:araxes:file:"
PREFIX_FILE = "ontology/prefixes.ttl"
LOCAL = re.compile(r"[A-Za-z0-9_](?:[\w.-]*[\w-])?", re.ASCII)


def declared(text: str) -> dict[str, str]:
    """Return prefix -> namespace as `sh:declare` gives them in a Turtle text; raises `SyntaxError` for other texts."""
    quads = list(parse(text, RdfFormat.TURTLE))
    prefixes, namespaces = (
        {quad.subject: getattr(quad.object, "value", "") for quad in quads if quad.predicate.value == SH + name}
        for name in ("prefix", "namespace")
    )
    return {prefixes[node]: namespaces[node] for node in prefixes if node in namespaces}


def below(root: Path) -> dict[str, str]:
    """Return the prefixes that the files below a folder declare; none where there is no such file."""
    path = root / PREFIX_FILE
    return declared(path.read_text("utf-8")) if path.is_file() else {}


def of_source(key: str) -> dict[str, str]:
    """Return the two prefixes that belong to a source: for its attestations and for its passages."""
    return {key: f"{THINGS}attestation/{key}/", f"{key}-passage": f"{THINGS}passage/{key}/"}


def shorten(iri: str, prefixes: Mapping[str, str]) -> str:
    """Return the IRI as a prefixed name where a prefix fits, else in angle brackets."""
    fitting = (name for name, namespace in prefixes.items() if iri.startswith(namespace) and iri != namespace)
    best = max(fitting, key=lambda name: len(prefixes[name]), default=None)
    local = "" if best is None else iri.removeprefix(prefixes[best])
    return f"{best}:{local}" if LOCAL.fullmatch(local) else f"<{iri}>"
