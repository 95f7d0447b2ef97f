"""The application over a canned engine, called as WSGI servers call it: for what a real engine cannot be made to do."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from wsgiref.validate import validator

import pytest
from araxes.engine import Answer, Question, State
from araxes.project import Release
from araxes.settings import Settings
from araxes.web import create_app
from helpers import Reply

TABLE = b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"literal","value":"1"}}]}}'


@dataclass
class Canned:
    """An engine that answers everything in the same way, and remembers what it was asked."""

    release: Release
    reply: Callable[[Question], Answer] | None = None
    asked: list[Question] = field(default_factory=list)
    body: bytes = TABLE
    fixed: bool = True
    stands: State = field(default_factory=lambda: State(True, 5, 1, 2, 3, "", (1024, 2048)))

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        if self.reply:
            return self.reply(question)
        return Answer(self.body, question.format.media_type, self.release.name, len(self.body), 0.5, self.fixed)

    def state(self, **_: bool) -> State:
        return self.stands

    def close(self) -> None:
        """Nothing was started."""


@dataclass
class Site:
    """An application over a canned engine."""

    engine: Canned
    app: Any

    def send(self, path: str, method: str = "GET", body: bytes = b"", **more: Any) -> Reply:
        """Send a request; `more` goes into its environment, headers without HTTP_ in lower case."""
        environ = environ_of(path, method, body)
        for name, value in more.items():
            environ[name if "." in name or name.isupper() else f"HTTP_{name.upper()}"] = value
        told: list[Any] = []
        sent = validator(self.app)(environ, lambda *words: told.append(words) or (lambda _: None))
        found = b"".join(sent)
        sent.close()
        headers = Message()
        for name, value in told[0][1]:
            headers[name] = value
        return Reply(int(told[0][0][:3]), headers, found)

    def query(self, text: str = "SELECT * {}", **more: Any) -> Reply:
        """Ask a query by GET."""
        return self.send(f"/sparql?{urlencode({'query': text})}", **more)


def environ_of(path: str, method: str, body: bytes) -> dict[str, Any]:
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "HTTP_HOST": "127.0.0.1:8000",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    return environ | ({"CONTENT_LENGTH": str(len(body))} if method in {"POST", "QUERY"} else {})


def release_named(name: str, folder: Path) -> Release:
    return Release(folder, {"dataset_sha256": name * 64, "distinct_triples": 3, "inputs_hash": "", "files": {}})


Making = Callable[..., Site]


@pytest.fixture
def site(tmp_path: Path) -> Making:
    """Return a function that makes an application over a canned engine, with settings by their names."""

    def made(**settings: Any) -> Site:
        engine = Canned(release_named("a", tmp_path))
        return Site(engine, create_app(engine, Settings(**settings)))

    return made
