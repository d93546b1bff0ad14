"""Which part of a picture is looked at: what is chosen, and the sliders that choose it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from nst_core.recipe.schema import LEAST_CROP

WHOLE = (0.0, 0.0, 1.0, 1.0)
_LEAST = LEAST_CROP + 0.01


@dataclass(frozen=True)
class Frame:
    """A part of a picture.

    Attributes:
        crop: left, top, right, bottom as shares of its width and height.
        rotation_deg: then turned clockwise by so many degrees.
    """

    crop: tuple[float, ...] = WHOLE
    rotation_deg: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether all of it is looked at as it is."""
        return self.crop == WHOLE and not self.rotation_deg


def sliders(key: Callable[[str], str], first: Frame, on_change: Callable[[], None] | None = None) -> Frame:
    """Two ranges and an angle.

    Args:
        key: the widgets' keys, of "across", "down" and "turn".
        first: where they stand at first.
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
    return said(key, first)


def said(key: Callable[[str], str], first: Frame) -> Frame:
    """What the sliders say; before they are drawn, and where they were not touched, where they stand at first."""
    left, top, right, bottom = first.crop
    across = _ends(st.session_state.get(key("across"), _percent((left, right))))
    down = _ends(st.session_state.get(key("down"), _percent((top, bottom))))
    return Frame((across[0], down[0], across[1], down[1]), float(st.session_state.get(key("turn"), first.rotation_deg)))


def _range(label: str, key: str, first: tuple[float, float], on_change: Callable[[], None] | None) -> None:
    ends = _percent(first)
    st.slider(label, 0, 100, ends, step=1, format="%d %%", key=key, on_change=on_change, persist_state="session")


def _percent(ends: tuple[float, float]) -> tuple[int, int]:
    return round(100 * ends[0]), round(100 * ends[1])


def _ends(percent: tuple[int, int]) -> tuple[float, float]:
    """Two ends as shares, at least as far apart as a recipe wants them."""
    low, high = percent
    first = min(low / 100, 1 - _LEAST)
    return first, max(high / 100, first + _LEAST)
