"""Waiting times of a visitor while a run is painted, in a real browser, and the cost of watching. `bench live`."""

from __future__ import annotations

import bisect
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import psutil

from nst_core.bench.app import watching
from nst_core.bench.app.browser import App, app, chromium, new_visitor, wait_for_networks
from nst_core.bench.app.watching import HAS_CURVE
from nst_core.bench.report.tools import median_and_most
from nst_core.jobs.records import StoredCurves
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
PAUSE_SECONDS = 2.0
"""A visitor's pause before each action."""
WATCHED_SECONDS = 12.0
"""How long the curves of each run are watched."""
WATCHING_PX = 192
"""Longest edge of the run on which the cost of watching is measured: large enough for a long run."""
_WAITS_MS = 120_000
_POLL_SECONDS = 0.01

_MOVE = """image => {
  const before = image.src;
  let pressed;
  addEventListener("keydown", () => { pressed = performance.now(); }, { once: true, capture: true });
  window.moved = new Promise(done => {
    const check = () => {
      if (image.src === before || !image.complete) requestAnimationFrame(check);
      else done((performance.now() - pressed) / 1000);
    };
    check();
  });
}"""
"""Sets `window.moved` to a promise of the seconds from the next key press to a changed picture."""

_WATCH = """() => {
  window.drawn = []; window.clicked = 0;
  const now = () => performance.timeOrigin + performance.now();
  addEventListener("click", () => { window.clicked ||= now(); }, { capture: true });
  let last = -1;
  const check = () => {
    const x = document.querySelector(".js-plotly-plot")?.data?.[0]?.x ?? [];
    if (x.length > 1 && x.at(-1) > last) {
      last = x.at(-1);
      window.drawn.push([last, now()]);
    }
    requestAnimationFrame(check);
  };
  check();
}"""
"""Appends [step, milliseconds since 1970] to `window.drawn` when a curve of two points or more first reaches a step."""

_PAINT = "Paint step by step"


@dataclass(frozen=True)
class _Bench:
    """The app under measurement, its stored runs, the browser, and the browser's error messages."""

    served: App
    curves: StoredCurves
    browser: Browser
    errors: list[str]

    def open(self, recipe: Recipe) -> Page:
        """The page of a recipe's method, opened by a link to its settings, with the networks loaded."""
        page = new_visitor(self.browser, self.errors)
        page.goto(f"{self.served.url}/{recipe.method}?settings={to_text(recipe)}")
        wait_for_networks(page)
        return page


class _StepTimes:
    """The wall-clock time of each step of a run, as the server stores them."""

    def __init__(self) -> None:
        """No steps yet."""
        self._seconds: dict[int, float] = {}
        self._began = float("inf")

    def poll(self, curves: StoredCurves, job: str, seconds: float) -> None:
        """Read the run's curve repeatedly for `seconds`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            points, now = curves.points(job), time.time()
            if points and points[-1].step not in self._seconds:
                # A step is stored with a delay; the shortest delay gives the start of the run.
                self._began = min(self._began, now - points[-1].seconds)
                self._seconds = {point.step: point.seconds for point in points}
            time.sleep(_POLL_SECONDS)

    def timestamps(self) -> dict[int, float]:
        """Step -> the time at which it ended, in seconds since 1970."""
        return {number: self._began + seconds for number, seconds in self._seconds.items()}


def run(
    moves: int = MOVES, runs: int = RUNS, watched: float = WATCHED_SECONDS, pairs: Mapping[str, int] = watching.PAIRS
) -> dict[str, Any]:
    """Measure the app from outside after a warm-up run of each method.

    Args:
        moves: number of moves of the slider.
        runs: number of slow runs whose first curve is timed.
        watched: seconds for which the curves of each run are watched.
        pairs: as `watching.PAIRS`.

    Returns:
        `live`: for each of `WAITS` {median, most} of its `seconds`, and their `count`. `drawing`: the cost of watching,
        from `watching.cost`. `errors`: error messages of the browsers.

    Raises:
        ToolError: Playwright or Chromium is not installed.
        WorkerError: the app did not answer.
    """
    errors: list[str] = []
    with chromium() as browser, app() as served:
        bench = _Bench(served, StoredCurves(served.data), browser, errors)
        taken = {"slider": _slider(bench, moves)}
        taken["first point"], taken["lag"] = _curves(bench, runs, watched)
        cost = _watching_cost(bench, pairs)
    waits = [{"wait": name, "seconds": median_and_most(taken[name]), "count": len(taken[name])} for name in WAITS]
    return {"live": waits, "drawing": cost, "errors": errors}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["a visitor's wait | s: median, most"]
    for row in report["live"]:
        lines.append(f"{WAITS[row['wait']]} | {row['seconds']['median']:.2f}, {row['seconds']['most']:.2f}")
    lines += watching.table(report["drawing"])
    return "\n".join([*lines, f"errors in the browser: {len(report['errors'])}", *report["errors"]])


def display_delays(drawn: Sequence[tuple[int, float]], ended: Mapping[int, float]) -> list[float]:
    """Seconds from the end of each step to the first drawing of the curve that includes it.

    Args:
        drawn: (last step, time) of each drawing, rising.
        ended: step -> time at which it ended.
    """
    last_steps = [number for number, _ in drawn]
    first_drawing = {number: bisect.bisect_left(last_steps, number) for number in ended}
    return [drawn[index][1] - ended[number] for number, index in first_drawing.items() if index < len(drawn)]


def _slider(bench: _Bench, moves: int) -> list[float]:
    """Seconds from each move of the slider to its picture; the first one, a warm-up, is left out."""
    page = bench.open(make(settings={"method": "fast", "longest_edge_px": SLIDER_PX}))
    page.get_by_role("button", name="Paint in a second").click()
    page.get_by_role("button", name="PNG", exact=True).wait_for(timeout=_WAITS_MS)
    slider, picture = page.get_by_role("slider", name="Strength").first, page.locator("img.after").first
    taken = []
    for move in range(moves + 1):
        page.wait_for_timeout(1000 * PAUSE_SECONDS)
        picture.evaluate(_MOVE)
        slider.press("ArrowLeft" if move % 4 < 2 else "ArrowRight")
        taken.append(float(page.evaluate("() => window.moved")))
    page.context.close()
    return taken[1:]


def _curves(bench: _Bench, runs: int, watched: float) -> tuple[list[float], list[float]]:
    """Seconds to the first curve of each run with the slow page's default settings, and the delays of all points."""
    first, delays = [], []
    for number in range(runs + 1):
        page = bench.open(make())
        page.evaluate(_WATCH)
        page.wait_for_timeout(1000 * PAUSE_SECONDS)
        job = _start_run(page)
        page.wait_for_function("() => window.drawn.length", timeout=_WAITS_MS)
        times = _StepTimes()
        times.poll(bench.curves, job, watched)
        drawn = [(int(step), at / 1000) for step, at in page.evaluate("() => window.drawn")]
        if number:  # the first run loads and compiles
            first.append(drawn[0][1] - page.evaluate("() => window.clicked") / 1000)
            delays += display_delays(drawn, times.timestamps())
        page.get_by_role("button", name="Stop", exact=True).click()
        page.get_by_role("button", name="PNG", exact=True).wait_for(timeout=_WAITS_MS)  # the page folds its inputs
        page.context.close()
    return first, delays


def _watching_cost(bench: _Bench, pairs: Mapping[str, int]) -> dict[str, Any]:
    """The cost of watching one long run of even steps."""
    page = bench.open(make("tutorial", {"longest_edge_px": WATCHING_PX, "steps": 5000}))
    job = _start_run(page)
    page.wait_for_function(HAS_CURVE, timeout=_WAITS_MS)
    address, server = page.url, psutil.Process(bench.served.pid)
    page.goto("about:blank")
    cost = watching.cost(watching.WatchedRun(address, page, server, bench.curves, job), pairs)
    page.goto(address)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.context.close()
    return cost


def _start_run(page: Page) -> str:
    """Start a run on the slow page and return its id."""
    page.get_by_role("button", name=_PAINT).click()
    page.wait_for_url("**job=*", timeout=_WAITS_MS)
    return parse_qs(urlsplit(page.url).query)["job"][0]
