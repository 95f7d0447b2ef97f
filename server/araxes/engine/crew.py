"""The processes behind one release: the zygote that holds the data, and the workers forked from it."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from select import POLLIN, poll
from typing import Any, BinaryIO

from araxes import prefixes
from araxes.engine.frames import IN_FILE, ROOM, Said, problem_of, question_frame, read_answer
from araxes.engine.question import Question
from araxes.problems import Problem, Unavailable
from araxes.release import Release
from araxes.settings import Settings

GLANCE = 0.2
PATIENCE = 5.0
LOW = 10
PRIVATE = ("Private_Clean:", "Private_Dirty:")


class Worker:
    """The front's end of a worker: ask it, wait for it, kill it."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self._channel = channel
        self._poll = poll()
        self._poll.register(channel, POLLIN)
        self._spare: BinaryIO | None = None

    def ask(self, question: Question) -> None:
        """Send a question, with a new file where the last one was used; raises `OSError` where the worker is dead."""
        frame = question_frame(question)
        if self._spare is None:
            self._spare = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the answer that it may hold
            sent = socket.send_fds(self._channel, [frame], [self._spare.fileno()])
            frame = frame[sent:]
        self._channel.sendall(frame)

    def answers_by(self, until: float, gone: Callable[[], bool] | None) -> bool:
        """Wait, and return whether the worker has something to say; raises `ConnectionAbortedError` if `gone` does."""
        while True:
            left = max(0.0, until - time.monotonic())
            if self._poll.poll((min(left, GLANCE) if gone else left) * 1000):
                return True
            if gone and gone():
                raise ConnectionAbortedError
            if time.monotonic() >= until:
                return False

    def answer(self) -> tuple[Said, BinaryIO | None]:
        """Return what the worker says, and the file that holds its answer where it is a large one.

        Raises `OSError` where the worker died.
        """
        said = read_answer(self._channel)
        if said.kind != IN_FILE or not self._spare:
            return said, None
        file, self._spare = self._spare, None
        file.seek(0)
        return said, file

    def kill(self) -> None:
        """End the process at once."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Let go of the worker; it ends once it reads that nobody asks any more."""
        self._channel.close()
        if self._spare:
            self._spare.close()

    def step_back(self) -> None:
        """Let others go first on the processor: for the rest of its life, since only a superuser may take this back."""
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, LOW)

    def memory(self) -> int:
        """Return the bytes that this worker has for itself alone; 0 where the system does not say."""
        try:
            lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text("ascii").splitlines()
        except OSError:
            return 0
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(PRIVATE))


class Crew:
    """One zygote over one release; it makes workers, and buries those that ended."""

    def __init__(self, release: Release, settings: Settings) -> None:
        """Load a release in a process of its own.

        Raises the `Problem` that loading met, or `Unavailable` where the process ended.
        """
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-P", "-m", "araxes.engine.zygote", str(there.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[there.fileno()], stdin=subprocess.DEVNULL)
        there.close()
        self._control, self._lock = here, threading.Lock()
        names = [str(path) for path in release.sources]
        order = {"files": names, "prefixes": prefixes.below(release.root), "settings": asdict(settings)}
        try:
            said = self._told(order)
            if "problem" in said:
                raise problem_of(said["problem"])
        except Problem:
            self.close()
            raise
        self.release = replace(release, manifest={**release.manifest, "distinct_triples": said["triples"]})

    def hire(self) -> Worker:
        """Return a new worker; raises `Unavailable` where the zygote is gone."""
        return self.replace(None)[0]

    def replace(self, ended: Worker | None) -> tuple[Worker, int]:
        """Return a new worker in place of one that was killed or died, and the status with which that one ended."""
        here, there = socket.socketpair()
        try:
            said = self._told({"replace": ended.pid if ended else 0}, there.fileno())
        except Problem:
            here.close()
            raise
        finally:
            there.close()
        return Worker(said["pid"], here), said["status"]

    def close(self) -> None:
        """End the zygote, and with it every worker that still runs."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def _told(self, order: Mapping[str, Any], *given: int) -> dict[str, Any]:
        with self._lock:
            try:
                socket.send_fds(self._control, [json.dumps(order).encode()], given)
                said = self._control.recv(ROOM)
            except OSError:
                said = b""
        if not said:
            raise Unavailable("The process that holds the data has ended", more={"retry_after": 2})
        found: dict[str, Any] = json.loads(said)
        return found
