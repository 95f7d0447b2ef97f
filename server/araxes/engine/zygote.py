"""The process that loads the data once and forks a worker whenever it is asked for one.

It is started anew by `exec`, so that it never has a second thread, and ends when the process that asked for it does.
"""

import gc
import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from araxes.engine import worker
from araxes.engine.dataset import Loaded, load
from araxes.engine.frames import ROOM, end_with_parent, told
from araxes.problems import Problem
from araxes.settings import Settings


def main(control: socket.socket) -> None:
    """Read what to load, load it, say how it went, and fork a worker for every pair of descriptors that comes."""
    order = json.loads(control.recv(ROOM))
    try:
        loaded = load([Path(name) for name in order["files"]], order["prefixes"])
    except Problem as found:
        control.send(json.dumps({"problem": told(found)}).encode())
        return
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"triples": loaded.triples}).encode())
    _fork_on_demand(control, loaded, Settings(**order["settings"]))


def _fork_on_demand(control: socket.socket, loaded: Loaded, settings: Settings) -> None:
    while True:
        message, given, _, _ = socket.recv_fds(control, ROOM, 1)
        if not message:
            return
        status = _buried(json.loads(message))
        pid = os.fork()
        if not pid:
            control.close()
            end_with_parent()
            worker.main(socket.socket(fileno=given[0]), loaded, settings)
        os.close(given[0])
        control.send(json.dumps({"pid": pid, "status": status}).encode())


def _buried(order: Mapping[str, Any]) -> int:
    """Return the status with which the worker to be replaced ended; 0 where there was none."""
    return os.waitpid(order["replace"], 0)[1] if order["replace"] else 0


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
