"""A Plotly chart that is mounted once and then only updated: it never blinks, and keeps zoom and hidden curves.

`st.plotly_chart` mounts a new chart whenever its figure changes, which a run does twice a second.
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

from pages.parts.app.web import asset

if TYPE_CHECKING:
    from pages.parts.curves.charts import Figure

_KEYS = "Plus and minus zoom, the arrows move, 0 shows all"

_plot = st.components.v2.component(
    "nst_plot",
    html=asset(__file__, ".html"),
    css=asset(__file__, ".css"),
    js=asset(__file__, ".js"),
    isolate_styles=False,
)

_DIGITS = 6
"""A screen tells no more of a value apart."""

_COLUMNS = ("x", "y", "customdata")


@dataclass(frozen=True)
class Slider:
    """A slider below a chart: its label, the numbers it stops at, by rising number, and where it stands now.

    None stands for the last stop, and follows it as more come.
    """

    label: str
    stops: Sequence[int]
    at: int | None = None


def chart(  # noqa: PLR0913 - each is one visible property
    figure: Figure,
    *,
    key: str,
    alt: str,
    file: str = "chart",
    slider: Slider | None = None,
    on_pick: Callable[[int], None] | None = None,
) -> None:
    """Mount a chart, or update the one that stands under this key.

    Args:
        figure: plain data; its layout's `height` is in pixels and its margins stay as they are. What has the same
            `legendgroup` is hidden together. A zoom is kept until an axis' `uirevision` is another one.
        key: identity on the page.
        alt: what the chart shows, for those who do not see it.
        file: name of a downloaded PNG, without its ending.
        slider: the keyboard's way to what a click on the curves does; its room is kept while it has but one stop.
        on_pick: called with a stop of the slider, or a clicked point's `customdata`, before the page runs again.
    """
    told = {
        "figure": packed(figure),
        "alt": alt,
        "keys": _KEYS,
        "file": file,
        "pick": on_pick is not None,
        "library": library(),
    }
    if slider:
        told |= {"slider": slider.label, "stops": list(slider.stops), "at": slider.at}
    _plot(key=key, data=told, on_picked_change=_picking(key, on_pick))


def ahead(key: str) -> None:
    """Where a chart will stand: fetches Plotly once the page has settled, and shows nothing."""
    _plot(key=key, data={"library": library()})


def packed(figure: Figure) -> str:
    """A figure as JSON: numbers of a column rounded to 6 digits, and columns that traces share told once.

    Where a trace has a column, there stands its index in `columns`.
    """
    places: dict[int, int] = {}
    columns: list[str] = []
    traces = []
    for trace in figure["data"]:
        shared = {}
        for name in _COLUMNS:
            if (column := trace.get(name)) is not None:
                if id(column) not in places:
                    places[id(column)] = len(columns)
                    columns.append(f"[{','.join(map(_short, column))}]")
                shared[name] = places[id(column)]
        traces.append(trace | shared)
    rest = json.dumps({"data": traces, "layout": figure["layout"]}, separators=(",", ":"))
    return f'{rest[:-1]},"columns":[{",".join(columns)}]}}'


def library() -> str:
    """The address of Plotly's own script on this server, gzipped; the page's visit keeps it alive there."""
    from streamlit.runtime import get_instance

    return get_instance().media_file_mgr.add(script(), "application/gzip", "plotly")


@st.cache_resource(show_spinner=False)
def script() -> bytes:
    """The script that the installed plotly brings along, without importing it; packed once for all visitors."""
    file = distribution("plotly").locate_file("plotly/package_data/plotly.min.js")
    return gzip.compress(Path(str(file)).read_bytes(), 6, mtime=0)


def _picking(key: str, on_pick: Callable[[int], None] | None) -> Callable[[], None]:
    def picking() -> None:
        value = st.session_state[key].get("picked")
        if on_pick and isinstance(value, int):
            on_pick(value)

    return picking


@lru_cache(maxsize=1 << 14)
def _short(value: float | None) -> str:
    """A number as JSON, remembered: a growing curve is packed twice a second, and most of it is as it was."""
    if value is None or not math.isfinite(value):
        return "null"
    return str(value) if isinstance(value, int) else f"{value:.{_DIGITS}g}"
