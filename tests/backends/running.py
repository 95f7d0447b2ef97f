"""Foreign stores as processes of their own: on free ports, ended for sure, given once they answer."""

import shutil
import socket
import subprocess
import time
import urllib.error
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helpers import request

SECONDS, BETWEEN = 60, 0.05
ATTEMPTS = 3  # another process may take a free port before the store does


@dataclass(frozen=True)
class Running:
    """A store that answers: the address of its endpoint, and its process, which a test may kill."""

    url: str
    process: subprocess.Popen[bytes]


class Ended(Exception):
    """The process ended before it answered."""


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def running(command: Sequence[str], url: str, folder: Path, **more: str) -> Iterator[Running]:
    """Run a store in a folder, and give it once it answers at its address; raises `Ended` where it never does."""
    # ends with this process, too, where that is killed and has no time to clean up
    tied = [found, "--pdeathsig", "KILL"] if (found := shutil.which("setpriv")) else []
    log = folder / "output.log"
    with (
        log.open("wb") as out,
        subprocess.Popen([*tied, *command], cwd=folder, stdout=out, stderr=out, env=more or None) as process,
    ):
        try:
            _until_it_answers(process, url, log)
            yield Running(url, process)
        finally:
            process.kill()


def _until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            if request(url, {"query": "ASK {}"}).status == 200:
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        try:
            process.wait(BETWEEN)
        except subprocess.TimeoutExpired:
            continue
    raise Ended(f"{url} does not answer:\n{log.read_text('utf-8', 'replace')[-2000:]}")
