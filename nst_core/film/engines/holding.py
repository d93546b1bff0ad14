"""Which pixels of a slow film are held: where the film stands still, a finished result stays as it is, bit for bit.

Each frame's optimisation ends a little elsewhere, because its film has other noise. So a still scene would tremble,
however strong the temporal term. A pixel is compared with the frame that it was painted for and not with the frame
before, so that light which changes slowly is followed as well.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import cv2
import numpy as np

from nst_core.film.engines.frames import Carried, FrameTask
from nst_core.film.flow import Bytes, Floats
from nst_core.picture.coverage import colours
from nst_core.step import Pixels

FINISHED_FRAMES = 12
"""Frames for which a pixel is painted before it may be held: a few steps a frame do not finish what is new at once."""
NOISE_PX = 2.5
"""Deviation of the Gaussian that averages the film's noise, in pixels: a ninth of it is left."""
CHANGED_LEVELS = 1.5
"""Differences from the frame that a pixel was painted for, in 1/255 without noise: up to this one nothing has changed,
from twice of it on everything. Noise of 3/255 is no change anywhere."""
NEAR_PX = 5
"""Width of the square around a pixel of which the greatest difference counts: strokes have about this width."""
MOVING_PX = 0.1
"""Motion, in pixels, up to which a pixel is still; from twice of it on it is not: less is not found reliably."""
AROUND_PX = 12.0
"""Deviation of the Gaussian over which motion is averaged, by the contrast of what moves. Where there is hardly any,
noise looks like motion."""

_CONTENT, _FRAMES, _RECIPE = "painted for", "painted frames", "painted by"


@dataclass(frozen=True, eq=False)
class PaintedPixels:
    """What the pixels of a result were painted for.

    Attributes:
        content: the frame of each pixel's last painting, as the method saw it: uint8 [H, W, 3].
        frames: for how many still frames in a row it has been painted, up to `FINISHED_FRAMES`: uint8 [H, W].
        recipe: the hash of the recipe: uint8 [32].
    """

    content: Bytes
    frames: Bytes
    recipe: Bytes

    @classmethod
    def all_of(cls, task: FrameTask, frames: int = FINISHED_FRAMES) -> PaintedPixels:
        """Those of a frame of which all was painted."""
        content = np.asarray(np.rint(colours(task.content)[0] * 255), np.uint8)
        recipe = hashlib.sha256(task.recipe.model_dump_json().encode()).digest()
        return cls(content, np.full(content.shape[:2], frames, np.uint8), np.frombuffer(recipe, np.uint8))

    @classmethod
    def carried(cls, values: Carried) -> PaintedPixels | None:
        """From what a frame carried; None if it carried none, as in films begun earlier."""
        if _CONTENT not in values:
            return None
        return cls(*(np.asarray(values[name], np.uint8) for name in (_CONTENT, _FRAMES, _RECIPE)))

    def carry(self) -> Carried:
        """As `carried` reads it."""
        return {_CONTENT: self.content, _FRAMES: self.frames, _RECIPE: self.recipe}

    def with_still(self, before: PaintedPixels, still: Floats) -> PaintedPixels:
        """The same where nothing is still, [H, W]; what is still stays painted for its own frame, once more."""
        content = still[..., None] * before.content + (1 - still[..., None]) * self.content
        frames = still * (before.frames + np.float32(1)) + (1 - still) * self.frames
        most = np.minimum(frames, FINISHED_FRAMES)
        return replace(self, content=np.asarray(np.rint(content), np.uint8), frames=np.asarray(most, np.uint8))


@dataclass(frozen=True, eq=False)
class HeldPixels:
    """What is held in a frame.

    Attributes:
        share: how much of each pixel is held: float32 [H, W] in [0, 1].
        result: the neighbours' results times their shares: float32 [H, W, 3] in 0 to 255.
        painted: what the pixels of the next result are painted for.
    """

    share: Floats
    result: Floats
    painted: PaintedPixels

    def kept(self, picture: Pixels) -> Bytes:
        """A picture of the frame, [1, H, W, 3] in [0, 1], with what is held: uint8 [H, W, 3]."""
        fresh = np.clip(picture[0], 0, 1) * np.float32(255)
        return np.asarray(np.rint(self.result + (1 - self.share[..., None]) * fresh), np.uint8)


def held_pixels(task: FrameTask) -> HeldPixels:
    """What is held of the neighbours' results; of the one after, which is finished, if it can be held to both.

    Nothing is held if the recipe's temporal weight is 0.
    """
    now = painted = PaintedPixels.all_of(task, frames=1)
    free = np.ones(now.frames.shape, np.float32)
    result = np.zeros(now.content.shape, np.float32)
    for neighbour in task.neighbours if task.recipe.film.temporal_weight else ():
        before = PaintedPixels.carried(neighbour.carried)
        if before is None or not np.array_equal(before.recipe, now.recipe):
            continue
        still = stillness(before.content, now.content, neighbour.motion.flow)
        held = still * (before.frames >= FINISHED_FRAMES)
        result = held[..., None] * neighbour.result + (1 - held[..., None]) * result
        free = free * (1 - held)
        painted = painted.with_still(before, still)
    return HeldPixels(np.asarray(1 - free, np.float32), np.asarray(result, np.float32), painted)


def stillness(painted_for: Bytes, content: Bytes, flow: Floats) -> Floats:
    """Where a frame shows what a pixel was painted for, at the same place: float32 [H, W] in [0, 1], 1 there.

    An even area looks the same when it moves, so what is around it must stand still too.

    Args:
        painted_for: uint8 [H, W, 3].
        content: the frame, uint8 [H, W, 3].
        flow: the motion to it, float32 [H, W, 2].
    """
    now = np.asarray(cv2.GaussianBlur(content.astype(np.float32), (0, 0), NOISE_PX), np.float32)
    change = now - cv2.GaussianBlur(painted_for.astype(np.float32), (0, 0), NOISE_PX)
    levels = cv2.dilate(np.sqrt(np.square(change).mean(-1)), np.ones((NEAR_PX, NEAR_PX), np.uint8))
    unchanged = np.clip(2 - levels / CHANGED_LEVELS, 0, 1)
    return np.asarray(unchanged * np.maximum(_unmoved(flow), _unmoved(_around(flow, now))), np.float32)


def _unmoved(flow: Floats) -> Floats:
    return np.asarray(np.clip(2 - np.linalg.norm(flow, axis=-1) / MOVING_PX, 0, 1), np.float32)


def _around(flow: Floats, content: Floats) -> Floats:
    """The mean motion around each pixel, weighted by the contrast of a frame with little noise."""
    contrast = sum(np.square(slope).sum(-1, keepdims=True) for slope in np.gradient(content, axis=(0, 1)))
    weights = np.asarray(contrast, np.float32) + np.float32(1e-3)
    sums = cv2.GaussianBlur(np.concatenate([flow * weights, weights], -1), (0, 0), AROUND_PX)
    return np.asarray(sums[..., :2] / sums[..., 2:], np.float32)
