"""Picture sizes and resampling, with one filter to shrink and one to enlarge."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nst_core.errors import RecipeError
from nst_core.step import Pixels

MIN_SIDE_PX = 16
"""Smallest side of a resized picture: the networks halve a picture four times."""

LEAST_COVERAGE = 0.5 / 255
"""Coverage that rounds to 0 in 8 bits."""

_STRIP_PIXELS = 1 << 20
"""Pixels of a large picture that `preview` reduces at once."""


def size_for(width: int, height: int, longest_edge_px: int) -> tuple[int, int]:
    """The (width, height) whose longest edge is `longest_edge_px`, aspect kept, each side at least 16 px."""
    scale = longest_edge_px / max(width, height)
    return max(MIN_SIDE_PX, round(width * scale)), max(MIN_SIDE_PX, round(height * scale))


def check_shape(width: int, height: int, longest_edge_px: int) -> None:
    """Raise RecipeError if a picture cannot keep its shape at a size, because its shorter side would be too short."""
    shorter, longer = min(width, height), max(width, height)
    if round(shorter * longest_edge_px / longer) >= MIN_SIDE_PX:
        return
    least = math.floor((MIN_SIDE_PX - 0.5) * longer / shorter)
    while round(shorter * least / longer) < MIN_SIDE_PX:
        least += 1
    raise RecipeError(
        f"a picture of {width} x {height} px keeps its shape at a longest edge of {least} px or more, since each side "
        f"needs {MIN_SIDE_PX} px, got {longest_edge_px}; choose a larger longest_edge_px, or crop the picture"
    )


def fit(pixels: Pixels, longest_edge_px: int) -> Pixels:
    """Resample a picture to a longest edge, aspect kept: [1, H, W, C] -> [1, h, w, C]; see `resize`."""
    return resize(pixels, *size_for(pixels.shape[2], pixels.shape[1], longest_edge_px))


def resize(pixels: Pixels, width: int, height: int) -> Pixels:
    """Resample a picture, antialiased when it shrinks.

    Lanczos to shrink; bicubic to enlarge, because Lanczos would ring at edges. Values stay gamma-encoded, not linear:
    every network here was trained on thumbnails made so.

    With transparency, colours are weighted by coverage, so that a clear pixel's do not enter the pixels beside it.

    Args:
        pixels: float32 [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage; see `nst_core.picture.coverage`.
        width: new width, in pixels.
        height: new height, in pixels.

    Returns:
        float32 [1, height, width, C] in [0, 1].
    """
    _, old_height, old_width, channels = pixels.shape
    if (old_width, old_height) == (width, height):
        return pixels
    planes = [pixels[0, :, :, c] for c in range(3)]
    if channels == 3:
        return np.stack([resize_plane(plane, width, height) for plane in planes], axis=-1)[None]
    return np.stack(resize_covered(planes, pixels[0, :, :, 3], width, height), axis=-1)[None]


def resize_covered(
    planes: Sequence[NDArray[np.float32]], coverage: NDArray[np.float32], width: int, height: int
) -> list[NDArray[np.float32]]:
    """Resample channels [H, W] in [0, 1] weighted by their coverage [H, W]: [height, width] each, coverage last.

    Where nothing is covered, the colours are resampled without weights.
    """
    share = _resampled(coverage, width, height)
    seen = share > LEAST_COVERAGE
    divisor = np.where(seen, share, np.float32(1))
    made = []
    for plane in planes:
        weighted = _resampled(plane * coverage, width, height) / divisor  # a filter's ringing cancels out
        made.append(np.clip(np.where(seen, weighted, resize_plane(plane, width, height)), 0, 1))
    return [*made, np.clip(share, 0, 1)]


def resize_plane(plane: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """Resample one channel like `resize`: float32 [H, W] in [0, 1] -> [height, width]."""
    old_height, old_width = plane.shape
    if (old_width, old_height) == (width, height):
        return plane
    return np.clip(_resampled(plane, width, height), 0.0, 1.0)


def _resampled(plane: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """Like `resize_plane`, but the filter may ring beyond [0, 1]."""
    is_smaller = width * height < plane.size
    method = Image.Resampling.LANCZOS if is_smaller else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(np.ascontiguousarray(plane)).resize((width, height), method), np.float32)


def plane_of(pixels: NDArray[np.uint8], channel: int) -> NDArray[np.float32]:
    """One channel of uint8 [H, W, 3] as float32 [H, W] in [0, 1]."""
    plane = pixels[:, :, channel].astype(np.float32)
    plane /= np.float32(255)
    return plane


def preview(
    pixels: NDArray[np.uint8], longest_edge_px: int, after_strip: Callable[[], object] = lambda: None
) -> Pixels:
    """Reduce a picture of any size for display, in strips and with little memory.

    Args:
        pixels: uint8 [H, W, 3].
        longest_edge_px: of the result; a smaller picture keeps its size.
        after_strip: called after each strip, for example to free its memory.

    Returns:
        float32 [1, h, w, 3] in [0, 1].
    """
    height, width, _ = pixels.shape
    size = size_for(width, height, min(longest_edge_px, max(width, height)))
    factor = max(1, min(width // size[0], height // size[1]) // 2)  # the exact resampling halves once more, or more
    if factor > 1:
        rows = factor * max(1, _STRIP_PIXELS // (factor * width))
        strips = []
        for top in range(0, height, rows):
            strip = Image.fromarray(np.ascontiguousarray(pixels[top : top + rows]))
            strips.append(np.asarray(strip.reduce(factor)))
            after_strip()
        pixels = np.concatenate(strips)
    return np.stack([resize_plane(plane_of(pixels, c), *size) for c in range(3)], axis=-1)[None]
