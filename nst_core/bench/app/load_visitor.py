"""One visitor of `load`: opens pages, moves sliders, starts runs and waits for them, with pauses to think."""

from __future__ import annotations

import asyncio
import random
import time

from nst_core.bench.app.load_tab import OpenTab, Records, opened
from nst_core.bench.app.pages import PAGES
from nst_core.bench.app.protocol import Widget
from nst_core.recipe import make
from nst_core.recipe.links import to_text

THINK_SECONDS = (1.0, 5.0)
"""Shortest and longest pause of a visitor before each action."""
SERVED_SECONDS = 300.0
"""Longest wait until a run is admitted, and until it has a result; a later one counts as an error."""
ACTIONS_A_TAB = (4, 12)
"""Fewest and most actions before a visitor closes the tab and opens another one, as a reload does."""
BROWSED = tuple(path for path, _ in PAGES.values())
RUNS = {
    "fast": make(settings={"method": "fast", "longest_edge_px": 128}),
    "slow": make("bold", {"longest_edge_px": 64, "steps": 30, "pyramid": "off", "convolutions": "direct"}),
}
"""Page -> the recipe that visitors paint there: small, since the pages are to be under load, not the engines."""
PAINT_SHARE = 0.4
"""Share of the actions of visitors who paint that start a run."""
STOPPED_SHARE = 0.2
"""Share of the runs that their visitors stop."""
_LOOK_SECONDS = 0.1


class Visitor:
    """A visitor with a browser of their own: a cookie, and one tab after another."""

    def __init__(self, url: str, number: int, records: Records, *, seed: int, paints: bool) -> None:
        """Visitor `number` of the server at `url` (scheme and host); `paints` says whether they start runs."""
        self._url, self._number, self._records, self._paints = url, number, records, paints
        self._random = random.Random(f"{seed}/{number}")
        self._cookie = f"nst_visitor={self._random.getrandbits(128):032x}"

    async def visit(self, until: float) -> None:
        """Use the app until a time on the monotonic clock, in one tab after another.

        Actions that have begun by then are waited for: otherwise the longest waits would be missing from the report.
        """
        while time.monotonic() < until:
            try:
                async with opened(self._url, self._random.choice(BROWSED), self._cookie, self._records) as tab:
                    for _ in range(self._random.randint(*ACTIONS_A_TAB)):
                        await self._think()
                        await self._act(tab)
                        if time.monotonic() > until:
                            return
            except Exception as error:  # noqa: BLE001 - one visitor's trouble is a finding, not the others' end
                self._records.note_error(f"{type(error).__name__}: {error}")
                await self._think()

    async def _act(self, tab: OpenTab) -> None:
        """One action, chosen at random."""
        sliders = [widget for widget in tab.tab.widgets.values() if _is_movable(widget)]
        if self._paints and self._random.random() < PAINT_SHARE:
            await self._paint(tab, self._random.choice(list(RUNS)))
        elif sliders and self._random.random() < 0.6:
            await self._timed(tab, "interaction", tab.tab.change(self._random.choice(sliders), self._random.random()))
        else:
            await self._timed(tab, "switch", tab.tab.go(self._random.choice(BROWSED)))

    async def _paint(self, tab: OpenTab, page: str) -> None:
        """Open the page with small settings, and start a run; press again after a pause if it is refused."""
        await self._timed(tab, "switch", tab.tab.go(page, f"settings={to_text(RUNS[page])}"))
        await self._think()
        began = time.monotonic()
        while time.monotonic() < began + SERVED_SECONDS:
            button, before = tab.tab.widgets.get(f"{page}_start"), _results(tab)
            folded = tab.tab.widgets.get(f"strip_button_{page}")
            if button is None and folded is not None:  # a run is on view, and the inputs lie behind this button
                await self._timed(tab, "interaction", tab.tab.press(folded))
            elif button is not None and not button.message.disabled:
                await self._timed(tab, "start", tab.tab.press(button))
                if not tab.was_refused:
                    await self._follow(tab, before, began)
                    return
                self._records.refusals += 1
            await self._think()
        self._records.note_error(f"/{page}: no run was admitted within {SERVED_SECONDS:g} s")

    async def _follow(self, tab: OpenTab, before: set[str], began: float) -> None:
        """Watch the run that was just admitted until its result is there; some visitors stop theirs."""
        patience, stops = time.monotonic() + SERVED_SECONDS, self._random.random() < STOPPED_SHARE
        while time.monotonic() < patience:
            if _results(tab) - before:
                self._records.served[self._number].append(time.monotonic() - began)
                return
            stop = next((each for key, each in tab.tab.widgets.items() if key.startswith("stop_")), None)
            if stops and stop is not None:
                await self._timed(tab, "interaction", tab.tab.press(stop))
                return
            await asyncio.sleep(_LOOK_SECONDS)
        keys = (key for key in tab.tab.widgets if key.startswith(("get_", "stop_", f"{tab.tab.page}_")))
        trouble = f"a run had no result after {SERVED_SECONDS:g} s; on the page: {', '.join(sorted(keys))}"
        self._records.note_error(f"/{tab.tab.page}: {trouble}")

    async def _timed(self, tab: OpenTab, kind: str, request: bytes) -> None:
        self._records.seconds[kind].append(await tab.ask(request))

    async def _think(self) -> None:
        await asyncio.sleep(self._random.uniform(*THINK_SECONDS))


def _is_movable(widget: Widget) -> bool:
    """Whether moving a slider or setting a switch changes the page without starting a run."""
    is_kind = widget.kind in ("slider", "checkbox")
    return is_kind and not widget.message.disabled and not widget.id.endswith("_map_on")


def _results(tab: OpenTab) -> set[str]:
    """The keys of the download buttons of results on the page."""
    return {key for key in tab.tab.widgets if key.startswith("get_PNG_")}
