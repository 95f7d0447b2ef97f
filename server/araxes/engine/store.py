"""A release in a pyoxigraph store, and questions answered over it in this process."""

import re
from collections import Counter
from xml.parsers.expat import ExpatError, ParserCreate

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
    serialize,
)

from araxes import prefixes
from araxes.engine import guard
from araxes.engine.question import Answer, Question, form_of, formats_for
from araxes.problems import BadQuery, BadRequest, NotAcceptable, ServerFault
from araxes.release import Release
from araxes.settings import Settings

AT = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
REASONS = (
    ("Prefix not found", "a prefix is used that is not declared"),
    ("IRI parsing failed", "an IRI is not absolute, or has a sign that an IRI cannot have"),
    ("contains a variable that is unbound", "SELECT names a variable that is neither grouped nor aggregated"),
)
RESULT_FORMATS = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
XML = {"xml", "rdfxml"}
TURTLE_NAME = re.compile(r'"(?:[^"\\]|\\.)*+"|<[^>]*+>|([\w.-]*+):')
GRAPH_FORMATS = {
    "turtle": RdfFormat.TURTLE,
    "ntriples": RdfFormat.N_TRIPLES,
    "rdfxml": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
}


def load(release: Release) -> Store:
    """Return a store with the named graphs of a release, and each distinct triple once in its own default graph."""
    quads = list(parse(release.dataset.read_bytes(), RdfFormat.N_QUADS))
    store = Store()
    store.bulk_extend(quads)
    store.bulk_extend({Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in quads})
    return store


class StoreEngine:
    """An engine over a store in memory, in this process."""

    def __init__(self, release: Release, settings: Settings) -> None:
        self.release = release
        self._settings = settings
        self._store = load(release)
        self._prefixes = prefixes.declared((release.root / prefixes.PREFIX_FILE).read_text("utf-8"))

    def ask(self, question: Question) -> Answer:
        """Return the whole answer to a question.

        Raises `BadQuery` and its kinds for a query that cannot be read or is refused, `BadRequest` for a graph whose
        name is no IRI, `NotAcceptable` for XML that could not carry the answer, `ServerFault` where the store fails.
        """
        form_of(question.text)
        guard.inspect(question.text, self._settings)
        try:
            results = self._evaluate(question)
            body = self._written(results, question.format.name)
        except SyntaxError as error:
            raise _explained(question.text, str(error)) from None
        except (OSError, RuntimeError) as error:
            if str(error).startswith("RDF/XML"):
                raise _no_xml(question) from None
            raise ServerFault("The store failed while it answered") from error
        if question.format.name in XML:
            body = _sure_xml(body, question)
        return Answer(body, question.format.media_type, self.release.name)

    def _evaluate(self, question: Question) -> object:
        if not question.default_graphs and not question.named_graphs:
            return self._store.query(question.text)
        return self._store.query(
            question.text,
            default_graph=[*_names(question.default_graphs)],
            named_graphs=[*_names(question.named_graphs)],
        )

    def _written(self, results: object, name: str) -> bytes:
        if isinstance(results, QuerySolutions | QueryBoolean):
            return results.serialize(format=RESULT_FORMATS[name]) or b""
        graph = sorted(set(results), key=str)  # type: ignore[call-overload]
        if name == "turtle":
            return self._turtle(graph)
        return serialize(graph, format=GRAPH_FORMATS[name]) or b""

    def _turtle(self, graph: list[Triple]) -> bytes:
        whole = serialize(graph, format=RdfFormat.TURTLE, prefixes=self._prefixes) or b""
        # Each prefix stands once where it is declared, so what is used stands twice or more.
        times = Counter(match[1] for match in TURTLE_NAME.finditer(whole.decode("utf-8")))
        used = {name: namespace for name, namespace in self._prefixes.items() if times[name] > 1}
        return serialize(graph, format=RdfFormat.TURTLE, prefixes=used) or b""


def _sure_xml(body: bytes, question: Question) -> bytes:
    """Return XML that every reader takes as it was meant: a parser would read a raw carriage return as a newline."""
    body = body.replace(b"\r", b"&#xD;")
    try:
        ParserCreate(namespace_separator=" ").Parse(body, True)
    except ExpatError:
        raise _no_xml(question) from None
    return body


def _no_xml(question: Question) -> NotAcceptable:
    offered = [each.media_type for each in formats_for(form_of(question.text)) if each.name not in XML]
    found = "The answer holds a sign, or the name of a property, that XML cannot carry"
    return NotAcceptable(f"{found}; {', '.join(offered)} can", more={"offered": offered})


def _names(iris: tuple[str, ...]) -> list[NamedNode]:
    try:
        return [NamedNode(iri) for iri in iris]
    except ValueError as error:
        hint = "Give graphs as absolute IRIs."
        raise BadRequest(f"The name of a graph is not an IRI: {error}", hint=hint) from None


def _explained(text: str, error: str) -> BadQuery:
    match = AT.match(error)
    if not match:
        return BadQuery(f"The query cannot be read: {error}")
    line, column = int(match[1]), int(match[2])
    reason = next((words for part, words in REASONS if part in error), "it is not SPARQL 1.1 from here on")
    lines = text.splitlines()
    source = lines[line - 1] if line <= len(lines) else ""
    more: dict[str, object] = {"line": line, "column": column, "source": source}
    if expected := _expected(match[3]):
        more["expected"] = expected
    return BadQuery(f"Line {line}, column {column}: {reason}", more=more)


def _expected(text: str) -> list[str]:
    words = [word.strip().strip('"') for word in re.sub(r"\[[^\]]*\]", "", text).split(", ")]
    return sorted({word for word in words if re.fullmatch(r"[A-Z]{2,}|[{}();.,]", word)})
