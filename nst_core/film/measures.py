"""How steady a film's results are: warping error, flicker, drift. All in units of 1/255, 0 if perfectly steady."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from nst_core.film.flow import Bytes, Motion
from nst_core.picture.arrays import check_frame


def warping_error(results: Iterable[Bytes], motions: Iterable[Motion]) -> float:
    """Root mean square difference of each result from the one before it, moved along; where the motion is trusted.

    Args:
        results: two or more frames, each uint8 [H, W, 3].
        motions: the motion that leads to each result but the first, from the film that was stylised, not from results.

    Raises:
        ValueError: fewer than two results, or no motion is trusted anywhere.

    Source: the stability error of Huang et al. 2017 (CVPR, "Real-Time Neural Style Transfer for Videos"); its square is
    the warping error of Lai et al. 2018, arXiv:1808.00449. We differ: the mean is over trusted pixels of all frames, so
    that films of fast motion, which have fewer of them, are not flattered.
    """
    frames, error, weight = _checked(results), 0.0, 0.0
    last = next(frames, None)
    for result, motion in zip(frames, motions, strict=True):
        squares, trusted = _squared_difference(_given(last), result, motion)
        error, weight, last = error + squares, weight + trusted, result
    return _root(error, weight)


def drift(
    results: Sequence[Bytes], motion: Callable[[int, int], Motion], gaps: Sequence[int] = (10, 30)
) -> dict[int, float]:
    """The warping error over longer times: {gap in frames: error}; gaps longer than the film are left out.

    Args:
        results: each uint8 [H, W, 3].
        motion: the known motion that leads from one frame to another, by their indices.
        gaps: in frames.
    """
    measured, results = {}, list(_checked(results))
    for gap in (gap for gap in gaps if gap < len(results)):
        pairs = [(first, first + gap) for first in range(len(results) - gap)]
        sums = [_squared_difference(results[a], results[b], motion(a, b)) for a, b in pairs]
        measured[gap] = _root(sum(squares for squares, _ in sums), sum(trusted for _, trusted in sums))
    return measured


def flicker(results: Iterable[Bytes]) -> float:
    """Mean absolute difference of neighbouring results of a still scene.

    Args:
        results: two or more frames, each uint8 [H, W, 3].

    Raises:
        ValueError: fewer than two results.
    """
    frames = _checked(results)
    last, differences = next(frames, None), []
    for result in frames:
        differences.append(float(np.abs(result.astype(np.int16) - _given(last)).mean()))
        last = result
    if not differences:
        raise ValueError("flicker needs at least 2 results")
    return float(np.mean(differences))


def _checked(results: Iterable[Bytes]) -> Iterator[Bytes]:
    """The frames, each checked. Raises PictureError."""
    for number, frame in enumerate(results, 1):
        check_frame(f"frame {number}", frame)
        yield frame


def _squared_difference(previous: Bytes, current: Bytes, motion: Motion) -> tuple[float, float]:
    """Sum of trusted squared differences, as a mean of the channels, and the sum of trust."""
    squares = np.square(current - np.clip(motion.warped(previous), 0, 255)).mean(-1)
    return float((squares * motion.trust).sum(dtype=np.float64)), float(motion.trust.sum(dtype=np.float64))


def _root(error: float, weight: float) -> float:
    if weight == 0:
        raise ValueError("a warping error needs at least 2 results, and a motion that is trusted somewhere")
    return float(np.sqrt(error / weight))


def _given(frame: Bytes | None) -> Bytes:
    if frame is None:
        raise ValueError("there are motions, but no results")
    return frame
