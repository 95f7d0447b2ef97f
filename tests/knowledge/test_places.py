"""Places: where a subject stands, and where a term stands in its block."""

from araxes.knowledge.places import Places, declarations, tokens

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
PLACES = Places(TEXT, {"a": "urn:a#"})


def test_a_subject_is_found_at_its_first_block() -> None:
    assert PLACES.find("urn:a#one") == (3, 1)
    assert PLACES.find("urn:b") == (9, 1)


def test_a_word_within_a_text_is_no_subject() -> None:
    assert PLACES.find("urn:a#two") is None


def test_a_term_is_found_in_any_block_of_its_subject() -> None:
    assert PLACES.find("urn:a#one", ("urn:a#of",)) == (7, 5)
    assert PLACES.find("urn:a#one", ("urn:other",)) == (7, 10)
    assert PLACES.find("urn:a#one", ("urn:a#more",)) == (11, 7)


def test_a_literal_is_found_by_its_text_and_a_type_by_a() -> None:
    assert PLACES.find("urn:a#one", ("short",)) == (5, 18)
    assert PLACES.find("urn:a#one", ("12",)) == (6, 13)
    rdf_type = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    assert PLACES.find("urn:a#one", (rdf_type,)) == (3, 7)


def test_the_first_term_that_stands_there_counts() -> None:
    assert PLACES.find("urn:a#one", ("urn:nowhere", "urn:a#of")) == (7, 5)
    assert PLACES.find("urn:a#one", ("urn:nowhere",)) == (3, 1)


def test_a_mention_is_found_anywhere() -> None:
    assert PLACES.mention("urn:other") == (7, 10)
    assert PLACES.mention("urn:nowhere") is None


def test_prefixes_are_found_in_turtle_and_in_queries() -> None:
    text = "@prefix a: <urn:a#> .\nPREFIX b-c: <urn:b>\n# PREFIX d: <urn:d>\nSELECT"
    assert [(each.name, each.namespace, each.line) for each in declarations(text)] == [
        ("a", "urn:a#", 1),
        ("b-c", "urn:b", 2),
    ]


def test_columns_count_characters_from_one() -> None:
    (first, second, *_) = tokens("é:Å <urn:x>")
    assert (first.text, first.column, second.column) == ("é:Å", 1, 5)
