"""The pass through a film, the same for both methods: scenes, motion, masks, keyframes and colours."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nst_core.film.engines.frames import (
    NOTHING,
    Carried,
    FilmState,
    FilmStep,
    FinishedFrame,
    FramePainter,
    FrameTask,
    Neighbour,
    PaintedFrame,
    to_bytes,
    to_pixels,
)
from nst_core.film.flow import Bytes, Floats, Motion, motion, warp
from nst_core.film.keyframes import recipe_at
from nst_core.film.scenes import is_cut
from nst_core.picture import colour
from nst_core.picture.coverage import Coverage, covered
from nst_core.picture.masks import Weights, at_size
from nst_core.recipe import Recipe
from nst_core.step import Pixels

if TYPE_CHECKING:
    from nst_core.film.reading import FilmFrame

CUT = "scene cut"
"""The event of a frame at which a scene begins."""
LEAST_SEEN = 1.0
"""Mean opacity, of 255, up to which a frame counts as empty: it is painted as if it were opaque."""
PLACES = "places"
"""Name of the array that tells where each pixel was in the scene's first frame."""


@dataclass(frozen=True, eq=False)
class PassedFrame:
    """A frame after the pass forward.

    Attributes:
        index: its number in the clip.
        content: the film's frame, uint8 [H, W, 3].
        task: what it was painted from.
        painted: the result.
        places: where each pixel was in the scene's first frame, float32 [H, W, 2]; None without masks.
        is_cut: whether a scene begins with it.
        alpha: the opacity of the film's frame, uint8 [H, W], or None.
    """

    index: int
    content: Bytes
    task: FrameTask
    painted: PaintedFrame
    places: Floats | None
    is_cut: bool
    alpha: Bytes | None = None

    @property
    def events(self) -> tuple[str, ...]:
        """Of its step."""
        return (CUT,) if self.is_cut else ()

    def picture(self, result: Bytes) -> Bytes:
        """A result for this frame with its final colours."""
        return with_final_colours(result, self.content, self.task.recipe)

    def state(self, result: Bytes) -> FilmState:
        """What the frame leaves to the next one, with this result."""
        places = {} if self.places is None else {PLACES: self.places}
        return FilmState(self.content, result, {**self.painted.carried, **places})


def play(
    painter: FramePainter,
    frames: Iterable[FilmFrame],
    recipe: Recipe,
    masks: Sequence[Weights] = (),
    resume: FilmState | None = None,
) -> Generator[FilmStep, Recipe | None, None]:
    """Paint one frame after another; with `film_passes` 2, each group of frames a second time.

    A recipe that is sent applies from the next frame on.
    A frame that was stopped before its last step is the last one.
    At a scene cut everything begins anew: the frame has no neighbour, and the masks are where they were given.

    Args:
        painter: the method.
        frames: of a clip, all of one size; of a resumed film, those that are still to do.
        recipe: every setting.
        masks: one for each of the recipe's regions, each [h, w] in [0, 1], as they lie in the first frame.
        resume: the state of the last `FinishedFrame`.
    """
    if recipe.film.film_passes > 1 and recipe.method != "fast":
        from nst_core.film.engines.backward import play_twice

        yield from play_twice(painter, frames, recipe, masks, resume)
        return
    state = resume
    for frame in frames:
        passed = paint_next(painter, frame, recipe, masks, state)
        painted = passed.painted
        state = passed.state(painted.result)
        picture = passed.picture(painted.result)
        done = (FinishedFrame(picture, frame.index + 1, state),) if painted.is_whole else ()
        sent = yield FilmStep(frame.index, picture, painted.losses, passed.events, done, painted.notes, passed.alpha)
        recipe = sent or recipe
        if not painted.is_whole:
            return


def paint_next(
    painter: FramePainter, frame: FilmFrame, recipe: Recipe, masks: Sequence[Weights], before: FilmState | None
) -> PassedFrame:
    """Paint the frame after `before`; arguments as in `play`."""
    is_scene_cut = before is not None and is_cut(before.content, frame.pixels)
    known = None if is_scene_cut else before
    moved = motion(known.content, frame.pixels) if known else None
    carried = known.carried if known else NOTHING
    places = _places(carried, moved, frame.pixels.shape[:2]) if masks else None
    task = FrameTask(
        covered(seen(frame.pixels, recipe), _cover(frame)),
        recipe_at(recipe, frame.index * frame.duration),
        [] if places is None else [masked_at(mask, places) for mask in masks],
        [Neighbour(known.result, moved, carried)] if known and moved else [],
        carried=carried,
    )
    return PassedFrame(frame.index, frame.pixels, task, painter.paint(task), places, is_scene_cut, frame.alpha)


def _cover(frame: FilmFrame) -> Coverage | None:
    """The opacity of a frame; None of one that is all opaque, or of which there is nothing to see."""
    if frame.alpha is None or frame.alpha.mean() <= LEAST_SEEN:
        return None
    return np.asarray(frame.alpha, np.float32) / np.float32(255)


def seen(content: Bytes, recipe: Recipe) -> Pixels:
    """A film's frame as a method sees it, [1, H, W, 3] in [0, 1]: grey if only light and dark are to be stylised."""
    return colour.before(to_pixels(content), (), recipe.colour)[0]


def with_final_colours(result: Bytes, content: Bytes, recipe: Recipe) -> Bytes:
    """A method's result with the frame's colours put back as the recipe says; itself if it says nothing of it."""
    if recipe.colour.colour_match != "luminance" and recipe.colour.colour_preservation == 0:
        return result
    return to_bytes(colour.after(to_pixels(result), to_pixels(content), recipe.colour))


def matched_styles(styles: Sequence[Pixels], first: Bytes, recipe: Recipe) -> Sequence[Pixels]:
    """The styles with colours matched to a film's first frame: matched to each frame, they would flicker.

    A nearly grey style is made exactly grey also if the first frame has colours: a later frame may have none.
    """
    matched = colour.before(to_pixels(first), styles, recipe.colour)[1]
    return [colour.to_grey(style) if colour.is_grey(style, colour.NEARLY_GREY) else style for style in matched]


def _places(carried: Carried, moved: Motion | None, size: tuple[int, int]) -> Floats:
    """Where each pixel was in the scene's first frame, as columns and rows: float32 [H, W, 2].

    Masks are looked up through it, so that they stay as sharp as they were painted: a mask that is moved once a frame
    would blur.
    """
    if moved is not None and PLACES in carried:
        return warp(carried[PLACES], moved.flow)
    return _own_places(size)


def _own_places(size: tuple[int, int]) -> Floats:
    """Each pixel's own column and row: float32 [H, W, 2]."""
    rows, columns = np.indices(size, np.float32)
    return np.stack([columns, rows], axis=-1)


def masked_at(mask: Weights, places: Floats) -> Weights:
    """A mask of a scene's first frame, [h, w], where its things are now: [H, W] in [0, 1]."""
    height, width, _ = places.shape
    here = _own_places((height, width))
    return np.clip(warp(at_size(mask, width, height)[..., None], places - here)[..., 0], 0, 1)
