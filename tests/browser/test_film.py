"""A film from the upload to the player, also for a stranger with the link."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.visit import LOADING_MS, READY, smallest
from tests.pages.films import FRAMES, gif

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]

_PLAYS = "() => [...document.querySelectorAll('video')].some(film => film.readyState >= 2 && film.videoWidth > 0)"


def test_a_film_is_painted_played_and_shared(page: Any, stranger: Any, address: str) -> None:
    page.goto(f"{address}/film")
    page.wait_for_selector(READY, timeout=LOADING_MS)
    file = {"name": "walk.gif", "mimeType": "image/gif", "buffer": gif()}
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(file)
    page.get_by_text("walk.gif").wait_for()
    page.get_by_role("img", name="Three frames of it at").nth(2).wait_for()
    smallest(page, "Size")
    page.get_by_role("button", name="Paint the film").click()
    page.wait_for_url(re.compile("job="))
    page.get_by_text("Before and after").wait_for(timeout=LOADING_MS)
    page.wait_for_function(_PLAYS)
    assert page.get_by_text(str(FRAMES), exact=True).count() >= 1
    stranger.goto(page.url.replace("/film?job=", "/result?result="))
    stranger.get_by_text("You are looking at somebody's run").wait_for()
    stranger.wait_for_function(_PLAYS)
    with stranger.expect_download() as download:
        stranger.get_by_role("button", name="MP4", exact=True).click()
    assert download.value.suggested_filename.endswith(".mp4")
