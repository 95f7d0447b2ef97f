"""A real browser over the real site: whatever a page asks of others, says or is refused fails the test."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from helpers import not_run
from playwright.sync_api import Page

from tests.site.crawl import Crawl, crawl
from tests.site.pages import LOGS, TELLING, Log, none

FLAGS = [
    "--no-sandbox",  # a root user has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no test leaves the machine
]
MILLISECONDS = 15_000
NEEDED = "install Chromium (Debian: apt install chromium fonts-noto-core)"


class Visit(Protocol):
    """Open a page of the site by its path, in a window and a colour scheme of its own."""

    def __call__(
        self,
        path: str,
        *,
        scheme: str = "light",
        rtl: bool = False,
        javascript: bool = True,
        width: int = 1280,
        height: int = 900,
        status: int = 200,
    ) -> Page: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that opens a browser, so that `-m "not browser"` leaves them out."""
    for item in items:
        if "visit" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Return how to start Debian's Chromium; where there is none, the test is listed as not run."""
    chromium = shutil.which("chromium")
    if not chromium:
        not_run(f"nor any other test with a browser: {NEEDED}")
    return {**browser_type_launch_args, "executable_path": chromium, "args": FLAGS}


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the plugin's own fixture, of which pytest warns."""


@pytest.fixture(scope="session")
def site(server: str) -> str:
    """Return the address of the site, without the slash at its end."""
    return server.rstrip("/")


@pytest.fixture
def visit(site: str, new_context: Callable[..., Any]) -> Iterator[Visit]:
    """Return a function that opens a page; at the end of the test, no page may have had a fault."""
    logs = []

    def opened(
        path: str,
        *,
        scheme: str = "light",
        rtl: bool = False,
        javascript: bool = True,
        width: int = 1280,
        height: int = 900,
        status: int = 200,
    ) -> Page:
        context = new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=javascript,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(MILLISECONDS)
        context.add_init_script(TELLING)
        page: Page = context.new_page()
        logs.append(Log(site, page))
        LOGS[page] = logs[-1]
        response = page.goto(site + path)
        assert response
        assert response.status == status, f"{path} answers {response.status}"
        if rtl:
            page.evaluate("document.documentElement.dir = 'rtl'")
        return page

    yield opened
    none([fault for log in logs for fault in log.faults])


@pytest.fixture(scope="session")
def crawled(site: str) -> Crawl:
    """Return all that can be reached from the home page and the site map."""
    return crawl(site, ["/", "/sitemap.xml", "/robots.txt"])
