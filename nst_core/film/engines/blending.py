"""The blend of a fresh frame with the last result: what moves keeps its strokes, what is new is painted anew.

A fresh painting has its strokes elsewhere than the one before, so that a plain mean of the two would blur them more
with each frame. So fine and coarse detail is taken from the last result, and only broad colour follows the fresh frame
at a steady rate. Each band of detail keeps the strength that it has in the fresh frame: interpolation would weaken it.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from nst_core.film.engines.frames import Neighbour
from nst_core.film.flow import Bytes, Floats, Motion

AGREEING_LEVELS, DISAGREEING_LEVELS = 60.0, 100.0
"""Mean differences between the fresh frame and the last result, in 1/255: up to the first all of the last is kept, from
the second on nothing. Two paintings of one thing differ by up to half of the first, a wrong flow by more."""
DISAGREEMENT_PX = 3.0
"""Deviation of the Gaussian that averages that difference, in pixels."""
BANDS_PX = (1.0, 2.5, 6.0)
"""Deviations of the Gaussians that divide a picture into bands of detail and, beyond the last, broad colour."""
STRENGTH_PX = 30.0
"""Deviation of the Gaussian over which a band's strength is measured, in pixels: over less of the picture it follows
the fresh frame's flicker."""
STRENGTH_EXPONENT = 0.5
"""Exponent of the ratio by which a band is strengthened: 1 would follow the fresh frame's flicker in full. It is 1
where the picture grows or shrinks: there each move weakens detail, and nothing stands still that could flicker."""
MOST_GAIN = 1.3
"""Limit of that ratio in one frame, and of its inverse."""
MOST_GROWTH = 1.08
"""The factor by which strokes may be enlarged, or reduced, before fresh ones take their place: enlarged further, they
are not of the style any more. The share of the last result is lowered as far as that asks for."""
FULL_GROWTH = 1.004
"""Growth from one frame to the next from which the exponent is 1."""
GROWTH_SHARE = 0.1
"""Deviation of the Gaussian over which growth is averaged, as a share of the longest edge: waves that stretch and
shrink a picture by turns are no growth."""


def blended(fresh: Floats, neighbour: Neighbour, share: float) -> Bytes:
    """A fresh frame mixed with its neighbour's result: uint8 [H, W, 3].

    On four seconds of a slow pan this has a twentieth of the warping error of fresh frames, and their total variation.

    Args:
        fresh: float32 [H, W, 3] in 0 to 255.
        neighbour: the frame before.
        share: the neighbour's share in broad colour where it is trusted; its share in detail is 1 - (1 - share)^2, so
            that an error of the flow does not drift on for ever, and less where the picture grows. 0 gives the fresh
            frame.
    """
    aim = neighbour.aim
    apart = cv2.GaussianBlur(np.abs(fresh - aim).mean(-1), (0, 0), DISAGREEMENT_PX)
    agreeing = np.clip((DISAGREEING_LEVELS - apart) / (DISAGREEING_LEVELS - AGREEING_LEVELS), 0, 1)
    kept = (neighbour.motion.trust * agreeing)[..., None]
    growth = _growth(neighbour.motion)
    of_detail = np.minimum(1 - (1 - share) ** 2, _lasting(growth))
    exponent = STRENGTH_EXPONENT + (1 - STRENGTH_EXPONENT) * np.minimum(growth / math.log(FULL_GROWTH), 1)
    new, old, moved = fresh, aim, np.zeros_like(fresh)
    for deviation in BANDS_PX:
        smooth_new, smooth_old = _smooth(new, deviation), _smooth(old, deviation)
        detail, fresh_detail = old - smooth_old, new - smooth_new
        detail *= _gain(fresh_detail, detail, exponent)
        moved += fresh_detail + of_detail * (detail - fresh_detail)
        new, old = smooth_new, smooth_old
    moved += new + share * (old - new)
    return np.asarray(np.rint(np.clip(fresh + kept * (moved - fresh), 0, 255)), np.uint8)


def warping_error(result: Bytes, neighbour: Neighbour) -> float:
    """Root mean square difference of a result from its neighbour's, moved along, where that is trusted; in 1/255."""
    trust = neighbour.motion.trust
    squares = np.square(result - neighbour.aim).mean(-1)
    return float(np.sqrt((squares * trust).sum(dtype=np.float64) / max(float(trust.sum()), 1.0)))


def _growth(motion: Motion) -> Floats:
    """How much the picture grows or shrinks around each pixel: the logarithm of the factor, without sign, [H, W, 1]."""
    (x_down, x_right), (y_down, y_right) = (np.gradient(motion.flow[..., axis], axis=(0, 1)) for axis in (0, 1))
    area = (1 + x_right) * (1 + y_down) - x_down * y_right  # of what became one pixel
    logarithm = -0.5 * np.log(np.clip(area, 0.5, 2))
    deviation = GROWTH_SHARE * max(area.shape)
    known = _smooth(motion.trust, deviation) + np.float32(1e-3)
    mean = _smooth(np.asarray(logarithm * motion.trust, np.float32), deviation) / known
    return np.asarray(np.abs(mean)[..., None], np.float32)


def _lasting(growth: Floats) -> Floats:
    """The share of the last result with which strokes last, on average, until they have grown by `MOST_GROWTH`."""
    frames = math.log(MOST_GROWTH) / np.maximum(growth, 1e-6)
    return np.asarray(frames / (1 + frames), np.float32)


def _gain(wanted: Floats, given: Floats, exponent: Floats) -> Floats:
    """The factor [H, W, 1] that brings a band of detail nearer to the strength of another."""
    ratio = (_strength(wanted) / _strength(given))[..., None]
    return np.asarray(np.clip(ratio**exponent, 1 / MOST_GAIN, MOST_GAIN), np.float32)


def _strength(detail: Floats) -> Floats:
    """Root mean square of a band around each pixel, in 1/255; never 0."""
    return np.asarray(np.sqrt(_smooth(np.square(detail).mean(-1), STRENGTH_PX)) + 0.5, np.float32)


def _smooth(values: Floats, deviation: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), deviation), np.float32)
