"""How a question goes to a worker and how its answer comes back: a fixed head, then bytes."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from socket import socket
from typing import Any

from araxes.engine.question import GRAPHS, RESULTS, Question
from araxes.problems import Problem, ServerFault, every_problem

ROOM = 1 << 18
CHANNEL, FILE = 3, 4  # the descriptors of a worker
ASKED = struct.Struct("!IIB")
SAID = struct.Struct("!QdBB")
FORMATS = (*RESULTS, *GRAPHS)
NUMBERS = {each.name: number for number, each in enumerate(FORMATS)}
IN_MEMORY, IN_FILE, PROBLEM = range(3)


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


def send_question(channel: socket, question: Question) -> None:
    """Send a question."""
    text, graphs = question.text.encode("utf-8", "surrogatepass"), b""
    if question.default_graphs or question.named_graphs:
        graphs = json.dumps([question.default_graphs, question.named_graphs]).encode()
    channel.sendall(ASKED.pack(len(text), len(graphs), NUMBERS[question.format.name]) + text + graphs)


def next_question(channel: socket) -> Question:
    """Return the next question; raises `EOFError` where nobody asks any more."""
    first = channel.recv(ROOM)
    length, more, form = ASKED.unpack_from(first.ljust(ASKED.size, b"\0"))
    body = _whole(channel, first, ASKED.size, length + more)
    default, named = json.loads(body[length:]) if more else ((), ())
    return Question(body[:length].decode("utf-8", "surrogatepass"), FORMATS[form], tuple(default), tuple(named))


def send_answer(channel: socket, said: Said) -> None:
    """Send an answer."""
    channel.sendall(SAID.pack(said.length, said.milliseconds, said.kind, said.used_up) + said.body)


def answer_from(first: bytes, channel: socket) -> Said:
    """Return the answer that begins with what was received first; raises `EOFError` where it ends too early."""
    length, spent, kind, used_up = SAID.unpack_from(first.ljust(SAID.size, b"\0"))
    body = _whole(channel, first, SAID.size, 0 if kind == IN_FILE else length)
    return Said(kind, length, spent, bool(used_up), body)


def _whole(channel: socket, first: bytes, head: int, length: int) -> bytes:
    """Return what follows a head; both sides send head and body at once, so that a head always comes whole."""
    parts, left = [first[head:]], head + length - len(first)
    while left > 0:
        parts.append(channel.recv(min(left, ROOM)))
        left -= len(parts[-1])
        if not parts[-1]:
            raise EOFError
    return b"".join(parts)


def told(found: Problem) -> dict[str, Any]:
    """Return a problem as a message can carry it."""
    return {"kind": found.slug, "detail": found.detail, "hint": found.advice, "more": found.more}


def problem_of(message: Mapping[str, Any]) -> Problem:
    """Return the problem that a message carries."""
    kind = next((each for each in every_problem() if each.slug == message["kind"]), ServerFault)
    return kind(message["detail"], hint=message["hint"], more=message["more"])
