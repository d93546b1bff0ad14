"""One frame's task, its result, and what it leaves to the next frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from nst_core.film.flow import Bytes, Floats, Motion
from nst_core.picture.colour import to_grey
from nst_core.picture.masks import Weights
from nst_core.recipe import Recipe
from nst_core.step import Pixels

Carried = Mapping[str, np.ndarray]
"""Small arrays that a method carries from one frame to the next, by name."""
NOTHING: Carried = {}


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A frame's neighbour.

    Attributes:
        result: the method's result there.
        motion: the motion that leads from it to the frame.
        carried: what the method left there.
    """

    result: Bytes
    motion: Motion
    carried: Carried = field(default_factory=dict)

    @property
    def aim(self) -> Floats:
        """The result, moved to where the things are in this frame: [H, W, 3] in 0 to 255."""
        return np.clip(self.motion.warped(self.result), 0, 255)


@dataclass(frozen=True, eq=False)
class FrameTask:
    """What a method needs for one frame.

    Attributes:
        content: the frame as the method sees it, [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage: clear pixels
            take no part in it.
        recipe: the recipe in force at this time.
        masks: one for each of the recipe's regions, [H, W], moved to where the things are in this frame.
        neighbours: the frame before and, in the second pass, also the one after; none at the start of a scene.
        start: the picture to start from, uint8 [H, W, 3]; None: the method chooses it.
        carried: what the method left at the frame before; empty at the start of a scene.
    """

    content: Pixels
    recipe: Recipe
    masks: Sequence[Weights] = ()
    neighbours: Sequence[Neighbour] = ()
    start: Bytes | None = None
    carried: Carried = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PaintedFrame:
    """A method's result for one frame.

    Attributes:
        result: uint8 [H, W, 3].
        losses: by name.
        carried: what the method leaves to the next frame.
        notes: sentences for the user.
        is_whole: whether all its steps were done; otherwise the run was stopped meanwhile.
    """

    result: Bytes
    losses: Mapping[str, float]
    carried: Carried = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_whole: bool = True


class FramePainter(Protocol):
    """A method for the frames of one film."""

    def paint(self, task: FrameTask) -> PaintedFrame:
        """Paint one frame. Raises NSTError."""


@dataclass(frozen=True, eq=False)
class FilmState:
    """What one frame leaves to the next: with it, a film continues as if it had never stopped.

    Attributes:
        content: the film's frame, uint8 [H, W, 3].
        result: the method's result for it, before the content's colours are put back.
        carried: small arrays of the method, and of the masks.
    """

    content: Bytes
    result: Bytes
    carried: Carried = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FinishedFrame:
    """One frame that will not change any more.

    Attributes:
        picture: the result, uint8 [H, W, 3], with its final colours.
        next_index: the number of the frame from which a film that is stopped here continues.
        state: what the frame before that one left; None at the clip's start.
    """

    picture: Bytes
    next_index: int
    state: FilmState | None


@dataclass(frozen=True, eq=False)
class FilmStep:
    """One frame that was painted, for the first time or again.

    Attributes:
        index: its number in the clip, from 0.
        picture: the result, uint8 [H, W, 3], with its final colours.
        losses: by name; `temporal` alone for the fast method.
        events: "scene cut".
        finished: the frames that are finished with this step, in order; empty if the second pass will change this one,
            or if the run was stopped before it was whole.
        notes: sentences for the user, as in `nst_core.step.Step`.
        alpha: the opacity of the film's frame, uint8 [H, W]; None if it is opaque, or not kept.
    """

    index: int
    picture: Bytes
    losses: Mapping[str, float]
    events: tuple[str, ...]
    finished: tuple[FinishedFrame, ...]
    notes: tuple[str, ...] = ()
    alpha: Bytes | None = None


def to_bytes(picture: Pixels) -> Bytes:
    """[1, H, W, 3] in [0, 1] -> uint8 [H, W, 3], rounded."""
    return np.asarray(np.rint(np.clip(picture[0], 0, 1) * 255), np.uint8)


def to_pixels(frame: Bytes) -> Pixels:
    """uint8 [H, W, 3] -> [1, H, W, 3] in [0, 1]."""
    return np.asarray(frame[None], np.float32) / np.float32(255)


def grey_bytes(frame: Bytes) -> Bytes:
    """A frame, uint8 [H, W, 3], with its luma in all three channels."""
    return to_bytes(to_grey(to_pixels(frame)))
