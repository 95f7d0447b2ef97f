"""Every Turtle file that people write is laid out as the formatter does it, and the formatter keeps what they wrote."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from araxes.project import Project
from helpers import ROOT

FORMATTER = Path(sys.executable).with_name("turtlefmt")
FILES = [file for file in Project(ROOT).turtle() if not file.startswith("data/inferred/")]
COMMENTED = [file for file in FILES if "\n# " in (ROOT / file).read_text("utf-8")]


def formatter(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the formatter to its end."""
    return subprocess.run([FORMATTER, *words], capture_output=True, text=True, check=False)


def comments(path: Path) -> list[str]:
    """Return the lines of a file that are comments."""
    return [line for line in path.read_text("utf-8").splitlines() if line.lstrip().startswith("#")]


def badly_laid_out(text: str) -> str:
    """Return a text with the same triples, with other blanks outside of what stands in quotation marks."""
    parts = text.split('"""')
    parts[::2] = [re.sub(r" ([;.])$", r"\1", part, flags=re.MULTILINE) for part in parts[::2]]
    return '"""'.join(parts)


def test_every_file_is_laid_out_as_the_formatter_does_it(counted: Callable[[str], None]) -> None:
    done = formatter("--check", *(str(ROOT / file) for file in FILES))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(FILES) > 50
    counted(f"{len(FILES)} Turtle files laid out as the formatter does it")


def test_a_badly_laid_out_copy_of_any_file_fails(tmp_path: Path) -> None:
    for file in FILES:
        copy = tmp_path / file.replace("/", "-")
        copy.write_text(badly_laid_out((ROOT / file).read_text("utf-8")), "utf-8")
        assert formatter("--check", str(copy)).returncode != 0, file


@pytest.mark.parametrize("file", COMMENTED)
def test_the_formatter_brings_it_back_with_its_comments(file: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.ttl"
    copy.write_text(badly_laid_out((ROOT / file).read_text("utf-8")), "utf-8")
    assert formatter(str(copy)).returncode == 0
    assert comments(copy) == comments(ROOT / file) != []
    assert copy.read_text("utf-8") == (ROOT / file).read_text("utf-8")


def test_there_are_comments_to_keep() -> None:
    assert len(COMMENTED) > 5
