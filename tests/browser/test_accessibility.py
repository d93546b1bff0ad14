"""axe-core finds no serious fault on any page, in both colour schemes, and on the page of a finished run."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.visit import IN_MENU, LOADING_MS, READY, finished, has_stood_still, settle, smallest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]

PAGES = (*IN_MENU, "result")
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


def open_in(page: Any, scheme: str, url: str) -> None:
    """Open a page in a colour scheme, without animations, and wait until it stops changing."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(url)
    settle(page)


def in_both(page: Any) -> dict[str, list[str]]:
    """Colour scheme -> its serious violations; a scheme without any is left out."""
    found = {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_function(IN_SCHEME, arg=scheme)
        found[scheme] = grave(page)
    return {scheme: said for scheme, said in found.items() if said}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path or "studio")
def test_a_page_has_no_serious_violation(page: Any, address: str, path: str) -> None:
    open_in(page, "light", f"{address}/{path}")
    assert in_both(page) == {}


def test_a_finished_slow_run_has_no_serious_violation(result: Any) -> None:
    assert in_both(result) == {}


def test_a_finished_fast_run_has_no_serious_violation(page: Any, address: str) -> None:
    open_in(page, "light", f"{address}/fast")
    page.wait_for_selector(READY, timeout=LOADING_MS)
    smallest(page, "Size")
    page.get_by_role("button", name="Paint in a second").click()
    finished(page)
    assert in_both(page) == {}


@pytest.mark.parametrize("view", ["Layers", "Gram matrix", "Content rebuilt"])
def test_what_is_seen_inside_the_network_has_no_serious_violation(page: Any, address: str, view: str) -> None:
    open_in(page, "light", f"{address}/inside")
    page.wait_for_selector(READY, timeout=LOADING_MS)
    page.get_by_role("radio", name=view).click()
    page.get_by_text(SEEN[view]).first.wait_for()
    assert in_both(page) == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_tour_is_walked_by_keyboard_and_has_no_serious_violation(page: Any, address: str, scheme: str) -> None:
    open_in(page, scheme, address)
    page.get_by_role("button", name="One-minute tour").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    for number in range(1, 6):
        dialog.get_by_text(f"{number} of 5").wait_for()
        assert grave(page) == []
        step = dialog.get_by_role("button", name="Done" if number == 5 else "Next")
        step.focus()
        page.keyboard.press("Enter")
    dialog.wait_for(state="hidden")
    settle(page)
    assert dialog.count() == 0
