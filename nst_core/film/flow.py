"""Optical flow: where each pixel of a frame was in another frame, and where that can be trusted.

Flow is by OpenCV's DIS (Kroeger et al. 2016, arXiv:1603.03590). All functions are pure, run in one thread, and give the
same values on every call, so that a resumed film equals an unbroken one.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

FULL_DETAIL_PX = 512
"""Up to this longest edge the flow is computed at full resolution, above at half: a third of the time a pixel."""
_STILL_PX = 0.5
"""Longer flows are motion without a further test."""
_STILL_GAIN, _STILL_LEVEL = 1.2, 0.3
"""A short flow must reduce the squared difference by this factor, and by this much in (1/255)^2, to count as motion.

On noise alone a flow reduces it by up to 1.2, since it moves noise onto noise and interpolation smooths it.
"""
_WINDOW_PX = 15
_SAME_LEVEL = 16.0
"""Difference in 1/255, averaged over 5 x 5 pixels, up to which a pixel still shows the same thing."""
_MAX_CHANNELS = 4
"""The most channels that OpenCV interpolates at once."""


@dataclass(frozen=True)
class Motion:
    """The motion that leads to a frame from another one.

    Attributes:
        flow: float32 [H, W, 2], right and down in pixels: pixel (x, y) of the frame was at (x, y) + flow[y, x].
        trust: float32 [H, W] in [0, 1]: 0 where the pixel was hidden or outside, or where the flow is a guess.
    """

    flow: Floats
    trust: Floats

    def warped(self, picture: npt.NDArray[np.number]) -> Floats:
        """A picture of the other frame, [H, W, C], moved to where the things are in this frame; see `warp`."""
        return warp(picture, self.flow)


def motion(previous: Bytes, current: Bytes) -> Motion:
    """The motion that leads from `previous` to `current`, both uint8 [H, W, 3] of one size.

    Beside the checks of `trust`, a pixel must look like the one that it comes from: a light that is switched on, or a
    wrong match, is not trusted.
    """
    return motions(previous, current)[0]


def motions(previous: Bytes, current: Bytes) -> tuple[Motion, Motion]:
    """The motions from `previous` to `current` and back, for little more than one of them costs."""
    backward, forward = backward_flow(previous, current), backward_flow(current, previous)
    there = trust(forward, backward) * _likeness(previous, current, backward)
    back = trust(backward, forward) * _likeness(current, previous, forward)
    return Motion(backward, there), Motion(forward, back)


def backward_flow(previous: Bytes, current: Bytes) -> Floats:
    """Where each pixel of `current` was in `previous`: float32 [H, W, 2], right and down, in pixels relative to it.

    Exactly 0 where nothing moves: there the flow would follow the camera's noise, and a result that is moved along
    would tremble and blur. A motion below about 0.2 px a frame may count as none.

    Args:
        previous: uint8 [H, W, 3].
        current: uint8 [H, W, 3] of the same size.
    """
    cv2.setNumThreads(1)  # DIS divides its work by threads, and its result depends on the division
    solver = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    solver.setFinestScale(0 if max(current.shape) <= FULL_DETAIL_PX else 1)
    flow = solver.calc(_grey(current), _grey(previous), None)  # type: ignore[call-overload]
    still = _still(previous, current, flow)
    return np.asarray(flow * (1 - still)[..., None], np.float32)


def warp(picture: npt.NDArray[np.number], flow: Floats) -> Floats:
    """Fetch each pixel from where it was: float32 [H, W, C]; an all-zero flow changes nothing.

    Interpolates by Lanczos, since a film's result is warped once a frame: after 40 times linear interpolation has
    blurred it and OpenCV's cubic has sharpened it, with three times the error. Sharp edges may overshoot the picture's
    range a little. What was outside gets the nearest edge pixel; its trust is 0.

    Args:
        picture: [H, W, C] of any range.
        flow: float32 [H, W, 2], from `backward_flow`.
    """
    groups = [picture[..., first : first + _MAX_CHANNELS] for first in range(0, picture.shape[-1], _MAX_CHANNELS)]
    return np.concatenate([_fetched(group, flow, cv2.INTER_LANCZOS4) for group in groups], -1)


def trust(forward: Floats, backward: Floats) -> Floats:
    """Where a flow holds: float32 [H, W] in [0, 1], 1 where there and back again ends at the start.

    0 outside the other frame, where something was hidden, and at the edges of motions; between 1 and 0 where the two
    flows disagree by once to twice the limit.

    Args:
        forward: float32 [H, W, 2], where each pixel of the other frame goes in this one.
        backward: float32 [H, W, 2], where each pixel of this frame comes from.

    Source: Sundaram, Brox and Keutzer 2010 (ECCV), with the constants that Ruder et al. 2016, arXiv:1604.08610, use. We
    differ: the disagreement fades out instead of being cut off, because a hard edge of the mask shows in the result.
    """
    height, width, _ = backward.shape
    back = _fetched(forward, backward, cv2.INTER_LINEAR)
    disagreement = np.square(back + backward).sum(-1)
    lengths = np.square(back).sum(-1) + np.square(backward).sum(-1)
    agreement = np.clip(2 - disagreement / (0.01 * lengths + 0.5), 0, 1)
    slope = sum(np.square(part).sum(-1) for part in np.gradient(backward, axis=(0, 1)))
    inner = slope <= 0.01 * np.square(backward).sum(-1) + 0.002
    x, y = np.arange(width) + backward[..., 0], np.arange(height)[:, None] + backward[..., 1]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return np.asarray(agreement * inner * inside, np.float32)


def _fetched(picture: npt.NDArray[np.number], flow: Floats, interpolation: int) -> Floats:
    """`picture`, [H, W, up to 4], at the places that a flow leads to: float32 [H, W, C]."""
    height, width, _ = picture.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    values = np.ascontiguousarray(picture, np.float32)
    moved = cv2.remap(values, x + flow[..., 0], y + flow[..., 1], interpolation, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved.reshape(picture.shape), np.float32)  # OpenCV drops a single channel


def _grey(frame: Bytes) -> Bytes:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)


def _still(previous: Bytes, current: Bytes, flow: Floats) -> Floats:
    """Where the flow explains the frame no better than no motion does: float32 [H, W], 1 there, with soft edges."""
    was, now = (_smooth(frame) for frame in (previous, current))
    unmoved, moved = (_mean_square(now - other) for other in (was, _fetched(was, flow, cv2.INTER_LINEAR)))
    small = np.square(flow).sum(-1) < _STILL_PX**2
    still = (unmoved <= _STILL_GAIN * moved + _STILL_LEVEL) & small
    whole = cv2.medianBlur(still.astype(np.uint8), 5)
    return np.asarray(cv2.GaussianBlur(whole.astype(np.float32), (0, 0), 2), np.float32)


def _smooth(frame: Bytes) -> Floats:
    """The frame in 0 to 255 with less noise, so that interpolation smooths it hardly more."""
    return np.asarray(cv2.GaussianBlur(frame.astype(np.float32), (0, 0), 1), np.float32)


def _mean_square(difference: Floats) -> Floats:
    """Mean square of [H, W, C] around each pixel: [H, W]."""
    return np.asarray(cv2.boxFilter(np.square(difference).mean(-1), -1, (_WINDOW_PX, _WINDOW_PX)), np.float32)


def _likeness(previous: Bytes, current: Bytes, flow: Floats) -> Floats:
    """Where a pixel looks like the one that it comes from: float32 [H, W], 1 if it does, 0 from twice the limit on."""
    difference = np.abs(current - warp(previous, flow)).mean(-1)
    return np.asarray(np.clip(2 - cv2.blur(difference, (5, 5)) / _SAME_LEVEL, 0, 1), np.float32)
