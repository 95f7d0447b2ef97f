"""Anchors: each passage against a copy of the text."""

from pathlib import Path

import pytest
from araxes.knowledge import quality, reading
from araxes.knowledge.graphs import Document
from araxes.problems import BadProject, Report
from araxes.project import Project
from helpers import TINY_TEXT, Copy

TEXT = TINY_TEXT.read_bytes()


def verified(documents: list[Document], tmp_path: Path, text: bytes, source: str | None = None) -> Report:
    path = tmp_path / "mine.txt"
    path.write_bytes(text)
    return quality.verify(documents, path, source)


def test_every_passage_holds_on_the_text(documents: list[Document]) -> None:
    report = quality.verify(documents, TINY_TEXT)
    assert (report.findings, report.looked_at) == ((), 3)
    assert "3 of 3 passages" in report.remark


def test_a_changed_letter_fails_its_passage_alone(documents: list[Document], tmp_path: Path) -> None:
    report = verified(documents, tmp_path, TEXT.replace(b"a bridge", b"a midget"))
    messages = [finding.message for finding in report.findings]
    assert messages[0].startswith("body ¶2 s1: its hash is not that of the text from ")
    assert "not byte for byte the text" in messages[1]
    assert len(messages) == 2
    assert "2 of 3 passages" in report.remark


def test_line_breaks_are_not_translated(documents: list[Document], tmp_path: Path) -> None:
    report = verified(documents, tmp_path, TEXT.replace(b"\n", b"\r\n"))
    assert "0 of 3 passages" in report.remark
    assert any("not byte for byte the text" in found.message for found in report.findings)


def test_offsets_outside_a_short_text_fail(documents: list[Document], tmp_path: Path) -> None:
    report = verified(documents, tmp_path, TEXT[:20])
    outside = [found.message for found in report.findings if "lie outside the text of" in found.message]
    assert [message.split(":")[0] for message in outside] == ["body ¶2 s1", "body ¶2 s2", "body ¶2 s2"]


def test_quoted_words_must_be_the_slice(copy: Copy) -> None:
    copy.change("data/sources/tiny-2024/passages.ttl", 'oa:exact "No bridge."', 'oa:exact "No bridge"')
    report = quality.verify(reading.read_turtle(Project(copy.root))[0], TINY_TEXT)
    (found,) = report.findings
    assert "the words that it quotes are not the text" in found.message
    assert found.place is not None
    assert found.place.file == "data/sources/tiny-2024/passages.ttl"


def test_the_document_is_known_by_hash_then_by_source_then_alone(copy: Copy, tmp_path: Path) -> None:
    copy.add(
        "data/links/codes.ttl",
        "\n<urn:p> a ax:Passage ;\n    <http://www.w3.org/ns/oa#hasSource>"
        " <https://w3id.org/araxes/id/document/other> .\n",
    )
    documents, _ = reading.read_turtle(Project(copy.root))
    assert quality.verify(documents, TINY_TEXT).findings == ()
    with pytest.raises(BadProject, match="not the text of any one document") as raised:
        verified(documents, tmp_path, TEXT + b"x")
    assert "other, tiny-2024" in raised.value.advice
    assert verified(documents, tmp_path, TEXT + b"x", "tiny-2024").looked_at == 3
    with pytest.raises(BadProject, match="no document nope"):
        verified(documents, tmp_path, TEXT, "nope")


def test_a_text_that_is_not_utf_8_is_a_problem(documents: list[Document], tmp_path: Path) -> None:
    with pytest.raises(BadProject, match="cannot be read"):
        verified(documents, tmp_path, b"\xff\xfe")


def test_an_end_just_beyond_the_text_is_outside_it(documents: list[Document], tmp_path: Path) -> None:
    report = verified(documents, tmp_path, TEXT.decode()[:59].encode())
    outside = [found.message for found in report.findings if "lie outside the text of" in found.message]
    assert outside == ["body ¶2 s2: its offsets 36 to 60 lie outside the text of 59 code points."]
