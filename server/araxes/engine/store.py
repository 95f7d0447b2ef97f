"""Questions answered in this process: for the command line, and for tests."""

from io import BytesIO
from time import perf_counter

from araxes import prefixes
from araxes.engine import dataset, guard
from araxes.engine.evaluate import evaluate
from araxes.engine.question import Answer, Question, State, form_of
from araxes.release import Release
from araxes.settings import Settings


class StoreEngine:
    """An engine over a store in memory, in this process."""

    def __init__(self, release: Release, settings: Settings) -> None:
        self.release = release
        self._settings = settings
        self._loaded = dataset.load([release.dataset], prefixes.below(release.root))

    def ask(self, question: Question) -> Answer:
        """Return the whole answer to a question; raises what `guard.inspect` and `evaluate` raise."""
        form_of(question.text)
        inspected = guard.inspect(question.text, self._settings)
        sink, start = BytesIO(), perf_counter()
        evaluate(self._loaded, question, self._settings, sink)
        spent = (perf_counter() - start) * 1000
        body = sink.getvalue()
        media_type = question.format.media_type
        return Answer(body, media_type, self.release.name, len(body), spent, fixed=inspected.fixed)

    def state(self) -> State:
        """Return that it stands ready, with no processes."""
        return State()

    def close(self) -> None:
        """Do nothing: there are no processes to end."""
