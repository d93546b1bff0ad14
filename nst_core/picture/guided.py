"""Enlargement of a stylised picture along the edges of its photograph.

Source: He & Sun 2015, arXiv:1505.00996 (fast guided filter): within a small window the stylised picture is a linear
function of the photograph's brightness, fitted at the small size and applied at the large one. Details of the
photograph return where the stylised picture follows it; brush strokes are only enlarged.
"""

from __future__ import annotations

import numpy as np

from nst_core.picture.resize import resize
from nst_core.step import Pixels

RADIUS_PX = 2
"""Radius of a window at the small size: its side is 2 x radius + 1."""
SMOOTHING = 1e-3
"""Variance of brightness below which a window counts as flat: there the stylised picture is only enlarged."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def enlarge(painted: Pixels, small: Pixels, large: Pixels) -> Pixels:
    """Enlarge a stylised picture to the photograph's full size.

    Args:
        painted: the stylised picture, [1, h, w, 3] in [0, 1].
        small: the photograph at that size, [1, h, w, 3] in [0, 1].
        large: the photograph at full size, [1, H, W, 3] in [0, 1].

    Returns:
        [1, H, W, 3] in [0, 1].
    """
    _, height, width, _ = large.shape
    guide = small[0] @ _LUMA
    mean = _box(guide)
    variance = _box(guide * guide) - mean * mean
    slopes, offsets = [], []
    for channel in range(3):
        values = painted[0, :, :, channel]
        average = _box(values)
        slope = (_box(guide * values) - mean * average) / (variance + SMOOTHING)
        slopes.append(_box(slope))
        # The residual of the fit holds the brush strokes. The paper averages it over windows; here it stays sharp.
        offsets.append(values - slopes[-1] * guide)
    slope_large, offset_large = (_resized(np.stack(parts, axis=-1)[None], width, height) for parts in (slopes, offsets))
    slope_large *= (large[0] @ _LUMA)[None, :, :, None]
    slope_large += offset_large
    return np.clip(slope_large, 0.0, 1.0, out=slope_large)


def _resized(values: np.ndarray, width: int, height: int) -> np.ndarray:
    """`resize` for values outside [0, 1]."""
    low, high = float(values.min()), float(values.max())
    span = max(high - low, 1e-6)
    return resize(((values - low) / span).astype(np.float32), width, height) * np.float32(span) + np.float32(low)


def _box(values: np.ndarray) -> np.ndarray:
    """Mean over the window around each value, [h, w]; windows are cut off at the edges."""
    for axis in (0, 1):
        values = _box_along(values, axis)
    return values


def _box_along(values: np.ndarray, axis: int) -> np.ndarray:
    size = values.shape[axis]
    before = np.zeros_like(np.take(values, [0], axis), np.float64)
    sums = np.concatenate([before, np.cumsum(values, axis, np.float64)], axis)
    index = np.arange(size)
    start, stop = np.maximum(index - RADIUS_PX, 0), np.minimum(index + RADIUS_PX + 1, size)
    count = (stop - start).reshape([-1, 1] if axis == 0 else [1, -1])
    return np.asarray((np.take(sums, stop, axis) - np.take(sums, start, axis)) / count, np.float32)
