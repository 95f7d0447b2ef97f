"""Everything that can go wrong for a person; what each says is in problems.toml, under the name of its class."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TEXTS: Mapping[str, Mapping[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


class Problem(Exception):
    """Something a person can act on.

    Parameters: `detail`, one sentence without its full stop that says what was found and where; `hint`, what to do
    about it, where that says more than the class's own; `more`, further members for a machine.
    """

    slug, status, title, hint = "problem", 500, "Something went wrong", ""

    def __init_subclass__(cls) -> None:
        """Give a kind its slug, and its texts."""
        cls.slug = re.sub("(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        texts = TEXTS[cls.slug]
        cls.status, cls.title, cls.hint = texts.get("status", 500), texts["title"], texts["hint"]

    def __init__(self, detail: str, *, hint: str | None = None, more: Mapping[str, object] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.advice = hint or self.hint
        self.more = dict(more or {})

    def document(self, base: str = "") -> dict[str, object]:
        """Return the members of a problem document (RFC 9457, 3.1); `base` is put before `/problems/...`."""
        kind = {"type": f"{base}/problems/{self.slug}", "title": self.title, "status": self.status}
        return {**kind, "detail": self.detail, "hint": self.advice, **self.more}


class BadProject(Problem):
    """The folder holds no project, or a part of it cannot be read."""


class BadRelease(Problem):
    """The release is missing, incomplete or changed."""


class BadRule(Problem):
    """A rule cannot be run to an end."""


class ToolMissing(Problem):
    """An optional tool is not installed."""


class BadSetting(Problem):
    """A setting has a value that cannot be used."""


class CannotListen(Problem):
    """The address to listen on is taken or not to be had."""


class BadData(Problem):
    """A file of data cannot be read."""


class UnknownQuery(Problem):
    """No saved query has that name."""


class BadParameter(Problem):
    """A value does not fit the parameter of a saved query."""


class BadQuery(Problem):
    """The query is not SPARQL 1.1."""


class UpdateRefused(BadQuery):
    """An update was sent."""


class ServiceRefused(BadQuery):
    """The query asks another endpoint."""


class QueryTooDeep(BadQuery):
    """The query nests, or goes on, beyond what can be read safely."""


class BadRequest(Problem):
    """The request breaks the protocol."""


class QueryTooLong(Problem):
    """The text of the query passes the limit."""


class AnswerTooLarge(Problem):
    """The answer has more rows, triples or bytes than are sent."""


class TooMuchMemory(Problem):
    """The query needs more memory than one query may have."""


class QueryTooSlow(Problem):
    """The query did not end within its time."""


class Busy(Problem):
    """Every worker is taken, and the queue is full."""


class Unavailable(Problem):
    """The engine is being started again."""


class UnknownGraph(Problem):
    """There is no graph of that name."""


class NotAcceptable(Problem):
    """No offered format is accepted."""


class UnsupportedMediaType(Problem):
    """The request's body has a type the endpoint does not read."""


class NotFound(Problem):
    """There is nothing at this address."""


class MethodNotAllowed(Problem):
    """The address does not answer this method."""


class ServerFault(Problem):
    """A fault of the server's own."""


def every_problem(below: type[Problem] = Problem) -> list[type[Problem]]:
    """Return every kind of problem, each before those that are kinds of it."""
    return [kind for child in below.__subclasses__() for kind in (child, *every_problem(child))]
