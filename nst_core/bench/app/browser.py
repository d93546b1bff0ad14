"""Context managers that start the app and Chromium and end both; opens pages for new visitors in that browser."""

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

from nst_core.bench.report.tools import plain_environment
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
    """The served app: address, id of the web process, folder of its stored runs."""

    url: str
    pid: int
    data: Path


_UNLIMITED = {
    "NST_OPENINGS_PER_MINUTE": "100000",
    "NST_PAGES_PER_ADDRESS": "100000",
    "NST_RUNS_PER_ADDRESS": "1000",
}
"""All visitors of a measurement come from one address."""


@contextmanager
def app(program: str | Path = "serve.py", **environment: str) -> Iterator[App]:
    """The app, or another Streamlit program, just started on a free port with an empty data folder.

    `environment` has more of the operator's settings.

    Raises:
        WorkerError: it did not answer in time.
    """
    with tempfile.TemporaryDirectory(prefix="nst-pages-", ignore_cleanup_errors=True) as folder:
        port = _free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(program), "--server.port", str(port)]
        process = subprocess.Popen(  # noqa: S603 - a fixed command
            [*command, "--server.address", _LOCAL, "--server.headless", "true"],
            cwd=ROOT,
            env=plain_environment() | {"NST_DATA_DIR": folder} | _UNLIMITED | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://{_LOCAL}:{port}"
            _wait_for(f"{url}/_stcore/health", process, program)
            yield App(url, process.pid, Path(folder))
        finally:
            _stop(process)


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


def new_visitor(browser: Browser, errors: list[str]) -> Page:
    """A page in a fresh browser profile; its error messages are appended to `errors`."""
    page = browser.new_context(viewport=_SIZE).new_page()  # type: ignore[arg-type]
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(_with_address(message)) if _is_error(message) else None)
    return page


def wait_for_networks(page: Page) -> None:
    """Wait until the page says that the networks are loaded."""
    page.get_by_text("Networks ready").wait_for(timeout=1000 * NETWORKS_SECONDS)


def executable() -> str:
    """The path of Chromium. Raises ToolError if there is none."""
    named = os.environ.get("CHROMIUM", "")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise ToolError(
            f"measuring pages needs Chromium, got no {named or ' or '.join(_NAMES)} that can be run; "
            "install it, or name it in CHROMIUM"
        )
    return found


def _is_error(message: Any) -> bool:
    # On a deep link Streamlit first looks for its server below the page's own path, and the browser logs the 404.
    probing = "/_stcore/" in message.location.get("url", "") and "404" in message.text
    return message.type == "error" and not probing


def _with_address(message: Any) -> str:
    """The text of a browser's message with its address: the browser's own text does not name a missing file."""
    return f"{message.text} [{message.location.get('url', '')}]"


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


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server, and any worker that still runs after it."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _, alive = psutil.wait_procs(children, timeout=5)
    for child in alive:
        child.kill()
