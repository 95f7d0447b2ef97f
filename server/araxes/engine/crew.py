"""The processes behind one release: the zygote that holds the data, and the workers forked from it.

The zygote loads the data once and forks workers, which may be killed at any time. It is started by `exec`, so that it
never has a second thread, and ends when the process that asked for it does.
"""

import gc
import io
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from resource import RLIMIT_AS, RLIMIT_CORE, RLIMIT_NOFILE, RUSAGE_SELF, getpagesize, getrlimit, getrusage, setrlimit
from typing import Any, BinaryIO, NamedTuple, NoReturn, cast

from araxes import prefixes
from araxes.engine import disk
from araxes.engine.evaluate import Loaded, evaluate, load
from araxes.engine.question import GRAPHS, RESULTS, Question
from araxes.problems import AnswerTooLarge, Problem, ServerFault, TooMuchMemory, Unavailable, problem_of
from araxes.project import Release
from araxes.settings import Settings, beyond

START = "from araxes.engine import crew; crew.main()"
HEAD = struct.Struct("!BQd?")
LOW = 4
REST = struct.pack("ll", 5, 0)  # the seconds and microseconds that the other side may take for one piece
PRIVATE = ("Private_Clean:", "Private_Dirty:")
KEPT_PART = 8  # a worker that has kept this part of its memory is replaced
ROOM, MOST = 1 << 18, 1 << 27  # what the zygote, and what a worker says at most: no memory is kept for more
CHANNEL, FILE, SOCKETS = 3, 4, 16  # the descriptors of a worker, and how many more it needs to ask others
FORMATS = {each.name: each for each in (*RESULTS, *GRAPHS)}
IN_MEMORY, IN_FILE, PROBLEM = range(3)


class Said(NamedTuple):
    """What a worker says: an answer, or a problem as a JSON document."""

    body: bytes
    kind: int
    length: int = 0  # of an answer, also where it stands in the file
    milliseconds: float = 0.0
    used_up: bool = False  # whether the worker is to be replaced


class Worker:
    """The front's end of a worker, asked since `since`; every use raises `OSError` or `EOFError` where it has ended."""

    def __init__(self, crew: "Crew", pid: int, channel: Connection) -> None:
        self.crew, self.pid, self.since = crew, pid, 0.0
        self._channel, self._spoke = channel, select.poll()
        self._spoke.register(channel, select.POLLIN)

    def ask(self, question: Question) -> None:
        """Send a question."""
        self.since = time.monotonic()
        facts = question.text, question.format.name, question.default_graphs, question.named_graphs
        self._channel.send_bytes(json.dumps(facts).encode())

    def answers_within(self, milliseconds: int) -> bool:
        """Wait until the worker has something to say or its question is that old; return whether it has."""
        return bool(self._spoke.poll(max(0.0, milliseconds - (time.monotonic() - self.since) * 1000)))

    def answer(self) -> tuple[Said, BinaryIO | None]:
        """Return what the worker says, and the file that holds its answer where it is a large one."""
        whole = self._channel.recv_bytes(MOST)
        if len(whole) < HEAD.size:
            raise EOFError
        said = Said(whole[HEAD.size :], *HEAD.unpack_from(whole))
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
        with suppress(OSError):
            lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text("ascii").splitlines()
            return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(PRIVATE))
        return 0


class Crew:
    """One zygote over one release; it makes workers, of which some are idle, and buries those that ended."""

    def __init__(self, release: Release, settings: Settings) -> None:
        """Load a release in a process of its own; raises the `Problem` that it met, or `Unavailable` where it ended."""
        self.idle: list[Worker] = []
        self._control, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with there:
            self._process = subprocess.Popen([sys.executable, "-P", "-c", START], stdin=there.fileno())
        facts = {"files": release.sources, "name": release.name, "prefixes": prefixes.below(release.folder)}
        try:
            said = self._told({**facts, "settings": settings._asdict()})
            if "problem" in said:
                raise problem_of(said["problem"])
            if not release.unchanged:
                raise Unavailable("The files changed while they were read", more={"retry_after": 2})
            self.idle += [self.hire()[0] for _ in range(settings.workers)]
        except Problem:
            self.close()
            raise
        # A backend's data changes unseen: what was kept of it ends with the next reload.
        name = {"dataset_sha256": f"{time.time_ns():016x}"} if settings.backend else {}
        self.release = release._replace(manifest={**release.manifest, **name, "distinct_triples": said["triples"]})

    def hire(self, ended: int = 0) -> tuple[Worker, int]:
        """Return a new worker, and the status with which the one ended that it replaces; raises `Unavailable`."""
        try:
            here, there = socket.socketpair()
        except OSError as error:
            raise Unavailable(f"No worker can be started: {error.strerror}", more={"retry_after": 2}) from None
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            here.setsockopt(socket.SOL_SOCKET, option, REST)
        channel = Connection(here.detach())  # closed with its last use
        with there:
            said = self._told({"replace": ended}, there.fileno())
        return Worker(self, said["pid"], channel), said["status"]

    def alive(self) -> bool:
        """Return whether the zygote is there."""
        return self._process.poll() is None

    def let_go(self) -> None:
        """End the workers that are idle."""
        while self.idle:
            self.idle.pop().close()

    def close(self) -> None:
        """End the zygote, and with it every worker that still runs."""
        self._process.kill()
        self._process.wait()
        with self._lock:  # whoever waits for the zygote's word has now been told
            self._control.close()
        self.let_go()

    def _told(self, order: Mapping[str, Any], *given: int) -> dict[str, Any]:
        said = b""
        with self._lock, suppress(OSError):
            socket.send_fds(self._control, [json.dumps(order).encode()], given)
            said = self._control.recv(ROOM)
        if not said:
            raise Unavailable("The process that holds the data has ended", more={"retry_after": 2})
        return cast("dict[str, Any]", json.loads(said))


def main() -> None:
    """Be the zygote: read what to load, load it, say how it went, and fork a worker for each descriptor that comes."""
    control, zygote = socket.socket(fileno=sys.stdin.fileno()), os.getpid()
    disk.end_with_parent(os.getppid())  # also while it loads, for however long
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who is served ends this one, and not a key of the terminal
    tempfile.gettempdir()  # which tries to write a file, as no worker could
    order = json.loads(control.recv(ROOM))
    settings = Settings(**order["settings"])
    try:
        loaded = _loaded(order, settings)
    except Problem as found:
        control.send(json.dumps({"problem": found.document()}).encode())
        return
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"triples": loaded.triples}).encode())
    while True:
        message, given, _, _ = socket.recv_fds(control, ROOM, 1)
        if not message:
            return
        ended = json.loads(message)["replace"]
        status = os.waitpid(ended, 0)[1] if ended else 0
        pid = os.fork()
        if not pid:
            _work(zygote, given[0], loaded, settings)
        os.close(given[0])
        control.send(json.dumps({"pid": pid, "status": status}).encode())


def _loaded(order: Mapping[str, Any], settings: Settings) -> Loaded:
    files = {Path(name): graph for name, graph in order["files"].items()}
    if settings.backend or settings.services:
        from araxes.engine import remote  # here also for the workers, who could not open its file
    if settings.backend:
        return remote.Remote(settings, order["prefixes"])
    if settings.store:
        found = disk.load(files, order["prefixes"], Path(settings.store), order["name"])
        if not settings.services:
            disk.seal()
        return found
    return load(files, order["prefixes"])


class Sink(io.RawIOBase):
    """Where an answer is written: memory up to a size, then the file, and nothing beyond the largest answer."""

    def __init__(self, settings: Settings, file: BinaryIO) -> None:
        self.length, self.in_file = 0, False
        self.memory, self._file = io.BytesIO(), file
        self._kept, self._most = settings.memory_kilobytes * 1024, settings.answer_kilobytes * 1024

    def write(self, data: Any) -> int:
        """Take some bytes; raises `AnswerTooLarge` beyond the limit."""
        self.length += len(data)
        if self.length > self._most:
            raise beyond(AnswerTooLarge, "answer_kilobytes", self._most // 1024)
        if self.length > self._kept and not self.in_file:
            self.in_file = True
            self._file.write(self.memory.getbuffer())
            self.memory = io.BytesIO()
        (self._file if self.in_file else self.memory).write(data)
        return len(data)


def _work(zygote: int, channel: int, loaded: Loaded, settings: Settings) -> NoReturn:
    """Answer one question after the other, until nobody asks any more."""
    try:
        disk.end_with_parent(zygote)
        # Leave this process only so much memory, and no descriptor but the one for a large answer.
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(channel, CHANNEL)
        for standard in range(CHANNEL):
            os.dup2(nothing, standard)
        os.closerange(CHANNEL + 1, 1024)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - no descriptor is free while a query runs
        loaded = loaded.opened()
        own, hard = FILE + 1 + loaded.descriptors, getrlimit(RLIMIT_NOFILE)[1]
        free = min(own, hard), min(own + SOCKETS * bool(settings.services), hard)
        taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * getpagesize()
        most = taken + settings.query_megabytes * 1024 * 1024
        for limit, values in ((RLIMIT_NOFILE, free), (RLIMIT_AS, (most, most)), (RLIMIT_CORE, (0, 0))):
            setrlimit(limit, values)
        _answer_all(Connection(CHANNEL), file, loaded, settings)
    except EOFError:
        os._exit(0)
    finally:  # a forked child must never return into its parent's code
        os._exit(1)


def _answer_all(channel: Connection, file: Any, loaded: Loaded, settings: Settings) -> NoReturn:
    before, room = getrusage(RUSAGE_SELF).ru_maxrss, settings.query_megabytes * 1024 // KEPT_PART
    used = False
    while True:
        text, form, default, named = json.loads(channel.recv_bytes())
        if used:  # only now has whoever asked before opened the file anew
            file.close()
            file = tempfile.TemporaryFile()  # noqa: SIM115
        sink = Sink(settings, file)
        question = Question(text, FORMATS[form], tuple(default), tuple(named))
        (body, *facts, _), used = _answered(question, loaded, settings, sink), sink.in_file
        file.flush()
        channel.send_bytes(HEAD.pack(*facts, getrusage(RUSAGE_SELF).ru_maxrss - before > room) + body)


def _answered(question: Question, loaded: Loaded, settings: Settings, sink: Sink) -> Said:
    begun = time.perf_counter()
    try:
        if settings.services and "SERVICE" in question.text.upper():
            question = _joined(question, settings)
        evaluate(loaded, question, settings, cast("BinaryIO", sink))
    except Problem as found:
        problem = found
    except MemoryError:
        problem = beyond(TooMuchMemory, "query_megabytes", settings.query_megabytes)
    except BaseException:  # noqa: BLE001 - the engine's panics are no Exception
        problem = ServerFault("The engine failed while it answered")
    else:
        spent = (time.perf_counter() - begun) * 1000
        return Said(sink.memory.getvalue(), IN_FILE if sink.in_file else IN_MEMORY, sink.length, spent)
    return Said(json.dumps(problem.document()).encode(), PROBLEM)


def _joined(question: Question, settings: Settings) -> Question:
    """Return a question with what other endpoints answer; only meanwhile there are descriptors to ask anybody."""
    from araxes.engine.remote import joined

    own, most = getrlimit(RLIMIT_NOFILE)
    setrlimit(RLIMIT_NOFILE, (most, most))
    try:
        return question._replace(text=joined(question.text, settings))
    finally:
        setrlimit(RLIMIT_NOFILE, (own, most))
