"""A release to answers: what the web may know of the engine."""

from typing import Protocol

from araxes.engine.question import Answer, Format, Question, form_of, formats_for
from araxes.release import Release
from araxes.settings import Settings

__all__ = ["Answer", "Engine", "Format", "Question", "form_of", "formats_for", "open_engine"]


class Engine(Protocol):
    """Something that answers questions over one release."""

    @property
    def release(self) -> Release:
        """Return the release that is asked."""

    def ask(self, question: Question) -> Answer:
        """Return the whole answer to a question; raises `Problem` and nothing else."""


def open_engine(release: Release, settings: Settings) -> Engine:
    """Load a release and return an engine that answers over it."""
    from araxes.engine.store import StoreEngine

    return StoreEngine(release, settings)
