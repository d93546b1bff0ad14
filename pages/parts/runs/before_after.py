"""A before/after slider: the photograph on the left of the handle, the result on the right."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from pages.parts.app.web import asset

_HTML = """<figure><img class="before"><img class="after"><i></i><u></u>
<input type="range" min="0" max="100" step="1"><b class="l"></b><b class="r"></b></figure>"""

_slider = st.components.v2.component(
    "nst_before_after", html=_HTML, css=asset(__file__, ".css"), js=asset(__file__, ".js")
)


@dataclass(frozen=True)
class Side:
    """One of the two pictures: encoded bytes, its label and its alt text."""

    picture: bytes
    label: str
    alt: str

    def _data(self) -> dict[str, str]:
        return {"src": data_url(self.picture), "label": self.label, "alt": self.alt}


def before_after(  # noqa: PLR0913 - each is one visible property
    before: Side,
    after: Side,
    *,
    key: str,
    ratio: float,
    at: int = 50,
    max_height: str = "min(66vh, 44rem)",
    waiting: bool = False,
    alone: bool = False,
    reveal: bool = False,
) -> None:
    """Mount the slider.

    Args:
        before: the left picture.
        after: the right picture.
        key: identity on the page; new data under the same key neither moves the handle nor blinks.
        ratio: width / height of the frame, which reserves its space before a picture loads.
        at: the handle's initial position, in percent from the left.
        max_height: CSS length that the frame's height never exceeds.
        waiting: show a pulsing picture without a handle.
        alone: show the right picture without a handle.
        reveal: scroll the frame into view when it first appears.
    """
    data = {"before": before._data(), "after": after._data(), "ratio": round(ratio, 4)}
    options = {"at": at, "tall": max_height, "waiting": waiting, "alone": alone, "reveal": reveal}
    _slider(key=key, data=data | options)


@lru_cache(maxsize=64)
def data_url(picture: bytes) -> str:
    """A data URL of an encoded picture: PNG, WebP or JPEG."""
    kind = "webp" if picture[8:12] == b"WEBP" else "png" if picture[:4] == b"\x89PNG" else "jpeg"
    return f"data:image/{kind};base64,{b64encode(picture).decode()}"
