"""Runs do not depend on a page: in two tabs, in the queue, after the end of the worker and of the server."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser import visit
from tests.browser.visit import STEP, stop
from tests.nst_core.jobs.servers import until
from tests.serving import Server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]

WENT_ON = re.compile(r"this run went on from step \d+")
START = "Paint step by step"
PATIENT_MS = 180_000
"""The longest wait: these tests load the networks several times, on a machine that may have other work."""


def begin(page: Any, address: str, steps: int) -> str:
    """Submit a small slow run; returns its address."""
    page.context.set_default_timeout(PATIENT_MS)
    visit.begin(page, address, steps=steps)
    return str(page.url)


def step(page: Any, least: int = 1) -> int:
    """The step that the page shows, once it is at least that."""
    told: list[int] = []

    def is_there() -> bool:
        words = page.get_by_text(STEP).all_inner_texts()
        told[:] = [int(words[0].split()[1])] if words else [0]
        return told[0] >= least

    until(is_there, 180)
    return told[0]


def test_two_tabs_show_one_run_either_pauses_it_and_a_stranger_only_watches(
    page: Any, stranger: Any, server: Server
) -> None:
    url = begin(page, server.url, 3000)
    step(page)
    stranger.goto(url)
    watches(stranger)
    page.reload()
    second = page.context.new_page()
    second.goto(url)
    step(second)
    step(page)
    page.get_by_role("button", name="Pause").click()
    second.get_by_text(re.compile(r"Paused at step \d+ of 3000")).wait_for()
    second.get_by_role("button", name="Go on").click()
    at = step(second)
    step(page, at + 1)
    stop(second)
    page.get_by_role("button", name="PNG", exact=True).wait_for()
    tells_nobody_its_secret(page, stranger, server)


def watches(stranger: Any) -> None:
    """Check that another visitor's run shows its picture and curve, and no control that would change it."""
    stranger.get_by_text("You are looking at somebody's run").wait_for(timeout=PATIENT_MS)
    at = step(stranger)
    step(stranger, at + 1)
    stranger.locator("img.after").first.wait_for()
    stranger.locator(".js-plotly-plot .scatterlayer path.js-line").first.wait_for()
    for name in ("Stop", "Pause", "Go on", "Delete"):
        assert stranger.get_by_role("button", name=name).count() == 0
    assert stranger.get_by_text("Steer", exact=True).count() == 0
    stranger.get_by_role("button", name="Run again with these settings").wait_for()


def tells_nobody_its_secret(page: Any, stranger: Any, server: Server) -> None:
    """Check that the secret of a run's owner is not found where others could see it."""
    (secret,) = (cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "nst_visitor")
    others = [page.url, stranger.url, stranger.content(), server.log]
    assert not [text for text in others if secret in text]
    files = [file for file in server.data.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if secret.encode() in file.read_bytes()]
    (other,) = (cookie["value"] for cookie in stranger.context.cookies() if cookie["name"] == "nst_visitor")
    assert other != secret


def test_a_visitors_third_run_in_line_is_refused_with_a_way_to_the_others(page: Any, address: str) -> None:
    running = begin(page, address, 3000)
    step(page)
    begin(page, address, 5)  # soon over once the others are stopped
    page.get_by_text(re.compile(r"Next in line, about [\d.]+ (s|min|h)\. Your run starts by itself")).wait_for()
    begin(page, address, 3000)
    page.get_by_text(re.compile(r"Number 2 in line, about [\d.]+ (s|min|h)\. Your run starts by itself")).wait_for()
    page.goto(f"{address}/slow")
    page.get_by_role("button", name=START).click()
    notice = page.get_by_role("alert")
    notice.get_by_text(re.compile(r"Your places in line are taken; try again in about [\d.]+ (s|min|h)")).wait_for()
    notice.get_by_text("2 of your runs are waiting already; wait for one of them, or stop it.").wait_for()
    page.get_by_role("link", name="number 2 in line").click()
    stop(page)
    page.get_by_text("Stopped before it began").wait_for()
    page.goto(running)
    stop(page)


def test_an_open_page_finds_its_run_again_after_the_end_of_the_worker_and_of_the_server(
    page: Any, stranger: Any, server: Server
) -> None:
    finished = begin(page, server.url, 10)
    page.get_by_role("button", name="PNG", exact=True).wait_for()
    page.goto("about:blank")
    begin(stranger, server.url, 3000)
    at = step(stranger, 10)

    (worker,) = server.workers()
    worker.kill()
    stranger.get_by_text(re.compile(r"It goes on from about step \d+")).wait_for()
    stranger.get_by_text(re.compile("The process that paints ended unexpectedly; " + WENT_ON.pattern)).wait_for()
    at = step(stranger, at + 1)

    server.kill()
    server.start()
    stranger.get_by_text(re.compile("The server was restarted; " + WENT_ON.pattern)).wait_for()
    step(stranger, at + 1)
    stop(stranger)
    page.goto(finished)
    page.get_by_role("button", name="PNG", exact=True).wait_for()
