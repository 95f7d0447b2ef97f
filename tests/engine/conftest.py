"""What the tests of the engine share: data loaded from a text, and a question asked of it."""

import io
from collections.abc import Callable

import pytest
from araxes.engine import Question, form_of, formats_for
from araxes.engine import question as guard
from araxes.engine.evaluate import Loaded, evaluate, load
from araxes.settings import Settings

PREFIXES = {"": "http://x/", "rdfs": "http://www.w3.org/2000/01/rdf-schema#"}
Given = Callable[..., Loaded]
Asked = Callable[..., bytes]


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    """Return a function that loads a text of TriG, or of another syntax by its extension."""

    def loaded(text: str, kind: str = "trig") -> Loaded:
        file = tmp_path_factory.mktemp("data") / f"data.{kind}"
        file.write_text(text, "utf-8")
        return load({file: ""}, PREFIXES)

    return loaded


@pytest.fixture(scope="session")
def asked() -> Asked:
    """Return a function that asks a question in the format of that name, and returns the whole answer."""

    def ask(loaded: Loaded, text: str, name: str = "", settings: Settings = Settings(), **more: object) -> bytes:  # noqa: B008
        offered, sink = formats_for(form_of(text)), io.BytesIO()
        chosen = next((each for each in offered if each.name == name), offered[0])
        guard.inspect(text, settings)
        evaluate(loaded, Question(text, chosen, **more), settings, sink)  # type: ignore[arg-type]
        return sink.getvalue()

    return ask
