"""What is seen from outside: a line of the log for each request, and counts for Prometheus."""

import json
import logging
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from araxes.engine import State
from araxes.release import Release
from araxes.settings import Settings
from araxes.web.cache import Cache
from araxes.web.exchange import Exchange

log = logging.getLogger("araxes.access")

BOUNDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
BATCH = 8


class Watch:
    """The log and the counts of one application."""

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self._settings, self._cache = settings, cache
        self._lines: deque[tuple[datetime, Exchange, int, int, float]] = deque()
        self._registry = registry = CollectorRegistry()
        self._requests = Counter("araxes_requests", "Requests", ["status", "outcome"], registry=registry)
        self._seconds = Histogram("araxes_request_seconds", "Time of a request", registry=registry, buckets=BOUNDS)

    def see(self, exchange: Exchange, status: int, size: int) -> None:
        """Count a request that was not answered from the cache, and note its line."""
        seconds = perf_counter() - exchange.started
        self._requests.labels(str(status), exchange.outcome).inc()
        self._seconds.observe(seconds)
        if log.isEnabledFor(logging.INFO):
            self._lines.append((datetime.now(UTC), exchange, status, size, seconds))
            if len(self._lines) >= BATCH:
                self.flush()

    def flush(self) -> None:
        """Write the lines that wait: many at once cost what one does."""
        lines = []
        with suppress(IndexError):
            while True:
                lines.append(self._line(*self._lines.popleft()))
        if lines:
            log.info("%s", "\n".join(lines))

    def text(self, state: State, release: Release) -> bytes:
        """Return all counts in the text format of Prometheus."""
        values = {f"cache_{what}": getattr(self._cache, what) for what in ("hits", "misses", "bytes")}
        values |= {what: int(getattr(state, what)) for what in ("ready", "workers", "busy", "waiting", "replaced")}
        values |= {f'worker_bytes{{worker="{number}"}}': size for number, size in enumerate(state.memory)}
        values[f'release_triples{{release="{release.name}"}}'] = release.triples
        return generate_latest(self._registry) + "".join(f"araxes_{name} {values[name]}\n" for name in values).encode()

    def _line(self, at: datetime, exchange: Exchange, status: int, size: int, seconds: float) -> str:
        text, environ = exchange.text, exchange.environ
        line: dict[str, object] = {"time": at.isoformat(timespec="milliseconds"), "id": exchange.id}
        line |= {"method": environ["REQUEST_METHOD"][:20], "path": environ["PATH_INFO"][:200], "status": status}
        line |= {"outcome": exchange.outcome, "ms": round(seconds * 1000, 2), "bytes": size}
        if text:
            line |= {"form": exchange.form, "hash": sha256(text.encode("utf-8", "replace")).hexdigest()[:16]}
            line |= {"query": text[:most]} if (most := self._settings.log_queries) else {}
        if self._settings.log_addresses:
            line["client"] = exchange.client(self._settings.proxies)
        # As ASCII every control sign is escaped, so no text of a client can end the line or begin another.
        return json.dumps(line)
