"""A release to answers: what the web may know of the engine."""

from collections.abc import Callable
from typing import Protocol, Self

from araxes.engine.question import Answer, Format, Question, State, form_of, formats_for
from araxes.release import Release
from araxes.settings import Settings

__all__ = ["Answer", "Engine", "Format", "Question", "State", "form_of", "formats_for", "open_pool"]


class Engine(Protocol):
    """Something that answers questions over one release at a time."""

    @property
    def release(self) -> Release:
        """Return the release that is asked now."""

    def ask(self, question: Question) -> Answer:
        """Return the whole answer to a question; raises `Problem` and nothing else."""

    def state(self) -> State:
        """Return how the engine stands."""

    def reload(self) -> None:
        """Change to the newest release; what goes wrong leaves everything as it is, and shows in `state`."""

    def close(self) -> None:
        """End every process that the engine has started."""

    def __enter__(self) -> Self:
        """Return the engine, which is closed in the end."""

    def __exit__(self, *_: object) -> None:
        """Close the engine."""


def open_pool(release: Release, settings: Settings, again: Callable[[], Release] | None = None) -> Engine:
    """Load a release and return an engine whose queries run in workers that can be killed.

    Parameters: `again` returns the release to change to when asked to reload; without it, that is the same one.
    """
    from araxes.engine.pool import Pool

    return Pool(release, settings, again)
