"""All settings, once: name and default here, what is allowed and what each is for in settings.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from araxes.problems import BadSetting

FILE = "ARAXES_SETTINGS"
TEXTS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


class Setting(NamedTuple):
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
        """Return the value in the setting's type, never clamped; raises `BadSetting` where it is not allowed."""
        if isinstance(self.default, str):
            return str(value)
        try:
            number = int(str(value))
        except ValueError:
            raise BadSetting(f"{self.name} is {value!r}, which is not a whole number") from None
        if not self.least <= number <= self.most:
            raise BadSetting(f"{self.name} is {number}, but must lie between {self.least:,} and {self.most:,}")
        return number


@dataclass(frozen=True, slots=True)
class Settings:
    """The value of every setting."""

    host: str = "127.0.0.1"
    port: int = 8_000
    public_url: str = ""
    threads: int = 400
    proxies: int = 0
    workers: int = 8
    queue: int = 256
    wait_milliseconds: int = 5_000
    query_milliseconds: int = 10_000
    short_milliseconds: int = 300
    query_megabytes: int = 512
    query_characters: int = 50_000
    query_depth: int = 200
    answer_rows: int = 200_000
    answer_triples: int = 200_000
    answer_kilobytes: int = 65_536
    memory_kilobytes: int = 1_024
    cache_megabytes: int = 64
    cache_seconds: int = 60
    log_queries: int = 200
    log_addresses: int = 0


SETTINGS = tuple(Setting(each.name, getattr(Settings(), each.name), **TEXTS[each.name]) for each in fields(Settings))


def load(environ: Mapping[str, str], given: Mapping[str, object]) -> Settings:
    """Return the settings, each as given, else from the environment, the file or its default; raises `BadSetting`."""
    file = given.get("file") or environ.get(FILE)
    written = _written(str(file)) if file else {}
    values: dict[str, Any] = {}
    for each in SETTINGS:
        known = environ.get(each.variable, written.get(each.name, each.default))
        values[each.name] = each.read(known if given.get(each.name) is None else given[each.name])
    return Settings(**values)


def _written(file: str) -> Mapping[str, object]:
    try:
        found = tomllib.loads(Path(file).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"The file of settings {file} cannot be read: {error}") from None
    if unknown := sorted(found.keys() - {each.name for each in SETTINGS}):
        raise BadSetting(f"The file of settings {file} holds {', '.join(unknown)}, which is no setting")
    return found
