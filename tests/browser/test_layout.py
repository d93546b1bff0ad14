"""Slow, Fast and Compare at a glance: what is needed to begin, and then pictures and curves, without scrolling.

With a toy worker, since only positions are looked at; a run of it lasts until it is stopped.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser import visit
from tests.browser.visit import PHONE
from tests.serving import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = (PHONE, {"width": 768, "height": 1024}, {"width": 1280, "height": 720}, {"width": 1920, "height": 1080})
"""Sizes of a tab, in CSS pixels."""
CHOICES = {
    "photo": "[class*=st-key-picker_content]",
    "style": "[class*=st-key-picker_style]",
    "preset": "[class*=st-key-slow_preset]",
    "button": "[class*=st-key-paint_bar_] button",
}
RUN = {
    "picture": "[class*=st-key-stage_]",
    "progress": "[data-testid=stProgress]",
    "pause": "[class*=st-key-pause_] button",
    "stop": "[class*=st-key-stop_] button",
    "chart": ".nst-plot .graph",
    "back": "[class*=st-key-strip_button_] button",
}
STEER = "[class*=st-key-steer_][class*=_room] summary"
NARROW_PX = 900
"""The widest tab in which pictures and curves are below each other."""
HEADER_PX = 60
"""Height of the menu, which lies over the page's top."""
AT_TOP = """isTop => {
  const main = document.querySelector("[data-testid=stMain]"), stage = document.querySelector("[class*=st-key-stage_]");
  if (isTop) main.scrollTop = 0; else main.scrollTop += stage.getBoundingClientRect().top - 72;
}"""
IS_IN_PLACE = """([selector, low, high]) => {
  const boxes = [...document.querySelectorAll(selector)].map(found => found.getBoundingClientRect());
  const box = boxes.find(found => found.height > 0);
  return box && box.top >= low && box.bottom <= high && box.left >= 0 && box.right <= innerWidth;
}"""
"""Streamlit draws a button with a help twice, and hides the one for another width."""
COVERED = """() => {
  const tools = document.querySelector(".st-key-page_tools").getBoundingClientRect();
  const links = [...document.querySelectorAll("[data-testid=stTopNavLink]")].map(link => link.getBoundingClientRect());
  return links.filter(link => link.width > 0 && link.right > tools.left && link.left < tools.right).length;
}"""
"""The number of links in the menu that the help in the corner lies over."""

CUT = """() => {
  const bar = document.querySelector("[class*=st-key-paint_bar_]").getBoundingClientRect();
  const sliders = [...document.querySelectorAll("[data-testid=stSlider]")];
  const boxes = sliders.filter(each => !each.closest("details:not([open])")).map(each => each.getBoundingClientRect());
  return boxes.filter(box => box.height > 0 && box.top < bar.top && box.bottom > bar.top).length;
}"""
"""The number of sliders that the bar with the button to paint cuts through, before anything is scrolled."""


@pytest.fixture(scope="module")
def address(toy: Server) -> str:
    """The address of the server with a toy worker."""
    return toy.url


def is_in_view(page: Any, *selectors: str) -> None:
    """Wait until each of these is wholly between the menu and the end of the window."""
    for selector in selectors:
        page.wait_for_function(IS_IN_PLACE, arg=[selector, HEADER_PX, page.viewport_size["height"]])


def resize(page: Any, size: Any) -> None:
    """Give the tab another size, with the page at its top, or on a narrow screen at the run's picture."""
    page.set_viewport_size(size)
    page.evaluate(AT_TOP, size["width"] > NARROW_PX)


def box(page: Any, name: str) -> dict[str, float]:
    """The place of a part of a run, in pixels of the window."""
    found: dict[str, float] = page.locator(RUN[name]).first.bounding_box()
    return found


def test_slow_is_begun_watched_and_changed_without_scrolling(page: Any, address: str) -> None:
    page.goto(f"{address}/slow")
    page.get_by_role("button", name="Paint step by step").wait_for()
    for size in SIZES:
        page.set_viewport_size(size)
        is_in_view(page, *CHOICES.values())
        page.wait_for_function(f"({CUT})() === 0")
    page.set_viewport_size(PHONE)
    visit.begin(page, address, steps=5000, longest_edge_px=256)
    page.locator(".nst-plot path.js-line").first.wait_for(state="attached")
    is_in_view(page, *RUN.values())  # on a phone the page has scrolled there by itself
    for size in SIZES:
        resize(page, size)
        is_in_view(page, *RUN.values())
        picture, progress, chart = (box(page, name) for name in ("picture", "progress", "chart"))
        assert progress["y"] >= picture["y"] + picture["height"]
        if size["width"] > NARROW_PX:
            is_in_view(page, STEER)
            assert chart["x"] >= picture["x"] + picture["width"], "beside the picture"
            assert chart["y"] < picture["y"] + picture["height"]
        else:
            assert chart["y"] >= picture["y"] + picture["height"], "below the picture"
    visit.stop(page)
    page.get_by_role("button", name="Photo, style, settings").click()
    page.get_by_role("button", name="Paint step by step").wait_for()


def test_back_leaves_a_page_that_has_begun_a_run_in_one_step(page: Any, address: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(address)
    page.get_by_role("link", name="Fast", exact=True).first.click()
    page.get_by_role("button", name="Paint in a second").click()
    page.get_by_role("button", name="PNG", exact=True).wait_for()
    page.wait_for_url("**/fast?job=*")
    first = page.url
    page.get_by_role("button", name="Paint in a second").click()
    page.wait_for_function("before => location.href !== before && location.search.includes('job=')", arg=first)
    page.go_back()
    page.wait_for_url(first)  # another run is a step
    page.go_back()
    page.wait_for_url(f"{address}/")


def test_fast_shows_its_result_with_its_inputs(page: Any, address: str) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{address}/fast")
    page.get_by_role("button", name="Paint in a second").wait_for()
    for size in SIZES:
        page.set_viewport_size(size)
        is_in_view(page, *(CHOICES[name] for name in ("photo", "style", "button")))
        assert page.evaluate(COVERED) == 0
        page.wait_for_function(f"({CUT})() === 0")
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Paint in a second").click()
    page.get_by_role("button", name="PNG", exact=True).wait_for()
    is_in_view(page, RUN["picture"])
    for size in SIZES:
        resize(page, size)
        is_in_view(page, RUN["picture"], CHOICES["button"], CHOICES["style"])


def test_on_a_phone_the_styles_are_one_row_that_opens_and_the_sliders_are_behind_settings(
    page: Any, address: str
) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{address}/slow")
    styles = page.get_by_role("radiogroup", name="Bundled styles")
    more = page.get_by_role("button", name=re.compile(r"All \d+"))
    more.wait_for()
    one_row = styles.bounding_box()["height"]
    more.click()
    assert styles.bounding_box()["height"] > 2 * one_row
    page.get_by_role("button", name="One row").click()
    more.wait_for()
    assert page.get_by_role("slider", name="Steps").count() == 0
    page.get_by_text("Settings", exact=True).click()
    page.get_by_role("slider", name="Steps").first.wait_for()


VOTE = ("[class*=st-key-prefer_A] button", "[class*=st-key-prefer_B] button", "[class*=st-key-vote_names] button")


def are_in_view(page: Any) -> list[dict[str, float]]:
    """The places of Compare's three pictures, in pixels of the window, once their row is in view."""
    is_in_view(page, "[class*=st-key-compare_linked]")
    places = [pane.bounding_box() for pane in page.locator(".panes figure").all()]
    assert len(places) == 3
    assert all(each["y"] + each["height"] <= page.viewport_size["height"] for each in places)
    return places


def test_compare_shows_three_pictures_in_a_row_with_the_chart_beside_and_the_vote_below(
    page: Any, address: str
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{address}/compare")
    page.get_by_role("button", name="Paint all three ways").wait_for()
    visit.smallest(page, "Steps")
    page.get_by_role("button", name="Paint all three ways").click()
    page.locator(".panes figure").nth(2).wait_for()
    page.locator(".nst-plot path.js-line").first.wait_for(state="attached")
    are_in_view(page)
    page.locator(VOTE[2]).locator("visible=true").first.wait_for()
    for size in SIZES[2:]:
        page.set_viewport_size(size)
        page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop = 0")
        is_in_view(page, *VOTE, RUN["chart"])
        first, second, third = are_in_view(page)
        assert first["y"] == second["y"] == third["y"] > HEADER_PX
        assert first["x"] < second["x"] < third["x"]
        assert first["width"] > size["width"] / 6
        assert box(page, "chart")["x"] >= third["x"] + third["width"], "beside the pictures"
    page.set_viewport_size(PHONE)
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop = 0")
    is_in_view(page, *VOTE)
    left, right, photograph = are_in_view(page)
    assert left["y"] == right["y"] < photograph["y"]
    bar = page.locator("[class*=st-key-strip_folded_]").bounding_box()["y"]
    votes = [page.locator(button).locator("visible=true").first.bounding_box() for button in VOTE]
    assert max(vote["y"] + vote["height"] for vote in votes) <= bar, "the bar at the thumb lies over no button"
    assert right["x"] + right["width"] <= PHONE["width"]
    page.locator(VOTE[2]).locator("visible=true").first.click()
    page.get_by_role("button", name="PNG", exact=True).first.wait_for()
