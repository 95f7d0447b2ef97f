"""How long data takes to load onto disk, here and by `oxigraph load`, and how soon a server is there again.

    python benchmarks/loading.py [TRIPLES]

Writes a file of that many triples (10,000,000 unless told) to a folder that is removed at the end, and prints seconds.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

THING = "<http://example.org/thing/{at}>"
LINES = (
    "{it} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.org/class/{kind}> .\n"
    '{it} <http://www.w3.org/2000/01/rdf-schema#label> "Thing number {at}"@en .\n'
    "{it} <http://example.org/near> {other} .\n"
    '{it} <http://example.org/size> "{size}"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
)
MOST = 1_000_003


def write(path: Path, triples: int) -> None:
    """Write things that have a class, a label, a neighbour and a size each."""
    with path.open("w", encoding="utf-8") as out:
        for at in range(triples // 4):
            it, other = THING.format(at=at), THING.format(at=at * 7_919 % MOST)
            out.write(LINES.format(it=it, at=at, other=other, kind=at % 97, size=at * 31 % MOST))


def started(data: Path, store: Path) -> float:
    """Return the seconds until a server over the data answers; it is stopped again."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "araxes", "serve", "--port", "0", "--data", str(data), "--store", str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        line = next((line for line in process.stdout if line.startswith("Araxes serves")), "")
        spent = time.perf_counter() - begun
        process.terminate()
    if not line:
        raise SystemExit("The server did not start.")
    return spent


def loaded(data: Path, store: Path) -> float:
    """Return the seconds that Oxigraph's own loader takes."""
    begun = time.perf_counter()
    oxigraph = Path(sys.executable).with_name("oxigraph")
    subprocess.run([oxigraph, "load", "--location", store, "--file", data], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    """Measure, each in turn on the same file, and print."""
    triples = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    folder = Path(tempfile.mkdtemp(prefix="araxes-loading-"))
    try:
        write(data := folder / "data.nt", triples)
        theirs = loaded(data, folder / "theirs")
        first, again = started(data, folder / "ours"), min(started(data, folder / "ours") for _ in range(3))
        print(f"{triples:,} triples, {data.stat().st_size / 1e6:,.0f} MB, {os.cpu_count()} processors")
        print(f"oxigraph load: {theirs:.1f} s")
        print(f"araxes serve --store, until it answers: {first:.1f} s; loading alone {first - again:.1f} s")
        print(f"araxes serve --store, started again: {again:.2f} s")
        print(f"speed of loading, as a part of that of oxigraph load: {theirs / (first - again):.2f}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
