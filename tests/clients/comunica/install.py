"""Comunica at the versions of the lock file, installed once into a folder that Git does not see."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from helpers import ROOT, not_run

HERE = Path(__file__).parent
CACHE = ROOT / ".make" / "comunica"
SECONDS = 300
NEEDED = "install Node.js 18 or newer and npm (Debian: apt install nodejs npm)"


def installed() -> list[str]:
    """Return the words that start Comunica; where it cannot be had, the test is listed as not run."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node:
        not_run(f"Comunica needs Node.js: {NEEDED}")
    files = [HERE / "package.json", HERE / "package-lock.json"]
    version = hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:12]
    folder = CACHE / version
    if not folder.is_dir():
        if not npm:
            not_run(f"Comunica needs npm: {NEEDED}")
        _install(npm, files, folder)
    return [node, str(folder / "node_modules" / ".bin" / "comunica-sparql")]


def _install(npm: str, files: list[Path], folder: Path) -> None:
    """Install beside the folder and rename, so that what is cut short leaves nothing that looks whole."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, ignore_cleanup_errors=True) as scratch:
        for each in files:
            shutil.copy(each, scratch)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            done = subprocess.run(
                command, cwd=scratch, capture_output=True, text=True, timeout=SECONDS, check=False, env=_environment()
            )
        except subprocess.TimeoutExpired:
            not_run(f"npm did not install Comunica within {SECONDS} s: is its registry reachable?")
        if done.returncode:
            said = " ".join(done.stderr.split())[:300]
            not_run(f"npm could not install Comunica, is its registry reachable? It says: {said}")
        if not folder.is_dir():
            Path(scratch).rename(folder)
            Path(scratch).mkdir()


def _environment() -> dict[str, str]:
    return {**os.environ, "npm_config_update_notifier": "false", "npm_config_fetch_retries": "1"}
