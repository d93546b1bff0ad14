"""What a visitor waits for while something is painted, in a real browser, and what that costs the run. `bench live`."""

from __future__ import annotations

import bisect
import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import psutil

from nst_core.bench.app import drawing
from nst_core.bench.app.browser import App, app, chromium, ready, visitor
from nst_core.bench.app.drawing import HAS_CURVE
from nst_core.bench.report.tools import spread
from nst_core.jobs.database import RunDatabase
from nst_core.recipe import Recipe, make
from nst_core.recipe.links import to_text

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WAITS = {
    "slider": "a move of the fast page's slider at 512 px, to its picture",
    "first point": "from the click on Paint to the first curve",
    "lag": "from the end of a step to its point on the curve",
}
SLIDER_PX = 512
MOVES = 20
RUNS = 3
LOOKS_SECONDS = 2.0
"""How long a visitor looks at what came before doing the next thing."""
WATCHED_SECONDS = 12.0
"""How long the curves of each run are watched."""
DRAWING_PX = 192
"""Where drawing is measured: a run of all the steps there may be lasts long enough."""
_WAITS_MS = 120_000
_POLL_SECONDS = 0.01

_MOVE = """image => {
  const before = image.src;
  let pressed;
  addEventListener("keydown", () => { pressed = performance.now(); }, { once: true, capture: true });
  window.moved = new Promise(done => {
    const look = () => {
      if (image.src === before || !image.complete) requestAnimationFrame(look);
      else done((performance.now() - pressed) / 1000);
    };
    look();
  });
}"""
"""Lets `moved` be the seconds from the next key to another picture."""

_WATCH = """() => {
  window.drawn = []; window.clicked = 0;
  const now = () => performance.timeOrigin + performance.now();
  addEventListener("click", () => { window.clicked ||= now(); }, { capture: true });
  let last = -1;
  const look = () => {
    const x = document.querySelector(".js-plotly-plot")?.data?.[0]?.x ?? [];
    if (x.length > 1 && x.at(-1) > last) {
      last = x.at(-1);
      window.drawn.push([last, now()]);
    }
    requestAnimationFrame(look);
  };
  look();
}"""
"""Notes when a curve, of two points at least, first reaches a step; in milliseconds since 1970."""

_PAINT = "Paint step by step"


@dataclass(frozen=True)
class _Studio:
    """The app under measurement, its record of runs, the browser, and what that complained of."""

    served: App
    rows: RunDatabase
    browser: Browser
    errors: list[str]

    def open(self, recipe: Recipe) -> Page:
        """The page of a recipe's method, as a link to its settings opens it, with the networks loaded."""
        page = visitor(self.browser, self.errors)
        page.goto(f"{self.served.url}/{recipe.method}?settings={to_text(recipe)}")
        ready(page)
        return page


class _Clock:
    """When each step of a run was made, by the server's own record of it."""

    def __init__(self) -> None:
        """Knows of no step."""
        self._seconds: dict[int, float] = {}
        self._began = float("inf")

    def watch(self, rows: RunDatabase, job: str, seconds: float) -> None:
        """Look at the record so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            points, now = rows.points(job), time.time()
            if points and points[-1].step not in self._seconds:
                # The record tells of a step a moment after it, of which the shortest counts.
                self._began = min(self._began, now - points[-1].seconds)
                self._seconds = {point.step: point.seconds for point in points}
            time.sleep(_POLL_SECONDS)

    def made(self) -> dict[int, float]:
        """Step -> when it was made, in seconds since 1970."""
        return {number: self._began + seconds for number, seconds in self._seconds.items()}


def run(
    moves: int = MOVES, runs: int = RUNS, watched: float = WATCHED_SECONDS, pairs: Mapping[str, int] = drawing.PAIRS
) -> dict[str, Any]:
    """Measure the app from outside, with everything warm: one run of each method is made before.

    Returns:
        `live`: for each of `WAITS` {median, most} of its `seconds`, and how many `count`. `drawing`: what watching
        costs a run, as `drawing.cost` tells it. `errors`: what browsers complained of.

    Raises:
        ToolError: Playwright or Chromium is not installed.
        WorkerError: the app did not answer.
    """
    errors: list[str] = []
    with chromium() as browser, app() as served, contextlib.closing(RunDatabase(served.data / "runs.sqlite")) as rows:
        studio = _Studio(served, rows, browser, errors)
        taken = {"slider": _slider(studio, moves)}
        taken["first point"], taken["lag"] = _curves(studio, runs, watched)
        cost = _drawing(studio, pairs)
    waits = [{"wait": name, "seconds": spread(taken[name]), "count": len(taken[name])} for name in WAITS]
    return {"live": waits, "drawing": cost, "errors": errors}


def table(report: Mapping[str, Any]) -> str:
    """A report as lines for people."""
    lines = ["what a visitor waits for | s: median, most"]
    for row in report["live"]:
        lines.append(f"{WAITS[row['wait']]} | {row['seconds']['median']:.2f}, {row['seconds']['most']:.2f}")
    lines += drawing.table(report["drawing"])
    return "\n".join([*lines, f"errors in the browser: {len(report['errors'])}", *report["errors"]])


def lags(drawn: Sequence[tuple[int, float]], made: Mapping[int, float]) -> list[float]:
    """Seconds from each step to the first drawing that reaches it.

    Args:
        drawn: the last step of each drawing, rising, and when that was.
        made: when each step was.
    """
    reached = [number for number, _ in drawn]
    places = {number: bisect.bisect_left(reached, number) for number in made}
    return [drawn[place][1] - made[number] for number, place in places.items() if place < len(drawn)]


def _slider(studio: _Studio, moves: int) -> list[float]:
    page = studio.open(make(settings={"method": "fast", "longest_edge_px": SLIDER_PX}))
    page.get_by_role("button", name="Paint in a second").click()
    page.get_by_role("button", name="PNG", exact=True).wait_for(timeout=_WAITS_MS)
    slider, picture = page.get_by_role("slider", name="Strength").first, page.locator("img.after").first
    taken = []
    for move in range(moves + 1):
        page.wait_for_timeout(1000 * LOOKS_SECONDS)
        picture.evaluate(_MOVE)
        slider.press("ArrowLeft" if move % 4 < 2 else "ArrowRight")
        taken.append(float(page.evaluate("() => window.moved")))
    page.context.close()
    return taken[1:]


def _curves(studio: _Studio, runs: int, watched: float) -> tuple[list[float], list[float]]:
    """Seconds to the first curve of each run as the slow page proposes it, and to the points of all of them."""
    first, behind = [], []
    for number in range(runs + 1):
        page = studio.open(make())
        page.evaluate(_WATCH)
        page.wait_for_timeout(1000 * LOOKS_SECONDS)
        job = _begun(page)
        page.wait_for_function("() => window.drawn.length", timeout=_WAITS_MS)
        clock = _Clock()
        clock.watch(studio.rows, job, watched)
        drawn = [(int(step), at / 1000) for step, at in page.evaluate("() => window.drawn")]
        if number:  # the first one loads and compiles
            first.append(drawn[0][1] - page.evaluate("() => window.clicked") / 1000)
            behind += lags(drawn, clock.made())
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("button", name=_PAINT).wait_for(timeout=_WAITS_MS)
        page.context.close()
    return first, behind


def _drawing(studio: _Studio, pairs: Mapping[str, int]) -> dict[str, Any]:
    """What one long run of even steps costs with each of `drawing.WATCHING`."""
    page = studio.open(make("tutorial", {"longest_edge_px": DRAWING_PX, "steps": 5000}))
    job = _begun(page)
    page.wait_for_function(HAS_CURVE, timeout=_WAITS_MS)
    address, web = page.url, psutil.Process(studio.served.pid)
    page.goto("about:blank")
    found = drawing.cost(drawing.Watched(address, page, web, studio.rows, job), pairs)
    page.goto(address)
    page.get_by_role("button", name="Stop").click()
    page.context.close()
    return found


def _begun(page: Page) -> str:
    """Start the slow page's run; its id."""
    page.get_by_role("button", name=_PAINT).click()
    page.wait_for_url("**job=*", timeout=_WAITS_MS)
    return parse_qs(urlsplit(page.url).query)["job"][0]
