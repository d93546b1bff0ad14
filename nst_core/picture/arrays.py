"""The check of arrays that are handed to the core as pictures: one sentence with shape, type and range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nst_core.errors import PictureError

TOLERANCE = 1e-3
"""How far a value may lie outside [0, 1]: rounding in resampling and in conversions of colour."""
_SHAPES = {3: "[1, H, W, 3]", 4: "[1, H, W, 4]"}


def check_pixels(name: str, pixels: Any, channels: Sequence[int] = (3, 4)) -> None:
    """Raise PictureError unless an array is a picture as the core takes it: floats in [0, 1], [1, H, W, 3].

    Args:
        name: what the array is, such as "the content".
        pixels: the array.
        channels: the allowed sizes of the last axis; the fourth channel is the coverage.
    """
    values = np.asarray(pixels)
    is_picture = values.ndim == 4 and values.shape[0] == 1 and values.shape[3] in channels and values.size > 0
    if is_picture and np.issubdtype(values.dtype, np.floating) and _is_in_range(values):
        return
    shapes = " or ".join(_SHAPES[count] for count in channels)
    advice = "divide it by 255" if np.issubdtype(values.dtype, np.integer) else "scale or clip it"
    advice = advice if is_picture else "add or remove axes"
    raise PictureError(f"{name} must be floats in [0, 1] of shape {shapes}, got {_told(values)}; {advice}")


def check_pictures(content: Any, styles: Sequence[Any], start: Any = None) -> None:
    """`check_pixels` for the pictures of a run."""
    check_pixels("the content", content)
    for number, style in enumerate(styles, 1):
        check_pixels(f"style {number}" if len(styles) > 1 else "the style", style)
    if start is not None:
        check_pixels("the start picture", start)


def check_weights(masks: Sequence[Any]) -> None:
    """Raise PictureError unless each mask is floats in [0, 1], [H, W]."""
    for number, mask in enumerate(masks, 1):
        values = np.asarray(mask)
        is_mask = values.ndim == 2 and values.size > 0 and np.issubdtype(values.dtype, np.floating)
        if not (is_mask and _is_in_range(values)):
            raise PictureError(f"mask {number} must be floats in [0, 1] of shape [H, W], got {_told(values)}")


def check_frame(name: str, frame: Any) -> None:
    """Raise PictureError unless an array is a frame of a film: uint8, [H, W, 3]."""
    values = np.asarray(frame)
    if values.dtype != np.uint8 or values.ndim != 3 or values.shape[2] != 3 or values.size == 0:
        raise PictureError(f"{name} must be uint8 of shape [H, W, 3], got {_told(values)}")


def check_film(first: Any, styles: Sequence[Any], masks: Sequence[Any]) -> None:
    """The checks of a film's first frame, its styles and its masks. Raises PictureError."""
    check_frame("the first frame", first)
    for number, style in enumerate(styles, 1):
        check_pixels(f"style {number}" if len(styles) > 1 else "the style", style)
    check_weights(masks)


def _is_in_range(values: Any) -> bool:
    return bool(values.min() >= -TOLERANCE and values.max() <= 1 + TOLERANCE)  # both are false for NaN


def _told(values: Any) -> str:
    told = f"{values.dtype} {list(values.shape)}"
    if values.size == 0 or not np.issubdtype(values.dtype, np.number):
        return told
    low, high = values.min(), values.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        return f"{told} with NaN or infinity"
    return f"{told} from {float(low):g} to {float(high):g}"
