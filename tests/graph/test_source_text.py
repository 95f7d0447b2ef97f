"""What needs the article's own text: each anchor holds, and no sentence of it stands in the project."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import araxes, not_run

ROOT = Path(__file__).parents[2]
WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)*")
QUOTED = re.compile(r"“([^”]{20,})”")
RUN = 9


@pytest.fixture(scope="module")
def article() -> Path:
    """Return the reader's own copy of the text, which the project does not hold."""
    folder = os.environ.get("ARAXES_SOURCES")
    if not folder:
        not_run("the article's text is not here: set ARAXES_SOURCES to a folder with kaleji-2023.txt")
    path = Path(str(folder)) / "kaleji-2023.txt"
    assert path.is_file(), f"ARAXES_SOURCES has no {path.name}"
    return path


def test_every_anchor_holds_on_the_real_text(article: Path, counted: Callable[[str], None]) -> None:
    done = araxes("anchors", "verify", str(article))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "56" in done.stdout + done.stderr
    counted("56 of 56 passages verified against the article's text")


def test_one_changed_letter_is_found(article: Path, tmp_path: Path) -> None:
    text = article.read_bytes().decode("utf-8")
    at = text.index("Zangezur", 4000)
    changed = tmp_path / "kaleji-2023.txt"
    changed.write_bytes((text[:at] + "S" + text[at + 1 :]).encode("utf-8"))
    done = araxes("anchors", "verify", str(changed))
    assert done.returncode == 1
    assert "implications" in done.stdout + done.stderr


def test_no_run_of_its_words_stands_in_the_project(article: Path) -> None:
    text = article.read_text("utf-8").split("Visit also")[0]
    theirs = _runs(text)
    for quotation in QUOTED.findall(text):
        theirs -= _runs(quotation)
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
        text=True,
    )
    looked, found = 0, []
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if name and path.is_file() and path.suffix not in {".gz", ".png", ".lock", ".whl"}:
            looked += 1
            found += [(name, " ".join(run)) for run in _runs(path.read_text("utf-8")) & theirs]
    assert looked > 100
    assert found == []


def _runs(text: str) -> set[tuple[str, ...]]:
    words = [word.lower().replace("’", "'") for word in WORD.findall(text)]
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}
