"""Who paints which frames of a film. The run's own worker decides it alone, so that nothing is painted twice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

LEAST_FRAMES, WORTH_SECONDS = 12, 5.0
"""The fewest frames of a part, and the least time that painting it takes: a worker that begins in the middle of a film
starts a process that decodes, and measures the styles, and would lose more than it gains."""


class Part(NamedTuple):
    """The frames from number `first` to before `end`: one scene or several whole ones."""

    first: int
    end: int


class PartPlan:
    """The parts of a film, and what the run's own worker paints itself.

    A part is taken (a worker paints it now), or kept (it has a folder with some of its frames, or with all).

    Attributes:
        total: the number of the film's frames.
        cuts: the frames with which scenes begin, as far as they are known, rising.
        is_complete: whether all of them are known.
        least_frames: the fewest frames of a part.
        reached: the frame after the last one that the run's own worker has begun in order.
    """

    def __init__(self, total: int, begin: int = 0, taken: Iterable[Part] = (), kept: Iterable[Part] = ()) -> None:
        """Of a film of `total` frames, which goes on with frame `begin`, and the parts that it has already."""
        self.total, self.reached = total, begin
        self.cuts: Sequence[int] = ()
        self.is_complete = False
        self.least_frames = LEAST_FRAMES
        self._taken = {part.first: part for part in taken}
        self._kept = {part.first: part for part in kept if part.first not in self._taken}
        self._whole: set[int] = set()
        self._refused: set[int] = set()

    def goes_on(self, frame: int) -> bool:
        """Whether the run's own worker paints this frame in order; if so, no part begins with it any more."""
        if self.is_taken(frame) or self.kept(frame):
            return False
        self.reached = max(self.reached, frame + 1)
        return True

    def kept(self, frame: int) -> Part | None:
        """The part with a frame that nobody paints now."""
        return _with(frame, self._kept.values())

    def is_taken(self, frame: int) -> bool:
        """Whether a worker paints the part with this frame."""
        return _with(frame, self._taken.values()) is not None

    def take(self) -> Part | None:
        """The next part that a worker can paint, which is taken from now on; None if there is none."""
        done = self._whole | self._refused
        kept = (part for first, part in self._kept.items() if first not in done and first >= self.reached)
        part = min((*kept, *self._free()), default=None)
        if part is not None:
            self._kept.pop(part.first, None)
            self._taken[part.first] = part
        return part

    def leave(self, first: int, *, is_whole: bool, is_refused: bool = False) -> None:
        """Note that nobody paints a part any more; one that is refused is painted in order, and not as a part."""
        part = self._taken.pop(first, None)
        if part is None:
            return
        self._kept[first] = part
        self._whole |= {first} if is_whole else set()
        self._refused |= {first} if is_refused else set()

    def forget(self, part: Part, count: int) -> None:
        """Note that the film has what there is of a part, and so `count` frames; it goes on with them in order."""
        self._kept.pop(part.first, None)
        self.reached = max(self.reached, count)

    def _free(self) -> Iterable[Part]:
        """The parts that could be made of the scenes that are known, at most one between two others."""
        known = sorted([*self._taken.values(), *self._kept.values()])
        edges = [self.reached, *(edge for part in known for edge in part), self.total]
        for begin, end in pairwise(edges):
            if (begin, end) not in known and (part := self._between(begin, end)):
                yield part

    def _between(self, begin: int, end: int) -> Part | None:
        """The first part between two frames, if it is known where it ends, and if it is long enough."""
        inside = [cut for cut in self.cuts if begin <= cut < end]
        if not inside or inside[0] in self._refused:
            return None
        is_closed = self.is_complete or end < self.total
        ends = [*inside[1:], *([end] if is_closed else [])]
        last = next((each for each in ends if each - inside[0] >= self.least_frames), None)
        return None if last is None else Part(inside[0], last)

    def spare(self, frame_seconds: float) -> None:
        """Make no parts that are not worth it, where a frame takes so many seconds."""
        self.least_frames = max(LEAST_FRAMES, math.ceil(WORTH_SECONDS / max(frame_seconds, 1e-3)))


def _with(frame: int, parts: Iterable[Part]) -> Part | None:
    return next((part for part in parts if part.first <= frame < part.end), None)
