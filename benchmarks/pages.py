"""Shows how long each kind of page takes to render, its bytes, and how long it takes to hear that it has not changed.

Run with `make bench`. One request after the other; each page is rendered anew, since the request takes nothing from the
cache, after it was asked once. Machines are noisy: read the shares, not the milliseconds.
"""

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "araxes"]
RENDERED, TIMES = 20.0, 15
BASE = "https://w3id.org/araxes/"
VIEWS = (
    "/",
    "/matrix",
    "/timeline",
    "/map",
    "/causes",
    "/network",
    "/source",
    "/browse",
    "/search?q=zangesur",
    "/sparql",
    "/about",
)
ONE_OF_EACH = """SELECT ?kind (MIN(?thing) AS ?one) { ?thing a ?class
    FILTER(STRSTARTS(STR(?thing), "https://w3id.org/araxes/id/"))
    BIND(REPLACE(STR(?thing),
        "^https://w3id.org/araxes/id/([^/]*)/.*$", "$1") AS ?kind) } GROUP BY ?kind ORDER BY ?kind"""


def asked(connection: http.client.HTTPConnection, path: str, **headers: str) -> tuple[float, int, int, str]:
    """Ask for a path; return milliseconds, status, bytes of the body and the entity tag."""
    begun = time.perf_counter()
    connection.request("GET", path, headers={"Accept": "text/html", "Accept-Encoding": "gzip", **headers})
    answer = connection.getresponse()
    body = answer.read()
    return (time.perf_counter() - begun) * 1000, answer.status, len(body), answer.headers.get("ETag", "")


def measured(connection: http.client.HTTPConnection, path: str) -> str:
    """Return a line on one page."""
    asked(connection, path)
    found = [asked(connection, path, **{"Cache-Control": "no-cache"}) for _ in range(TIMES)]
    tag = asked(connection, path)[3]
    again = [asked(connection, path, **{"If-None-Match": tag}) for _ in range(TIMES)]
    rendered, fresh = (statistics.median(each[0] for each in times) for times in (found, again))
    status = f"{found[0][1]} then {again[0][1]}"
    size = found[0][2] / 1024
    return f"{path[:60]:60} {rendered:7.1f} ms {rendered / RENDERED:6.0%} {size:7.1f} KB {fresh:6.2f} ms  {status}"


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as releases:
        given = ["--project", str(ROOT), "--release", releases]
        subprocess.run([*COMMAND, "build", *given], check=True, capture_output=True)
        with subprocess.Popen([*COMMAND, "serve", "--port", "0", *given], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout
            parts = urlsplit(server.stdout.readline().split()[-1])
            connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
            connection.request("GET", "/sparql?" + urlencode({"query": ONE_OF_EACH, "format": "json"}))
            rows = json.loads(connection.getresponse().read())["results"]["bindings"]
            things = [f"/{quote(row['one']['value'].removeprefix(BASE))}.html" for row in rows]
            print(f"{'page':60} {'rendered':>10} {'of 20 ms':>8} {'gzip':>8} {'not changed':>11}")
            for path in (*VIEWS, *things):
                print(measured(connection, path))
            server.terminate()


if __name__ == "__main__":
    main()
