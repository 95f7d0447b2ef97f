"""All settings, once: name and default here, what is allowed and what each is for in settings.toml."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from araxes.problems import BadSetting, Problem

TEXTS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


class Setting(NamedTuple):
    """One setting: a number between `least` and `most`; others are told of a `limit`, and what is said `beyond` it."""

    name: str
    default: str | int
    help: str
    least: int = 0
    most: int = 0
    limit: bool = False
    beyond: str = ""
    fits: str = ".*"

    @property
    def variable(self) -> str:
        """Return the name of the environment variable that sets it."""
        return f"ARAXES_{self.name.upper()}"

    def read(self, value: object) -> str | int:
        """Return the value in the setting's type, never clamped; raises `BadSetting` where it is not allowed."""
        text, number = str(value), isinstance(self.default, int)
        if not re.fullmatch(r"[+-]?\d{1,18}" if number else self.fits, text):
            raise BadSetting(f"{self.name} is {text[:200]!r}, which is not {'a whole number' if number else self.help}")
        if number and not self.least <= int(text) <= self.most:
            raise BadSetting(f"{self.name} is {text}, but must lie between {self.least:,} and {self.most:,}")
        return int(text) if number else text


class Settings(NamedTuple):
    """The value of every setting."""

    host: str = "127.0.0.1"
    port: int = 8_000
    public_url: str = ""
    threads: int = 400
    proxies: int = 0
    store: str = ""
    backend: str = ""
    services: str = ""
    workers: int = 8
    queue: int = 256
    wait_milliseconds: int = 5_000
    query_milliseconds: int = 10_000
    short_milliseconds: int = 300
    query_megabytes: int = 512
    query_characters: int = 50_000
    query_depth: int = 200
    batch_names: int = 100
    answer_rows: int = 200_000
    answer_triples: int = 200_000
    answer_kilobytes: int = 65_536
    memory_kilobytes: int = 1_024
    cache_megabytes: int = 64
    cache_seconds: int = 60
    log_queries: int = 200
    log_addresses: int = 0


SETTINGS = tuple(Setting(name, default, **TEXTS[name]) for name, default in Settings()._asdict().items())


def load(environ: Mapping[str, str], given: Mapping[str, object]) -> Settings:
    """Return the settings, each as given, else from the environment, the file or its default; raises `BadSetting`."""
    written: Mapping[str, object] = {}
    if file := given.get("file") or environ.get("ARAXES_SETTINGS"):
        try:
            written = tomllib.loads(Path(str(file)).read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadSetting(f"The file of settings {file} cannot be read: {error}") from None
    if unknown := sorted(written.keys() - Settings._fields):
        raise BadSetting(f"The file of settings {file} holds {', '.join(unknown)}, which is no setting")
    variables = {each.name: environ[each.variable] for each in SETTINGS if each.variable in environ}
    words = {name: value for name, value in given.items() if value is not None}
    chosen = {**Settings()._asdict(), **written, **variables, **words}
    return Settings._make(each.read(chosen[each.name]) for each in SETTINGS)


def beyond(kind: type[Problem], name: str, most: int, **more: object) -> Problem:
    """Return the problem of what passed the limit of that name, in the words of settings.toml."""
    said = TEXTS[name]["beyond"].format(most=most, seconds=most / 1000)
    return kind(said, more={**more, "limit": name, "most": most})
