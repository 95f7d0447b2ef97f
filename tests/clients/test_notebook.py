"""The notebook on joining: executed against a real server, it shows what its committed outputs show."""

from pathlib import Path

import nbformat
import pytest
from helpers import ROOT
from nbclient import NotebookClient

NOTEBOOK = ROOT / "docs" / "notebooks" / "joining.ipynb"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def texts(notebook: nbformat.NotebookNode) -> list[str]:
    """Return what each output is as text; of a drawing, that it is there."""
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", []) if each.get("name") != "stderr"]
    return [each.get("text") or each["data"]["text/plain"] for each in outputs]


@pytest.fixture(scope="module")
def executed(server: str, tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    patch = pytest.MonkeyPatch()
    patch.setenv("ARAXES_URL", server)
    patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
    notebook = nbformat.read(NOTEBOOK, 4)
    NotebookClient(notebook, timeout=300).execute()
    patch.undo()
    return notebook


def test_it_runs_and_shows_what_is_committed(executed: nbformat.NotebookNode) -> None:
    committed = nbformat.read(NOTEBOOK, 4)
    assert len(texts(committed)) > 5
    assert texts(executed) == texts(committed)
    drawn = [each for cell in executed.cells for each in cell.get("outputs", []) if "image/png" in each.get("data", {})]
    assert len(drawn) == 1


def test_it_asks_for_nothing_but_the_server() -> None:
    text = Path(NOTEBOOK).read_text("utf-8")
    assert text.count("urlopen(") == 1
    assert "http://127.0.0.1:8000/" in text
