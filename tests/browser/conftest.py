"""The real app with the real worker in Chromium, once for all tests of this folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from typing import Any, NamedTuple

import pytest

from nst_core.jobs.votes import CONTESTANTS, Vote, VoteLog
from tests.browser import visit
from tests.required import missing
from tests.serving import Server
from tests.toy_server import toy_server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
PATIENCE_MS = 90_000
"""The default limit of each wait: a busy machine is slow, and no test measures its speed."""
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
OFFLINE = ("--disable-background-networking", "--disable-component-update")


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as `serve.py` serves it, with its runs on a disk, and with votes of earlier visitors.

    At the end its log must contain no uncaught exception.
    """
    folder = tmp_path_factory.mktemp("server")
    # Otherwise the first visit to a page for devices would make the files while other tests run, and wait for them.
    subprocess.run([sys.executable, "-m", "nst_core", "device-files"], check=True, capture_output=True)
    server = Server("serve.py", folder / "log", NST_DATA_DIR=str(folder / "data"), NST_OPENINGS_PER_MINUTE="10000")
    server.data.mkdir()
    cast_votes(VoteLog(server.data))
    try:
        server.start()
        yield server
    finally:
        server.end()
        print(server.log)
    assert "Traceback" not in server.log


def cast_votes(log: VoteLog) -> None:
    """A vote on each pair of contestants, so that About has something to show."""
    for number, (preferred, other) in enumerate(combinations(CONTESTANTS[::-1], 2)):
        log.add(Vote(f"{number:032x}", preferred, other, watched=number % 2 == 0, agreed={"ssim": number % 3 == 0}))


@pytest.fixture(scope="package")
def address(server: Server) -> str:
    """The address of the app."""
    return server.url


@pytest.fixture(scope="package")
def browser() -> Iterator[playwright.Browser]:
    """Debian's Chromium."""
    if not CHROMIUM:
        missing("BROWSER", "Chromium is not installed")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *OFFLINE])
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with a toy worker, for tests of what a page does with a run, whatever it paints.

    Its steps wait, so that it leaves the processor to the page. Its log must contain no exception.
    """
    with toy_server(tmp_path_factory.mktemp("toy"), NST_OPENINGS_PER_MINUTE="10000") as server:
        yield server
        print(server.log)
    assert "Traceback" not in server.log


class Finished(NamedTuple):
    """A run of 30 steps that is over and measured: its address, and the cookies of the visitor who started it."""

    url: str
    visitor: Any


@pytest.fixture(scope="package")
def finished(browser: playwright.Browser, address: str) -> Finished:
    """One finished run, shared by all tests that only view one; each opens it on a page of its own."""
    with opened(browser) as page:
        visit.begin(page, address, steps=30)
        visit.finished(page)
        return Finished(page.url, page.context.storage_state())


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A page of a new visitor; at the end its console must be empty."""
    with opened(browser) as page:
        yield page


@pytest.fixture(scope="module")
def tab(browser: playwright.Browser, address: str) -> Iterator[playwright.Page]:
    """A tab of a new visitor for all tests of a file, with the app open; at the end its console must be empty."""
    with opened(browser) as page:
        page.goto(address)
        page.get_by_role("heading", level=1).wait_for()
        yield page


@pytest.fixture
def result(browser: playwright.Browser, finished: Finished) -> Iterator[playwright.Page]:
    """The page of the finished run, opened by the visitor who started it; at the end its console must be empty."""
    with opened(browser, storage_state=finished.visitor) as page:
        page.goto(finished.url)
        visit.finished(page)
        yield page


@pytest.fixture
def stranger(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A page of another visitor: a new profile, without the first one's cookie. Its console is not checked."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@contextmanager
def opened(browser: playwright.Browser, **of_visitor: Any) -> Iterator[playwright.Page]:
    """A page of a visitor; at the end its console must be empty."""
    context = browser.new_context(viewport=visit.DESK, **of_visitor)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(f"{said.text} {said.location}") if _is_complaint(said) else None)
    yield page
    # A run left over from a failed test would delay the next tests.
    page.get_by_role("button", name="Stop", exact=True).evaluate_all("all => all.forEach(button => button.click())")
    context.close()
    assert complaints == []


def _is_complaint(said: playwright.ConsoleMessage) -> bool:
    # On a deep link Streamlit first looks for its server below the page's own path, and the browser logs the 404.
    probing = "/_stcore/" in said.location.get("url", "") and "404" in said.text
    return said.type == "error" and not probing
