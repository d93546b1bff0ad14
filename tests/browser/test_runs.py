"""Runs do not depend on a page: in two tabs, in the queue, after the end of the worker and of the server.

With a toy worker, since no picture is looked at; `tests/nst_core/jobs/test_resuming.py` has the real one killed.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser import visit
from tests.browser.visit import step, stop
from tests.nst_core.jobs.servers import until
from tests.serving import Server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WENT_ON = re.compile(r"this run went on from step \d+")
START = "Paint step by step"
ENDLESS = 5000
"""Steps of a run that is stopped, or lasts longer than its test: a hundred seconds."""
SAVED = 150
"""A step by which a run has been saved after its first one: it is saved every 2 s, and a step takes at least 0.02 s."""


def begin(page: Any, address: str, steps: int) -> str:
    """Submit a small slow run; returns its address."""
    visit.begin(page, address, steps=steps, snapshot_every=25)
    return str(page.url)


def test_two_tabs_show_one_run_either_pauses_it_and_a_stranger_only_watches(
    page: Any, stranger: Any, toy: Server
) -> None:
    url = begin(page, toy.url, ENDLESS)
    step(page)
    stranger.goto(url)
    watches(stranger)
    page.reload()
    second = page.context.new_page()
    second.goto(url)
    step(second)
    step(page)
    page.get_by_role("button", name="Pause").click()
    second.get_by_text(re.compile(r"Paused at step \d+ of 5000")).wait_for()
    second.get_by_role("button", name="Go on").click()
    at = step(second)
    step(page, at + 1)
    stop(second)
    page.get_by_role("button", name="PNG", exact=True).wait_for()
    tells_nobody_its_secret(page, stranger, toy)


def watches(stranger: Any) -> None:
    """Check that another visitor's run shows its picture and curve, and no control that would change it."""
    stranger.get_by_text("You are looking at somebody's run").wait_for()
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
    files = [file for file in server.data.rglob("[!.]*") if file.is_file()]  # the others are being written
    assert files
    assert not [file for file in files if secret.encode() in file.read_bytes()]
    (other,) = (cookie["value"] for cookie in stranger.context.cookies() if cookie["name"] == "nst_visitor")
    assert other != secret


def test_a_visitors_third_run_in_line_is_refused_with_a_way_to_the_others(page: Any, toy: Server) -> None:
    running = begin(page, toy.url, ENDLESS)
    step(page)
    begin(page, toy.url, 5)  # soon over once the others are stopped
    page.get_by_text(re.compile(r"Next in line, about [\d.]+ (s|min|h)\. Your run starts by itself")).wait_for()
    begin(page, toy.url, ENDLESS)
    page.get_by_text(re.compile(r"Number 2 in line, about [\d.]+ (s|min|h)\. Your run starts by itself")).wait_for()
    page.goto(f"{toy.url}/slow")
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
    page: Any, stranger: Any, toy: Server
) -> None:
    finished = begin(page, toy.url, 10)
    page.get_by_role("button", name="PNG", exact=True).wait_for()
    page.goto("about:blank")
    begin(stranger, toy.url, ENDLESS)
    at = step(stranger, SAVED)

    (worker,) = toy.workers()
    worker.kill()
    until(lambda: any(each.pid != worker.pid for each in toy.workers()))
    (following,) = (each for each in toy.workers() if each.pid != worker.pid)
    following.suspend()  # else it would be ready before a page could tell that it is not
    stranger.get_by_text(re.compile(r"It goes on from about step \d+")).wait_for()
    following.resume()
    stranger.get_by_text(re.compile("The process that paints ended unexpectedly; " + WENT_ON.pattern)).wait_for()
    at = step(stranger, at + 1)

    toy.kill()
    toy.start()
    stranger.get_by_text(re.compile("The server was restarted; " + WENT_ON.pattern)).wait_for()
    step(stranger, at + 1)
    stop(stranger)
    page.goto(finished)
    page.get_by_role("button", name="PNG", exact=True).wait_for()
