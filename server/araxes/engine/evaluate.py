"""A question evaluated over loaded data, its answer written as it comes."""

import re
from typing import BinaryIO

from pyoxigraph import RdfFormat

from araxes.engine import explain, formats
from araxes.engine.dataset import Loaded
from araxes.engine.describe import describe
from araxes.engine.question import Form, Question, form_of
from araxes.problems import BadQuery, ServerFault
from araxes.settings import Settings

UNKNOWN = re.compile(r"The custom (?:aggregate )?function (<.*>) is not supported", re.DOTALL)


def evaluate(loaded: Loaded, question: Question, settings: Settings, sink: BinaryIO) -> None:
    """Write the whole answer to a question in its format.

    The text must have passed `guard.inspect`. What was written before a problem is of no use.

    Raises `BadQuery` for a query that cannot be read, `BadRequest` for a graph whose name is no IRI, `AnswerTooLarge`
    beyond a limit, `NotAcceptable` for a format that cannot carry the answer, `ServerFault` where the store fails, and
    whatever `Problem` the sink raises.
    """
    text = question.text
    try:
        form, ask = form_of(text), loaded.view(question)
        if form in {Form.SELECT, Form.ASK}:
            formats.write_rows(lambda: ask(text), question, settings.answer_rows, sink)
            return
        lines = formats.Lines(settings.answer_triples)
        ask(text).serialize(lines, RdfFormat.N_TRIPLES)
        if form is Form.DESCRIBE:
            describe(ask, text, lines)
        formats.write_graph(lines, loaded.prefixes, question, sink)
    except SyntaxError:
        raise explain.explained(text, loaded.prefixes, lambda: loaded.terms) from None
    except (OSError, RuntimeError, ValueError) as error:
        if match := UNKNOWN.search(str(error)):
            raise BadQuery(f"There is no function {match[1]}", hint="Use the functions of SPARQL 1.1.") from None
        raise ServerFault("The store failed while it answered") from error
