"""`araxes serve --store`: killed while it loads, started twice at once, told to change, and there again at once."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers import count, descendants, environment, ready, served, serving, until

LINE = "<http://a/s{}> <http://a/p> <http://a/o> .\n"


@contextmanager
def feeding(fifo: Path) -> Iterator[None]:
    """Give a reader of a pipe a first part, once it reads; it waits for the rest until this ends."""
    with fifo.open("w") as out:
        out.write("".join(LINE.format(at) for at in range(1_000)))
        out.flush()
        yield


def loader(folder: Path, root: int) -> int:
    """Return the process below one that has the store's lock open."""
    lock = str(folder / "store-lock")
    for pid in descendants(root):
        links = Path(f"/proc/{pid}/fd")
        if any(os.path.realpath(each) == lock for each in links.glob("*")):
            return pid
    return 0


def stores(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("store-*") if path.is_dir())


def test_a_second_start_loads_nothing(tmp_path: Path) -> None:
    data, folder = tmp_path / "data.nt", tmp_path / "store"
    data.write_text("".join(LINE.format(at) for at in range(1_000)))
    said = []
    for _ in range(2):
        with served("--data", str(data), "--store", str(folder)) as running:
            assert count(running.url) == 1_000
            said.append(running.errors.read_text())
            (store,) = (path for path in folder.glob("store-*") if path.is_dir())
            said.append(str((store / "facts.json").stat().st_ino))
    assert "Loading" in said[0]
    assert "Loading" not in said[2]
    assert said[1] == said[3]


def test_what_is_killed_while_it_loads_at_the_start_loads_anew(tmp_path: Path) -> None:
    data, folder = tmp_path / "data.nt", tmp_path / "store"
    os.mkfifo(data)
    # Named after size and time, a pipe is never read for its name.
    command = [sys.executable, "-m", "araxes", "serve", "--port", "0", "--data", str(data), "--store", str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        with data.open("w"):  # opened once to be looked at, and let go
            pass
        with feeding(data):
            until(lambda: loader(folder, process.pid))
            os.kill(loader(folder, process.pid), signal.SIGKILL)
            out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "")
    assert "was ended" in errors
    assert [name for name in stores(folder) if name != "store-loading"] == []
    data.unlink()
    data.write_text(LINE.format(1))
    with serving("--data", str(data), "--store", str(folder)) as url:
        assert count(url) == 1
    assert "store-loading" not in stores(folder)


def test_the_loader_ends_with_its_server(tmp_path: Path) -> None:
    data, folder = tmp_path / "data.nt", tmp_path / "store"
    os.mkfifo(data)
    command = [sys.executable, "-m", "araxes", "serve", "--port", "0", "--data", str(data), "--store", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()) as process:
        with data.open("w"):
            pass
        with feeding(data):
            until(lambda: loader(folder, process.pid))
            pids = descendants(process.pid)
            process.kill()
            until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in pids))


def test_a_loader_killed_in_a_change_leaves_what_is_served_and_the_next_change_works(tmp_path: Path) -> None:
    data, folder = tmp_path / "data.nt", tmp_path / "store"
    data.write_text(LINE.format(1) + LINE.format(2))
    with served("--data", str(data), "--store", str(folder)) as running:
        assert count(running.url) == 2
        data.unlink()
        os.mkfifo(data)
        running.process.send_signal(signal.SIGHUP)
        with data.open("w"):
            pass
        with feeding(data):
            until(lambda: loader(folder, running.process.pid))
            assert count(running.url) == 2
            os.kill(loader(folder, running.process.pid), signal.SIGKILL)
            until(lambda: ready(running.url).json()["reload"] == "failed")
        assert count(running.url) == 2
        data.unlink()
        data.write_text("".join(LINE.format(at) for at in range(3)))
        running.process.send_signal(signal.SIGHUP)
        until(lambda: count(running.url) == 3)
        data.write_text("<http://a/s> .\n")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: ready(running.url).json()["reload"] == "failed")
        assert "data.nt" in running.errors.read_text()
        assert count(running.url) == 3
    assert "store-loading" not in stores(folder)


def test_two_servers_that_start_at_once_share_one_store(tmp_path: Path) -> None:
    data, folder = tmp_path / "data.nt", tmp_path / "store"
    data.write_text("".join(LINE.format(at) for at in range(50_000)))
    command = [sys.executable, "-m", "araxes", "serve", "--port", "0", "--data", str(data), "--store", str(folder)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment())
        for _ in range(2)
    ]
    try:
        for each in running:
            assert each.stdout
            assert count(next(line for line in each.stdout if "Araxes serves" in line).split()[-1]) == 50_000
        assert len(stores(folder)) == 1
    finally:
        for each in running:
            each.terminate()
            each.communicate(timeout=60)
