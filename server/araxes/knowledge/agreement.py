"""Every prefix of every file against the one place where prefixes are declared."""

from araxes.findings import Finding, Place, Report, report
from araxes.knowledge.places import declarations
from araxes.knowledge.reading import Document
from araxes.prefixes import PREFIX_FILE, of_source
from araxes.project import Project


def check(project: Project, documents: list[Document]) -> Report:
    """Return a finding for each prefix in a Turtle or query file that is not bound as the project declares it."""
    known = project.prefixes()
    texts = {document.file: document.text for document in documents if document.file != PREFIX_FILE}
    texts |= {file: project.path(file).read_text("utf-8", errors="replace") for file in project.rq()}
    declared = [(file, prefix) for file, text in texts.items() for prefix in declarations(text)]
    found = []
    for file, (name, namespace, line, column) in declared:
        if name not in known:
            message = f"The prefix {name}: is not declared in the project."
            hint = f"Declare it in {PREFIX_FILE}, or use the prefix that is declared for this namespace."
            found.append(Finding(message, hint, Place(file, line, column)))
        elif known[name] != namespace:
            message = f"The prefix {name}: is bound to {namespace}, but in the project to {known[name]}."
            hint = f"Bind it as {PREFIX_FILE} does, or use another prefix."
            found.append(Finding(message, hint, Place(file, line, column)))
    if known.keys() <= {name for key in project.sources() for name in of_source(key)}:
        hint = 'Declare each as `sh:declare [ sh:prefix "ax" ; sh:namespace "https://…"^^xsd:anyURI ]`.'
        found.append(Finding("No prefix is declared.", hint, Place(PREFIX_FILE, 1)))
    return report("prefixes", len(declared), "declarations", found)
