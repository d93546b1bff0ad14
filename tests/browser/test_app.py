"""Journeys of a visitor through the real app, with real networks at small sizes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psutil
import pytest

from nst_core.bench.app.pages import PAGES
from nst_core.picture.encode import read_recipe
from nst_core.recipe import make, recipe_from_json
from tests.browser.visit import LOADING_MS, READY, STEP, begin, settle, smallest, stop
from tests.serving import Server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]


HEAVY = ("tensorflow", "scipy", "cv2", "av", "pyarrow", "pandas")
"""Packages that take 10 MB or more, which a server needs for nothing that every visitor does."""


def test_the_first_visit_shows_a_finished_example_and_runs_no_foreign_script(stranger: Any, address: str) -> None:
    stranger.goto(address)
    stranger.get_by_role("heading", level=1).wait_for()
    handle = stranger.get_by_role("slider", name="Slide between")
    handle.wait_for()
    handle.focus()
    before = handle.input_value()
    handle.press("ArrowRight")
    assert handle.input_value() != before
    assert stranger.locator("img:not([alt])").count() == 0
    stranger.wait_for_selector(READY, timeout=LOADING_MS)  # by itself, after the paint
    broken = stranger.evaluate("""() => new Promise(done => {
      document.addEventListener("securitypolicyviolation", event => done(event.effectiveDirective));
      const script = document.createElement("script");
      script.textContent = "window.injected = true";
      document.head.append(script);
    })""")
    assert broken == "script-src-elem"
    assert stranger.evaluate("window.injected") is None


def test_a_part_of_a_photograph_is_painted_fast_and_downloaded(page: Any, address: str) -> None:
    """One visit with what goes wrong before: an address of no run, and a file that is no picture."""
    page.goto(f"{address}/fast?job={'A' * 22}")
    is_told_of_an_unknown_run(page)
    page.wait_for_selector(READY, timeout=LOADING_MS)
    is_told_of_a_bad_upload_and_loses_nothing(page)
    page.get_by_role("radiogroup", name="Bundled styles").get_by_role("radio").nth(2).click()
    smallest(page, "Size")
    takes_a_part_of_the_photograph(page)
    page.get_by_role("button", name="Paint in a second").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG", exact=True).click()
    assert re.fullmatch(r"nst-fast-.+\.png", download.value.suggested_filename)
    assert "job=" in page.url
    size = page.get_by_text(re.compile(r"\d+ × \d+ px")).first.inner_text()
    width, height = map(int, re.findall(r"\d+", size))
    assert width < height


def is_told_of_an_unknown_run(page: Any) -> None:
    page.get_by_text("This run cannot be shown").wait_for()
    page.get_by_role("button", name="Start afresh").click()
    page.get_by_text("This run cannot be shown").wait_for(state="hidden")
    assert "job=" not in page.url


def is_told_of_a_bad_upload_and_loses_nothing(page: Any) -> None:
    page.get_by_role("radio", name="Upload").first.click()
    chooser = page.locator("input[type=file]").first
    chooser.set_input_files({"name": "no.png", "mimeType": "image/png", "buffer": b"not a picture"})
    page.get_by_role("alert").get_by_text("This file cannot be used").wait_for()
    assert page.get_by_role("button", name="Paint in a second").is_enabled()


def takes_a_part_of_the_photograph(page: Any) -> None:
    page.get_by_role("button", name="Crop and turn").first.click()
    across = page.get_by_role("slider", name="From left to right").first
    across.focus()
    for _ in range(6):
        across.press("PageUp")
    assert int(across.input_value()) >= 50
    page.keyboard.press("Escape")


def test_a_run_is_steered_and_its_result_given_the_photographs_colours(page: Any, address: str) -> None:
    begin(page, address, steps=5000)
    page.get_by_text(STEP).wait_for()
    page.get_by_text("Steer", exact=True).click()
    strength = page.locator("[class*=st-key-steer_][class*=style_weight]").get_by_role("slider")
    strength.focus()
    strength.press("ArrowRight")
    page.locator(".js-plotly-plot .annotation", has_text="style_weight").first.wait_for()
    stop(page)
    page.get_by_role("button", name="PNG", exact=True).wait_for()
    page.get_by_text("Steer", exact=True).wait_for(state="hidden")
    settle(page)  # the last picture of the run may still replace its last snapshot
    painted = page.locator("img.after")
    before = painted.get_attribute("src")
    colours = page.get_by_role("slider", name="Colours of the photograph")
    colours.focus()
    colours.press("End")
    playwright.expect(painted).not_to_have_attribute("src", before or "", timeout=5_000)
    settle(page)  # the buttons stand below the picture, and change after it
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG", exact=True).click()
    recipe = recipe_from_json(read_recipe(download.value.path().read_bytes()) or "")
    assert recipe.colour.colour_preservation == 1
    assert recipe.objective.style_weight == 2 * make("bold").objective.style_weight


def test_the_web_process_loads_no_heavy_package_and_stays_small(page: Any, tmp_path: Path) -> None:
    server = Server("app.py", tmp_path / "log", NST_DATA_DIR=str(tmp_path / "data"))
    try:
        server.start()
        for path in [path for path, _ in PAGES.values()]:
            page.goto(f"{server.url}/{path}")
            page.wait_for_selector("h1")
        page.goto(f"{server.url}/about")
        page.wait_for_selector(READY, timeout=LOADING_MS)
        web = psutil.Process(server.pid)
        loaded = {entry.path for entry in web.memory_maps()}
        assert any("python" in path for path in loaded)
        assert not [path for path in loaded for name in HEAVY if f"/{name}/" in path]
        assert web.memory_info().rss <= 220e6
        (worker,) = server.workers()
        assert any("tensorflow" in entry.path for entry in worker.memory_maps())
    finally:
        page.goto("about:blank")  # a page left open would report the server that has ended
        server.end()
