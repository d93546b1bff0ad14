"""Scene cuts: where a film begins anew, so that nothing may be carried over from the frame before."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from nst_core.film.flow import Bytes, Floats, backward_flow, warp

KEPT_STRUCTURE = 0.75
"""A frame that keeps less structure than this starts a scene: real cuts had up to 0.66, continuous films from 0.87."""
KEPT_COLOURS = 0.9
"""Frames that share more colours than this are of one scene all the same: black frames, and a pan that is too fast."""
_EDGE_PX = 96
_WINDOW_PX = 9
_NOISE = 4.0
"""Variance, in (1/255)^2, below which there is no structure."""
_COLOURS = 8
"""Steps of each colour channel in the histogram."""


def is_cut(previous: Bytes, current: Bytes) -> bool:
    """Whether a new scene starts at `current`; both frames are uint8 [H, W, 3] of one size.

    No cut: a flash or a lamp that leaves the picture recognisable, a fade or dissolve over several frames, a pan by a
    quarter of the width. A frame that is all white or black between others is a scene of its own.
    """
    return structure(previous, current) < KEPT_STRUCTURE and shared_colours(previous, current) < KEPT_COLOURS


def structure(previous: Bytes, current: Bytes) -> float:
    """How much of the pattern of `current` comes from `previous`, from about 0 (unrelated) to 1 (all of it).

    The correlation of grey levels after the motion between the frames is undone, at a longest edge of 96 px: of the
    whole frame, or in small windows, weighted by contrast, whichever is higher. Brightness and contrast do not count:
    windows keep their structure in a flash that saturates parts, the whole frame in a fade to near black.
    """
    was, now = _small(previous), _small(current)
    moved, fixed = (_grey(frame) for frame in (warp(was, backward_flow(was, now)), now))
    return max(_correlation(moved, fixed, _everywhere), _correlation(moved, fixed, _windows))


def shared_colours(previous: Bytes, current: Bytes) -> float:
    """The share of pixels whose colours both frames have, from 0 to 1: the intersection of their histograms."""
    return float(np.minimum(_histogram(previous), _histogram(current)).sum())


def _small(frame: Bytes) -> Bytes:
    scale = min(1.0, _EDGE_PX / max(frame.shape))
    height, width = (max(1, round(side * scale)) for side in frame.shape[:2])
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _grey(frame: Bytes | Floats) -> Floats:
    return np.asarray(cv2.cvtColor(frame.astype(np.float32), cv2.COLOR_RGB2GRAY), np.float32)


def _correlation(a: Floats, b: Floats, mean: Callable[[Floats], Floats]) -> float:
    """Sum of covariances over the sum of the products of standard deviations; means are over what `mean` says."""
    mean_a, mean_b = mean(a), mean(b)
    apart = np.maximum(mean(a * a) - mean_a**2, 0) * np.maximum(mean(b * b) - mean_b**2, 0)
    return float((mean(a * b) - mean_a * mean_b).sum() / (np.sqrt(apart) + _NOISE).sum())


def _everywhere(values: Floats) -> Floats:
    return np.full((1, 1), values.mean(dtype=np.float64), np.float32)


def _windows(values: Floats) -> Floats:
    return np.asarray(cv2.blur(values, (_WINDOW_PX, _WINDOW_PX)), np.float32)


def _histogram(frame: Bytes) -> Floats:
    counts = cv2.calcHist([frame], [0, 1, 2], None, [_COLOURS] * 3, [0, 256] * 3)
    return np.asarray(counts / counts.sum(), np.float32)
