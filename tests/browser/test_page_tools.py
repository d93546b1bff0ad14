"""Shortcuts, a pasted picture, the tab's title and the notification, in one visit."""

from __future__ import annotations

import re
from typing import Any

import pytest

from nst_core.recipe import make
from tests.browser import visit
from tests.serving import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_STAND_IN = """() => {
  window.asked = 0; window.told = [];
  window.Notification = class {
    static permission = "default";
    static async requestPermission() { window.asked += 1; return this.permission = "granted"; }
    constructor(title) { window.told.push(title); }
  };
  document.hasFocus = () => false;
  window.titles = [];
  new MutationObserver(() => titles.push(document.title)).observe(document, { subtree: true, childList: true });
}"""
"""Notifications that the test can see, since the browser of a test shows none, and the titles that the tab has had."""
_HURRY = "() => { const now = Date.now, began = now(); Date.now = () => began + 100 * (now() - began); }"
"""Lets the page's clock run a hundred times as fast, so that a run of a second is a long one."""
PROGRESS = re.compile(r"\d+ % - Slow - NST Studio")
_GIVE = """async ([name, kind]) => {
  const canvas = document.createElement("canvas");
  canvas.width = 80; canvas.height = 60;
  canvas.getContext("2d").fillRect(10, 10, 30, 30);
  const blob = await new Promise(done => canvas.toBlob(done, "image/png")), carried = new DataTransfer();
  carried.items.add(new File([blob], name, { type: "image/png" }));
  const data = { clipboardData: carried, dataTransfer: carried, bubbles: true, cancelable: true };
  document.querySelector("h1").dispatchEvent(new (kind === "paste" ? ClipboardEvent : DragEvent)(kind, data));
}"""
"""Pastes a picture, or drops it on the headline."""


def _press(page: Any, key: str) -> None:
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(key)


def test_a_visit_by_keyboard_from_a_pasted_picture_to_the_end_of_its_run(page: Any, toy: Server) -> None:
    page.add_init_script(f"({_STAND_IN})()")
    visit.open_settings(page, toy.url, make("bold", visit.TINY | {"steps": 120}))
    page.evaluate(_GIVE, ["pasted.png", "paste"])
    page.get_by_text("pasted.png becomes your photograph").wait_for()
    page.locator(".nst-chosen", has_text="pasted.png").wait_for()
    page.evaluate(_GIVE, ["beside.png", "drop"])  # beside the uploader, which prevents such drops
    page.locator(".nst-chosen", has_text="beside.png").wait_for()
    page.locator(".nst-chosen", has_text="a reload finds it again").wait_for()
    page.reload()
    page.locator(".nst-chosen", has_text="beside.png").wait_for()
    visit.settle(page)

    _press(page, "?")
    help_ = page.get_by_role("dialog", name="Keyboard and more")
    help_.get_by_role("rowheader", name="X").wait_for()
    help_.get_by_label("Keyboard shortcuts are on").uncheck()
    page.keyboard.press("Escape")
    _press(page, "?")
    assert not help_.is_visible()  # switched off
    page.get_by_role("button", name="Help and keyboard shortcuts").click()
    help_.get_by_label("Keyboard shortcuts are on").check()
    assert page.evaluate("asked") == 0
    help_.get_by_label("Notify me when a long run ends").check()
    page.wait_for_function("() => asked === 1")
    help_.get_by_role("button", name="Close").click()

    page.evaluate(_HURRY)
    _press(page, "p")
    page.wait_for_url(re.compile("job="))
    page.wait_for_function("() => told.length > 0")
    assert page.evaluate("told") == ["Your picture is ready"]
    assert page.title() == "Slow - NST Studio"
    assert [title for title in page.evaluate("titles") if PROGRESS.fullmatch(title)]
