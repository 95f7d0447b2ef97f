"""A process that evaluates one query after the other, and may be killed at any time."""

import io
import os
import resource
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from araxes.engine.dataset import Loaded
from araxes.engine.evaluate import evaluate
from araxes.engine.frames import (
    IN_FILE,
    IN_MEMORY,
    ROOM,
    Said,
    answer_frame,
    problem_frame,
    question_in,
    too_much_memory,
)
from araxes.engine.question import Question
from araxes.problems import AnswerTooLarge, Problem, ServerFault
from araxes.settings import Settings

PAGE = resource.getpagesize()
MEMORY_FOR_GOOD = 8  # a worker that has kept this part of its room is replaced


def main(channel: socket.socket, loaded: Loaded, settings: Settings) -> NoReturn:
    """Answer questions from the channel until it is closed; never returns.

    A question may come with a descriptor: the file for an answer that is too large for memory.
    """
    try:
        _seal(channel, settings)
        _answer_all(channel, loaded, settings)
    except BaseException:  # noqa: BLE001 - a forked child must never return into its parent's code
        os._exit(1)
    os._exit(0)


def _answer_all(channel: socket.socket, loaded: Loaded, settings: Settings) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    room = settings.query_megabytes * 1024 // MEMORY_FOR_GOOD
    file: BinaryIO | None = None
    while True:
        question, file = _received(channel, file)
        if question is None:
            return
        sink = Sink(settings, file)
        frame = _answered(question, loaded, settings, sink)
        if sink.in_file and file:
            file.close()
            file = None
        used_up = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before > room
        channel.sendall(frame(used_up))


class Sink(io.RawIOBase):
    """Where an answer is written: memory up to a size, then the file, and nothing beyond the largest answer."""

    def __init__(self, settings: Settings, file: BinaryIO | None) -> None:
        self.memory = io.BytesIO()
        self.length = 0
        self.in_file = False
        self._file = file
        self._kept, self._most = settings.memory_kilobytes * 1024, settings.answer_kilobytes * 1024

    def writable(self) -> bool:
        """Return that this can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Take some bytes; raises `AnswerTooLarge` beyond the limit."""
        self.length += len(data)
        if self.length > self._most:
            found = f"The answer has more than {self._most // 1024:,} KiB, the most that is sent"
            raise AnswerTooLarge(found, more={"limit": "answer_kilobytes", "most": self._most // 1024})
        if not self.in_file and self.length > self._kept and self._file:
            self.in_file = True
            _write_all(self._file, self.memory.getbuffer())
            self.memory = io.BytesIO()
        if self.in_file and self._file:
            _write_all(self._file, memoryview(data))
        else:
            self.memory.write(data)
        return len(data)


def _answered(question: Question, loaded: Loaded, settings: Settings, sink: Sink) -> Callable[[bool], bytes]:
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
        kind = IN_FILE if sink.in_file else IN_MEMORY
        return lambda used_up: answer_frame(Said(kind, sink.length, spent, used_up, sink.memory.getvalue()))
    return lambda used_up: problem_frame(problem, used_up)


def _received(channel: socket.socket, file: BinaryIO | None) -> tuple[Question | None, BinaryIO | None]:
    """Return the next question, None where nobody asks any more, and the file to use."""
    if file is None:
        data, given, _, _ = socket.recv_fds(channel, ROOM, 1)
        file = os.fdopen(given[0], "wb", buffering=0) if given else None
    else:
        data = channel.recv(ROOM)
    while data:
        if question := question_in(data):
            return question, file
        more = channel.recv(ROOM)
        data = data + more if more else b""
    return None, file


def _write_all(file: BinaryIO, data: memoryview) -> None:
    while data:
        data = data[file.write(data) :]


def _seal(channel: socket.socket, settings: Settings) -> None:
    """Leave this process nothing to open a socket or a file with, and only so much memory.

    One number is free, for the file that comes with a question, and is taken before a query is evaluated.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    keep = 3
    if channel.fileno() != keep:
        os.dup2(channel.fileno(), keep)
        channel.detach()
        channel.__init__(fileno=keep)  # type: ignore[misc]
    os.closerange(keep + 1, 1024)
    taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * PAGE
    resource.setrlimit(resource.RLIMIT_NOFILE, (keep + 2, keep + 2))
    most = taken + settings.query_megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
