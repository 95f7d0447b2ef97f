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


def word(default: str, text: str) -> Any:
    """Return the field of a setting that is a text."""
    return field(default=default, metadata={"help": text})


def number(default: int, least: int, most: int, text: str) -> Any:
    """Return the field of a setting that says how the server runs."""
    return field(default=default, metadata={"help": text, "least": least, "most": most})


def limit(default: int, least: int, most: int, text: str) -> Any:
    """Return the field of a setting that bounds what one query may do."""
    return field(default=default, metadata={"help": text, "least": least, "most": most, "limit": True})


@dataclass(frozen=True, slots=True)
class Settings:
    """The value of every setting; what each is for and may be stands in its field."""

    host: str = word("127.0.0.1", "Address to listen on")
    port: int = number(8000, 0, 65535, "Port to listen on; 0 takes a free one")
    public_url: str = word("", "Address by which others know the server, if it is another one")
    threads: int = number(400, 16, 2_000, "Requests held side by side, waiting ones included")
    proxies: int = number(0, 0, 5, "Proxies in front that are trusted to say who the client is")
    workers: int = number(8, 2, 64, "Processes that evaluate queries; one is kept for short ones")
    queue: int = limit(256, 0, 2_000, "Queries that may wait for a worker")
    wait_milliseconds: int = limit(5_000, 0, 60_000, "Longest wait for a worker, in milliseconds")
    query_milliseconds: int = limit(10_000, 50, 600_000, "Longest time that a query may run, in milliseconds")
    short_milliseconds: int = limit(
        300, 10, 10_000, "How long a query may run in the worker kept for short ones, in milliseconds"
    )
    query_megabytes: int = limit(512, 32, 65_536, "Memory that a query may take beside the data, in MiB")
    query_characters: int = limit(50_000, 100, 1_000_000, "Longest query that is read, in characters")
    query_depth: int = limit(200, 5, 500, "Deepest nesting of brackets in a query")
    answer_rows: int = limit(200_000, 10, 10_000_000, "Most rows of an answer")
    answer_triples: int = limit(200_000, 10, 10_000_000, "Most triples of an answer")
    answer_kilobytes: int = limit(65_536, 16, 4_194_304, "Largest answer, in KiB")
    memory_kilobytes: int = number(1_024, 16, 65_536, "Answers above this size, in KiB, wait in a file without a name")
    cache_megabytes: int = number(64, 0, 4_096, "Memory for answers that are kept, in MiB; 0 keeps none")
    cache_seconds: int = number(60, 0, 86_400, "How long others may keep an answer without asking again")
    log_queries: int = number(200, 0, 10_000, "Characters of a query that the log shows; 0 shows none")
    log_addresses: int = number(0, 0, 1, "Whether the log shows the addresses of clients: 0 or 1")


SETTINGS = tuple(Setting(each.name, getattr(Settings(), each.name), **each.metadata) for each in fields(Settings))


def setting(name: str) -> Setting:
    """Return the setting of that name."""
    return next(each for each in SETTINGS if each.name == name)


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
