"""Cycle spinning: the mean of passes over shifted pictures, in which the network's grid lies elsewhere each time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nst_core.step import Pixels

STRIDE_PX = 4
"""Period of the network's grid: it halves a picture twice."""
SHIFTS_PX = tuple((down, (2 * down + right) % STRIDE_PX) for right in range(STRIDE_PX) for down in range(STRIDE_PX))
"""(rows down, columns right) of each pass: all places in a cell. The first 4 leave nothing of a mesh but a stripe of
2 px across and its slants, the weakest in results of Magenta's network; the first 8 leave only part of the slants."""


def mean_of_shifted(paint: Callable[[Pixels], Pixels], content: Pixels, passes: int) -> Pixels:
    """The mean of some passes over shifted contents, each shifted back; a single pass is not shifted.

    Args:
        paint: a pass: the content, [1, h, w, C] -> results, [n, h, w, 3].
        content: [1, H, W, C]; shifted, it is mirrored at its edges and `STRIDE_PX` larger.
        passes: 1 to 16, as many as `SHIFTS_PX` has.

    Source: Coifman & Donoho 1995, "Translation-Invariant De-Noising": a result that depends on where a grid lies is
    averaged over its places. We take some of them, and an image network in place of a wavelet threshold.
    """
    if passes == 1:
        return paint(content)
    _, height, width, _ = content.shape
    total: Pixels | None = None
    for down, right in SHIFTS_PX[:passes]:
        margins = [(0, 0), (down, STRIDE_PX - down), (right, STRIDE_PX - right), (0, 0)]
        painted = paint(np.pad(content, margins, "reflect"))[:, down : down + height, right : right + width]
        total = painted if total is None else total + painted
    return np.asarray(total, np.float32) / np.float32(passes)
