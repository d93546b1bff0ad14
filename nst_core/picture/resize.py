"""Picture sizes and resampling, with one filter to shrink and one to enlarge."""

from __future__ import annotations

import numpy as np
from PIL import Image

from nst_core.step import Pixels

MIN_SIDE_PX = 16
"""Smallest side of a resized picture: the networks halve a picture four times."""


def size_for(width: int, height: int, longest_edge_px: int) -> tuple[int, int]:
    """The (width, height) whose longest edge is `longest_edge_px`, aspect kept, each side at least 16 px."""
    scale = longest_edge_px / max(width, height)
    return max(MIN_SIDE_PX, round(width * scale)), max(MIN_SIDE_PX, round(height * scale))


def fit(pixels: Pixels, longest_edge_px: int) -> Pixels:
    """Resample a picture to a longest edge, aspect kept: [1, H, W, 3] -> [1, h, w, 3]."""
    return resize(pixels, *size_for(pixels.shape[2], pixels.shape[1], longest_edge_px))


def resize(pixels: Pixels, width: int, height: int) -> Pixels:
    """Resample a picture, antialiased when it shrinks.

    Lanczos to shrink; bicubic to enlarge, because Lanczos would ring at edges. Values stay gamma-encoded, not linear:
    every network here was trained on thumbnails made so.

    Args:
        pixels: float32 [1, H, W, 3] in [0, 1].
        width: new width, in pixels.
        height: new height, in pixels.

    Returns:
        float32 [1, height, width, 3] in [0, 1].
    """
    _, old_height, old_width, _ = pixels.shape
    if (old_width, old_height) == (width, height):
        return pixels
    is_smaller = width * height < old_width * old_height
    method = Image.Resampling.LANCZOS if is_smaller else Image.Resampling.BICUBIC
    planes = [
        Image.fromarray(np.ascontiguousarray(pixels[0, :, :, c])).resize((width, height), method) for c in range(3)
    ]
    return np.clip(np.stack([np.asarray(p, np.float32) for p in planes], axis=-1)[None], 0.0, 1.0)
