"""Everything that can go wrong for a person, each with its status, its title and what to do.

Problem
├── BadProject            the folder holds no project, or a part of it cannot be read
├── BadRelease            the release is missing, incomplete or changed
├── BadRule               a rule cannot be run to an end
├── ToolMissing           an optional tool is not installed
├── BadSetting            a setting has a value that cannot be used
├── CannotListen          the address to listen on is taken or not to be had
├── BadData               a file of data cannot be read
├── UnknownQuery          no saved query has that name
├── BadParameter          a value does not fit the parameter of a saved query
├── BadQuery              the query is not SPARQL 1.1
│   ├── UpdateRefused     an update was sent
│   ├── ServiceRefused    the query asks another endpoint
│   └── TooDeep           the query nests, or goes on, beyond what can be read safely
├── BadRequest            the request breaks the protocol
├── QueryTooLong          the text of the query passes the limit
├── AnswerTooLarge        the answer has more rows, triples or bytes than are sent
├── TooMuchMemory         the query needs more memory than one query may have
├── QueryTooSlow          the query did not end within its time
├── Busy                  every worker is taken, and the queue is full
├── Unavailable           the engine is being started again
├── UnknownGraph          there is no graph of that name
├── NotAcceptable         no offered format is accepted
├── UnsupportedMediaType  the request's body has a type the endpoint does not read
├── NotFound              there is nothing at this address
├── MethodNotAllowed      the address does not answer this method
└── ServerFault           a fault of the server's own
"""

from collections.abc import Iterator, Mapping


class Problem(Exception):
    """Something a person can act on.

    Parameters: `detail`, one sentence without its full stop that says what was found and where; `hint`, what to do
    about it, where that says more than the class's own; `more`, further members for a machine.
    """

    slug = "problem"
    status = 500
    title = "Something went wrong"
    hint = "Look at the message above; it says what was found."

    def __init__(self, detail: str, *, hint: str | None = None, more: Mapping[str, object] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.advice = hint or self.hint
        self.more = dict(more or {})

    def document(self, base: str = "") -> dict[str, object]:
        """Return the members of an RFC 9457 problem document; `base` is put before `/problems/…`."""
        return {
            "type": f"{base}/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "hint": self.advice,
            **self.more,
        }


class BadProject(Problem):
    """The folder holds no project, or a part of it cannot be read."""

    slug, title = "bad-project", "This is not a project that can be read"
    hint = "Give the folder that holds ontology/, data/ and queries/ with --project, or set ARAXES_PROJECT."


class BadRelease(Problem):
    """The release is missing, incomplete or changed."""

    slug, title = "bad-release", "The release cannot be served"
    hint = "Run `araxes build` to make a good one."


class BadRule(Problem):
    """A rule cannot be run to an end."""

    slug, title = "bad-rule", "A rule cannot be run"
    hint = "Correct the rule below queries/rules/."


class ToolMissing(Problem):
    """An optional tool is not installed."""

    slug, title = "tool-missing", "A tool is missing"
    hint = "Install it with: pip install 'araxes[reason]'"


class BadSetting(Problem):
    """A setting has a value that cannot be used."""

    slug, title = "bad-setting", "A setting cannot be used"
    hint = "Correct the value; `araxes serve --help` lists what is allowed."


class CannotListen(Problem):
    """The address to listen on is taken or not to be had."""

    slug, title = "cannot-listen", "The server cannot listen there"
    hint = "Stop what listens there, or choose another port with --port; 0 takes a free one."


class BadData(Problem):
    """A file of data cannot be read."""

    slug, title = "bad-data", "A file of data cannot be served"
    hint = "Correct the file; .ttl, .nt, .nq, .trig, .rdf, .owl, .xml and .jsonld are read."


class UnknownQuery(Problem):
    """No saved query has that name."""

    slug, status, title = "unknown-query", 404, "There is no saved query of that name"
    hint = "Give the query itself, the path of an .rq file, or the name of a file below queries/."


class BadParameter(Problem):
    """A value does not fit the parameter of a saved query."""

    slug, status, title = "bad-parameter", 400, "A parameter does not fit"
    hint = "Look at the `#: param:` lines at the top of the query."


class BadQuery(Problem):
    """The query is not SPARQL 1.1."""

    slug, status, title = "bad-query", 400, "The query cannot be read"
    hint = "Correct the query at the line and column given; every prefix it uses must be declared."


class UpdateRefused(BadQuery):
    """An update was sent."""

    slug, title = "update-refused", "This endpoint is read-only"
    hint = "Send SELECT, ASK, CONSTRUCT or DESCRIBE. The data changes only with a new release."


class ServiceRefused(BadQuery):
    """The query asks another endpoint."""

    slug, title = "service-refused", "This endpoint does not ask other endpoints"
    hint = "Leave out SERVICE, and join the two results on your side."


class TooDeep(BadQuery):
    """The query nests, or goes on, beyond what can be read safely."""

    slug, title = "query-too-deep", "The query is too large in structure"
    hint = "Use VALUES in place of long chains, and fewer brackets within brackets."


class BadRequest(Problem):
    """The request breaks the protocol."""

    slug, status, title = "bad-request", 400, "The request does not follow the SPARQL 1.1 Protocol"
    hint = "Send one `query`, as a parameter of GET, in a form by POST, or as the body with application/sparql-query."


class QueryTooLong(Problem):
    """The text of the query passes the limit."""

    slug, status, title = "query-too-long", 413, "The query is too long"
    hint = "Shorten the query; a long list of values can be asked in parts."


class AnswerTooLarge(Problem):
    """The answer has more rows, triples or bytes than are sent."""

    slug, status, title = "answer-too-large", 413, "The answer is too large"
    hint = "Ask for less, or in parts with ORDER BY, LIMIT and OFFSET. No answer is ever cut."


class TooMuchMemory(Problem):
    """The query needs more memory than one query may have."""

    slug, status, title = "too-much-memory", 413, "The query needs too much memory"
    hint = "Bind more of the pattern first, or sort and group fewer rows."


class QueryTooSlow(Problem):
    """The query did not end within its time."""

    slug, status, title = "query-too-slow", 504, "The query did not end in time"
    hint = "Begin with the pattern that fits fewest triples, and join every pattern with the rest."


class Busy(Problem):
    """Every worker is taken, and the queue is full."""

    slug, status, title = "busy", 503, "The endpoint is busy"
    hint = "Try again after the seconds given in Retry-After."


class Unavailable(Problem):
    """The engine is being started again."""

    slug, status, title = "unavailable", 503, "The engine is being started"
    hint = "Try again in a few seconds."


class UnknownGraph(Problem):
    """There is no graph of that name."""

    slug, status, title = "unknown-graph", 404, "There is no such graph"
    hint = "The service description lists the graphs that there are."


class NotAcceptable(Problem):
    """No offered format is accepted."""

    slug, status, title = "not-acceptable", 406, "There is no answer in a format that you accept"
    hint = "Ask for one of the formats listed in `offered`."


class UnsupportedMediaType(Problem):
    """The request's body has a type the endpoint does not read."""

    slug, status, title = (
        "unsupported-media-type",
        415,
        "The body has a type that this endpoint does not read",
    )
    hint = "Send application/x-www-form-urlencoded or application/sparql-query."


class NotFound(Problem):
    """There is nothing at this address."""

    slug, status, title = "not-found", 404, "There is nothing at this address"
    hint = "The query page is at /, the endpoint at /sparql."


class MethodNotAllowed(Problem):
    """The address does not answer this method."""

    slug, status, title = "method-not-allowed", 405, "This address does not answer that method"
    hint = "The header Allow lists the methods that it answers."


class ServerFault(Problem):
    """A fault of the server's own."""

    slug, status, title = "server-fault", 500, "The server failed"
    hint = "This is not your fault. Try again; if it stays, report it with the text of the query."


def every_problem() -> list[type[Problem]]:
    """Return every kind of problem, in the order of the tree above."""
    return list(_below(Problem))


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
