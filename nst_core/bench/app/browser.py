"""The app and a browser to measure it with, each a context that ends what it started; and a visitor in there."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from nst_core.bench.report.tools import untuned
from nst_core.errors import ToolError, WorkerError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[3]
STARTS_WITHIN_SECONDS = 60.0
NETWORKS_SECONDS = 300.0
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
_LOCAL = "127.0.0.1"
_SIZE = {"width": 1280, "height": 800}


@dataclass(frozen=True)
class App:
    """The served app: its address, its process, and the folder where its runs are kept."""

    url: str
    pid: int
    data: Path


@contextmanager
def app(program: str | Path = "serve.py") -> Iterator[App]:
    """The app, or another program of Streamlit's, on a free port with a data folder of its own, just started: no page
    has been opened yet.

    Raises:
        WorkerError: it did not answer in time.
    """
    with tempfile.TemporaryDirectory(prefix="nst-pages-", ignore_cleanup_errors=True) as folder:
        port = _free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(program), "--server.port", str(port)]
        process = subprocess.Popen(  # noqa: S603 - a fixed command
            [*command, "--server.address", _LOCAL, "--server.headless", "true"],
            cwd=ROOT,
            env=untuned() | {"NST_DATA_DIR": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://{_LOCAL}:{port}"
            _wait_for(f"{url}/_stcore/health", process, program)
            yield App(url, process.pid, Path(folder))
        finally:
            _end(process)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium; the one that `CHROMIUM` names, or else the first on the path.

    Raises:
        ToolError: Playwright or Chromium is not installed.
    """
    path = executable()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ToolError(
            "measuring pages needs Playwright, got none; pip install -r tests/requirements.txt and try again"
        ) from error
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()


def visitor(browser: Browser, errors: list[str]) -> Page:
    """A page in a profile of its own, whose complaints are collected."""
    page = browser.new_context(viewport=_SIZE).new_page()  # type: ignore[arg-type]
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if _is_complaint(said) else None)
    return page


def ready(page: Page) -> None:
    """Wait until the page says that the networks are loaded."""
    page.get_by_text("Networks ready").wait_for(timeout=1000 * NETWORKS_SECONDS)


def executable() -> str:
    """Where Chromium is. Raises ToolError if it is nowhere."""
    named = os.environ.get("CHROMIUM", "")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise ToolError(
            f"measuring pages needs Chromium, got no {named or ' or '.join(_NAMES)} that can be run; "
            "install it, or name it in CHROMIUM"
        )
    return found


def _is_complaint(said: Any) -> bool:
    # On a deep link Streamlit first looks for its server below the page's own path, and the browser notes the 404.
    probing = "/_stcore/" in said.location.get("url", "") and "404" in said.text
    return said.type == "error" and not probing


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((_LOCAL, 0))
        return int(free.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], program: str | Path) -> None:
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.05)
    raise WorkerError(
        f"the app should answer within {STARTS_WITHIN_SECONDS:g} s, got none; see what `streamlit run {program}` says"
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server, and its worker should it outlive it."""
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _, alive = psutil.wait_procs(family, timeout=5)
    for child in alive:
        child.kill()
