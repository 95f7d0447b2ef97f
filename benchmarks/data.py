"""The data sets of the benchmark and what is asked of each."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.generate import write
from benchmarks.servers import ROOT, WORK, Data, Query

QUERIES = Path(__file__).parent / "queries"
SIZES = {"3k": 3_000, "100k": 100_000, "1M": 1_000_000}
EVERYTHING = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"

# Saved queries of the project itself, as people ask them of the article's graph.
SAVED = (
    "explore/agreement-by-phase",
    "explore/arrangements",
    "explore/claimed-not-computed",
    "explore/divergences",
    "competency/pq15-stances-on-the-corridor",
    "competency/pq22-positions-by-holder-and-stance",
    "competency/pq36-members-of-the-alliance",
)

# What small traffic is made of: asked in turn where one figure has to stand for all of it.
SMALL = {"01-lookup", "03-three-hops", "16-ask", "17-values", "03-ask", SAVED[4], SAVED[6]}

# What a short run asks.
FEW = SMALL | {"02-describe", "06-regex", "07-dates", "09-path", "10-having", "04-construct", "05-path", SAVED[3]}


def article(few: bool = False) -> Data:
    """Return the article's graph, as the command line gives it: each distinct triple once, in one graph."""
    words = [sys.executable, "-m", "araxes", "query", EVERYTHING, "--format", "ntriples", "--project", str(ROOT)]
    triples = subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout
    file = WORK / "article.nt"
    if not file.exists() or file.read_bytes() != triples:
        file.write_bytes(triples)
        # A folder of another engine that was loaded from the old triples would answer wrongly.
        shutil.rmtree(file.with_suffix(".oxigraph"), ignore_errors=True)
    saved = [Query(name, (ROOT / "queries" / f"{name}.rq").read_text("utf-8")) for name in SAVED]
    return Data("article", file, triples.count(b"\n"), _chosen([*_own("article"), *saved], few), article=True)


def generated(name: str, few: bool = False) -> Data:
    """Return made data of a size of `SIZES`."""
    # Another generator makes other data, under another name: nothing is left of the old in the engines' folders.
    made_by = hashlib.sha256((Path(__file__).parent / "generate.py").read_bytes()).hexdigest()[:8]
    file = write(SIZES[name], WORK / f"{name}-{made_by}.nt")
    return Data(name, file, SIZES[name], _chosen(_own("generated"), few))


def small(data: Data) -> list[Query]:
    """Return the queries of a data set that small traffic is made of."""
    return [query for query in data.queries if query.name in SMALL]


def _own(folder: str) -> list[Query]:
    return [Query(path.stem, path.read_text("utf-8")) for path in sorted((QUERIES / folder).glob("*.rq"))]


def _chosen(queries: list[Query], few: bool) -> tuple[Query, ...]:
    return tuple(query for query in queries if not few or query.name in FEW)
