"""The loss curves in a browser: they grow without flicker, keep the visitor's zoom and choices, and open pictures.

With a toy worker, since a chart draws the curves of any run alike.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from nst_core.recipe import make
from tests.browser import visit
from tests.browser.conftest import opened
from tests.browser.visit import LOADING_MS, STEP, stop
from tests.serving import Server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GRAPH = ".js-plotly-plot"
LINE = f"{GRAPH} .scatterlayer path.js-line"
COUNTED = """graph => {
  if (graph.updates === undefined) graph.on("plotly_react", () => { graph.updates += 1; });
  graph.updates = 0;
}"""
PRESSED = """graph => {
  window.dispatchEvent(new PointerEvent("pointerup"));
  graph.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
}"""
"""The end of a click elsewhere, and immediately a press on the chart."""
PLACES = """{
  window.places = [];
  const note = () => {
    const line = document.querySelector(".js-plotly-plot .scatterlayer path.js-line");
    const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop;
    if (line) places.push(line.closest(".js-plotly-plot").getBoundingClientRect().top + scrolled);
    requestAnimationFrame(note);
  };
  note();
}"""
"""Records the chart's vertical position in every frame, from its first curve on."""
RANGES = "graph => [...graph.layout.xaxis.range, ...graph.layout.yaxis.range]"


@pytest.fixture(scope="module")
def growing(browser: Any, toy: Server) -> Iterator[Any]:
    """The page of a run that does not end by itself, shared by the tests that watch its curves grow."""
    with opened(browser) as page:
        page.add_init_script(PLACES)
        visit.open_settings(page, toy.url, make("bold", visit.TINY | {"steps": 5000, "snapshot_every": 25}))
        page.wait_for_function("() => window.Plotly", timeout=LOADING_MS)
        assert page.locator(".nst-plot").filter(visible=True).count() == 0, "the library is there, and is not seen"
        page.get_by_role("button", name="Paint step by step").click()
        graph_of(page)
        yield page


@pytest.fixture(scope="module")
def viewed(browser: Any, toy: Server) -> Iterator[Any]:
    """The page of a finished run of 30 steps, shared by the tests that only look at it."""
    with opened(browser) as page:
        visit.begin(page, toy.url, steps=30)
        visit.finished(page)
        yield page


def graph_of(page: Any) -> Any:
    """The graph of the run on the page, once it is drawn."""
    page.locator(LINE).first.wait_for(timeout=LOADING_MS)
    return page.locator(GRAPH)


def after(page: Any, graph: Any, updates: int) -> None:
    """Wait until the graph has been updated `times` since the count began."""
    page.wait_for_function("([graph, least]) => graph.updates >= least", arg=[graph.element_handle(), updates])


def told(page: Any, graph: Any) -> int:
    """The step that the chart is told of next."""
    before = graph.get_attribute("aria-label")
    playwright.expect(graph).not_to_have_attribute("aria-label", before, timeout=10_000)
    return int(re.findall(r"after step (\d+)", graph.get_attribute("aria-label"))[0])


def go_on(page: Any) -> None:
    """Wait until the page tells of another step of the run."""
    status = page.get_by_text(STEP)
    playwright.expect(status).not_to_have_text(status.inner_text(), timeout=10_000)


def drag(page: Any, graph: Any) -> None:
    """Zoom into a part of the chart with the mouse, once the chart stands still in view."""
    area = graph.locator(".nsewdrag")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    area.hover(position={"x": 0.1 * box["width"], "y": 0.3 * box["height"]})
    box = area.bounding_box()
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"], steps=6)
    page.mouse.up()


def test_nothing_is_drawn_while_a_pointer_is_down_not_even_right_after_a_click(growing: Any) -> None:
    graph = graph_of(growing)
    graph.evaluate(COUNTED)
    after(growing, graph, 1)
    graph.evaluate(PRESSED)
    told(growing, graph)
    drawn = graph.evaluate("graph => graph.updates")
    for _ in range(3):
        step = told(growing, graph)
    assert graph.evaluate("graph => graph.updates") == drawn
    growing.evaluate("() => window.dispatchEvent(new PointerEvent('pointerup'))")
    growing.wait_for_function("([g, step]) => g.data[0].x.at(-1) >= step", arg=[graph.element_handle(), step])


def test_switched_off_live_curves_stand_still(growing: Any) -> None:
    graph = graph_of(growing)
    switch = growing.get_by_role("switch", name="Live").or_(growing.get_by_role("checkbox", name="Live")).first
    switch.focus()
    switch.press("Space")
    go_on(growing)
    go_on(growing)  # the first update after the switch; an earlier one may have been on its way already
    points = graph.evaluate("graph => graph.data[0].x.at(-1)")
    go_on(growing)
    go_on(growing)
    assert graph.evaluate("graph => graph.data[0].x.at(-1)") == points
    switch.press("Space")
    growing.wait_for_function("([g, last]) => g.data[0].x.at(-1) > last", arg=[graph.element_handle(), points])


def test_curves_grow_in_one_graph_and_keep_zoom_and_hidden_curves(growing: Any) -> None:
    graph = graph_of(growing)
    graph.evaluate(COUNTED)
    growing.get_by_role("button", name="Content", exact=True).click()
    whole = graph.evaluate(RANGES)
    drag(growing, graph)
    growing.wait_for_function("graph => graph.layout.xaxis.range[0] > 0", arg=graph.element_handle())
    zoomed, points = graph.evaluate(RANGES), graph.evaluate("graph => graph.data[0].x.at(-1)")
    handle = graph.element_handle()
    after(growing, graph, 12)
    assert handle.evaluate("graph => graph.isConnected"), "the same node"
    assert graph.count() == 1
    assert graph.evaluate("graph => graph.data[0].x.at(-1)") > points
    assert graph.evaluate(RANGES) == zoomed
    places = growing.evaluate("places")
    assert max(places) - min(places) < 1, "whatever has come above it meanwhile"
    content = growing.get_by_role("button", name="Content", exact=True)
    assert content.get_attribute("aria-pressed") == "false"
    drawn = graph.evaluate("graph => graph.data.filter(t => t.name && t.visible === true).map(t => t.name)")
    assert "Style" in drawn
    assert "Content" not in drawn
    growing.get_by_role("button", name="Show all").click()
    growing.wait_for_function("graph => graph.layout.xaxis.range[0] == 0", arg=handle)
    assert graph.evaluate(RANGES)[:2] == whole[:2]
    stop(growing)
    growing.get_by_role("button", name="PNG", exact=True).wait_for()
    assert handle.evaluate("graph => graph.isConnected"), "also once the run is over"


def test_the_keyboard_zooms_and_shows_all(viewed: Any) -> None:
    page, graph = viewed, graph_of(viewed)
    begin_, end, *_ = graph.evaluate(RANGES)
    keys = page.locator(".nst-plot .keys")
    keys.focus()
    keys.press("+")
    page.wait_for_function("([graph, end]) => graph.layout.xaxis.range[1] < end", arg=[graph.element_handle(), end])
    near = graph.evaluate(RANGES)
    keys.press("ArrowLeft")
    page.wait_for_function("([g, at]) => g.layout.xaxis.range[0] < at", arg=[graph.element_handle(), near[0]])
    keys.press("0")
    page.wait_for_function("([g, end]) => g.layout.xaxis.range[1] == end", arg=[graph.element_handle(), end])
    assert graph.evaluate(RANGES)[0] == begin_


def test_a_click_on_a_curve_shows_the_picture_of_that_step(viewed: Any) -> None:
    page, graph = viewed, graph_of(viewed)
    area = graph.locator(".nsewdrag")
    place = {"x": area.bounding_box()["width"] * 0.4, "y": 50}
    area.hover(position=place)
    graph.locator(".hoverlayer .legend, .hoverlayer .hovertext").first.wait_for()
    area.click(position=place)
    picture = page.get_by_role("img", name=re.compile(r"The picture after step \d+ of 30"))
    picture.wait_for()
    step = int(re.findall(r"step (\d+)", picture.get_attribute("alt"))[0])
    assert abs(step - 12) <= 2
    assert graph.evaluate("graph => graph.layout.shapes.at(-1).x0") == step
    assert page.get_by_role("slider", name="Picture at step").get_attribute("aria-valuetext") in (str(step), None)
    page.get_by_role("button", name="Back to the newest").click()
    picture.wait_for(state="hidden")


def test_curves_are_downloaded_with_every_point(viewed: Any) -> None:
    page = viewed
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert [int(row["step"]) for row in rows][-1] == 30
    assert all(float(row["total"]) > 0 for row in rows)
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    told = json.loads(download.value.path().read_text())
    assert len(told["points"]) == len(rows)
    assert told["recipe"]["steps"] == 30
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as PNG").click()
    assert download.value.path().read_bytes()[:4] == b"\x89PNG"


def test_a_chart_that_cannot_be_loaded_says_so_and_can_be_tried_again(stranger: Any, viewed: Any) -> None:
    page = stranger
    page.route(re.compile(r"/media/.+\.gz"), lambda route: route.abort())
    page.goto(viewed.url)
    page.get_by_text("The chart could not be loaded.").wait_for()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    page.locator(LINE).first.wait_for()
    page.get_by_text("The chart could not be loaded.").wait_for(state="hidden")


def test_a_second_run_is_laid_over_and_named_by_its_difference(viewed: Any, toy: Server) -> None:
    """It comes after the tests that look at the first run: the page then shows another one."""
    page = viewed
    visit.begin(page, toy.url, steps=14)
    visit.finished(page)
    graph = graph_of(page)
    page.get_by_role("button", name="Compare").last.click()
    page.get_by_role("combobox", name="Your other runs").click()
    page.get_by_role("option", name=re.compile("steps 30")).first.click()
    page.keyboard.press("Escape")
    page.locator(".nst-plot .curves button", has_text="steps 30").wait_for()
    named = graph.evaluate("graph => graph.data.filter(t => t.name?.startsWith('steps 30')).map(t => t.x.at(-1))")
    assert named == [30]
