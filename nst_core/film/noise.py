"""How much a film trembles by itself. For the process that decodes only: it needs OpenCV."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from nst_core.film.flow import Bytes, motion

MOST_PX = 512
"""Width and height of the middle of the frames that is measured, at most: enough for a mean, in bounded memory."""


def noise(contents: Sequence[Bytes]) -> float:
    """How much neighbouring frames differ where the motion explains them: mean absolute difference in 1/255.

    Args:
        contents: frames of a film, each uint8 [H, W, 3], at most ten; of fewer than two the noise is 0.
    """
    found, trusted = 0.0, 0.0
    for before, after in pairwise(map(_middle, contents)):
        moved = motion(before, after)
        difference = np.abs(after - np.clip(moved.warped(before), 0, 255)).mean(-1)
        found, trusted = found + float((difference * moved.trust).sum()), trusted + float(moved.trust.sum())
    return found / trusted if trusted else 0.0


def _middle(frame: Bytes) -> Bytes:
    top, left = (max(0, (side - MOST_PX) // 2) for side in frame.shape[:2])
    return np.ascontiguousarray(frame[top : top + MOST_PX, left : left + MOST_PX])
