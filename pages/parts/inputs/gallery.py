"""A gallery of thumbnails to pick one from: a radio group, for mouse, finger and keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from pages.parts.app.web import asset
from pages.parts.runs.before_after import data_url

_gallery = st.components.v2.component(
    "nst_gallery",
    html='<div role="radiogroup"></div><button type="button" class="all" hidden></button>',
    css=asset(__file__, ".css"),
    js=asset(__file__, ".js"),
)


@dataclass(frozen=True)
class Thumb:
    """One thumbnail: its key, title, alt text and encoded picture."""

    key: str
    title: str
    alt: str
    picture: bytes


def gallery(  # noqa: PLR0913 - each is one visible property
    label: str,
    thumbs: Sequence[Thumb],
    *,
    picked: str,
    key: str,
    on_pick: Callable[[str], None],
    in_one_row: bool = False,
) -> None:
    """Mount the gallery.

    Args:
        label: the name of the radio group.
        thumbs: the thumbnails in their order.
        picked: the key of the marked one.
        key: identity on the page.
        on_pick: called with the picked key before the page runs again.
        in_one_row: show a row that scrolls sideways, with a button that opens it to all rows.
    """

    def changed() -> None:
        value = st.session_state[key].get("picked")
        if any(thumb.key == value for thumb in thumbs):
            on_pick(value)

    _gallery(key=key, data=_data(label, tuple(thumbs), picked, in_one_row), on_picked_change=changed)


@lru_cache(maxsize=64)
def _data(label: str, thumbs: tuple[Thumb, ...], picked: str, in_one_row: bool = False) -> bytes:
    """What the component shows, as JSON in UTF-8: made once for all visitors, since thumbnails are most of a page.

    Streamlit passes bytes on as they are, and would write a dictionary as JSON twice at each run of the page.
    """
    items = [{"key": t.key, "title": t.title, "alt": t.alt, "src": data_url(t.picture)} for t in thumbs]
    data = {"label": label, "items": json.dumps(items), "picked": picked, "row": in_one_row}
    return json.dumps(data).encode()
