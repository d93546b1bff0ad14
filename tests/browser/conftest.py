"""The real app with the real worker in Chromium, once for all tests of this folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
REQUIRED = os.environ.get("NST_REQUIRE_BROWSER") == "1"
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
OFFLINE = ("--disable-background-networking", "--disable-component-update")
STARTS_WITHIN_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """The served app: its address and its process."""

    url: str
    pid: int


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The app as `streamlit run` serves it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen([*command, "--server.address", "127.0.0.1"], cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/_stcore/health")
        yield Server(url, process.pid)
    finally:
        process.terminate()
        process.wait(10)


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


def _is_complaint(said: playwright.ConsoleMessage) -> bool:
    # On a deep link Streamlit first looks for its server below the page's own path, and the browser notes the 404.
    probing = "/_stcore/" in said.location.get("url", "") and "404" in said.text
    return said.type == "error" and not probing


def _wait_for(url: str) -> None:
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
