"""The base of the browser tests: it sees what it is there to see."""

import hashlib
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from helpers import not_run
from playwright.sync_api import Page

from tests.site.pages import AXE, LOGS, VENDOR, axe, axe_in_all_modes, bytes_of

MANIFEST = tomllib.loads((VENDOR / "manifest.toml").read_text("utf-8"))
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"
HEAD = "<!doctype html><html lang=en><title>Trial</title><link rel=icon href=/icon.svg><h1>Trial</h1>"
TRIALS = {
    "/icon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "/good": HEAD + "<main><p>Nothing wrong.</p></main><script src=/quiet.js></script>",
    "/quiet.js": "document.title = 'Scripts run'",
    "/foreign": HEAD + "<img src=http://foreign.example/a.png alt=a>",
    "/inline": HEAD + "<script>document.title = 'never'</script>",
    "/style": HEAD + "<p style='color: red'>Red</p>",
    "/says": HEAD + "<script src=/says.js></script>",
    "/says.js": "console.log('said')",
    "/breaks": HEAD + "<script src=/breaks.js></script>",
    "/breaks.js": "throw new Error('broken')",
    "/lacks": HEAD + "<img src=/nothing.png alt=a>",
    "/hard": HEAD + "<main><img src='data:,'><p>No text for it.</p></main>",
    "/dark": HEAD + "<link rel=stylesheet href=/dark.css><main><p>Hard to read in the dark.</p></main>",
    "/dark.css": "@media (prefers-color-scheme: dark) { p { color: #222; background: #000 } }",
}


class Trial(BaseHTTPRequestHandler):
    """A site with one fault a page."""

    def do_GET(self) -> None:
        body = TRIALS.get(self.path, HEAD).encode()
        kind = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}.get(
            self.path.rpartition(".")[2], "text/html"
        )
        self.send_response(200 if self.path in TRIALS else 404)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": len(body),
            "Content-Security-Policy": POLICY,
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Return the address of the trial site, which stands in for the real one in this file."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Trial) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def faults(page: Page) -> list[str]:
    """Return the faults of a page, once it has been idle, and take them away, since here they are what is wanted."""
    page.wait_for_load_state("networkidle")
    log = LOGS[page]
    found = list(log.faults)
    log.faults.clear()
    return found


@pytest.mark.parametrize("name", MANIFEST)
def test_what_is_kept_of_others_is_as_its_registry_gave_it(name: str) -> None:
    kept = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (VENDOR / name).iterdir()}
    assert kept == MANIFEST[name]["sha256"]
    assert any("LICENSE" in file for file in kept)


def test_axe_is_the_version_that_the_manifest_says() -> None:
    assert {path.name for path in VENDOR.iterdir() if path.is_dir()} == set(MANIFEST)
    assert AXE.startswith(f"/*! axe v{MANIFEST['axe-core']['version']}\n")


def test_the_fonts_that_the_pages_need_are_there() -> None:
    """Without them a line of Persian or Armenian has another length, and a picture of it shows boxes."""
    if not (fonts := shutil.which("fc-list")):
        not_run("fc-list cannot tell which fonts there are (Debian: apt install fontconfig)")
    lacking = [language for language in ("fa", "hy", "ka", "ru", "he") if not _fonts(fonts, language)]
    if lacking:
        not_run(f"there is no font for {', '.join(lacking)} (Debian: apt install fonts-noto-core)")


def _fonts(command: str, language: str) -> str:
    return subprocess.run([command, f":lang={language}", "family"], capture_output=True, text=True, check=True).stdout


def test_a_page_without_a_fault_has_none(visit: Any) -> None:
    page = visit("/good")
    assert page.title() == "Scripts run"
    assert [each.url.rpartition("/")[2] for each in LOGS[page].requests][:2] == ["good", "quiet.js"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/foreign", "foreign.example"),
        ("/inline", "policy: script-src-elem refuses inline"),
        ("/style", "policy: style-src-attr refuses inline"),
        ("/says", "says: said"),
        ("/breaks", "broken"),
        ("/lacks", "404"),
    ],
)
def test_each_fault_is_seen(visit: Any, path: str, told: str) -> None:
    found = faults(visit(path))
    assert any(told in each for each in found), found


def test_a_page_that_is_missing_may_be_what_a_test_wants(visit: Any) -> None:
    assert faults(visit("/nowhere", status=404)) == []


def test_with_scripts_off_none_runs(visit: Any) -> None:
    assert visit("/good", javascript=False).title() == "Trial"


def test_a_page_can_be_turned(visit: Any) -> None:
    assert visit("/good", rtl=True).evaluate("getComputedStyle(document.body).direction") == "rtl"


def test_axe_finds_what_is_there_and_nothing_else(visit: Any) -> None:
    assert axe(visit("/good")) == []
    (found,) = axe(visit("/hard"))
    assert found.startswith("image-alt: img:")


def test_axe_sees_the_dark(visit: Any) -> None:
    found = axe_in_all_modes(visit("/dark"))
    assert list(found) == ["dark"]
    assert found["dark"][0].startswith("color-contrast: p:")


def test_the_weight_of_a_page_is_that_of_all_it_asks_for(visit: Any) -> None:
    weight = bytes_of(visit("/good"))
    asked = ["/good", "/quiet.js", "/icon.svg"]
    assert (weight.requests, weight.bytes) == (len(asked), sum(len(TRIALS[path]) for path in asked))
