"""What is opened: where it stands, and what of it is not OWL."""

import re
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
ONTOLOGY = TESTS.parent / "ontology"
FIXTURES = TESTS / "fixtures" / "owlapi"


def not_owl() -> list[str]:
    """Return the IRIs of what is written in terms of SHACL, which OWL does not know."""
    files = [*sorted(ONTOLOGY.glob("shapes/*.ttl")), ONTOLOGY / "prefixes.ttl"]
    found = (re.search(r"^module:([\w-]+) a owl:Ontology", file.read_text("utf-8"), re.MULTILINE) for file in files)
    # nor has it a datatype for points
    return [
        "https://w3id.org/araxes/graph/geometry",
        *(f"https://w3id.org/araxes/ontology/{each[1]}" for each in found if each),
    ]


def job(folder: Path) -> dict[str, Any]:
    """Return the job of opening everything in a folder with a catalogue."""
    return {"catalogue": str(folder / "catalog-v001.xml"), "paths": [str(folder)], "not_owl": not_owl()}
