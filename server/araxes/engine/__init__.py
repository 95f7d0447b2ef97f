"""A release to answers: what the rest may know of the engine."""

from araxes.engine.pool import Pool as Engine
from araxes.engine.question import Answer, Format, Question, State, form_of, formats_for

__all__ = ["Answer", "Engine", "Format", "Question", "State", "form_of", "formats_for"]
