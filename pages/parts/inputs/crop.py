"""The part of the photograph that is painted: everything after it sees no more than that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import PictureError
from nst_core.picture.frame import Frame
from pages.parts.inputs import framing

if TYPE_CHECKING:
    from nst_core.picture.upload import Picture

_FRAME, _FIRST, _TIMES, _PART = "crop_frame", "crop_first", "crop_times", "crop_part"


def frame() -> Frame:
    """What is chosen of the photograph."""
    chosen: Frame = st.session_state.get(_FRAME, Frame())
    return chosen


def set_frame(frame: Frame = Frame()) -> None:  # noqa: B008 - frozen
    """Choose a part, with sliders that begin there; to be called before the page draws them."""
    st.session_state[_FRAME] = st.session_state[_FIRST] = frame
    st.session_state[_TIMES] = st.session_state.get(_TIMES, 0) + 1


def cropped(load: Callable[[], Picture]) -> Picture:
    """The chosen part of a photograph, as a picture of its own, cut out once; all of it where that is too little."""
    whole, wanted = load(), frame()
    if wanted.is_whole:
        return whole
    known: tuple[str, Frame, Picture] | None = st.session_state.get(_PART)
    if known is None or known[:2] != (whole.sha256, wanted):
        known = whole.sha256, wanted, _cut(whole, wanted)
        st.session_state[_PART] = known
    return known[2]


def is_possible(load: Callable[[], Picture]) -> bool:
    """Whether enough of a photograph is left."""
    return frame().is_whole or cropped(load) is not load()


def sliders() -> None:
    """The sliders that choose the part; what they say is taken before the page runs again."""
    first: Frame = st.session_state.get(_FIRST, Frame())

    def take() -> None:
        st.session_state[_FRAME] = framing.current(_key, first)

    framing.sliders(_key, first, take)


def _cut(whole: Picture, wanted: Frame) -> Picture:
    from nst_core.picture.crop import framed_picture

    try:
        return framed_picture(whole, wanted.crop, wanted.rotation_deg)
    except PictureError:
        return whole


def _key(what: str) -> str:
    return f"crop_{what}_{st.session_state.get(_TIMES, 0)}"
