"""The query page's editor: CodeMirror, bundled from pinned packages, and the same bytes whenever it is made again.

Run as a script, it makes the bundle anew: python tests/site/test_editor.py
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent / "editor"
VENDOR = Path(__file__).parents[2] / "server" / "araxes" / "web" / "static" / "vendor"
BUNDLE, NOTICES, MANIFEST = "codemirror.js", "NOTICES.txt", "manifest.json"
SECONDS = 300
MOST_BYTES = 420_000


def bundled(folder: Path, npm: str) -> dict[str, bytes]:
    """Return the three files by name, made in a folder from what the lock file names; raises where npm cannot."""
    for name in ("package.json", "package-lock.json", "editor.js"):
        shutil.copy(HERE / name, folder)
    for words in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "bundle"]):
        own = {**os.environ, "npm_config_update_notifier": "false", "npm_config_fetch_retries": "1"}
        command = [npm, *words, "--loglevel=error"]
        subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=True, env=own)
    inputs = json.loads((folder / "parts.json").read_text("utf-8"))["inputs"]
    parts = sorted({_package(name) for name in inputs if name.startswith("node_modules/")})
    body = (folder / BUNDLE).read_bytes()
    told = [json.loads((folder / "node_modules" / part / "package.json").read_text("utf-8")) for part in parts]
    manifest = {
        "file": BUNDLE,
        "sha256": hashlib.sha256(body).hexdigest(),
        "parts": [{name: each[name] for name in ("name", "version", "license")} for each in told],
    }
    texts = {part: (folder / "node_modules" / part / "LICENSE").read_text("utf-8").strip() for part in parts}
    return {
        BUNDLE: body,
        MANIFEST: (json.dumps(manifest, indent=2) + "\n").encode(),
        NOTICES: _notices(texts).encode(),
    }


def _package(path: str) -> str:
    words = path.split("/")
    return "/".join(words[1:3] if words[1].startswith("@") else words[1:2])


def _notices(texts: dict[str, str]) -> str:
    """Return each licence once, below the names of the packages that it covers."""
    covered: dict[str, list[str]] = {}
    for name, text in texts.items():
        covered.setdefault(text, []).append(name)
    head = f"{BUNDLE} is made of these packages, each under the licence below its name.\n"
    return head + "".join(f"\n{'=' * 72}\n{', '.join(names)}\n\n{text}\n" for text, names in covered.items())


def manifest() -> dict[str, object]:
    found: dict[str, object] = json.loads((VENDOR / MANIFEST).read_text("utf-8"))
    return found


def test_the_bundle_is_the_one_that_the_manifest_names() -> None:
    body = (VENDOR / BUNDLE).read_bytes()
    assert hashlib.sha256(body).hexdigest() == manifest()["sha256"]
    assert 100_000 < len(body) < MOST_BYTES
    assert {path.name for path in VENDOR.iterdir()} == {BUNDLE, NOTICES, MANIFEST}


def test_the_bundle_names_no_other_host() -> None:
    text = (VENDOR / BUNDLE).read_text("utf-8")
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert "https://" not in text
    assert not [word for word in ("fetch(", "XMLHttpRequest", "eval(", "new Function", "localStorage") if word in text]


def test_every_part_has_a_licence_that_may_be_passed_on_and_its_notice() -> None:
    parts = manifest()["parts"]
    assert isinstance(parts, list)
    assert len(parts) > 8
    assert {each["license"] for each in parts} == {"MIT"}
    notices = (VENDOR / NOTICES).read_text("utf-8")
    listed = {name for line in notices.splitlines() for name in line.split(", ")}
    assert {each["name"] for each in parts} <= listed
    assert notices.count("Permission is hereby granted") == notices.count("=" * 72) > 1


def test_every_part_is_pinned_and_none_says_from_where() -> None:
    wanted = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]
    locked = json.loads((HERE / "package-lock.json").read_text("utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    others = [each for name, each in locked.items() if name]
    assert len(others) > 10
    assert all(each["integrity"].startswith("sha512-") and "resolved" not in each for each in others)


def test_the_same_bytes_are_made_again(tmp_path: Path) -> None:
    from helpers import not_run

    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        not_run("the editor was not bundled again: install Node.js and npm (Debian: apt install nodejs npm)")
    try:
        made = bundled(tmp_path, npm)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as fault:
        said = " ".join(str(fault.stderr or fault).split())[:300]
        not_run(f"the editor was not bundled again, is npm's registry reachable? It says: {said}")
    for name, body in made.items():
        assert (VENDOR / name).read_bytes() == body, f"{name}: run python tests/site/test_editor.py"


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        for file, content in bundled(Path(scratch), shutil.which("npm") or sys.exit("npm is needed")).items():
            (VENDOR / file).write_bytes(content)
