"""Questions: the form is read from the text, and each form has its formats."""

import pytest
from araxes.engine import form_of, formats_for
from araxes.engine.question import Form
from araxes.problems import BadQuery, UpdateRefused


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT * {}", Form.SELECT),
        ("ask {}", Form.ASK),
        ("\n# SELECT\nCONSTRUCT WHERE {}", Form.CONSTRUCT),
        ("PREFIX a: <urn:a#> BASE <urn:b>\nprefix : <x>\nDESCRIBE <urn:x>", Form.DESCRIBE),
        ("PREFIX select: <urn:insert> ASK{}", Form.ASK),
        ("PREFIX a:<urn:a>PREFIX b:<urn:b>ASK{}", Form.ASK),
    ],
)
def test_the_form_is_the_first_word_after_the_prologue(text: str, form: Form) -> None:
    assert form_of(text) is form


@pytest.mark.parametrize(
    "text",
    ["INSERT DATA {}", "PREFIX a: <urn:a>\ndelete where {}", "LOAD <urn:x>", "CLEAR ALL", "with <urn:g> DELETE {}"],
)
def test_an_update_is_refused_by_name(text: str) -> None:
    with pytest.raises(UpdateRefused, match="it begins with"):
        form_of(text)


@pytest.mark.parametrize("text", ["", "  \n", "# ASK {}", "HELLO", "{ ?s ?p ?o }", "1"])
def test_what_is_no_query_is_refused(text: str) -> None:
    with pytest.raises(BadQuery, match="does not begin with SELECT"):
        form_of(text)


def test_each_form_has_its_formats_the_default_first() -> None:
    assert [each.name for each in formats_for(Form.SELECT)] == ["json", "xml", "csv", "tsv"]
    assert formats_for(Form.ASK) == formats_for(Form.SELECT)
    graphs = ["turtle", "trig", "ntriples", "nquads", "rdfxml", "jsonld"]
    assert [each.name for each in formats_for(Form.CONSTRUCT)] == graphs
    assert formats_for(Form.DESCRIBE) == formats_for(Form.CONSTRUCT)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("SELCT * {}", 1, "Did you mean SELECT?"),
        ("# a\r\n\tCONSTRUKT {} {}", 2, "Did you mean CONSTRUCT?"),
        ("PREFIX a: <urn:a>\nPREFX b: <urn:b> ASK {}", 2, "Did you mean PREFIX?"),
        ("PREFIX a <urn:a> ASK {}", 1, "with its colon"),
        ("BASE urn:a ASK {}", 1, "BASE <IRI>"),
    ],
)
def test_a_wrong_beginning_shows_its_place_and_what_was_meant(text: str, line: int, part: str) -> None:
    with pytest.raises(BadQuery) as raised:
        form_of(text)
    assert part in raised.value.advice
    assert raised.value.more["line"] == line
    assert str(raised.value.more["excerpt"]).endswith("^")


@pytest.mark.parametrize("start", ["PREFIX", "PREFIX a:", "BASE", ""])
@pytest.mark.parametrize("piece", [" ", "\n", "#\n", "# #", "PREFIX a: <b>"])
def test_reading_a_hostile_prologue_ends(start: str, piece: str) -> None:
    with pytest.raises(BadQuery):
        form_of(start + piece * 20_000)
