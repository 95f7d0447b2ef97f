"""Places: where a subject stands, and where a term stands in its block."""

from araxes.knowledge.graphs import Document, at, words
from araxes.problems import Place
from araxes.queries import PREFIX

TEXT = '''@prefix a: <urn:a#> .
# a comment with a:one at its start
a:one a a:Thing ;
    a:says """several
a:two lines""" , "short" ;
    a:count 12 ;
    a:of <urn:other> .

<urn:b> a:of a:one .

a:one a:more a:two .
'''
DOCUMENT = Document("a.ttl", None, TEXT, (), {"a": "urn:a#"})


def test_a_subject_is_found_at_its_first_block() -> None:
    assert DOCUMENT.find("urn:a#one") == Place("a.ttl", 3, 1)
    assert DOCUMENT.find("urn:b") == Place("a.ttl", 9, 1)


def test_a_word_within_a_text_is_no_subject() -> None:
    assert DOCUMENT.find("urn:a#two") is None


def test_a_term_is_found_in_any_block_of_its_subject() -> None:
    assert DOCUMENT.find("urn:a#one", ("urn:a#of",)) == Place("a.ttl", 7, 5)
    assert DOCUMENT.find("urn:a#one", ("urn:other",)) == Place("a.ttl", 7, 10)
    assert DOCUMENT.find("urn:a#one", ("urn:a#more",)) == Place("a.ttl", 11, 7)


def test_a_literal_is_found_by_its_text_and_a_type_by_a() -> None:
    assert DOCUMENT.find("urn:a#one", ("short",)) == Place("a.ttl", 5, 18)
    assert DOCUMENT.find("urn:a#one", ("12",)) == Place("a.ttl", 6, 13)
    rdf_type = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    assert DOCUMENT.find("urn:a#one", (rdf_type,)) == Place("a.ttl", 3, 7)


def test_the_first_term_that_stands_there_counts() -> None:
    assert DOCUMENT.find("urn:a#one", ("urn:nowhere", "urn:a#of")) == Place("a.ttl", 7, 5)
    assert DOCUMENT.find("urn:a#one", ("urn:nowhere",)) == Place("a.ttl", 3, 1)


def test_a_mention_is_found_anywhere() -> None:
    assert DOCUMENT.find("", ["urn:other"]) == Place("a.ttl", 7, 10)
    assert DOCUMENT.find("", ["urn:nowhere"]) is None


def test_prefixes_are_found_in_turtle_and_in_queries() -> None:
    text = "@prefix a: <urn:a#> .\nPREFIX b-c: <urn:b>\n# PREFIX d: <urn:d>\nSELECT"
    assert PREFIX.findall(text) == [("a", "urn:a#"), ("b-c", "urn:b")]


def test_columns_count_characters_from_one() -> None:
    text = "# å\né:Å <urn:x>"
    assert [at(text, match.start()) for _, match in words(text, {"é": "urn:é#"})] == [(2, 1), (2, 5)]
