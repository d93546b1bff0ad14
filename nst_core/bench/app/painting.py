"""The slow method in a real browser: seconds a step, and how its curve agrees with the engine's. `bench painting`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from nst_core.bench.app.browser import app, chromium, new_visitor, wait_for_networks
from nst_core.bench.app.device import BACKENDS
from nst_core.recipe import make

if TYPE_CHECKING:
    from playwright.sync_api import Page

EDGES_PX = (128, 192, 256)
STEPS = 5
_PAGE = "slow?content=astronaut&style=night-swirls"
"""Two square pictures, so that each size is a square too."""
_PAGE_STEPS = 100
"""The number of steps that the page offers first; the learning rate falls towards it."""
_WAITS_MS = 600_000
_LISTEN = """
window.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => data.kind === "step" && window.watched.steps.push(data));
  }
  postMessage(message, ...rest) {
    if (message.start) window.watched = { task: message.start, steps: [] };
    super.postMessage(message, ...rest);
  }
};
"""
_SEEN = """() => {
  const { task, steps } = window.watched;
  const [content, style] = [task.content, task.style].map((values) => Array.from(values));
  return { content, style, width: task.width, steps: steps.map(({ losses, seconds }) => [losses.total, seconds]) };
}"""


def run(edges_px: Sequence[int] = EDGES_PX, steps: int = STEPS) -> dict[str, Any]:
    """Paint on the page Slow by "Paint on this device", on a server that isolates its pages and on one that does not.

    Args:
        edges_px: sizes of the square pictures, of those that the page offers.
        steps: of each run.

    Returns:
        `painting`: a row for each backend and size, with the median `seconds` of a step, and `difference`, the largest
        relative one of the total at any step to the engine's in float32. `errors`: messages of the browser.

    Raises:
        ToolError: Playwright or Chromium is not installed.
        WorkerError: the app did not answer.
    """
    runs: list[tuple[str, int, dict[str, Any]]] = []
    errors: list[str] = []
    for backend in BACKENDS:
        with app(NST_CROSS_ORIGIN_ISOLATION=str(int(backend == "threads"))) as served, chromium() as browser:
            page = new_visitor(browser, errors)
            page.add_init_script(_LISTEN)
            page.goto(f"{served.url}/{_PAGE}")
            wait_for_networks(page)
            page.get_by_text("Paint on this device").first.click()
            runs += [(backend, edge, _paint(page, edge, steps)) for edge in edges_px]
    # The engine runs after the browser, which it would slow down.
    rows = [judged(backend, edge, seen["steps"], _engine_totals(edge, seen)) for backend, edge, seen in runs]
    return {"painting": rows, "errors": errors}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["backend | picture | a step | steps a second | difference of the total"]
    for row in report["painting"]:
        pace = f"{row['seconds']:.2f} s | {1 / row['seconds']:.2f}"
        lines.append(f"{BACKENDS[row['backend']]} | {row['size']} px | {pace} | {100 * row['difference']:.3f} %")
    return "\n".join([*lines, f"errors in the browser: {len(report['errors'])}", *report["errors"]])


def judged(backend: str, size: int, steps: Sequence[tuple[float, float]], engines: Sequence[float]) -> dict[str, Any]:
    """The figures of a run.

    Args:
        backend: where it ran.
        size: the picture's edge in pixels.
        steps: the total, and the seconds since the run began, of each step from 0 on.
        engines: the totals of the engine at the same steps.
    """
    totals, seconds = zip(*steps, strict=True)
    difference = max(abs(ours / theirs - 1) for ours, theirs in zip(totals, engines, strict=True))
    times = [after - before for before, after in pairwise(seconds)]
    row = {"backend": backend, "size": size, "steps": len(times)}
    return row | {"seconds": median(times), "difference": difference}


def _paint(page: Page, edge_px: int, steps: int) -> dict[str, Any]:
    """What the page's worker got and told until this step: pictures, width, and each step's total and seconds."""
    panel = page.locator(".nst-slow")
    start = panel.get_by_role("button", name="Paint on this device")
    start.wait_for(timeout=_WAITS_MS)
    panel.locator("[name=size]").select_option(str(edge_px))
    start.click()
    page.wait_for_function(f"() => window.watched?.steps.length > {steps}", timeout=_WAITS_MS)
    panel.get_by_role("button", name="Stop", exact=True).click()
    seen: dict[str, Any] = page.evaluate(_SEEN)
    page.locator(".nst-slow[data-state=done]").wait_for(timeout=_WAITS_MS)
    return seen


def _engine_totals(size: int, seen: Mapping[str, Any]) -> list[float]:
    """The engine's total at each step, from the numbers that the browser's worker got."""
    from nst_core.slow import engine

    count = len(seen["steps"])
    exact = {"precision": "float32", "convolutions": "direct", "pyramid": "off"}
    recipe = make(settings={"longest_edge_px": size, "steps": _PAGE_STEPS, "snapshot_every": _PAGE_STEPS, **exact})
    shape = (1, -1, seen["width"], 3)
    content, style = (np.reshape(np.array(seen[role], np.float32), shape) for role in ("content", "style"))
    return [step.losses["total"] for step in islice(engine.run(content, [style], recipe), count)]
