"""A release behind a real HTTP server: one front process with threads, and the engine's workers behind it."""

import gc
import json
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from araxes.engine import Engine
from araxes.engine.disk import end_with_parent
from araxes.problems import CannotListen, Problem, problem_of, rendered
from araxes.project import Release
from araxes.settings import Settings
from araxes.web import create_app

PAUSE, HEADER_SECONDS, READ_SECONDS = 0.005, 10, 20
MOST_DESCRIPTORS, SPARE, MOST_IN_PIPE = 65_536, 256, 65_536


def serve(opened: Callable[[], Release], settings: Settings) -> None:
    """Serve a release until the process is told to stop; SIGHUP changes to the one that `opened` then returns."""
    # Holding the address without listening keeps a free port ours until it is served.
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        held = socket.socket(family, socket.SOCK_STREAM)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((settings.host, settings.port))
        # Only now, so that a port on which somebody listens is refused, and not shared.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except OSError as error:
        found = f"{settings.host}:{settings.port} cannot be listened on: {error.strerror or error}"
        raise CannotListen(found) from None
    with held:
        host, port = held.getsockname()[:2]
        settings = settings._replace(host=host, port=port)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to change
        heard, tell = os.pipe()
        parent = os.getpid()
        try:
            _run(lambda: _application(opened, settings, tell, parent), settings)
        finally:
            os.close(tell)
            if problem := os.read(heard, MOST_IN_PIPE):
                raise problem_of(json.loads(problem))


def _application(opened: Callable[[], Release], settings: Settings, tell: int, parent: int) -> Any:
    """Return the WSGI application, once its engine answers; a problem ends this process and the one that started it."""
    end_with_parent(parent)
    try:
        engine = Engine(opened(), settings, opened)
    except Problem as found:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.write(tell, json.dumps(found.document()).encode())
        os.kill(parent, signal.SIGTERM)
        signal.pause()
        os._exit(0)
    signal.signal(signal.SIGHUP, lambda *_: engine.reload())
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    app = create_app(engine, settings)
    threading.Thread(target=_announce, args=(engine.release, settings), daemon=True).start()
    gc.freeze()
    return app


def _announce(release: Release, settings: Settings) -> None:
    """Say where the server is, once it takes connections and may be asked."""
    while True:
        time.sleep(PAUSE)
        with suppress(OSError), socket.create_connection((settings.host, settings.port), timeout=1):
            break
    # Have the system end connections whose other side takes nothing for a while; each inherits the option set here.
    for path in Path("/proc/self/fd").iterdir() if sys.platform == "linux" else ():
        with suppress(OSError), socket.fromfd(int(path.name), socket.AF_INET, socket.SOCK_STREAM) as found:
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and found.getsockname()[1] == settings.port:
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, READ_SECONDS * 1000)
    click.echo(rendered("served.txt", release=release, at=settings))


def _run(load: Callable[[], Any], settings: Settings) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server.mp import MPServer

    class Server(MPServer):
        """Granian, but for SIGHUP: the process that serves is told, and not replaced."""

        def signal_handler_reload(self, *_: object, **__: object) -> None:
            for each in self.wrks:
                os.kill(each.inner.pid, signal.SIGHUP)

    # A connection that only waits costs a descriptor and no thread, so there may be many.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors = min(most, MOST_DESCRIPTORS) if most > 0 else MOST_DESCRIPTORS
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, most))
    Server(
        "araxes",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        blocking_threads=settings.threads,
        backpressure=max(descriptors - 2 * settings.threads - SPARE, settings.threads),
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
    ).serve(target_loader=load, wrap_loader=False)
