"""The architecture is a test: arrows, sizes, nesting, and what each package shows."""

import ast
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles

import araxes.engine
import araxes.web
import pytest
from helpers import ROOT

SERVER = ROOT / "server" / "araxes"
FILES = sorted(SERVER.rglob("*.py"))
MOST_LINES, MOST_IN_ALL = 350, 5_000
MOST_IN_FUNCTION, DEEPEST = 50, 3
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> list[tuple[Path, Function]]:
    return [
        (path, node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, Function)
    ]


def length(node: Function) -> int:
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    skipped = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (node.end_lineno or 0) - node.lineno + 1 - skipped


def depth(node: ast.AST) -> int:
    inner = max((depth(child) for child in ast.iter_child_nodes(node)), default=0)
    return inner + isinstance(node, BLOCKS)


def test_arrows_run_one_way() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 kept, 0 broken" in done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SERVER).as_posix())
def test_a_file_is_short_and_says_its_job_first(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0].endswith((".", ":"))


def test_the_server_is_small() -> None:
    assert len(FILES) > 30
    assert sum(len(path.read_text("utf-8").splitlines()) for path in FILES) < MOST_IN_ALL


def test_functions_are_short() -> None:
    lengths = [length(node) for _, node in functions()]
    assert len(lengths) > 150
    assert median(lengths) <= 8
    assert quantiles(lengths, n=10)[-1] <= 25
    assert [f"{path.name}:{node.name}" for path, node in functions() if length(node) > MOST_IN_FUNCTION] == []


def test_functions_are_flat() -> None:
    assert [f"{path.name}:{node.name}" for path, node in functions() if depth(node) > DEEPEST] == []


def test_each_package_shows_a_handful_of_names() -> None:
    assert araxes.web.__all__ == ["create_app"]
    assert araxes.engine.__all__ == [
        "Answer",
        "Engine",
        "Format",
        "Question",
        "State",
        "form_of",
        "formats_for",
    ]


@pytest.mark.parametrize(
    ("library", "owners"),
    [
        ("pyshacl", {"quality.py"}),
        ("owlready2", {"reuse.py"}),
        ("jpype", {"logic.py"}),
        ("granian", {"serving.py"}),
        ("pyarrow", {"publishing.py"}),
        ("rdflib", {"graphs.py", "quality.py", "reuse.py"}),
    ],
)
def test_each_heavy_library_has_its_owner(library: str, owners: set[str]) -> None:
    using = {
        path.name
        for path in FILES
        if f"import {library}" in path.read_text("utf-8") or f"from {library}" in path.read_text("utf-8")
    }
    assert using == owners


def test_no_triple_crosses_into_the_web() -> None:
    assert [path.name for path in (SERVER / "web").rglob("*.py") if "pyoxigraph" in path.read_text("utf-8")] == []
