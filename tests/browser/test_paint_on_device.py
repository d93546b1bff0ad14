"""The page's "Paint on this device" on a served app: threads, picture, curves, pause, stop, download, accessibility."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.browser.test_accessibility import grave
from tests.browser.visit import settle

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]

MAKING_MS = 600_000
"""The longest wait: the server first exports the networks if they were not exported before."""
PANEL = ".nst-slow"
_IS_PAST = """step => {
  const shown = /Step (\\d+) of/.exec(document.querySelector(".nst-slow .words").textContent);
  return shown && Number(shown[1]) > step;
}"""


def open_panel(page: Any, address: str) -> Any:
    page.goto(f"{address}/slow?content=chelsea")
    settle(page)
    page.get_by_text("Paint on this device").first.click()
    panel = page.locator(PANEL)
    panel.get_by_role("button", name="Paint on this device").wait_for(timeout=MAKING_MS)
    return panel


def step(panel: Any) -> int:
    """The step that the panel shows."""
    return int(re.search(r"Step (\d+) of", panel.locator(".words").inner_text())[1])  # type: ignore[index]


def test_a_picture_is_painted_by_the_visitors_own_browser(page: Any, address: str) -> None:
    """One visit, since the export and the first load take their time: a failed download, then a whole painting."""
    panel = open_panel(page, address)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    panel.get_by_label("Steps").select_option("25")
    page.context.route("**/slow_weights_*", lambda route: route.fulfill(status=200, body="no weights"))
    panel.get_by_role("button", name="Paint on this device").click()
    panel.get_by_text("The painting stopped").wait_for()
    page.context.unroute("**/slow_weights_*")
    panel.get_by_role("button", name="Try again").click()

    in_state(page, "painting")
    page.wait_for_function("() => /Step [2-9] of/.test(document.querySelector('.nst-slow .words').textContent)")
    assert "cores of this device" in panel.locator(".words").inner_text(), "serve.py allows browsers threads"
    panel.get_by_role("button", name="Pause").click()
    panel.get_by_text("Paused.").wait_for()
    paused_at = settled_step(page, panel)
    assert panel.locator(".curves button").all_inner_texts() == ["Total", "Content", "Style", "Variation"]
    panel.locator(".graph .trace").first.wait_for(state="attached")
    assert grave(page) == []
    panel.locator("[name=set]").select_option("layers")
    panel.get_by_role("button", name="block5_conv1").wait_for()
    assert step(panel) == paused_at

    panel.get_by_role("button", name="Go on").click()
    page.wait_for_function(_IS_PAST, arg=paused_at)  # a step may be over before anyone has looked
    panel.get_by_role("button", name="Stop", exact=True).click()
    in_state(page, "done")
    assert paused_at < step(panel) < 25
    with page.expect_download() as download:
        panel.get_by_role("button", name="Download PNG").click()
    picture = Image.open(BytesIO(download.value.path().read_bytes()))
    assert max(picture.size) == 128
    assert len(picture.convert("RGB").getcolors(1 << 16) or []) > 100
    assert set(sent) <= {"GET"}, "nothing is sent to the server"


def in_state(page: Any, state: str) -> None:
    page.locator(f"{PANEL}[data-state={state}]").wait_for()


def settled_step(page: Any, panel: Any) -> int:
    """The step of a paused run, after the step that was under way has ended."""
    before = -1
    while (now := step(panel)) != before:
        before = now
        page.wait_for_timeout(3_000)
    return now
