"""The second pass of the slow method: each group of frames once more, from its last frame to its first.

In the pass forward a frame knows only the one before it, so that what comes into view later is painted without regard
to what it becomes. Backward, each frame is compared with both neighbours. Source: Ruder et al. 2016, arXiv:1604.08610,
section 3.6. We differ: a group after another, and not the whole film, so that memory is bounded and finished frames
come while the film is painted.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nst_core.film.engines.forward import PassedFrame, paint_next
from nst_core.film.engines.frames import FilmState, FilmStep, FinishedFrame, FramePainter, Neighbour, PaintedFrame
from nst_core.film.flow import Bytes, motion
from nst_core.film.scenes import is_cut
from nst_core.picture.masks import Weights
from nst_core.recipe import Recipe

if TYPE_CHECKING:
    from nst_core.film.reading import FilmFrame

GROUP_FRAMES = 12
"""The most frames of a group: about half a second, over which hidden things come into view."""


def play_twice(
    painter: FramePainter,
    frames: Iterable[FilmFrame],
    recipe: Recipe,
    masks: Sequence[Weights],
    resume: FilmState | None,
) -> Generator[FilmStep, Recipe | None, None]:
    """Paint each group of frames forward and then backward; arguments as in `forward.play`.

    A group ends at a scene cut too, so that a scene is painted alike whether or not those before it are.

    The frames of a group are finished together, at the last step of its pass backward. A film that is stopped in the
    middle of a group begins the group anew.
    """
    state = resume
    for group in _groups(frames, None if resume is None else resume.content):
        opening, passed = state, []
        for frame in group:
            passed.append(paint_next(painter, frame, recipe, masks, state))
            painted = passed[-1].painted
            state = passed[-1].state(painted.result)
            picture = passed[-1].picture(painted.result)
            events = passed[-1].events
            sent = yield FilmStep(frame.index, picture, painted.losses, events, (), painted.notes, frame.alpha)
            recipe = sent or recipe
            if not painted.is_whole:
                return
        results = [one.painted for one in passed]
        for place in reversed(range(len(passed))):
            again = results[place] = _again(painter, passed, results, place)
            finished = _finished(passed, results, opening) if place == 0 and again.is_whole else ()
            one = passed[place]
            sent = yield FilmStep(one.index, one.picture(again.result), again.losses, (), finished, (), one.alpha)
            recipe = sent or recipe
            if not again.is_whole:
                return
        state = passed[-1].state(results[-1].result)


def _groups(frames: Iterable[FilmFrame], before: Bytes | None) -> Iterator[Iterator[FilmFrame]]:
    """The frames in groups of one scene each; `before` is the film's frame before them."""
    cuts = 0

    def place(frame: FilmFrame) -> tuple[int, int]:
        nonlocal before, cuts
        cuts += before is not None and is_cut(before, frame.pixels)
        before = frame.pixels
        return frame.index // GROUP_FRAMES, cuts

    return (group for _, group in itertools.groupby(frames, place))


def _again(
    painter: FramePainter, passed: Sequence[PassedFrame], results: Sequence[PaintedFrame], place: int
) -> PaintedFrame:
    """A frame of a group painted again, from its own result; the last of a group stays as it is."""
    one, own = passed[place], results[place]
    if place + 1 == len(passed):
        return own
    after = passed[place + 1]
    neighbour = Neighbour(results[place + 1].result, motion(after.content, one.content), results[place + 1].carried)
    return painter.paint(replace(one.task, neighbours=[*one.task.neighbours, neighbour], start=own.result))


def _finished(
    passed: Sequence[PassedFrame], results: Sequence[PaintedFrame], opening: FilmState | None
) -> tuple[FinishedFrame, ...]:
    """All frames of a group. Only after its last one does the film continue with the next group."""
    pictures: list[Bytes] = [one.picture(result.result) for one, result in zip(passed, results, strict=True)]
    last = FinishedFrame(pictures[-1], passed[-1].index + 1, passed[-1].state(results[-1].result))
    return (*(FinishedFrame(picture, passed[0].index, opening) for picture in pictures[:-1]), last)
