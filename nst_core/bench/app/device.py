"""The live page in a real browser whose camera plays a film: frames a second by size and backend. `bench device`."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nst_core.bench.app.browser import app, executable
from nst_core.errors import ToolError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BACKENDS = {"threads": "WebAssembly, threads", "single": "WebAssembly, one thread"}
EDGES_PX = (128, 192, 256, 384)
WATCHED_SECONDS = 12.0
SETTLES_SECONDS = 4.0
"""The warm-up time of each size: meanwhile the browser replaces the network's code by better compiled code."""
_WAITS_MS = 300_000
_FILM_PX = (640, 480)
_FIGURES = re.compile(r"([\d.]+) fps · (\d+) ms · (\d+) × \d+")
_CAMERA = ("--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@dataclass(frozen=True)
class Figures:
    """The page's figures: frames a second, milliseconds from a frame's capture to the screen, pixels of an edge."""

    rate: float
    latency_ms: float
    edge_px: int


def run(edges_px: Sequence[int] = EDGES_PX, seconds: float = WATCHED_SECONDS) -> dict[str, Any]:
    """Measure the live page, on a server that isolates its pages and on one that does not.

    Args:
        edges_px: sizes of the painted pictures.
        seconds: how long each size is watched.

    Returns:
        `device`: a row for each backend and size, with its `rate`, `latency_ms` and the `first_seconds` from the click
        to the first frame in a browser without a cache. `errors`: error messages of the browser.

    Raises:
        ToolError: Playwright or Chromium is not installed.
        WorkerError: the app did not answer.
    """
    rows: list[dict[str, Any]] = []
    errors: list[str] = []
    for backend in BACKENDS:
        with app(NST_CROSS_ORIGIN_ISOLATION=str(int(backend == "threads"))) as served, _camera() as browser:
            page = browser.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            first = _first_frame(page, served.url)
            for edge in edges_px:
                figures = _watch(page, edge, seconds)
                row = {"backend": backend, "size": edge, "rate": figures.rate, "latency_ms": figures.latency_ms}
                rows.append(row | {"first_seconds": first})
    return {"device": rows, "errors": errors}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["backend | picture | frames a second | latency | first frame"]
    for row in report["device"]:
        times = f"{row['rate']:.1f} | {row['latency_ms']:.0f} ms | {row['first_seconds']:.1f} s"
        lines.append(f"{BACKENDS[row['backend']]} | {row['size']} px | {times}")
    return "\n".join([*lines, f"errors in the browser: {len(report['errors'])}", *report["errors"]])


def film(frames: int = 30) -> bytes:
    """A film as Chromium plays it for a camera (Y4M): noise and a bright square that moves over a gradient."""
    width, height = _FILM_PX
    rng = np.random.default_rng(0)
    grey = np.full((height // 2, width // 2), 128, np.uint8)
    parts = [f"YUV4MPEG2 W{width} H{height} F30:1 Ip A1:1 C420jpeg\n".encode()]
    for number in range(frames):
        picture = np.linspace(40, 160, width) + rng.normal(0, 2, (height, 1))
        picture[160:320, 10 * number : 10 * number + 160] = 235
        parts.append(b"FRAME\n" + np.rint(picture).astype(np.uint8).tobytes() + 2 * grey.tobytes())
    return b"".join(parts)


@contextmanager
def _camera() -> Iterator[Browser]:
    """A Chromium whose camera plays the film. Raises ToolError."""
    path = executable()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ToolError(
            "measuring the live page needs Playwright, got none; pip install -r tests/requirements.txt and try again"
        ) from error
    with tempfile.TemporaryDirectory(prefix="nst-film-") as folder, sync_playwright() as started:
        source = Path(folder, "film.y4m")
        source.write_bytes(film())
        arguments = [*_CAMERA, f"--use-file-for-fake-video-capture={source}"]
        browser = started.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


def _first_frame(page: Page, url: str) -> float:
    """Open the page and start the camera; seconds from the click to the first painted frame."""
    page.goto(f"{url}/live")
    start = page.get_by_role("button", name="Start the camera")
    start.wait_for(timeout=_WAITS_MS)
    page.wait_for_timeout(1000 * SETTLES_SECONDS)
    began = time.monotonic()
    start.click()
    page.locator("[data-state=running]").wait_for(timeout=_WAITS_MS)
    seconds = time.monotonic() - began
    page.get_by_text("Camera, size and speed").click()
    page.locator("select[name=rate]").select_option("0")
    return seconds


def _watch(page: Page, edge_px: int, seconds: float) -> Figures:
    """The medians of the speed that the page shows for a size, after the warm-up."""
    page.locator("select[name=edge]").select_option(str(edge_px))
    page.wait_for_timeout(1000 * SETTLES_SECONDS)
    seen: list[Figures] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        page.wait_for_timeout(500)
        found = _FIGURES.match(page.locator(".figures").inner_text())
        if found and int(found[3]) == edge_px:
            seen.append(Figures(float(found[1]), float(found[2]), edge_px))
    if not seen:
        raise ToolError(
            f"the live page must tell its speed at {edge_px} px, got none in {seconds:g} s; try a longer time"
        )
    rate, latency_ms = (float(np.median(each)) for each in zip(*((f.rate, f.latency_ms) for f in seen), strict=True))
    return Figures(rate, latency_ms, edge_px)
