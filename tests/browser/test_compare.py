"""Compare in a browser: a sheet whose cells are painted and opened, and two results under a slider.

A sheet's cells are a toy worker's, since no test looks at what they show.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from nst_core.picture.encode import read_recipe
from nst_core.recipe import recipe_from_json
from tests.browser.conftest import opened
from tests.browser.test_accessibility import in_both
from tests.browser.visit import DESK, LOADING_MS, PHONE, READY, go_to, smallest
from tests.serving import Server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]

PATIENCE_MS = 180_000
"""The longest wait for three runs and their measures, on a busy machine."""
CELLS = "td button"
FILLED = f"{CELLS}[data-state=painted]"


@pytest.fixture(scope="module")
def toy_tab(browser: Any, toy: Server) -> Iterator[Any]:
    """A tab of a new visitor with the app of the toy worker, for the tests of sheets."""
    with opened(browser) as page:
        page.goto(toy.url)
        yield page


def open_sweep(page: Any) -> None:
    """Open the form of a sweep by the menu, with the networks loaded."""
    go_to(page, "Compare")
    page.get_by_role("radio", name="Sweep").click()
    page.wait_for_selector(READY, timeout=LOADING_MS)


def sheet(page: Any) -> None:
    """A fast sheet of 2 by 2, all painted."""
    open_sweep(page)
    smallest(page, "Size")
    values = page.get_by_role("toolbar", name="Values of Strength")
    values.get_by_role("button", name="100 %").click()  # one of three values removed
    page.get_by_text("6 pictures").wait_for()
    page.get_by_role("toolbar", name="Values of Stroke size").get_by_role("button", name="1", exact=True).click()
    page.get_by_text("4 pictures").wait_for()
    page.get_by_role("button", name="Paint the sheet").click()
    playwright.expect(page.locator(FILLED)).to_have_count(4, timeout=30_000)


def bring_to_rest(found: Any) -> None:
    """Scroll to an element and wait until it does not move for a second: an open list closes when the page moves."""
    top = "e => (e.scrollIntoView({block: 'center'}), Math.round(e.getBoundingClientRect().top))"
    tops = [found.evaluate(top)]
    for _ in range(100):
        found.page.wait_for_timeout(200)
        tops.append(found.evaluate(top))
        if len(tops) > 5 and len(set(tops[-6:])) == 1:
            return
    pytest.fail(f"it moves on and on: {tops}")


def test_a_small_sheet_fits_a_phone_opens_its_cells_survives_a_refresh_and_is_taken_home(toy_tab: Any) -> None:
    tab = toy_tab
    tab.set_viewport_size(PHONE)
    sheet(tab)
    fits_a_phone(tab)
    tab.set_viewport_size(DESK)
    a_cell_is_painted_large_by_keyboard_with_just_its_settings(tab)
    tab.reload()
    playwright.expect(tab.locator(FILLED)).to_have_count(4, timeout=30_000)
    alts = [img.get_attribute("alt") for img in tab.locator(f"{CELLS} img").all()]
    assert alts == [f"Strength {x} %, Stroke size {y}" for y in ("0.5", "2") for x in (50, 150)]
    heads = tab.get_by_role("table", name="Strength from left to right").get_by_role("columnheader")
    assert heads.all_inner_texts() == ["Strength", "50 %", "150 %"]
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Sheet", exact=True).click()
    whole = Image.open(io.BytesIO(download.value.path().read_bytes()))
    cell = tab.locator(f"{CELLS} img").first.evaluate("img => [img.naturalWidth, img.naturalHeight]")
    assert (whole.width - 2 * cell[0], whole.height - 2 * cell[1]) == (82, 82), "two cells a side, and the words"
    cells_are_no_runs(tab)


def fits_a_phone(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    widest = page.locator(CELLS).evaluate_all("all => Math.max(...all.map(b => b.getBoundingClientRect().right))")
    assert widest <= 390


def a_cell_is_painted_large_by_keyboard_with_just_its_settings(page: Any) -> None:
    page.locator(CELLS).first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("job="))
    page.get_by_text("Strength 50 %, Stroke size 2", exact=True).wait_for()
    playwright.expect(page.locator(f"{CELLS}[aria-pressed=true] img")).to_have_attribute(
        "alt", "Strength 50 %, Stroke size 2"
    )
    with page.expect_download() as download:
        page.get_by_role("button", name="WebP", exact=True).click()
    recipe = recipe_from_json(read_recipe(download.value.path().read_bytes()) or "")
    assert (recipe.strength, recipe.style_scale, recipe.longest_edge_px) == (0.5, 2.0, 128)


def cells_are_no_runs(page: Any) -> None:
    """Of all that the visitor has painted so far, the gallery shows the large picture alone."""
    go_to(page, "Gallery")
    page.get_by_role("tab", name="Yours").click()
    mine = page.get_by_role("button", name=re.compile("^Result of the fast method"))
    mine.first.wait_for()
    assert mine.count() == 1


def test_a_slow_sheet_can_be_stopped_and_gone_on_with(toy_tab: Any) -> None:
    tab = toy_tab
    open_sweep(tab)
    smallest(tab, "Steps")
    for _ in range(2):  # 50 steps: a cell lasts a second, so that the sheet is not full before it is stopped
        tab.keyboard.press("ArrowRight")
    tab.get_by_role("radio", name="Slow").click()
    tab.get_by_text(re.compile("9 pictures")).wait_for()  # with a time only where the machine was measured
    tab.get_by_role("button", name="Paint the sheet").click()
    tab.locator(FILLED).first.wait_for(timeout=60_000)
    tab.get_by_role("button", name="Stop", exact=True).click()
    more = tab.get_by_role("button", name="Go on")
    more.wait_for()
    before = tab.locator(FILLED).count()
    assert before < 9
    more.click()
    playwright.expect(tab.locator(FILLED)).not_to_have_count(before, timeout=60_000)
    tab.get_by_role("button", name="Stop", exact=True).click()
    more.wait_for()


def test_one_click_paints_three_ways_to_be_zoomed_together_and_laid_over_each_other(tab: Any) -> None:
    go_to(tab, "Compare")
    tab.get_by_role("radio", name="Three ways").click()
    tab.wait_for_selector(READY, timeout=LOADING_MS)
    smallest(tab, "Size")
    smallest(tab, "Steps")
    tab.get_by_role("button", name="Paint all three ways").click()
    are_zoomed_together_while_they_grow(tab)
    are_voted_on_without_their_names(tab)
    lie_one_over_the_other_by_keyboard(tab)


def are_zoomed_together_while_they_grow(page: Any) -> None:
    page.get_by_role("button", name="Zoom in").click()
    pictures = page.locator(".panes")
    zooms = "panes => [...panes.querySelectorAll('img')].map(img => new DOMMatrix(getComputedStyle(img).transform).a)"
    assert pictures.evaluate(zooms) == [1.4] * 3
    page.get_by_text("The same measures for all").wait_for(timeout=PATIENCE_MS)
    assert pictures.evaluate(zooms) == [1.4] * 3, "new pictures leave the zoom as it is"
    pictures.press("0")
    assert pictures.evaluate(zooms) == [1] * 3


def are_voted_on_without_their_names(page: Any) -> None:
    page.get_by_text("pair 1 of 4, names hidden").wait_for(timeout=PATIENCE_MS)
    names = page.locator(".panes b").all_inner_texts()
    assert names == ["A", "B", "Photograph"]
    playwright.expect(page.get_by_text("copy wins").first).to_be_visible(timeout=PATIENCE_MS)
    assert in_both(page) == {}
    page.get_by_role("button", name="I prefer A").click()
    page.get_by_text("pair 2 of 4, names hidden").wait_for()
    page.get_by_role("button", name="Show the names").click()
    page.get_by_text(re.compile("^You preferred .* to .*")).wait_for()
    page.get_by_role("button", name="Style itself").click()
    playwright.expect(page.locator(".panes figure")).to_have_count(4)
    assert in_both(page) == {}


def lie_one_over_the_other_by_keyboard(page: Any) -> None:
    playwright.expect(page.get_by_role("button", name="PNG", exact=True)).to_have_count(3, timeout=PATIENCE_MS)
    page.get_by_text("Balanced's time includes the fast pass it begins with.").wait_for(timeout=PATIENCE_MS)
    playwright.expect(page.get_by_text("measuring the result")).to_have_count(0, timeout=PATIENCE_MS)
    over = page.locator("figure", has=page.get_by_role("slider", name="Slide between"))
    left = page.get_by_role("combobox", name="Left")
    bring_to_rest(left)
    left.click()
    page.get_by_role("option", name="Balanced").click()
    over.get_by_alt_text("Balanced, on the left").wait_for()
    handle = over.get_by_role("slider", name="Slide between")
    handle.focus()
    clip = "figure => getComputedStyle(figure.querySelector('.after')).clipPath"
    at, shown = int(handle.input_value()), over.evaluate(clip)
    for _ in range(10):
        handle.press("ArrowRight")
    assert int(handle.input_value()) == at + 10
    assert over.evaluate(clip) != shown
