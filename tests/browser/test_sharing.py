"""One visitor shares, another one opens: links, the gallery, films, and a PNG dropped on a picker."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.visit import go_to

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]


def shared(page: Any) -> str:
    """The link under which the result on the page is shared."""
    page.get_by_role("button", name="Share").click()
    page.get_by_text(re.compile(r"/result\?result=")).wait_for()
    return str(next(text for text in page.locator("code").all_inner_texts() if "result=" in text)).strip()


def test_a_shared_result_opens_for_a_stranger_and_is_listed_by_its_owner(result: Any, stranger: Any) -> None:
    link = shared(result)
    result.get_by_text("List it in the gallery").click()
    stranger.goto(link)
    stranger.get_by_text("Slow · Bold").wait_for()
    stranger.get_by_text("Time-lapse").click()
    stranger.get_by_role("button", name="Make MP4").click()
    button = stranger.get_by_role("button", name="Download MP4")
    button.wait_for()
    stranger.wait_for_function("() => document.querySelector('video')?.readyState >= 1")
    assert button.bounding_box()["y"] < stranger.locator("video").bounding_box()["y"], "no film pushes it away"
    with stranger.expect_download() as download:
        button.click()
    assert download.value.path().read_bytes()[4:8] == b"ftyp"
    stranger.get_by_role("button", name="Share").click()
    stranger.get_by_text(re.compile(r"/result\?result=")).wait_for()
    assert stranger.get_by_text("List it in the gallery").count() == 0  # only the owner may do this
    go_to(stranger, "Gallery")
    stranger.get_by_role("button", name="Slow · Bold").first.click()
    stranger.get_by_role("button", name="Same settings, my photo").click()
    stranger.get_by_text("The settings that you opened").first.wait_for()


def test_a_curves_page_is_a_film_under_the_pointer(result: Any, stranger: Any) -> None:
    stranger.goto(shared(result).replace("/result?", "/curve?"))
    stranger.locator(".nst-plot.film .scatterlayer path.js-line").first.wait_for()
    stranger.get_by_role("heading", name="What the curve says").wait_for()
    step, frame = stranger.locator(".nst-plot output"), stranger.locator(".nst-plot .frame img")
    last, picture = int(step.inner_text()), frame.get_attribute("src")
    graph = stranger.locator(".nst-plot .graph").bounding_box()
    stranger.mouse.move(graph["x"] + 0.9 * graph["width"], graph["y"] + graph["height"] / 2)
    stranger.mouse.down()
    stranger.mouse.move(graph["x"] + 0.3 * graph["width"], graph["y"] + graph["height"] / 2, steps=4)
    stranger.mouse.up()
    assert int(step.inner_text()) < last
    assert frame.get_attribute("src") != picture
    stranger.get_by_role("button", name="Play").click()
    stranger.wait_for_function(f"() => document.querySelector('.nst-plot output').textContent === '{last}'")
    stranger.get_by_role("button", name="Play").wait_for()  # it has ended


def test_a_png_dropped_back_offers_its_settings(result: Any) -> None:
    with result.expect_download() as download:
        result.get_by_role("button", name="PNG", exact=True).click()
    png = download.value.path().read_bytes()
    go_to(result, "Fast")
    go_to(result, "Slow")
    result.get_by_role("button", name="Photo, style, settings").click()
    result.get_by_role("radio", name="Upload").first.click()
    file = {"name": "back.png", "mimeType": "image/png", "buffer": png}
    result.locator("input[type=file]").first.set_input_files(file)
    result.get_by_role("button", name="Use these settings").click()
    result.get_by_text("The settings that you opened").first.wait_for()
    result.get_by_text("Bold, but longest_edge_px 64").first.wait_for()
