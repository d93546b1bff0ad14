"""Pictures of one scene next to each other, zoomed and moved together."""

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

_linked = st.components.v2.component("nst_linked", html=_HTML, css=asset(__file__, ".css"), js=asset(__file__, ".js"))


@dataclass(frozen=True)
class Pane:
    """One picture: encoded bytes, the words in its corner, its alt text, and whether it stands in for one to come."""

    picture: bytes
    label: str
    alt: str
    waiting: bool = False

    def _data(self) -> dict[str, str | bool]:
        return {"src": data_url(self.picture), "label": self.label, "alt": self.alt, "waiting": self.waiting}


def linked(panes: Sequence[Pane], *, key: str, ratio: float, tall: str = "min(52vh, 34rem)") -> None:
    """Mount the panes.

    Args:
        panes: in the order they are read in.
        key: identity on the page; new pictures under the same key leave zoom and place as they are, and never blink.
        ratio: width / height of each frame, so that its room is reserved before a picture loads.
        tall: CSS length that a frame's height never exceeds.
    """
    _linked(key=key, data={"panes": [pane._data() for pane in panes], "ratio": round(ratio, 4), "tall": tall})
