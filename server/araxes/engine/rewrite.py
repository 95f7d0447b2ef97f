"""A small graph that the server itself wrote, from Turtle into the syntax that a client wants."""

from pyoxigraph import RdfFormat, parse, serialize

from araxes.engine.question import Format


def rewrite(turtle: bytes, base: str, wanted: Format) -> bytes:
    """Return a graph in another of the formats for graphs.

    Parameters: `turtle`, the graph; `base`, the absolute IRI against which its relative ones are read.

    Raises `SyntaxError` where it is not Turtle: that is a fault of whoever wrote it.
    """
    syntax = RdfFormat.from_media_type(wanted.media_type)
    if syntax is None:
        raise ValueError(f"{wanted.media_type} is no syntax for graphs")
    return serialize(parse(turtle, RdfFormat.TURTLE, base_iri=base), format=syntax) or b""
