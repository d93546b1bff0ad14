"""The crop of the photograph: runs, previews and the brush see only this part."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nst_core.errors import PictureError
from nst_core.picture.frame import Frame
from pages.parts.app.session_values import SessionValue
from pages.parts.inputs import framing

if TYPE_CHECKING:
    from nst_core.picture.upload import Picture

_FRAME = SessionValue[Frame]("crop", "frame")
_INITIAL = SessionValue[Frame]("crop", "initial")
"""The frame at which the sliders start."""
_VERSION = SessionValue[int]("crop", "version")
"""The number of `set_frame` calls; part of the sliders' keys, so that they start anew."""
_PICTURE = SessionValue[tuple[str, Frame, "Picture"]]("crop", "picture")
"""The hash of the photograph, the frame, and the cropped picture."""


def frame() -> Frame:
    """The chosen frame."""
    return _FRAME.get() or Frame()


def set_frame(frame: Frame = Frame()) -> None:  # noqa: B008 - frozen
    """Choose a frame and start the sliders there; to be called before the page draws them."""
    _FRAME.put(frame)
    _INITIAL.put(frame)
    _VERSION.put((_VERSION.get() or 0) + 1)


def cropped(load: Callable[[], Picture]) -> Picture:
    """The photograph within the chosen frame, cut out once; the whole photograph if too little would be left."""
    whole, wanted = load(), frame()
    if wanted.is_whole:
        return whole
    known = _PICTURE.get()
    if known is None or known[:2] != (whole.sha256, wanted):
        known = whole.sha256, wanted, _cut(whole, wanted)
        _PICTURE.put(known)
    return known[2]


def is_possible(load: Callable[[], Picture]) -> bool:
    """Whether the chosen frame leaves enough of the photograph."""
    return frame().is_whole or cropped(load) is not load()


def sliders() -> None:
    """The sliders of the frame; a change takes effect before the page runs again."""
    initial = _INITIAL.get() or Frame()

    def update() -> None:
        _FRAME.put(framing.current(_key, initial))

    framing.sliders(_key, initial, update)


def _cut(whole: Picture, wanted: Frame) -> Picture:
    from nst_core.picture.crop import crop_picture
    from nst_core.picture.upload import kept_on_disk

    try:
        return kept_on_disk(crop_picture(whole, wanted.crop, wanted.rotation_deg))
    except PictureError:
        return whole


def _key(name: str) -> str:
    return f"crop_{name}_{_VERSION.get() or 0}"
