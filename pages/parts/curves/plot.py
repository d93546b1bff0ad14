"""A Plotly chart that is mounted once and then updated: it never blinks, and keeps its zoom and hidden curves.

`st.plotly_chart` mounts a new chart at each change of its figure, and a run changes it twice a second.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import streamlit_patches
from pages.parts.app.web import asset

if TYPE_CHECKING:
    from pages.parts.curves.charts import Figure

KEYS = "Plus and minus zoom, the arrows move, 0 shows all"

_plot = st.components.v2.component(
    "nst_plot",
    html=asset(__file__, ".html"),
    css=asset(__file__, ".css"),
    js=asset(__file__, ".js"),
    isolate_styles=False,
)

_DIGITS = 6
"""Significant digits of each number: a screen shows no more."""

_COLUMNS = ("x", "y", "customdata")


@dataclass(frozen=True)
class Slider:
    """A slider below a chart: its label, its stops in rising order, and the stop at which it stands.

    A `position` of None is the last stop, also when more stops are added. With `frames`, the address of a picture for
    each stop, the slider is a play head: it, a drag along the curve and a button show them without a run of the page.
    """

    label: str
    stops: Sequence[int]
    position: int | None = None
    frames: Sequence[str] = ()


def chart(  # noqa: PLR0913 - each is one visible property
    figure: Figure,
    *,
    key: str,
    alt: str,
    file: str = "chart",
    slider: Slider | None = None,
    on_pick: Callable[[int], None] | None = None,
) -> None:
    """Mount a chart, or update the one with this key.

    Args:
        figure: plain data; the layout's `height` is in pixels, and its margins are fixed. Traces of one `legendgroup`
            are hidden together. A zoom is kept until the `uirevision` of its axis changes.
        key: identity on the page.
        alt: the chart in words, for screen readers.
        file: name of a downloaded PNG, without suffix.
        slider: picks a step by keyboard, as a click on the curves does; with a single stop it only reserves its room.
        on_pick: called with the slider's stop, or with a clicked point's `customdata`, before the page runs again.
    """
    data = {
        "figure": packed(figure),
        "alt": alt,
        "keys": KEYS,
        "file": file,
        "pick": on_pick is not None,
        "library": library(),
    }
    if slider:
        data |= {"slider": slider.label, "stops": list(slider.stops), "at": slider.position}
    if slider and slider.frames:
        data["frames"] = list(slider.frames)
    _plot(key=key, data=data, on_picked_change=_pick_callback(key, on_pick))


def preload(key: str) -> None:
    """Fetch Plotly into the browser once the page has settled, at the place of a later chart; shows nothing."""
    _plot(key=key, data={"library": library()})


def packed(figure: Figure) -> str:
    """A figure as JSON, with its columns rounded to 6 digits and stored once, even if traces share them.

    A trace holds an index into `columns` in place of each column.
    """
    indices: dict[int, int] = {}
    columns: list[str] = []
    traces = []
    for trace in figure["data"]:
        shared = {}
        for name in _COLUMNS:
            if (column := trace.get(name)) is not None:
                if id(column) not in indices:
                    indices[id(column)] = len(columns)
                    columns.append(f"[{','.join(map(_json_number, column))}]")
                shared[name] = indices[id(column)]
        traces.append(trace | shared)
    rest = json.dumps({"data": traces, "layout": figure["layout"]}, separators=(",", ":"))
    return f'{rest[:-1]},"columns":[{",".join(columns)}]}}'


def library() -> str:
    """The address of Plotly's script on this server, gzipped; it stays valid while the server runs."""
    return streamlit_patches.media_address(script(), "application/gzip", "plotly")


@st.cache_resource(show_spinner=False)
def script() -> bytes:
    """The script of the installed plotly package, gzipped once for all visitors; does not import plotly."""
    file = distribution("plotly").locate_file("plotly/package_data/plotly.min.js")
    return gzip.compress(Path(str(file)).read_bytes(), 6, mtime=0)


def _pick_callback(key: str, on_pick: Callable[[int], None] | None) -> Callable[[], None]:
    def picking() -> None:
        value = st.session_state[key].get("picked")
        if on_pick and isinstance(value, int):
            on_pick(value)

    return picking


@lru_cache(maxsize=1 << 14)
def _json_number(value: float | None) -> str:
    """A number as JSON; cached, since a growing curve is packed twice a second and most of it is unchanged."""
    if value is None or not math.isfinite(value):
        return "null"
    return str(value) if isinstance(value, int) else f"{value:.{_DIGITS}g}"
