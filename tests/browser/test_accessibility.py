"""axe-core on every page, in both colour schemes, and where a run has finished: nothing serious."""

from __future__ import annotations

from typing import Any

import pytest

from nst_core.recipe import make
from nst_core.recipe.links import to_text
from tests.browser.test_app import LOADING_MS, READY

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]

PAGES = ("", "slow", "fast", "compare", "gallery", "result", "inside", "about")
SCHEMES = ("light", "dark")
GRAVE = ("serious", "critical")
SMALL = {
    "slow": make("bold", {"longest_edge_px": 64, "steps": 6, "pyramid": "off", "first_steps": None}),
    "fast": make("bold", {"method": "fast", "longest_edge_px": 64}),
}
STILL = """() => document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning"
  && !document.querySelector("[data-stale=true]")"""
"""Nothing is greyed because it is about to be told anew."""
START = {"slow": "Paint step by step", "fast": "Paint in a second"}


def grave(page: Any) -> list[str]:
    """What axe-core calls serious or critical, one line for each element."""
    page.wait_for_function(STILL)
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def open_in(page: Any, scheme: str, url: str) -> None:
    """Open a page in a colour scheme, and wait until it is still."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(url)
    page.wait_for_selector("h1", timeout=LOADING_MS)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(1500)


def in_both(page: Any) -> dict[str, list[str]]:
    """What is grave in each colour scheme, of those with anything."""
    found = {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_timeout(700)
        found[scheme] = grave(page)
    return {scheme: said for scheme, said in found.items() if said}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path or "studio")
def test_a_page_has_no_serious_violation(page: Any, address: str, path: str) -> None:
    open_in(page, "light", f"{address}/{path}")
    assert in_both(page) == {}


@pytest.mark.parametrize("method", SMALL)
def test_a_finished_run_has_no_serious_violation(page: Any, address: str, method: str) -> None:
    open_in(page, "light", f"{address}/{method}?settings={to_text(SMALL[method], {'c': 'chelsea'})}")
    page.wait_for_selector(READY, timeout=LOADING_MS)
    page.get_by_role("button", name=START[method]).click()
    page.get_by_role("button", name="PNG", exact=True).wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    assert in_both(page) == {}


@pytest.mark.parametrize("view", ["Layers", "Gram matrix", "Content rebuilt"])
def test_what_is_seen_inside_the_network_has_no_serious_violation(page: Any, address: str, view: str) -> None:
    open_in(page, "light", f"{address}/inside")
    page.wait_for_selector(READY, timeout=LOADING_MS)
    page.get_by_role("radio", name=view).click()
    page.wait_for_timeout(3000)
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
    page.wait_for_timeout(1000)
    assert dialog.count() == 0
