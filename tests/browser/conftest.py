"""The real app with the real worker in Chromium, once for all tests of this folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.serving import Server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
REQUIRED = os.environ.get("NST_REQUIRE_BROWSER") == "1"
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
OFFLINE = ("--disable-background-networking", "--disable-component-update")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as hosts serve it, its runs on a disk; at its end, its log must tell of no uncaught exception."""
    folder = tmp_path_factory.mktemp("server")
    server = Server("app.py", folder / "log", NST_DATA_DIR=str(folder / "data"))
    try:
        server.start()
        yield server
    finally:
        server.end()
        print(server.log)
    assert "Traceback" not in server.log


@pytest.fixture(scope="session")
def address(server: Server) -> str:
    """Where the app is served."""
    return server.url


@pytest.fixture(scope="session")
def browser() -> Iterator[playwright.Browser]:
    """Debian's Chromium."""
    if not CHROMIUM:
        (pytest.fail if REQUIRED else pytest.skip)("Chromium is not installed")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *OFFLINE])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A page of a new visitor; at its end, the console must have been silent."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def stranger(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A page of another visitor: a new profile, without the first one's cookie. Its console may say what it likes."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def _is_complaint(said: playwright.ConsoleMessage) -> bool:
    # On a deep link Streamlit first looks for its server below the page's own path, and the browser notes the 404.
    probing = "/_stcore/" in said.location.get("url", "") and "404" in said.text
    return said.type == "error" and not probing
