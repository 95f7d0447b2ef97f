"""All settings, once: name, default, what is allowed, and help.

A value is taken from the command line, else from the environment, else from the file of settings, else the default.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from araxes.problems import BadSetting

FILE = "ARAXES_SETTINGS"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; a number must lie between `least` and `most`; a `limit` stands on the limits page."""

    name: str
    default: str | int
    help: str
    least: int = 0
    most: int = 0
    limit: bool = False

    @property
    def variable(self) -> str:
        """Return the name of the environment variable that sets it."""
        return f"ARAXES_{self.name.upper()}"

    def read(self, value: object) -> str | int:
        """Return the value in the setting's type.

        Raises `BadSetting` where it is not a whole number, or not allowed: nothing is clamped.
        """
        if isinstance(self.default, str):
            return str(value)
        try:
            number = int(str(value))
        except ValueError:
            raise BadSetting(f"{self.name} is {value!r}, which is not a whole number") from None
        if not self.least <= number <= self.most:
            raise BadSetting(f"{self.name} is {number}, but must lie between {self.least:,} and {self.most:,}")
        return number


def told(default: str | int, help: str, least: int = 0, most: int = 0, *, limit: bool = False) -> Any:  # noqa: A002
    """Return the field of a setting, which keeps all that is known of it."""
    return field(default=default, metadata={"help": help, "least": least, "most": most, "limit": limit})


@dataclass(frozen=True, slots=True)
class Settings:
    """The value of every setting; what each is for and may be stands in its field."""

    host: str = told("127.0.0.1", "Address to listen on")
    port: int = told(8000, "Port to listen on; 0 takes a free one", 0, 65535)
    public_url: str = told("", "Address by which others know the server, if it is another one")
    threads: int = told(400, "Requests held side by side, waiting ones included", 16, 2_000)
    proxies: int = told(0, "Proxies in front that are trusted to say who the client is", 0, 5)
    workers: int = told(8, "Processes that evaluate queries; one is kept for short ones", 3, 64)
    queue: int = told(256, "Queries that may wait for a worker", 0, 2_000, limit=True)
    wait_milliseconds: int = told(5_000, "Longest wait for a worker, in milliseconds", 0, 60_000, limit=True)
    query_milliseconds: int = told(
        10_000, "Longest time that a query may run, in milliseconds", 50, 600_000, limit=True
    )
    short_milliseconds: int = told(
        300, "How long a query may run in the worker kept for short ones, in milliseconds", 10, 10_000, limit=True
    )
    query_megabytes: int = told(512, "Memory that a query may take beside the data, in MiB", 32, 65_536, limit=True)
    query_characters: int = told(50_000, "Longest query that is read, in characters", 1_000, 1_000_000, limit=True)
    query_depth: int = told(200, "Deepest nesting of brackets in a query", 5, 500, limit=True)
    answer_rows: int = told(200_000, "Most rows of an answer", 10, 10_000_000, limit=True)
    answer_triples: int = told(200_000, "Most triples of an answer", 10, 10_000_000, limit=True)
    answer_kilobytes: int = told(65_536, "Largest answer, in KiB", 16, 4_194_304, limit=True)
    memory_kilobytes: int = told(1_024, "Answers above this size, in KiB, wait in a file without a name", 16, 65_536)
    cache_megabytes: int = told(64, "Memory for answers that are kept, in MiB; 0 keeps none", 0, 4_096)
    cache_seconds: int = told(60, "How long others may keep an answer without asking again", 0, 86_400)
    log_queries: int = told(200, "Characters of a query that the log shows; 0 shows none", 0, 10_000)
    log_addresses: int = told(0, "Whether the log shows the addresses of clients: 0 or 1", 0, 1)


SETTINGS = tuple(Setting(each.name, getattr(Settings(), each.name), **each.metadata) for each in fields(Settings))


def load(environ: Mapping[str, str], given: Mapping[str, object]) -> Settings:
    """Return the settings: what is given, else what the environment says, else the file, else the default.

    Raises `BadSetting` for a value that cannot be used, and for a file that holds something else.
    """
    file = given.get("file") or environ.get(FILE)
    written = _written(str(file)) if file else {}
    values: dict[str, Any] = {}
    for each in SETTINGS:
        value = given.get(each.name)
        known = environ.get(each.variable, written.get(each.name, each.default))
        values[each.name] = each.read(known if value is None else value)
    return Settings(**values)


def _written(file: str) -> Mapping[str, object]:
    try:
        found = tomllib.loads(Path(file).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"The file of settings {file} cannot be read: {error}") from None
    if unknown := sorted(found.keys() - {each.name for each in SETTINGS}):
        raise BadSetting(f"The file of settings {file} holds {', '.join(unknown)}, which is no setting")
    return found
