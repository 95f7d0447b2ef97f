"""Every prefix of every file against the one place where prefixes are declared."""

from collections.abc import Iterator

from araxes.findings import Finding, Place, Report, report
from araxes.knowledge.places import Prefix, declarations
from araxes.knowledge.reading import Document
from araxes.prefixes import PREFIX_FILE, of_source
from araxes.project import Project


def check(project: Project, documents: list[Document]) -> Report:
    """Return a finding for each prefix in a Turtle or query file that is not bound as the project declares it."""
    known = project.prefixes()
    texts = [(document.file, document.text) for document in documents if document.file != PREFIX_FILE]
    texts += [(file, project.path(file).read_text("utf-8", errors="replace")) for file in project.rq()]
    found: list[Finding] = []
    looked_at = 0
    for file, text in texts:
        for prefix in declarations(text):
            looked_at += 1
            found += _disagreement(file, prefix, known)
    if known.keys() <= {name for key in project.sources() for name in of_source(key)}:
        hint = 'Declare each as `sh:declare [ sh:prefix "ax" ; sh:namespace "https://…"^^xsd:anyURI ]`.'
        found.append(Finding("No prefix is declared.", hint, Place(PREFIX_FILE, 1)))
    return report("prefixes", looked_at, "declarations", found)


def _disagreement(file: str, prefix: Prefix, known: dict[str, str]) -> Iterator[Finding]:
    place = Place(file, prefix.line, prefix.column)
    if prefix.name not in known:
        hint = f"Declare it in {PREFIX_FILE}, or use the prefix that is declared for this namespace."
        yield Finding(f"The prefix {prefix.name}: is not declared in the project.", hint, place)
    elif known[prefix.name] != prefix.namespace:
        message = (
            f"The prefix {prefix.name}: is bound to {prefix.namespace}, but in the project to {known[prefix.name]}."
        )
        yield Finding(message, f"Bind it as {PREFIX_FILE} does, or use another prefix.", place)
