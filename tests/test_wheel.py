"""A wheel holds the project, and works outside the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from helpers import ROOT, environment


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = folder.glob("araxes-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_ontology_data_queries_and_both_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for part in ("ontology", "data", "queries"):
        inside = {path.relative_to(ROOT).as_posix() for path in (ROOT / part).rglob("*") if path.is_file()}
        assert {f"araxes/_project/{name}" for name in inside} <= names
        assert inside
    assert "araxes/web/templates/query.html" in names
    assert "araxes/knowledge/queries/anchors/bad-passage.rq" in names
    assert {name.rpartition("/")[2] for name in names if "licenses/" in name} == {"LICENSE", "LICENSE-DATA"}


def test_it_builds_and_answers_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    paths = os.pathsep.join([str(installed), *(each for each in sys.path if each.endswith("site-packages"))])
    own = environment(PYTHONPATH=paths, XDG_CACHE_HOME=str(cache))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "araxes", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=own)

    built = run("build", "--without-reasoner")
    assert built.returncode == 0, built.stdout + built.stderr
    asked = run("query", "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/araxes/ns/State> }", "--format", "csv")
    assert int(asked.stdout.split()[1]) >= 8
    assert list((cache / "araxes").iterdir())
    where = subprocess.run(
        [sys.executable, "-c", "import araxes; print(araxes.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=own,
    )
    assert where.stdout.startswith(str(installed))
