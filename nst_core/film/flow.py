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
_WRONG_LEVEL = 16.0
"""A flow that leads to a pixel which differs by more is not trusted."""
_BACKGROUND_LEVEL = 8.0
"""The background's motion must explain a pixel better than that, since it is tried where the flow says otherwise."""
_BACKGROUND_PX = 0.5
"""A flow that differs from the background's motion by more belongs to something else."""
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
    wrong match, is not trusted. Where the flow fails, but the motion of the background explains the pixel, it is taken
    instead: flow smears a moving object's motion over what lies beside it.
    """
    return motions(previous, current)[0]


def motions(previous: Bytes, current: Bytes) -> tuple[Motion, Motion]:
    """The motions from `previous` to `current` and back, for little more than one of them costs."""
    backward, forward = backward_flow(previous, current), backward_flow(current, previous)
    there = Motion(backward, trust(forward, backward) * _likeness(previous, current, backward, _WRONG_LEVEL))
    back = Motion(forward, trust(backward, forward) * _likeness(current, previous, forward, _WRONG_LEVEL))
    return _completed(there, previous, current), _completed(back, current, previous)


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
    differ: the disagreement fades out instead of being cut off, because a hard edge of the mask shows in the result;
    and a flow that bends by up to 0.14 px a pixel (theirs: 0.04) is no edge, since waves and faces bend so.
    """
    back = _fetched(forward, backward, cv2.INTER_LINEAR)
    disagreement = np.square(back + backward).sum(-1)
    lengths = np.square(back).sum(-1) + np.square(backward).sum(-1)
    agreement = np.clip(2 - disagreement / (0.01 * lengths + 0.5), 0, 1)
    slope = sum(np.square(part).sum(-1) for part in np.gradient(backward, axis=(0, 1)))
    inner = slope <= 0.01 * np.square(backward).sum(-1) + 0.02
    return np.asarray(agreement * inner * _inside(backward), np.float32)


def _completed(found: Motion, previous: Bytes, current: Bytes) -> Motion:
    """A motion that is replaced by the background's wherever only that is trusted."""
    background = _background(found)
    likeness = _likeness(previous, current, background, _BACKGROUND_LEVEL) * _inside(background)
    better = (found.trust < 0.5) & (likeness > found.trust)
    flow = np.where(better[..., None], background, found.flow)
    return Motion(flow, np.where(better, likeness, found.trust))


def _background(found: Motion) -> Floats:
    """The motion of most of the frame, as an affine map: float32 [H, W, 2].

    Fitted to the trusted flow at every fourth pixel by least squares, repeated with less weight for what differs.
    """
    height, width, _ = found.flow.shape
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    places = np.stack([np.ones_like(x), x, y], -1)
    known, aims = places[::4, ::4].reshape(-1, 3), found.flow[::4, ::4].reshape(-1, 2)
    weights = trusted = found.trust[::4, ::4].reshape(-1, 1).astype(np.float64)
    affine: npt.NDArray[np.floating] = np.zeros((3, 2))
    for _ in range(10):
        affine = np.linalg.lstsq(known * np.sqrt(weights), aims * np.sqrt(weights), rcond=None)[0]
        apart = np.square(aims - known @ affine).sum(-1, keepdims=True)
        weights = trusted / np.square(1 + apart / _BACKGROUND_PX**2)
    return np.asarray(places @ affine, np.float32)


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


def _likeness(previous: Bytes, current: Bytes, flow: Floats, level: float) -> Floats:
    """Where a pixel looks like the one that it comes from: float32 [H, W], 1 up to `level`, 0 from twice of it on.

    The level is a difference in 1/255, averaged over 5 x 5 pixels.
    """
    difference = np.abs(current - _fetched(previous, flow, cv2.INTER_LINEAR)).mean(-1)
    return np.asarray(np.clip(2 - cv2.blur(difference, (5, 5)) / level, 0, 1), np.float32)


def _inside(flow: Floats) -> npt.NDArray[np.bool_]:
    """Where a flow leads to a place inside the other frame: [H, W]."""
    height, width, _ = flow.shape
    x, y = np.arange(width) + flow[..., 0], np.arange(height)[:, None] + flow[..., 1]
    return np.asarray((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1), np.bool_)
