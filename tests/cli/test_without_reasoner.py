"""Without the extra that brings the reasoner: said loudly, and never passed off as checked."""

from pathlib import Path

import pytest
from araxes.project import open_release
from helpers import Copy

HIDE = """import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "owlready2" else real(name, package)
"""


@pytest.fixture
def hidden(tmp_path: Path) -> str:
    """Return a folder that hides the reasoner from a child process that finds it on its path."""
    (tmp_path / "hide").mkdir()
    (tmp_path / "hide" / "sitecustomize.py").write_text(HIDE)
    return str(tmp_path / "hide")


def test_a_check_fails_and_says_what_to_install(copy: Copy, hidden: str) -> None:
    done = copy.araxes("check", PYTHONPATH=hidden)
    assert done.returncode == 1
    assert "error: The OWL reasoner is not installed." in done.stdout
    assert "pip install 'araxes[reason]'" in done.stdout


def test_a_query_builds_without_it_loudly(copy: Copy, hidden: str) -> None:
    done = copy.araxes("query", "ASK {}", PYTHONPATH=hidden)
    assert (done.returncode, done.stdout) == (0, "yes\n")
    assert "WARNING: the reasoner is not installed" in done.stderr
    assert "pip install 'araxes[reason]'" in done.stderr
    assert open_release(copy.releases).manifest["reasoner"] is False
