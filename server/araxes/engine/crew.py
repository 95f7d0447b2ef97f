"""The processes behind one release: the zygote that holds the data, and the workers forked from it."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from select import POLLIN, poll
from typing import Any, BinaryIO, cast

from araxes import prefixes
from araxes.engine.question import Question
from araxes.engine.worker import FILE, IN_FILE, ROOM, Said, answer_from, problem_of, send_question
from araxes.problems import Problem, Unavailable
from araxes.release import Release, release_of
from araxes.settings import Settings

START = "from araxes.engine import worker; worker.main()"
MOMENT, COARSE = 1e-4, 0.5
TIME = struct.Struct("ll")
LOW, REST = 4, 5
PRIVATE = ("Private_Clean:", "Private_Dirty:")


class Worker:
    """The front's end of a worker, asked since `since`; every use raises `OSError` or `EOFError` where it has ended."""

    def __init__(self, crew: "Crew", pid: int, channel: socket.socket) -> None:
        self.crew, self.pid, self.since = crew, pid, 0.0
        self._channel, self._heard = channel, b""

    def ask(self, question: Question) -> None:
        """Send a question."""
        self.since = time.monotonic()
        send_question(self._channel, question)

    def answers_within(self, milliseconds: int) -> bool:
        """Wait until the worker has something to say or its question is that old; return whether it has."""
        # The system's own timeout spares a call for each answer, and so a turn of the interpreter's lock.
        left = max(MOMENT, self.since + milliseconds / 1000 - time.monotonic())
        if left > COARSE:  # the timer of the timeout has steps that grow with it
            waiting = poll()
            waiting.register(self._channel, POLLIN)
            if not waiting.poll(left * 1000):
                return False
        seconds = int(left)
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, TIME.pack(seconds, int((left - seconds) * 1e6)))
        with suppress(BlockingIOError):
            self._heard = self._channel.recv(ROOM)
            return True
        return False

    def answer(self) -> tuple[Said, BinaryIO | None]:
        """Return what the worker says, and the file that holds its answer where it is a large one."""
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, TIME.pack(REST, 0))
        said = answer_from(self._heard, self._channel)
        return said, Path(f"/proc/{self.pid}/fd/{FILE}").open("rb") if said.kind == IN_FILE else None

    def kill(self) -> None:
        """End the process at once."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let go of the worker; it ends once it reads that nobody asks any more."""
        self._channel.close()

    def step_back(self, steps: int) -> None:
        """Let others go first on the processor, for the rest of its life: only a superuser may take this back."""
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, min(LOW * steps, 19))

    def memory(self) -> int:
        """Return the bytes that this worker has for itself alone; 0 where it has ended."""
        try:
            lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text("ascii").splitlines()
        except OSError:
            return 0
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(PRIVATE))


class Crew:
    """One zygote over one release; it makes workers, of which some are idle, and buries those that ended."""

    def __init__(self, release: Release, settings: Settings) -> None:
        """Load a release in a process of its own; raises the `Problem` that it met, or `Unavailable` where it ended."""
        self.idle: list[Worker] = []
        self._control, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        command = [sys.executable, "-P", "-c", START, str(there.fileno())]
        with there:
            self._process = subprocess.Popen(command, pass_fds=[there.fileno()], stdin=subprocess.DEVNULL)
        names = [str(path) for path in release.sources]
        order = {"files": names, "prefixes": prefixes.below(release.folder), "settings": asdict(settings)}
        try:
            said = self._told(order)
            if "problem" in said:
                raise problem_of(said["problem"])
            if release.manifest.get("data") and release_of(release.sources).name != release.name:
                raise Unavailable("The files changed while they were read", more={"retry_after": 2})
            self.idle += [self.hire()[0] for _ in range(settings.workers)]
        except Problem:
            self.close()
            raise
        self.release = replace(release, manifest={**release.manifest, "distinct_triples": said["triples"]})

    def hire(self, ended: int = 0) -> tuple[Worker, int]:
        """Return a new worker, and the status with which the one ended that it replaces; raises `Unavailable`."""
        try:
            here, there = socket.socketpair()
        except OSError as error:
            raise Unavailable(f"No worker can be started: {error.strerror}", more={"retry_after": 2}) from None
        try:
            with there:
                said = self._told({"replace": ended}, there.fileno())
        except Problem:
            here.close()
            raise
        return Worker(self, said["pid"], here), said["status"]

    def alive(self) -> bool:
        """Return whether the zygote is there."""
        return self._process.poll() is None

    def let_go(self) -> None:
        """End the workers that are idle."""
        while self.idle:
            self.idle.pop().close()

    def close(self) -> None:
        """End the zygote, and with it every worker that still runs."""
        self.let_go()
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
        return cast("dict[str, Any]", json.loads(said))
