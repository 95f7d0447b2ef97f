"""What the parts of the web share: the site, and one request while it is answered."""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from time import perf_counter
from typing import Any

from araxes.engine import Answer, Engine, Question
from araxes.problems import Busy
from araxes.release import Release
from araxes.settings import Settings
from araxes.web.protocol import Sent

KEY = "araxes.exchange"
START = secrets.token_hex(3)
NUMBERS = count(1)


def next_id() -> str:
    """Return a short name for one request, unlike that of any other of this process."""
    return f"{START}-{next(NUMBERS):x}"


class Gate:
    """Lets only so many bodies, or large answers, be on their way at once, and a client have half of them.

    The HTTP server waits for each as long as its client likes, with a thread of its own.
    """

    def __init__(self, most: int) -> None:
        self._most, self._share = most, most // 2
        self._inside: Counter[str] = Counter()
        self._lock = Lock()

    def enter(self, client: str) -> Callable[[], None]:
        """Take a place for a client, and return what gives it back; raises `Busy` where there is none."""
        with self._lock:
            if self._inside.total() >= self._most or self._inside[client] >= self._share:
                raise Busy("Too many bodies are on their way and not at their end", more={"retry_after": 5})
            self._inside[client] += 1
        return lambda: self._leave(client)

    def _leave(self, client: str) -> None:
        with self._lock:
            self._inside[client] -= 1
            self._inside += Counter()


@dataclass(slots=True)
class Exchange:
    """One request: what came in, and what its headers, its log line and its counts will need.

    `served` is the release when it came in, `release` the name of the one that was asked; `fixed` is taken away where
    the same request can have another answer; `answer` is for a page to show; `waited` and `evaluated` in milliseconds.
    """

    environ: Mapping[str, Any]
    served: Release
    release: str
    started: float
    id: str = field(default_factory=next_id)
    sent: Sent | None = None
    text: str = ""
    form: str = ""
    answer: Answer | None = None
    fixed: bool = True
    outcome: str = "answered"
    waited: float = 0.0
    evaluated: float = 0.0

    def client(self, proxies: int) -> str:
        """Return the address of the client: the peer's, or with trusted proxies in front the one they vouch for.

        Each proxy adds its own peer at the end of X-Forwarded-For, so what stands further left is only claimed.
        """
        peer: str = self.environ.get("REMOTE_ADDR") or ""
        named = [each.strip() for each in self.environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if each.strip()]
        return named[-min(proxies, len(named))][:64] if proxies and named else peer


@dataclass(frozen=True, slots=True)
class Site:
    """The engine and the settings, and what follows from both."""

    engine: Engine
    settings: Settings

    @property
    def base(self) -> str:
        """Return the address by which others know this server; what a client claims as Host has no part in it."""
        host = "localhost" if set(self.settings.host) <= set(".0:") else self.settings.host
        host = f"[{host}]" if ":" in host else host
        return self.settings.public_url.rstrip("/") or f"http://{host}:{self.settings.port}"

    def ask(self, exchange: Exchange, question: Question) -> Answer:
        """Return the answer to a question, and note in the exchange how it came about; raises `Problem`."""
        asked = perf_counter()
        answer = self.engine.ask(question)
        exchange.waited += max(0.0, (perf_counter() - asked) * 1000 - answer.milliseconds)
        exchange.evaluated += answer.milliseconds
        exchange.fixed = exchange.fixed and answer.fixed and answer.release == exchange.release
        exchange.release = answer.release
        return answer
