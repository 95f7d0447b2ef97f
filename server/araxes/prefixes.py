"""The prefixes of the project, read from where they are declared once."""

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from araxes.names import ATTESTATIONS, PASSAGES, SH

PREFIX_FILE = "ontology/prefixes.ttl"


def declared(text: str) -> dict[str, str]:
    """Return prefix -> namespace as `sh:declare` gives them in a Turtle text.

    Raises `SyntaxError` where the text is not Turtle.
    """
    quads = list(parse(text, RdfFormat.TURTLE))
    prefixes = _values(quads, "prefix")
    namespaces = _values(quads, "namespace")
    return {prefixes[node]: namespaces[node] for node in prefixes if node in namespaces}


def _values(quads: list[Quad], name: str) -> dict[object, str]:
    wanted = NamedNode(SH + name)
    return {quad.subject: getattr(quad.object, "value", "") for quad in quads if quad.predicate == wanted}


def of_source(key: str) -> dict[str, str]:
    """Return the two prefixes that belong to a source: for its attestations and for its passages."""
    return {key: f"{ATTESTATIONS}{key}/", f"{key}-passage": f"{PASSAGES}{key}/"}


def shorten(iri: str, prefixes: dict[str, str]) -> str:
    """Return the IRI as a prefixed name where a prefix fits, else in angle brackets."""
    best = max(
        (item for item in prefixes.items() if iri.startswith(item[1]) and len(iri) > len(item[1])),
        key=lambda item: len(item[1]),
        default=None,
    )
    if best is None or any(sign in iri[len(best[1]) :] for sign in "/#?"):
        return f"<{iri}>"
    return f"{best[0]}:{iri[len(best[1]) :]}"
