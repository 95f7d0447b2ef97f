"""All settings, once: name, default, what is allowed, and help."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

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


SETTINGS = (
    Setting("host", "127.0.0.1", "Address to listen on"),
    Setting("port", 8000, "Port to listen on; 0 takes a free one", 0, 65535),
    Setting("threads", 4, "Requests answered side by side", 1, 64),
    Setting("query_characters", 50_000, "Longest query that is read, in characters", 100, 1_000_000),
    Setting("query_depth", 200, "Deepest nesting of brackets in a query", 5, 500),
    Setting("query_pieces", 2_000, "Most words and signs of a query outside VALUES", 100, 2_000),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The value of every setting."""

    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 4
    query_characters: int = 50_000
    query_depth: int = 200
    query_pieces: int = 2_000


def setting(name: str) -> Setting:
    """Return the setting of that name."""
    return next(each for each in SETTINGS if each.name == name)


def load(environ: Mapping[str, str], given: Mapping[str, object]) -> Settings:
    """Return the settings: what is given, else what the environment says, else the default.

    Raises `BadSetting` for a value that cannot be used.
    """
    values = {}
    for each in SETTINGS:
        value = given.get(each.name)
        values[each.name] = each.read(environ.get(each.variable, each.default) if value is None else value)
    names = {field.name for field in fields(Settings)}
    return Settings(**{name: value for name, value in values.items() if name in names})  # type: ignore[arg-type]
