"""Photographs reduced to the size of a result, five times as fast as `resize`, which it equals to 1e-6.

A reduction is a product with a sparse matrix for each axis. For many photographs: scikit-image's SciPy, which it needs,
takes longer to import than one photograph takes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from nst_core.picture.decode import Bytes
from nst_core.step import Pixels

_REACH = 3
"""Reach of the Lanczos kernel to each side, in pixels of the result."""
_STRIP_ROWS = 32
"""Rows of the result that are made at once: the float values of a whole photograph take four times its memory."""


def reduced(pixels: Bytes, width: int, height: int) -> Pixels:
    """A photograph at a smaller size: uint8 [H, W, 3] -> float32 [1, height, width, 3] in [0, 1].

    Args:
        pixels: the photograph.
        width: of the result, at most W.
        height: of the result, at most H.
    """
    old_height, old_width, channels = pixels.shape
    across = _lanczos(old_width, width)
    result = np.empty((1, height, width, channels), np.float32)
    for top in range(0, height, _STRIP_ROWS):
        down, first, last = _strip(old_height, height, top)
        rows = pixels[first:last].reshape(last - first, -1).astype(np.float32)
        strip = (down @ rows).reshape(-1, old_width, channels).swapaxes(0, 1)
        made = across @ np.ascontiguousarray(strip).reshape(old_width, -1)
        result[0, top : top + _STRIP_ROWS] = made.reshape(width, -1, channels).swapaxes(0, 1)
    result *= np.float32(1 / 255)
    return np.clip(result, 0, 1, out=result)


@lru_cache(maxsize=256)
def _strip(old: int, new: int, top: int) -> tuple[Any, int, int]:
    """The rows of `_lanczos` for a strip of the result, and the first and last + 1 row of the source that they read."""
    rows = _lanczos(old, new)[top : top + _STRIP_ROWS]
    first, last = int(rows.indices.min()), int(rows.indices.max()) + 1
    return rows[:, first:last], first, last


@lru_cache(maxsize=32)
def _lanczos(old: int, new: int) -> Any:
    """The weights of `old` pixels in `new` ones: a sparse matrix, float32 [new, old], each row of sum 1.

    As Pillow makes them: the kernel is as wide as a pixel of the result, and cut off at the edges of the picture.
    """
    from scipy.sparse import csr_array

    scale = old / new
    middles = (np.arange(new) + 0.5) * scale
    firsts = np.maximum((middles - _REACH * scale + 0.5).astype(int), 0)
    lasts = np.minimum((middles + _REACH * scale + 0.5).astype(int), old)
    counts = lasts - firsts
    offsets = np.concatenate([[0], np.cumsum(counts)])
    rows = np.repeat(np.arange(new), counts)
    columns = np.arange(offsets[-1]) - offsets[rows] + firsts[rows]
    away = (columns - middles[rows] + 0.5) / scale
    weights = np.where(np.abs(away) < _REACH, np.sinc(away) * np.sinc(away / _REACH), 0)
    weights /= np.add.reduceat(weights, offsets[:-1])[rows]
    return csr_array((weights.astype(np.float32), columns, offsets), shape=(new, old))
