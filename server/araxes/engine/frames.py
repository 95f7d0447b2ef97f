"""How a question goes to a worker and how its answer comes back: a fixed head, then bytes."""

import ctypes
import json
import os
import signal
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from araxes.engine.question import GRAPHS, RESULTS, Question
from araxes.problems import Problem, ServerFault, TooMuchMemory, every_problem
from araxes.settings import Settings

ROOM = 1 << 18
END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
ASKED = struct.Struct("!IIB")
SAID = struct.Struct("!QdBB")
FORMATS = (*RESULTS, *GRAPHS)
NUMBERS = {each.name: number for number, each in enumerate(FORMATS)}
IN_MEMORY, IN_FILE, PROBLEM = range(3)
KINDS = {each.__name__: each for each in every_problem()}


@dataclass(frozen=True, slots=True)
class Said:
    """What a worker answers: how long it took, whether it should be replaced, and the bytes or the problem.

    `length` counts the bytes of the answer; `body` is empty where they stand in the file.
    """

    kind: int
    length: int
    milliseconds: float
    used_up: bool
    body: bytes


def question_frame(question: Question) -> bytes:
    """Return the bytes that carry a question."""
    text = question.text.encode("utf-8", "surrogatepass")
    graphs = b""
    if question.default_graphs or question.named_graphs:
        graphs = json.dumps([question.default_graphs, question.named_graphs]).encode()
    return b"".join((ASKED.pack(len(text), len(graphs), NUMBERS[question.format.name]), text, graphs))


def question_in(data: bytes | bytearray) -> Question | None:
    """Return the question that a frame carries; None where it is not whole yet."""
    if len(data) < ASKED.size:
        return None
    length, more, form = ASKED.unpack_from(data)
    end = ASKED.size + length
    if len(data) < end + more:
        return None
    text = data[ASKED.size : end].decode("utf-8", "surrogatepass")
    default, named = json.loads(data[end : end + more]) if more else ((), ())
    return Question(text, FORMATS[form], tuple(default), tuple(named))


def answer_frame(said: Said) -> bytes:
    """Return the bytes that carry an answer."""
    return SAID.pack(said.length, said.milliseconds, said.kind, said.used_up) + said.body


def read_answer(channel: socket.socket) -> Said:
    """Return the answer that a worker sends; raises `ConnectionResetError` where the worker ends before its end."""
    data = channel.recv(ROOM)
    while len(data) < SAID.size:
        data += _more(channel, SAID.size - len(data))
    length, spent, kind, used_up = SAID.unpack_from(data)
    body = data[SAID.size :]
    left = (0 if kind == IN_FILE else length) - len(body)
    if left > 0:
        parts = [body]
        while left:
            parts.append(_more(channel, min(left, ROOM)))
            left -= len(parts[-1])
        body = b"".join(parts)
    return Said(kind, length, spent, bool(used_up), body)


def problem_frame(found: Problem, used_up: bool) -> bytes:
    """Return the bytes that carry a problem."""
    body = json.dumps(told(found)).encode()
    return answer_frame(Said(PROBLEM, len(body), 0.0, used_up, body))


def told(found: Problem) -> dict[str, Any]:
    """Return a problem as a message can carry it."""
    return {"kind": type(found).__name__, "detail": found.detail, "hint": found.advice, "more": found.more}


def problem_of(message: Mapping[str, Any]) -> Problem:
    """Return the problem that a message carries."""
    return KINDS.get(message["kind"], ServerFault)(message["detail"], hint=message["hint"], more=message["more"])


def too_much_memory(settings: Settings) -> Problem:
    """Return the problem of a query that passed the limit on memory."""
    most = settings.query_megabytes
    found = f"The query needs more than {most:,} MiB beside the data, the most that it may have"
    return TooMuchMemory(found, more={"limit": "query_megabytes", "most": most})


def end_with_parent() -> None:
    """Have the system end this process when its parent ends, also while a query runs."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(END_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _more(channel: socket.socket, count: int) -> bytes:
    data = channel.recv(count)
    if not data:
        raise ConnectionResetError("the worker ended")
    return data
