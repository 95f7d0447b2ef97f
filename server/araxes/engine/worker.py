"""The processes that evaluate, and what goes to them and comes back: a fixed head, then bytes.

The zygote loads the data once and forks workers, which may be killed at any time. It is started by `exec`, so that it
never has a second thread, and ends when the process that asked for it does.
"""

import ctypes
import gc
import io
import json
import os
import resource
import signal
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any, BinaryIO, NamedTuple, NoReturn, cast

from araxes.engine.dataset import Loaded, load
from araxes.engine.evaluate import evaluate
from araxes.engine.question import GRAPHS, RESULTS, Question
from araxes.problems import AnswerTooLarge, Problem, ServerFault, TooMuchMemory, every_problem
from araxes.settings import Settings

END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
KEPT_PART = 8  # a worker that has kept this part of its memory is replaced
ROOM = 1 << 18
CHANNEL, FILE = 3, 4  # the descriptors of a worker
ASKED = struct.Struct("!IIB")
SAID = struct.Struct("!QdBB")
FORMATS = (*RESULTS, *GRAPHS)
NUMBERS = {each.name: number for number, each in enumerate(FORMATS)}
IN_MEMORY, IN_FILE, PROBLEM = range(3)


def main() -> None:
    """Be the zygote: read what to load, load it, say how it went, and fork a worker for each descriptor that comes."""
    control, zygote = socket.socket(fileno=int(sys.argv[1])), os.getpid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who is served ends this one, and not a key of the terminal
    tempfile.gettempdir()  # which tries to write a file, as no worker could
    order = json.loads(control.recv(ROOM))
    try:
        loaded = load([Path(name) for name in order["files"]], order["prefixes"])
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
            _work(zygote, given[0], loaded, Settings(**order["settings"]))
        os.close(given[0])
        control.send(json.dumps({"pid": pid, "status": status}).encode())


def end_with_parent(parent: int) -> None:
    """Have the system end this process when its parent ends, also while a query runs."""
    ctypes.CDLL(None).prctl(END_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def too_much_memory(settings: Settings) -> TooMuchMemory:
    """Return the problem of a query that passed the limit on memory."""
    most = settings.query_megabytes
    found = f"The query needs more than {most:,} MiB beside the data, the most that it may have"
    return TooMuchMemory(found, more={"limit": "query_megabytes", "most": most})


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
            found = f"The answer has more than {self._most // 1024:,} KiB, the most that is sent"
            raise AnswerTooLarge(found, more={"limit": "answer_kilobytes", "most": self._most // 1024})
        if self.length > self._kept and not self.in_file:
            self.in_file = True
            self._file.write(self.memory.getbuffer())
            self.memory = io.BytesIO()
        (self._file if self.in_file else self.memory).write(data)
        return len(data)


def _work(zygote: int, channel: int, loaded: Loaded, settings: Settings) -> NoReturn:
    """Answer one question after the other, until nobody asks any more."""
    try:
        end_with_parent(zygote)
        _seal(channel, settings)
        _answer_all(socket.socket(fileno=CHANNEL), loaded, settings)
    except EOFError:
        os._exit(0)
    finally:  # a forked child must never return into its parent's code
        os._exit(1)


def _answer_all(channel: socket.socket, loaded: Loaded, settings: Settings) -> NoReturn:
    before, room = getrusage(RUSAGE_SELF).ru_maxrss, settings.query_megabytes * 1024 // KEPT_PART
    file, used = tempfile.TemporaryFile(), False  # noqa: SIM115 - no descriptor is free while a query runs
    while True:
        question = next_question(channel)
        if used:  # only now has whoever asked before opened the file anew
            file.close()
            file = tempfile.TemporaryFile()  # noqa: SIM115
        sink = Sink(settings, cast("BinaryIO", file))
        kind, spent, body = _answered(question, loaded, settings, sink)
        used, length = sink.in_file, len(body) if kind == PROBLEM else sink.length
        file.flush()
        used_up = getrusage(RUSAGE_SELF).ru_maxrss - before > room
        send_answer(channel, Said(kind, length, spent, used_up, body))


def _answered(question: Question, loaded: Loaded, settings: Settings, sink: Sink) -> tuple[int, float, bytes]:
    begun = time.perf_counter()
    try:
        evaluate(loaded, question, settings, cast("BinaryIO", sink))
    except Problem as found:
        problem = found
    except MemoryError:
        problem = too_much_memory(settings)
    except BaseException:  # noqa: BLE001 - the engine's panics are no Exception
        problem = ServerFault("The engine failed while it answered")
    else:
        spent = (time.perf_counter() - begun) * 1000
        return (IN_FILE, spent, b"") if sink.in_file else (IN_MEMORY, spent, sink.memory.getvalue())
    return PROBLEM, 0.0, json.dumps(problem.document()).encode()


def _seal(channel: int, settings: Settings) -> None:
    """Leave this process only so much memory, and no descriptor but the one for a large answer."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(channel, CHANNEL)
    for standard in range(CHANNEL):
        os.dup2(nothing, standard)
    os.closerange(CHANNEL + 1, 1024)
    taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    most = taken + settings.query_megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILE + 1, FILE + 1))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Said(NamedTuple):
    """What a worker answers: how long it took, whether it should be replaced, and the bytes or the problem.

    `length` counts the bytes of the answer; `body` is empty where they stand in the file.
    """

    kind: int
    length: int
    milliseconds: float
    used_up: bool
    body: bytes


def send_question(channel: socket.socket, question: Question) -> None:
    """Send a question."""
    text, graphs = question.text.encode("utf-8", "surrogatepass"), b""
    if question.default_graphs or question.named_graphs:
        graphs = json.dumps([question.default_graphs, question.named_graphs]).encode()
    channel.sendall(ASKED.pack(len(text), len(graphs), NUMBERS[question.format.name]) + text + graphs)


def next_question(channel: socket.socket) -> Question:
    """Return the next question; raises `EOFError` where nobody asks any more."""
    first = channel.recv(ROOM)
    length, more, form = ASKED.unpack_from(first.ljust(ASKED.size, b"\0"))
    body = _whole(channel, first, ASKED.size, length + more)
    default, named = json.loads(body[length:]) if more else ((), ())
    return Question(body[:length].decode("utf-8", "surrogatepass"), FORMATS[form], tuple(default), tuple(named))


def send_answer(channel: socket.socket, said: Said) -> None:
    """Send an answer."""
    channel.sendall(SAID.pack(said.length, said.milliseconds, said.kind, said.used_up) + said.body)


def answer_from(first: bytes, channel: socket.socket) -> Said:
    """Return the answer that begins with what was received first; raises `EOFError` where it ends too early."""
    length, spent, kind, used_up = SAID.unpack_from(first.ljust(SAID.size, b"\0"))
    body = _whole(channel, first, SAID.size, 0 if kind == IN_FILE else length)
    return Said(kind, length, spent, bool(used_up), body)


def _whole(channel: socket.socket, first: bytes, head: int, length: int) -> bytes:
    """Return what follows a head; both sides send head and body at once, so that a head always comes whole."""
    parts, left = [first[head:]], head + length - len(first)
    while left > 0:
        parts.append(channel.recv(min(left, ROOM)))
        left -= len(parts[-1])
        if not parts[-1]:
            raise EOFError
    return b"".join(parts)


def problem_of(document: Mapping[str, Any]) -> Problem:
    """Return the problem that a document, made without a base, tells of."""
    kind = next((each for each in every_problem() if document["type"] == f"/problems/{each.slug}"), ServerFault)
    more = {name: value for name, value in document.items() if name not in {"type", "title", "status"}}
    return kind(more.pop("detail"), hint=more.pop("hint"), more=more)
