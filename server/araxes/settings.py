"""All settings, once: name, default, what is allowed, and help."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from araxes.problems import BadSetting


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; a number must lie between `least` and `most`."""

    name: str
    default: str | int
    help: str
    least: int = 0
    most: int = 0

    @property
    def variable(self) -> str:
        """Return the name of the environment variable that sets it."""
        return f"ARAXES_{self.name.upper()}"

    def read(self, value: object) -> str | int:
        """Return the value in the setting's type.

        Raises `BadSetting` where it is not a whole number, or lies outside the bounds: nothing is clamped.
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


def told(text: str, least: int = 0, most: int = 0) -> dict[str, Any]:
    """Return what a setting is for and the bounds of its number, as the field that holds it keeps them."""
    return {"help": text, "least": least, "most": most}


@dataclass(frozen=True, slots=True)
class Settings:
    """The value of every setting; what each is for and may be stands in its `told`."""

    host: str = field(default="127.0.0.1", metadata=told("Address to listen on"))
    port: int = field(default=8000, metadata=told("Port to listen on; 0 takes a free one", 0, 65535))
    threads: int = field(default=4, metadata=told("Requests answered side by side", 1, 64))
    query_characters: int = field(
        default=50_000, metadata=told("Longest query that is read, in characters", 100, 1_000_000)
    )
    query_depth: int = field(default=200, metadata=told("Deepest nesting of brackets in a query", 5, 500))
    query_pieces: int = field(
        default=2_000, metadata=told("Most words and signs of a query outside VALUES", 100, 2_000)
    )


SETTINGS = tuple(Setting(each.name, getattr(Settings(), each.name), **each.metadata) for each in fields(Settings))


def setting(name: str) -> Setting:
    """Return the setting of that name."""
    return next(each for each in SETTINGS if each.name == name)


def load(environ: Mapping[str, str], given: Mapping[str, object]) -> Settings:
    """Return the settings: what is given, else what the environment says, else the default.

    Raises `BadSetting` for a value that cannot be used.
    """
    values: dict[str, Any] = {}
    for each in SETTINGS:
        value = given.get(each.name)
        values[each.name] = each.read(environ.get(each.variable, each.default) if value is None else value)
    return Settings(**values)
