"""A release behind a real server: one worker process with threads, and the address once it answers."""

import socket
import sys
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from araxes.engine import open_engine
from araxes.problems import CannotListen
from araxes.release import Release, open_release
from araxes.settings import Settings
from araxes.web import create_app


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn, configured in code; the application is made in the worker."""

    def __init__(self, release: Release, settings: Settings) -> None:
        self.given = release
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from Gunicorn's defaults."""
        options: dict[str, Any] = {
            "bind": f"{_bracketed(self.settings.host)}:{self.settings.port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": self.settings.threads,
            "timeout": 0,
            "graceful_timeout": 5,
            "keepalive": 5,
            "limit_request_line": 8190,
            "loglevel": "warning",
            "proc_name": "araxes",
            "post_worker_init": _announce(self.given),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the WSGI application over the release."""
        return create_app(open_engine(self.given, self.settings), self.settings)


def serve(release: Release, settings: Settings) -> None:
    """Check the release's hashes and serve it until the process is told to stop.

    Raises `BadRelease` where the release is not what was built, and `CannotListen`.
    """
    _try_address(settings.host, settings.port)
    Server(open_release(release.folder), settings).run()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _try_address(host: str, port: int) -> None:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OSError as error:
        raise CannotListen(f"{host}:{port} cannot be listened on: {error.strerror or error}") from None


def _announce(release: Release) -> Callable[[Any], None]:
    def ready(worker: Any) -> None:
        host, port = worker.sockets[0].getsockname()[:2]
        sys.stdout.write(
            f"Araxes serves {release.triples:,} triples (release {release.name}) at http://{_bracketed(host)}:{port}/\n"
        )
        sys.stdout.flush()

    return ready
