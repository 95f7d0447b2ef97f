"""Virtuoso from its Debian packages, unpacked without their install scripts into a folder that Git does not see."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from backends.running import ATTEMPTS, Ended, Running, free_port, running
from helpers import ROOT, not_run

PACKAGES = ("virtuoso-opensource-7", "virtuoso-opensource-7-bin", "libpcre3")
CACHE = ROOT / ".make" / "virtuoso"
UNION = "urn:araxes:union"
GRAPH = re.compile(r" <([^<>]+)> \.$", re.MULTILINE)
SECONDS = 120
# Without the character set, every sign beyond ASCII comes back as a question mark; without the rows, a large LIMIT is
# refused.
SETTINGS = """\
[Database]
DatabaseFile = v.db
ErrorLogFile = v.log
LockFile = v.lck
TransactionFile = v.trx
xa_persistent_file = v.pxa
[TempDatabase]
DatabaseFile = t.db
TransactionFile = t.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
DirsAllowed = .
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
MaxSortedTopRows = 1000000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 10
Charset = UTF-8
"""
# The graphs are copied within the store: loaded twice, each file would have blank nodes of its own.
LOAD = """\
DB.DBA.TTLP(file_open('dataset.nq'), '', '{union}', 512);
log_enable(3, 1);
SPARQL INSERT INTO <{union}> {{ ?s ?p ?o }} WHERE {{ GRAPH ?g {{ ?s ?p ?o }} FILTER ( ?g IN ( {graphs} ) ) }};
checkpoint;
"""


def installed() -> Path:
    """Return the folder of the unpacked packages; where they cannot be had, the test is listed as not run."""
    if not CACHE.is_dir():
        if not (shutil.which("apt-get") and shutil.which("dpkg")):
            not_run(f"Virtuoso comes from Debian's packages {', '.join(PACKAGES)}, and there is no apt-get here")
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE.parent, ignore_cleanup_errors=True) as scratch:
            _download(Path(scratch))
            unpacked = Path(scratch) / "unpacked"
            for package in Path(scratch).glob("*.deb"):
                subprocess.run(["dpkg", "-x", str(package), str(unpacked)], check=True)
            unpacked.rename(CACHE)  # so that what is cut short leaves nothing that looks whole
    return CACHE


def _download(into: Path) -> None:
    command = ["apt-get", "download", "--quiet=2", *PACKAGES]
    done = subprocess.run(command, cwd=into, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split())[:300]
        not_run(f"Virtuoso could not be downloaded, are the lists of packages there (apt-get update)? It says: {said}")


def _environment(unpacked: Path) -> dict[str, str]:
    libraries = {str(found.parent) for found in unpacked.rglob("libpcre.so.3")}
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(sorted(libraries))}


@contextmanager
def serve(dataset: Path, folder: Path) -> Iterator[Running]:
    """Serve N-Quads from a new folder; the address names the default graph and the named ones, as the protocol has it.

    Without them, Virtuoso asks all its graphs, its own among them, and counts a triple in each of them.
    """
    unpacked = installed()
    graphs = sorted(set(GRAPH.findall(dataset.read_text("utf-8"))))
    shutil.copy(dataset, folder / "dataset.nq")
    with ExitStack() as stack:
        store, port = _started(stack, unpacked, folder)
        text = LOAD.format(union=UNION, graphs=", ".join(f"<{each}>" for each in graphs))
        isql = [str(unpacked / "usr" / "bin" / "isql-vt"), f"127.0.0.1:{port}", "dba", "dba", "ERRORS=STDOUT"]
        env = _environment(unpacked)
        done = subprocess.run(
            isql, input=text, capture_output=True, text=True, cwd=folder, timeout=SECONDS, check=False, env=env
        )
        assert done.returncode == 0 and "Error" not in done.stdout, done.stdout + done.stderr
        named = [("named-graph-uri", each) for each in graphs]
        yield Running(f"{store.url}?{urlencode([('default-graph-uri', UNION), *named])}", store.process)


def _started(stack: ExitStack, unpacked: Path, folder: Path) -> tuple[Running, int]:
    server = str(unpacked / "usr" / "bin" / "virtuoso-t")
    said = ""
    for _ in range(ATTEMPTS):
        sql, http = free_port(), free_port()
        (folder / "virtuoso.ini").write_text(SETTINGS.format(sql=sql, http=http), "utf-8")
        words = [server, "+foreground", "+configfile", "virtuoso.ini"]
        try:
            found = running(words, f"http://127.0.0.1:{http}/sparql", folder, **_environment(unpacked))
            return stack.enter_context(found), sql
        except Ended as problem:
            said = str(problem)
    raise AssertionError(said)
