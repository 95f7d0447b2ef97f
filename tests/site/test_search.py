"""Search as people type: in other languages and scripts, without accents, with slips."""

import pytest
from araxes.web.site import Index, Term, fold
from hypothesis import given
from hypothesis import strategies as st

from tests.site.wire import ask

BASE = "https://w3id.org/araxes/id/"


def found(site: str, typed: str) -> list[str]:
    """Return the paths below /id/ of what is found."""
    from urllib.parse import quote

    return [each["iri"].removeprefix(BASE) for each in ask(site, f"/search.json?q={quote(typed)}").json()]


@pytest.mark.parametrize(
    ("typed", "thing"),
    [
        ("Iran", "state/iran"),
        ("iran", "state/iran"),
        ("  IRAN ", "state/iran"),
        ("Irann", "state/iran"),
        ("Azerbaidjan", "state/azerbaijan"),
        ("Turkiye", "state/turkey"),
        ("Türkiye", "state/turkey"),
        ("Zangesur", "issue/zangezur-corridor"),
        ("zangezur coridor", "issue/zangezur-corridor"),
        ("lavrov", "person/sergei-lavrov"),
        ("Sergey Lavrov", "person/sergei-lavrov"),
        ("3+3", "format/three-plus-three"),
        ("CSTO", "organization/csto"),
        ("Иран", "state/iran"),
        ("ایران", "state/iran"),
        ("Իրան", "state/iran"),
        ("ირანი", "state/iran"),
        ("Россия", "state/russia"),
        ("Azərbaycan", "state/azerbaijan"),
        ("Ermənistan", "state/armenia"),
        ("Հայաստան", "state/armenia"),
        ("روسیه", "state/russia"),
    ],
)
def test_it_is_found_first_or_nearly(site: str, typed: str, thing: str) -> None:
    assert thing in found(site, typed)[:3]


@pytest.mark.parametrize("typed", ["", "   ", "qqqqqqqqq", "!!!", "%", "\u202e"])
def test_what_is_called_like_nothing_is_not_found(site: str, typed: str) -> None:
    assert found(site, typed) == []


def test_the_page_shows_by_which_name_it_was_found(site: str) -> None:
    text = ask(site, "/search?q=%D0%98%D1%80%D0%B0%D0%BD").text
    assert '<a href="/id/state/iran.html">Iran</a>' in text
    assert '<bdi lang="ru">Иран</bdi>' in text


def test_long_and_hostile_words_do_no_harm(site: str) -> None:
    assert ask(site, "/search?q=" + "a" * 5_000).status == 200
    page = ask(site, "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in page
    assert ask(site, "/search?q=%ff").status in {200, 400}


NAMES = st.text(st.characters(categories=["L", "Nd"]), min_size=4, max_size=20)


@given(st.lists(NAMES, min_size=1, max_size=20, unique=True), st.data())
def test_a_name_finds_its_thing(names: list[str], data: st.DataObject) -> None:
    index = Index([{"thing": Term(f"urn:{at}", "uri"), "name": Term(name, "literal")} for at, name in enumerate(names)])
    name = data.draw(st.sampled_from(names))
    if fold(name):
        best = index.find(name)
        assert best[0].score == 100
        assert f"urn:{names.index(name)}" in [each.iri for each in best if each.score == 100]
        assert index.find(name) == index.find(f" {name.upper()} ") or fold(name) != fold(name.upper())


@given(st.text(max_size=50))
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
