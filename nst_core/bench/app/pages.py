"""Speed and memory of the pages, in a real browser: first paint, page switch, web process. `bench pages` runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import psutil

from nst_core.bench.app.browser import App, app, chromium, new_visitor, wait_for_networks
from nst_core.bench.report.tools import median_and_most, slope

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = {
    "Studio": ("", "Your photograph, in another hand."),
    "Slow": ("slow", "Slow"),
    "Fast": ("fast", "Fast"),
    "Batch": ("batch", "Batch"),
    "Film": ("film", "Film"),
    "Live": ("live", "Live"),
    "Compare": ("compare", "Compare"),
    "Gallery": ("gallery", "Gallery"),
    "Inside": ("inside", "Inside the network"),
    "Phones": ("phones", "On a phone"),
    "About": ("about", "About"),
}
"""Name in the menu -> path, headline."""
COLD_ROUNDS = 3
SWITCH_ROUNDS = 5
VIEWS = (20, 100, 200)
EVERY_VIEWS = 20
VIEWS_A_VISITOR = 10
"""Number of page views of one visitor; then a new visitor comes, with a new session."""
_MB = 1e6

_SHOWN = """title => {
  const head = document.querySelector("h1"), app = document.querySelector("[data-testid=stApp]");
  if (!head || head.textContent.trim() !== title || !head.getClientRects().length) return false;
  const seen = [...document.querySelectorAll("section.stMain img, [data-testid=stMain] img")]
    .filter(img => img.getClientRects().length && img.getBoundingClientRect().top < innerHeight && img.src);
  return seen.every(img => img.complete) && app.dataset.testScriptState === "notRunning";
}"""
"""Whether a page is complete: headline shown, visible pictures loaded, script finished."""

_WAIT = f"""const shown = {_SHOWN};
  const painted = then => requestAnimationFrame(() => setTimeout(then));
  const until = () => new Promise(done => {{
    const check = () => shown(title) ? painted(() => done(performance.now())) : requestAnimationFrame(check);
    check();
  }});"""

_FIRST = f"async title => {{ {_WAIT} return await until() / 1000; }}"
"""Seconds from the start of the navigation to the painted page."""

_SWITCH = f"""async ([name, title]) => {{ {_WAIT}
  const link = [...document.querySelectorAll("[data-testid=stTopNavLink]")].find(a => a.textContent.trim() === name);
  const began = performance.now();
  link.click();
  return (await until() - began) / 1000;
}}"""
"""Seconds from the click on a link of the menu to the painted page."""


def run(cold_rounds: int = COLD_ROUNDS, switch_rounds: int = SWITCH_ROUNDS, views: Sequence[int] = VIEWS) -> Any:
    """Measure the app from outside.

    Args:
        cold_rounds: first visits measured for each page, each with a fresh server.
        switch_rounds: switches measured for each page.
        views: numbers of page views after which memory is reported.

    Returns:
        `pages`: for each page `cold_seconds`, from the request to the painted page, with a server that nobody has
        visited and a browser without a cache, and `switch_seconds`, from the click in the menu to the painted page,
        once the networks are ready; each {median, most}. `rss_mb`: memory of the web process by number of page views.
        `slope_mb_per_100_views`: its growth over the later half of them. `errors`: error messages of the browsers.

    Raises:
        ToolError: Playwright or Chromium is not installed.
        WorkerError: the app did not answer.
    """
    errors: list[str] = []
    with chromium() as browser:
        cold = {name: [_cold(browser, name, errors) for _ in range(cold_rounds)] for name in PAGES}
        with app() as served:
            switches = _switches(browser, served, switch_rounds, errors)
            memory = _memory(browser, served, views, errors)
    rows = [
        {"page": name, "cold_seconds": median_and_most(cold[name]), "switch_seconds": median_and_most(switches[name])}
        for name in PAGES
    ]
    return {
        "pages": rows,
        "rss_mb": {str(count): memory[count] for count in views},
        "slope_mb_per_100_views": slope(memory),
        "errors": errors,
    }


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["page | s to the first paint, cold: median, most | s to switch to it: median, most"]
    for row in report["pages"]:
        cold, switch = row["cold_seconds"], row["switch_seconds"]
        figures = (f"{each['median']:.2f}, {each['most']:.2f}" for each in (cold, switch))
        lines.append(f"{row['page']} | {' | '.join(figures)}")
    grown = ", ".join(f"{mb:.0f} MB after {views}" for views, mb in report["rss_mb"].items())
    lines.append(f"web process: {grown} page views; {report['slope_mb_per_100_views']:+.1f} MB per 100 views")
    return "\n".join([*lines, f"errors in the browser: {len(report['errors'])}", *report["errors"]])


def _cold(browser: Browser, name: str, errors: list[str]) -> float:
    """Seconds to the first paint of a page, from a fresh server."""
    path, title = PAGES[name]
    with app() as served:
        page = new_visitor(browser, errors)
        page.goto(f"{served.url}/{path}", wait_until="commit")
        seconds = float(page.evaluate(_FIRST, title))
        page.context.close()
    return seconds


def _switches(browser: Browser, served: App, rounds: int, errors: list[str]) -> dict[str, list[float]]:
    """Page -> seconds of each switch to it; the first round is left out, in which the server does one-time work."""
    page = new_visitor(browser, errors)
    page.goto(served.url)
    wait_for_networks(page)
    taken: dict[str, list[float]] = {name: [] for name in PAGES}
    for _ in range(rounds + 1):
        for name in (*list(PAGES)[1:], "Studio"):
            taken[name].append(float(page.evaluate(_SWITCH, [name, PAGES[name][1]])))
            # the pause of a visitor who looks at the page; work after the paint ends meanwhile
            page.wait_for_timeout(300)
    page.context.close()
    return {name: seconds[1:] for name, seconds in taken.items()}


def _memory(browser: Browser, served: App, views: Sequence[int], errors: list[str]) -> dict[int, float]:
    """Number of page views, by one visitor after another -> MB of the web process; at `views`, and evenly between."""
    web = psutil.Process(served.pid)
    names, memory = list(PAGES), {}
    page = _first_visit(browser, served, errors)
    for view in range(1, max(views) + 1):
        if view % VIEWS_A_VISITOR == 0:
            page.context.close()
            page = _first_visit(browser, served, errors)
        elif view > 1:
            name = names[(view + view // len(names)) % len(names)]
            page.evaluate(_SWITCH, [name, PAGES[name][1]])
        if view % EVERY_VIEWS == 0 or view in views:
            memory[view] = round(web.memory_info().rss / _MB, 1)
    page.context.close()
    return memory


def _first_visit(browser: Browser, served: App, errors: list[str]) -> Page:
    """The first page, opened by a new visitor."""
    page = new_visitor(browser, errors)
    page.goto(served.url, wait_until="commit")
    page.evaluate(_FIRST, PAGES["Studio"][1])
    return page
