"""Runs live apart from whoever looks: in two tabs, in line, over the end of the worker and of the server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from nst_core.recipe import make
from nst_core.recipe.links import to_text
from tests.browser.test_app import READY
from tests.nst_core.jobs.servers import until
from tests.serving import Server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]

PAINTING = re.compile(r"^Step [1-9]\d* of \d+")
WENT_ON = re.compile(r"this run went on from step \d+")
START = "Paint step by step"
PATIENT_MS = 180_000
"""Networks are loaded again and again here, on a machine that may have other work."""


def begin(page: Any, address: str, steps: int) -> str:
    """Hand in a small slow run; its address."""
    size = {"longest_edge_px": 64, "steps": steps, "pyramid": "off", "first_steps": None}
    settings = {**size, "convolutions": "direct"}  # for so many steps others would be compiled first
    page.context.set_default_timeout(PATIENT_MS)
    page.goto(f"{address}/slow?settings={to_text(make('bold', settings), {'c': 'chelsea'})}")
    page.wait_for_selector(READY)
    page.get_by_role("button", name=START).click()
    page.wait_for_url(re.compile("job="))
    return str(page.url)


def step(page: Any, least: int = 1) -> int:
    """The step that the page shows, once it is at least that."""
    told: list[int] = []

    def is_there() -> bool:
        words = page.get_by_text(PAINTING).all_inner_texts()
        told[:] = [int(words[0].split()[1])] if words else [0]
        return told[0] >= least

    until(is_there, 180)
    return told[0]


def stop(page: Any) -> None:
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Stop").wait_for(state="hidden")


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that keeps its runs in a folder, and opens its desk when it starts."""
    folder = tmp_path_factory.mktemp("keeper")
    server = Server("serve.py", folder / "log", NST_DATA_DIR=str(folder / "data"))
    server.start()
    yield server
    server.end()
    print(server.log)
    assert "Traceback" not in server.log


def test_two_tabs_show_one_run_and_either_pauses_it(page: Any, address: str) -> None:
    url = begin(page, address, 3000)
    step(page)
    second = page.context.new_page()
    second.goto(url)
    step(second)
    page.get_by_role("button", name="Pause").click()
    second.get_by_text(re.compile(r"Paused at step \d+ of 3000")).wait_for()
    second.get_by_role("button", name="Go on").click()
    at = step(second)
    step(page, at + 1)
    stop(second)
    page.get_by_role("button", name="PNG", exact=True).wait_for()


def test_a_killed_server_goes_on_before_anyone_looks_and_keeps_what_was_finished(
    page: Any, stranger: Any, keeper: Server
) -> None:
    finished = begin(page, keeper.url, 10)
    page.get_by_role("button", name="PNG", exact=True).wait_for()
    url = begin(stranger, keeper.url, 600)
    at = step(stranger, 40)
    for tab in (page, stranger):
        tab.goto("about:blank")
    keeper.kill()
    keeper.start()
    until(lambda: bool(keeper.workers()), 60)  # nobody has asked for anything yet but whether it is healthy
    page.goto(url)
    page.get_by_text(re.compile("The server was restarted; " + WENT_ON.pattern)).wait_for()
    step(page, at + 1)
    stop(page)
    page.goto(finished)
    page.get_by_role("button", name="PNG", exact=True).wait_for()
