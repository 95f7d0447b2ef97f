"""The foreign stores, each a real process over the project's release."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from araxes.project import Release
from backends import oxigraph, virtuoso
from backends.running import Running

REPLICAS = 3


@pytest.fixture(scope="session")
def oxigraph_folder(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an Oxigraph store with the release, which nobody writes into."""
    return oxigraph.load(release.folder / "dataset.nq", tmp_path_factory.mktemp("oxigraph") / "store")


@pytest.fixture(scope="session")
def oxigraph_store(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return an Oxigraph server that can be written to."""
    folder = tmp_path_factory.mktemp("oxigraph-writable")
    store = oxigraph.load(release.folder / "dataset.nq", folder / "store")
    with oxigraph.serve(store, folder / "logs", read_only=False) as found:
        yield found


@pytest.fixture
def oxigraph_replicas(oxigraph_folder: Path, tmp_path: Path) -> Iterator[list[Running]]:
    """Return three Oxigraph servers that read one folder, each of which the test may kill."""
    with ExitStack() as stack:
        folders = [tmp_path / f"replica-{number}" for number in range(REPLICAS)]
        yield [stack.enter_context(oxigraph.serve(oxigraph_folder, each)) for each in folders]


@pytest.fixture(scope="session")
def virtuoso_store(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a Virtuoso server."""
    with virtuoso.serve(release.folder / "dataset.nq", tmp_path_factory.mktemp("virtuoso")) as found:
        yield found


@pytest.fixture(params=["oxigraph", "virtuoso"])
def store(request: pytest.FixtureRequest) -> Running:
    """Return each foreign store in turn."""
    found: Running = request.getfixturevalue(f"{request.param}_store")
    return found
