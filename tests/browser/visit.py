"""Actions of a visitor, for the tests of this folder; each wait is for a named state, never for a time."""

from __future__ import annotations

import re
from typing import Any

from nst_core.bench.app.pages import PAGES
from nst_core.recipe import Recipe, make
from nst_core.recipe.links import to_text

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
"""Sizes of a tab, in CSS pixels."""
READY = "text=Networks ready"
LOADING_MS = 120_000
"""The longest wait until networks are loaded or a run has begun, on a machine that may have other work."""
TINY = {"longest_edge_px": 64, "pyramid": "off", "first_steps": None, "snapshot_every": 2, "convolutions": "direct"}
"""Settings of a run that is quick; other convolutions would be compiled first."""
STEP = re.compile(r"^Step [1-9]\d* of \d+")
QUIET_MS = 300
LOOK_MS = 100
"""Time from one look at a page to the next; a look in each frame would have the browser draw sixty a second."""
_WATCH_CHANGES = """() => {
  window.changed = performance.now();
  new MutationObserver(() => { window.changed = performance.now(); })
    .observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
}"""
_IS_STILL = """quiet => {
  const stands = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
    && !document.querySelector("[data-stale=true], [data-testid=stSkeleton]")
    && [...document.images].every(image => image.complete || image.loading === "lazy")
    && document.getAnimations().every(moving => moving.playState !== "running");
  if (!stands) window.changed = performance.now();
  return performance.now() - window.changed >= quiet;
}"""

_IS_AT_STEP = """least => {
  const found = document.body.innerText.match(/^Step ([1-9]\\d*) of \\d+/m);
  return found && Number(found[1]) >= least && Number(found[1]);
}"""
_CLICK_IN_MENU = """name => {
  const menus = "[data-testid=stTopNavLink], [data-testid=stSidebarNavLink]";
  const link = [...document.querySelectorAll(menus)].find(each => each.textContent.trim() === name);
  link?.click();
  return Boolean(link);
}"""
"""By a script, since a phone's menu is hidden until it is opened."""


def settle(page: Any) -> None:
    """Wait until the page is complete, nothing on it moves, and it has not changed for a while."""
    page.wait_for_selector("h1", timeout=LOADING_MS)
    page.evaluate(_WATCH_CHANGES)
    page.wait_for_function(_IS_STILL, arg=QUIET_MS, polling=LOOK_MS)


def has_stood_still(page: Any, since: float) -> bool:
    """Whether a page that had settled has not changed since then, in milliseconds of its own clock."""
    return bool(page.evaluate("since => window.changed < since", since))


def go_to(page: Any, name: str) -> None:
    """Change to a page by its link in the menu, unless it is there, and wait until it is.

    Its link would run the page on view anew, at a moment that no wait could tell from the run before: an action that
    follows at once could come between the two and be lost.
    """
    heading = page.get_by_role("heading", level=1, name=PAGES[name][1], exact=True)
    if not heading.is_visible():
        page.wait_for_function(_CLICK_IN_MENU, arg=name, polling=LOOK_MS)
    heading.wait_for()


def smallest(page: Any, label: str) -> None:
    """Move a settings slider to its least value, by keyboard."""
    slider = page.get_by_role("slider", name=label).first
    slider.focus()
    slider.press("Home")


def open_settings(page: Any, address: str, recipe: Recipe) -> None:
    """Open a link to settings, with the cat as the photograph, and wait until it can be painted."""
    page.goto(f"{address}/slow?settings={to_text(recipe, {'c': 'chelsea'})}")
    page.wait_for_selector(READY, timeout=LOADING_MS)
    page.get_by_text("The settings that you opened").first.wait_for()


def begin(page: Any, address: str, **settings: Any) -> None:
    """Submit a quick slow run, with other settings if given."""
    open_settings(page, address, make("bold", TINY | settings))
    page.get_by_role("button", name="Paint step by step").click()
    page.wait_for_url(re.compile("job="))


def finished(page: Any) -> None:
    """Wait until the run on the page is over and measured."""
    page.get_by_role("button", name="PNG", exact=True).first.wait_for(timeout=LOADING_MS)
    page.get_by_text("measuring the result").wait_for(state="hidden", timeout=LOADING_MS)


def step(page: Any, least: int = 1) -> int:
    """The step that the page shows, once it is at least that."""
    return int(page.wait_for_function(_IS_AT_STEP, arg=least, polling=LOOK_MS).json_value())


def stop(page: Any) -> None:
    """Stop the run on the page."""
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop", exact=True).wait_for(state="hidden")
