"""Sliders for the frame of a picture: its crop and rotation."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from nst_core.picture.frame import Frame
from pages.parts.app.session_values import SessionValue

_ICON = SessionValue[str]("framing", "icon")
"""By popover, its icon when it was opened."""


def icon(popover: str, *, is_whole: bool) -> str:
    """The icon of the popover with this key: whether something is cropped or turned.

    It stays while the popover is open, since Streamlit closes one whose icon changes.
    """
    if not (st.session_state.get(popover) and _ICON.get(popover)):
        _ICON.put(":material/crop_rotate:" if is_whole else ":material/crop:", popover)
    return _ICON.get(popover) or ""


def sliders(key: Callable[[str], str], first: Frame, on_change: Callable[[], None] | None = None) -> Frame:
    """Draw two ranges and an angle, and return the frame that they are set to.

    Args:
        key: gives the widget keys of "across", "down" and "turn".
        first: the initial frame.
        on_change: called before the page runs again.
    """
    left, top, right, bottom = first.crop
    _range("From left to right", key("across"), (left, right), on_change)
    _range("From top to bottom", key("down"), (top, bottom), on_change)
    st.slider(
        "Turned clockwise",
        -180,
        180,
        round(first.rotation_deg),
        step=5,
        format="%d°",
        key=key("turn"),
        on_change=on_change,
        persist_state="session",
    )
    return current(key, first)


def current(key: Callable[[str], str], first: Frame) -> Frame:
    """The frame that the sliders are set to; `first` before they are drawn."""
    left, top, right, bottom = first.crop
    across = st.session_state.get(key("across"), _percent((left, right)))
    down = st.session_state.get(key("down"), _percent((top, bottom)))
    rotation_deg = float(st.session_state.get(key("turn"), first.rotation_deg))
    return Frame.from_ranges(_shares(across), _shares(down), rotation_deg)


def _range(label: str, key: str, first: tuple[float, float], on_change: Callable[[], None] | None) -> None:
    ends = _percent(first)
    st.slider(label, 0, 100, ends, step=1, format="%d %%", key=key, on_change=on_change, persist_state="session")


def _percent(ends: tuple[float, float]) -> tuple[int, int]:
    return round(100 * ends[0]), round(100 * ends[1])


def _shares(percent: tuple[int, int]) -> tuple[float, float]:
    return percent[0] / 100, percent[1] / 100
