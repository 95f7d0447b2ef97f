"""The saved queries that ask Wikidata and DBpedia, answered by what is recorded of both, on loopback."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from araxes import queries
from helpers import ROOT, Reply, query_url, request, rows, serving
from pyoxigraph import QueryResultsFormat, RdfFormat, Store

HERE = Path(__file__).parent
SAVED = {
    name: saved for name, saved in queries.load(ROOT / "queries" / "explore", ROOT).items() if saved.first("service")
}
STATE = "https://w3id.org/araxes/id/state/"
WD = "http://www.wikidata.org/entity/"


class Recorded(ThreadingHTTPServer):
    """An endpoint over one recorded file, which keeps what it was asked."""

    def __init__(self, file: Path) -> None:
        self.store, self.asked = Store(), list[str]()
        self.store.load(path=file, format=RdfFormat.TURTLE)
        super().__init__(("127.0.0.1", 0), Answering)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/sparql"


class Answering(BaseHTTPRequestHandler):
    server: Recorded

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked += sent["query"]
        body = self.server.store.query(sent["query"][0]).serialize(format=QueryResultsFormat.JSON)
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json;charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def recorded() -> Iterator[dict[str, Recorded]]:
    """Return what stands in the place of each endpoint, by its address."""
    found = {"https://query.wikidata.org/sparql": "wikidata", "https://dbpedia.org/sparql": "dbpedia"}
    made = {address: Recorded(HERE / f"{name}.ttl") for address, name in found.items()}
    for each in made.values():
        threading.Thread(target=each.serve_forever, daemon=True).start()
    yield made
    for each in made.values():
        each.shutdown()
        each.server_close()


@pytest.fixture(scope="module")
def url(recorded: dict[str, Recorded], releases: Path) -> Iterator[str]:
    services = " ".join(each.url for each in recorded.values())
    with serving("--no-build", "--release", str(releases), ARAXES_SERVICES=services) as found:
        yield found


@pytest.fixture
def ask(url: str, recorded: dict[str, Recorded]):
    def asked(name: str, **given: str) -> list[dict[str, str]]:
        text = queries.bind(SAVED[name], given)
        for address, endpoint in recorded.items():
            text = text.replace(address, endpoint.url)
        reply = request(query_url(url, text))
        assert reply.headers["Cache-Control"] == "no-store"
        return rows(reply)

    return asked


def test_states_get_capital_and_population(ask) -> None:
    found = ask("wikidata-states")
    assert [(row["state"].removeprefix(STATE), row["capital"], row["population"]) for row in found] == [
        ("iran", "Tehran", "101"),
        ("russia", "Moscow", "102"),
        ("armenia", "Yerevan", "103"),
    ]
    assert all(int(row["positions"]) > 0 for row in found)


def test_two_states_have_organizations_in_common(ask) -> None:
    assert [row["name"] for row in ask("wikidata-memberships")] == ["an organization of many"]
    others = ask("wikidata-memberships", one=f"{STATE}armenia", other=f"{STATE}russia")
    assert [(row["name"], row.get("here")) for row in others] == [
        ("an organization of many", None),
        ("an organization of two", None),
    ]
    theirs = ask("wikidata-memberships", one=f"{STATE}armenia", other=f"{STATE}israel")
    assert [row["name"] for row in theirs] == ["an organization of many"]
    assert ask("wikidata-memberships", one=f"{STATE}armenia", other=f"{STATE}france") == []


def test_every_state_that_has_a_code_here_is_asked_about(server: str) -> None:
    query = (
        "PREFIX ax: <https://w3id.org/araxes/ns/> SELECT DISTINCT ?code { ?state a ax:State ; ax:isoAlpha2Code ?code }"
    )
    codes = {row["code"] for row in rows(request(query_url(server, query)))}
    for variable in ("?oneCode", "?otherCode"):
        [listed] = re.findall(rf"\{variable} IN \((.*?)\)", SAVED["wikidata-memberships"].text)
        assert set(re.findall(r"\w+", listed)) == codes


def test_heads_of_state_and_government_are_joined_with_persons_here(ask) -> None:
    found = ask("wikidata-offices")
    assert {(row["state"].removeprefix(STATE), row["holder"].removeprefix(WD)) for row in found} == {
        ("iran", "Q1"),
        ("russia", "Q7747"),
        ("armenia", "Q2"),
    }
    [putin] = (row for row in found if row["holder"] == f"{WD}Q7747")
    assert putin["person"].endswith("/id/person/vladimir-putin")
    assert [row.get("person") for row in found if row is not putin] == [None, None]


def test_an_abstract_stands_beside_the_name_here(ask) -> None:
    [row] = ask("dbpedia-abstract")
    assert (row["name"], row["abstract"]) == ("NATO", 'An alliance, in "words"\nof two lines.')
    [armenia] = ask("dbpedia-abstract", same="http://dbpedia.org/resource/Armenia")
    assert armenia["thing"] == f"{STATE}armenia"


def test_each_is_tested_and_asks_once(ask, recorded: dict[str, Recorded]) -> None:
    assert len(SAVED) == 4
    for name, saved in SAVED.items():
        endpoint = recorded[saved.first("service")]
        endpoint.asked.clear()
        ask(name)
        assert len(endpoint.asked) == 1, name
        assert f"SERVICE <{saved.first('service')}>" in saved.text


def test_where_they_are_not_listed_the_page_says_so_and_the_endpoint_refuses(url: str, server: str) -> None:
    page = request(f"{server}sparql", headers={"Accept": "text/html"}).text
    assert page.count("Not answered here, since it asks <code>https://query.wikidata.org/sparql</code>") == 3
    for name, saved in SAVED.items():
        reply: Reply = request(query_url(server, saved.text))
        assert (reply.status, reply.json()["type"].rpartition("/")[2]) == (400, "service-refused"), name


def test_what_is_said_of_service_is_what_the_server_does(url: str, server: str, recorded: dict[str, Recorded]) -> None:
    asking, refusing = (request(f"{each}limits", accept="text/html").text for each in (url, server))
    assert "nothing is ever fetched" in refusing and "nothing is ever fetched" not in asking
    assert all(f"<code>{each.url}</code>" in asking for each in recorded.values())
    feature = "sd:BasicFederatedQuery"
    told = [request(f"{each}sparql", accept="text/turtle").text for each in (url, server)]
    assert [feature in each for each in told] == [True, False]


def test_other_editors_find_with_whom_they_federate(server: str) -> None:
    told = request(f"{server}queries.ttl").text
    assert told.count("spex:federatesWith <https://query.wikidata.org/sparql>") == 3
    assert told.count("spex:federatesWith <https://dbpedia.org/sparql>") == 1
