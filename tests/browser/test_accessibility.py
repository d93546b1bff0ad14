"""Every page fits a phone, follows the visitor's colours, and has no serious fault that axe-core finds.

One visitor walks through all pages in one tab: a load of the app costs ten times as much as a change of page.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from nst_core.bench.app.pages import PAGES
from tests.browser.visit import (
    DESK,
    LOADING_MS,
    PHONE,
    READY,
    finished,
    go_to,
    has_stood_still,
    settle,
    smallest,
)

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]

RESULT = "Result"
"""The page that is not in the menu."""
SCHEMES = ("light", "dark")
GRAVE = ("serious", "critical")
LOOKS = 15
SEEN = {
    "Layers": re.compile(r"The \d+ most active of \d+ channels"),
    "Gram matrix": "The Gram matrices' distance is",
    "Content rebuilt": "Shallow layers keep every pixel",
}
"""The text below an answer of the network, or above the runs."""
IN_SCHEME = """scheme => {
  const ground = getComputedStyle(document.querySelector(".stApp")).backgroundColor.match(/[\\d.]+/g).slice(0, 3);
  return ground.every(part => part > 127) === (scheme === "light");
}"""


def grave(page: Any) -> list[str]:
    """Serious and critical violations that axe-core finds on a page that stands still, one line for each element.

    A page that reruns by itself during the check, for instance when the networks are ready, is half faded out.
    """
    for _ in range(LOOKS):
        settle(page)
        begun = page.evaluate("performance.now()")
        found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        if has_stood_still(page, begun):
            break
    else:
        pytest.fail(f"the page did not stand still for any of {LOOKS} looks")
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def set_scheme(page: Any, scheme: str) -> None:
    """Let the visitor prefer a colour scheme, without animations, and wait until the page has it."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_function(IN_SCHEME, arg=scheme)


def in_both(page: Any) -> dict[str, list[str]]:
    """Colour scheme -> its serious violations; a scheme without any is left out."""
    found = {}
    for scheme in SCHEMES:
        set_scheme(page, scheme)
        found[scheme] = grave(page)
    return {scheme: said for scheme, said in found.items() if said}


@pytest.fixture(scope="module", params=[*PAGES, RESULT])
def visited(tab: Any, address: str, request: pytest.FixtureRequest) -> Any:
    """The tab with a page that was opened at the width of a phone."""
    tab.set_viewport_size(PHONE)
    if request.param == RESULT:
        tab.goto(f"{address}/result")
    else:
        go_to(tab, request.param)
    if request.param == "Inside":
        tab.get_by_text(SEEN["Layers"]).first.wait_for(timeout=LOADING_MS)
    return tab


def test_a_page_fits_a_phone(visited: Any) -> None:
    settle(visited)
    if visited.url.endswith(("/slow", "/compare")):
        if visited.url.endswith("/slow"):
            visited.get_by_text("Settings", exact=True).click()
        visited.get_by_text("Advanced", exact=True).click()
        visited.get_by_role("tab", name="Optimizer").click()
        visited.get_by_role("slider", name="Learning rate").wait_for()
    assert visited.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def brightness(colour: str) -> float:
    """Relative luminance of a CSS colour `rgb(r, g, b)`, as WCAG 2 defines it."""
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", colour)[:3])
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
    return sum(share * value for share, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", SCHEMES[::-1])
def test_a_page_follows_the_colours_that_the_visitor_prefers(visited: Any, scheme: str) -> None:
    set_scheme(visited, scheme)
    style = "(element, name) => getComputedStyle(element)[name]"
    ground = brightness(visited.locator(".stApp").evaluate(style, "backgroundColor"))
    words = brightness(visited.get_by_role("heading", level=1).evaluate(style, "color"))
    assert (ground > words) == (scheme == "light")
    assert (max(ground, words) + 0.05) / (min(ground, words) + 0.05) >= 7


def test_a_page_has_no_serious_violation(visited: Any) -> None:
    visited.set_viewport_size(DESK)
    assert in_both(visited) == {}


def test_a_finished_slow_run_has_no_serious_violation(result: Any, address: str) -> None:
    assert in_both(result) == {}
    job = re.search("job=([0-9a-f]+)", result.url)
    assert job
    result.goto(f"{address}/curve?result={job[1]}")
    result.get_by_role("heading", name="What the curve says").wait_for()
    assert in_both(result) == {}


def test_a_finished_fast_run_has_no_serious_violation(tab: Any) -> None:
    go_to(tab, "Fast")
    tab.wait_for_selector(READY, timeout=LOADING_MS)
    smallest(tab, "Size")
    tab.get_by_role("button", name="Paint in a second").click()
    finished(tab)
    assert in_both(tab) == {}


@pytest.mark.parametrize("view", ["Gram matrix", "Content rebuilt"])
def test_what_is_seen_inside_the_network_has_no_serious_violation(tab: Any, view: str) -> None:
    """The first view, of layers, is there when the page is opened."""
    if "/inside" not in tab.url:
        go_to(tab, "Inside")
    tab.get_by_role("radio", name=view).click()
    tab.get_by_text(SEEN[view]).first.wait_for(timeout=LOADING_MS)
    assert in_both(tab) == {}


def test_the_tour_is_walked_by_keyboard_and_has_no_serious_violation(tab: Any) -> None:
    go_to(tab, "Studio")
    tab.get_by_role("button", name="One-minute tour").focus()
    tab.keyboard.press("Enter")
    dialog = tab.get_by_role("dialog")
    for number in range(1, 6):
        dialog.get_by_text(f"{number} of 5").wait_for()
        assert in_both(tab) == {}
        step = dialog.get_by_role("button", name="Done" if number == 5 else "Next")
        step.focus()
        tab.keyboard.press("Enter")
    dialog.wait_for(state="hidden")
    settle(tab)
    assert dialog.count() == 0
