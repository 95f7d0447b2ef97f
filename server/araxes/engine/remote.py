"""Other endpoints: replicas that are asked in place of a store, and those that a query may ask with SERVICE."""

import mmap
import re
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import accumulate
from typing import Any, BinaryIO, NoReturn
from urllib.parse import urlsplit

import pyoxigraph as ox
from requests import RequestException
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import HTTPError

from araxes import __version__
from araxes.engine.evaluate import Ask, Loaded
from araxes.engine.question import DEEPER, SERVICE_CALL, TOKENS, Form, Question, form_of, prologue_end
from araxes.problems import AnswerTooLarge, BadQuery, EndpointFailed, ServiceRefused
from araxes.settings import Settings, beyond

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
ROWS, GRAPHS = "application/sparql-results+json", "application/n-triples, text/turtle;q=0.5"
PARTIAL = "X-SQL-State"  # by which Virtuoso says that its time ended before the answer did
WANTED = {Form.SELECT: ROWS, Form.ASK: ROWS, Form.CONSTRUCT: GRAPHS, Form.DESCRIBE: GRAPHS}
DOWN, LEFT_OUT, CONNECT, PART = {502, 503, 504}, 5.0, 2.0, 0.8  # seconds; the last a part of a query's time
ADDRESS = re.compile(r"[\d.]+|.*:.*|(?:.*\.)?localhost")
NO_ROW_LOST, BLANK = "VALUES () { () }", "urn:araxes:blank:"

Fields = Sequence[tuple[str, str]]


class Remote(Loaded):
    """Replicas of one endpoint, asked in turn, as what a store has loaded; the default graph is what they take for it.

    One that is down is left out for some seconds, then tried again; all workers share what is known of that.
    """

    def __init__(self, settings: Settings, prefixes: Mapping[str, str]) -> None:
        self._urls, self._settings = settings.backend.split(), settings
        self._until = memoryview(mmap.mmap(-1, 8 * (len(self._urls) + 1))).cast("d")  # the last is whose turn it is
        counted = self._asked([], COUNT)
        with counted.blamed():
            self.triples = int(next(iter(counted))["n"].value)
        _session(False).close()  # a connection that workers inherit would be of use to none
        _session.cache_clear()
        super().__init__(ox.Store(), prefixes, self.triples, shared=False, descriptors=16)

    def view(self, question: Question) -> Ask:
        """Return what asks the graphs that the request names (SPARQL 1.1 Protocol, 2.1.4), else FROM's, else all."""
        graphs = [("default-graph-uri", each) for each in question.default_graphs]
        return partial(self._asked, [*graphs, *(("named-graph-uri", each) for each in question.named_graphs)])

    def _asked(self, graphs: Fields, text: str) -> "Found":
        ox.Store().query(text)  # what cannot be read is explained as it is over a store here
        down = list[EndpointFailed]()
        for at in self._order():
            try:
                return ask(self._urls[at], text, graphs, self._settings, guarded=False)
            except EndpointFailed as found:
                self._until[at] = time.time() + LEFT_OUT * ("retry_after" in found.more)
                if "seconds" in found.more or "retry_after" not in found.more:
                    raise
                down.append(found)
        raise EndpointFailed("; ".join(each.detail for each in down), more=down[0].more)

    def _order(self) -> list[int]:
        """Return the numbers of the replicas as they are to be asked: from the next on, those that are down last."""
        turn, many, now = int(self._until[-1]), len(self._urls), time.time()
        self._until[-1] = turn + 1
        return sorted(range(many), key=lambda at: (self._until[at] > now, (at - turn) % many))


class Found:
    """What another endpoint answers, used as the engine's own answers are; what is wrong in it is the endpoint's."""

    def __init__(self, url: str, kind: str, body: bytes, form: Form) -> None:
        self._from = f"{url} answers with {kind[:100] or 'no media type'}"
        rows, graph = ox.QueryResultsFormat.from_media_type(kind), ox.RdfFormat.from_media_type(kind)
        if kind not in WANTED[form] or not (rows or graph):
            raise EndpointFailed(f"{self._from}, not with {WANTED[form].partition(',')[0]}")
        with self.blamed():
            # Virtuoso names blank nodes as no reader takes them, and says by a row that something is true.
            plain = body.replace(b'"nodeID://', b'"') if rows else body
            made: Any = ox.parse_query_results(plain, rows) if rows else ox.parse(body, graph)
            if b'"__ASK_RETVAL"' in body and form is Form.ASK:
                made = ox.Store().query("ASK {}" if any(made) else "ASK { FILTER(false) }")
        self._made = made
        if isinstance(made, ox.QueryBoolean) != (form is Form.ASK):
            raise EndpointFailed(f"{self._from} that does not answer {form}")

    def serialize(self, sink: BinaryIO, form: Any) -> None:
        """Write the rows in a format."""
        with self.blamed():
            self._made.serialize(sink, form)

    def __iter__(self) -> Iterator[Any]:
        with self.blamed():
            yield from self._made

    def values(self, call: int, most: int) -> str:
        """Return the rows as inline data; a blank node, of which SPARQL has none there, gets an IRI of this call's."""
        rows = []
        for row in self:
            rows.append(f"({' '.join(_inline(term, call) for term in row)})")
            if len(rows) > most:
                raise beyond(AnswerTooLarge, "answer_rows", most)
        return f"VALUES ({' '.join(map(str, self._made.variables))}) {{ {' '.join(rows)} }}"

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Say of what cannot be read or used meanwhile that the endpoint is to blame."""
        try:
            yield
        except (SyntaxError, ValueError, OSError, LookupError, AttributeError, StopIteration) as error:
            raise EndpointFailed(f"{self._from} that cannot be read: {error}") from None


def _inline(term: Any, call: int) -> str:
    if isinstance(term, ox.Triple):
        return f"<<( {' '.join(_inline(each, call) for each in term)} )>>"
    return f"<{BLANK}{call}:{term.value}>" if isinstance(term, ox.BlankNode) else str(term or "UNDEF")


def ask(url: str, text: str, graphs: Fields, settings: Settings, *, guarded: bool) -> Found:
    """Return what an endpoint answers to a query by POST (SPARQL 1.1 Protocol, 2.1.2); no redirect is followed.

    If `guarded`, no name may lead to an address that is not public: the URL must have that address itself. Raises
    `EndpointFailed`, with `retry_after` where it may do better later and `seconds` where it took too long, `BadQuery`
    where it refuses the query, and `AnswerTooLarge`.
    """
    seconds, most = settings.query_milliseconds * PART / 1000, settings.answer_kilobytes * 1024
    form, later = form_of(text), {"retry_after": round(LEFT_OUT)}
    sent = {"data": [("query", text), *graphs], "headers": {"Accept": WANTED[form]}, "timeout": (CONNECT, None)}

    def late(*_: object) -> NoReturn:
        raise EndpointFailed(f"{url} did not answer within {seconds:g} s", more={**later, "seconds": seconds})

    # No socket's own limit is one for the whole answer, which may come byte by byte.
    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    session = _session(guarded and not ADDRESS.fullmatch(urlsplit(url).hostname or ""))
    try:
        # graphs that the URL names are those of a request that names none
        with session.post(url.partition("?")[0] if graphs else url, **sent, stream=True) as reply:
            body, status = reply.raw.read(most + 1, decode_content=True), reply.status_code
    except InvalidIPAddress:
        raise ServiceRefused(f"{url} leads to an address that is not public") from None
    except (RequestException, HTTPError, OSError) as error:
        raise EndpointFailed(f"{url} cannot be reached: {type(error).__name__}", more=later) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if len(body) > most:
        raise beyond(AnswerTooLarge, "answer_kilobytes", settings.answer_kilobytes)
    if status == 400:
        found = f"{url} refuses the query: {body[:300].decode('utf-8', 'replace')!a}"
        raise BadQuery(found, hint="Write it so that this endpoint, too, can read it.")
    if status != 200 or PARTIAL in reply.headers:
        found = f"{url} answers with status {status}{', and only in part' * (status == 200)}"
        raise EndpointFailed(found, more=later if status in DOWN else {})
    return Found(url, reply.headers.get("Content-Type", "").partition(";")[0].strip().lower(), body, form)


def joined(text: str, settings: Settings) -> str:
    """Return a query with VALUES in place of each SERVICE: what the endpoint gives (SPARQL 1.1 Federated Query, 2).

    The text must have passed `question.inspect`. Raises what `ask` raises; after SILENT, `EndpointFailed` is passed by.
    """
    start, tokens, made, done = prologue_end(text), [*TOKENS.finditer(text)], list[str](), 0
    for at, token in enumerate(tokens):
        call = SERVICE_CALL.match(text, token.start()) if token.start() >= done and token.lastgroup == "word" else None
        if not call:
            continue
        depths = accumulate(DEEPER.get(str(each.lastgroup), 0) for each in tokens[at:])
        closed = (each.end() for each, depth in zip(tokens[at:], depths, strict=True) if each[0] == "}" and not depth)
        ends, (silent, url) = next(closed, len(text)), call.groups()
        group = text[call.end() : ends]
        try:
            found = ask(url, f"{text[:start]}\nSELECT * WHERE {group}", (), settings, guarded=True)
            rows = found.values(at, settings.answer_rows)
        except (EndpointFailed, BadQuery):
            if not silent:
                raise
            rows = NO_ROW_LOST
        # the lines below stay where they were, for whoever is told of a fault in them
        made += [text[done : token.start()], rows, "\n" * text.count("\n", token.start(), ends)]
        done = ends
    return "".join([*made, text[done:]])


@lru_cache(maxsize=2)
def _session(guarded: bool) -> HTTPSession:
    made = HTTPSession(Config(guarded, False, True, None, f"araxes/{__version__}"))
    made.headers["Accept-Encoding"] = "identity"
    made.trust_env = False  # no proxy, and no password of the operator's for a host
    return made
