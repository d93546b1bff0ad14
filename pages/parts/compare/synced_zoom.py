"""Pictures of one scene side by side, zoomed and moved together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts.app.web import asset
from pages.parts.runs.before_after import data_url

_HTML = """<section><div class="panes" role="group" tabindex="0"></div>
<div class="bar" role="group" aria-label="Zoom"><button type="button" data-do="out" aria-label="Zoom out">−</button>
<output aria-live="polite"></output><button type="button" data-do="in" aria-label="Zoom in">+</button>
<button type="button" data-do="all" class="wide">Show all</button>
<p>Drag to move. Ctrl and the wheel, two fingers or a double click zoom.</p></div></section>"""

_synced_zoom = st.components.v2.component(
    "nst_linked", html=_HTML, css=asset(__file__, ".css"), js=asset(__file__, ".js")
)


@dataclass(frozen=True)
class Pane:
    """One picture: encoded bytes, the label in its corner, its alt text, and whether it is a placeholder."""

    picture: bytes
    label: str
    alt: str
    waiting: bool = False

    def _data(self) -> dict[str, str | bool]:
        return {"src": data_url(self.picture), "label": self.label, "alt": self.alt, "waiting": self.waiting}


def synced_zoom(panes: Sequence[Pane], *, key: str, ratio: float, max_height: str = "min(52vh, 34rem)") -> None:
    """Mount the panes.

    Args:
        panes: in reading order.
        key: identity on the page; new pictures under the same key keep zoom and position, and never blink.
        ratio: width / height of each frame, which reserves its room before a picture loads.
        max_height: CSS length that a frame's height never exceeds.
    """
    _synced_zoom(
        key=key, data={"panes": [pane._data() for pane in panes], "ratio": round(ratio, 4), "tall": max_height}
    )
