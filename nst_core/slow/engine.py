"""The slow engine: a generator of Steps, from the start picture to the last step of the last size."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from nst_core.models.device import device
from nst_core.picture.arrays import check_pictures, check_weights
from nst_core.picture.masks import Weights
from nst_core.recipe import Recipe
from nst_core.slow.session import OptimizationSession
from nst_core.step import Pixels, Step
from nst_core.system import allocator


def run(  # noqa: PLR0913 - every engine's signature
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    *,
    start: Pixels | None = None,
    masks: Sequence[Weights] = (),
    levels: Mapping[str, Pixels] | None = None,
    resume: Mapping[str, Any] | None = None,
) -> Generator[Step, Recipe | None, None]:
    """Optimise a picture. Step k has the losses after k moves, and on some Steps the picture; Step 0 is the start.

    `send(recipe)` instead of `next` steers the run: the weights, learning rate and lengths apply from the next move on.

    Args:
        content: the original, [1, H, W, 3] in [0, 1]; resized to `recipe.longest_edge_px` or, in a pyramid, up to it.
        styles: the originals, each [1, h, w, 3] in [0, 1], one for each of `recipe.styles`.
        recipe: every setting.
        start: the picture to start from, any size; needed where `recipe.start` is "fast" or "own".
        masks: one for each of `recipe.regions`, [h, w] in [0, 1] in the content's aspect ratio.
        levels: reference pictures by name, any size; the first Step at the last size has their losses.
        resume: the `state()` of an earlier Step of this run; the Step after it is yielded first.

    Raises:
        PictureError: an array is no picture: of another shape or type, or with values outside [0, 1].
        DivergedError: a loss stopped being finite, or exploded, and smaller steps did not help.
        RecipeError: a start picture is needed and missing, or styles, masks and recipe do not fit.
        CheckpointError: `resume` is of another size.
        WeightsError: no source gave the network.
    """
    check_pictures(content, styles, start)
    check_weights(masks)
    allocator.set_keep_freed(keep=False)
    place = device().name
    with tf.device(place):  # entered for each step: a scope kept open over a yield breaks if another thread closes it
        session = OptimizationSession(content, styles, recipe, masks, levels or {})
        state = session.resume(resume) if resume is not None else session.begin(start)
    if resume is None:
        sent = yield session.step(state, shown=True)
        with tf.device(place):
            state = session.steer(state, sent)
    while True:
        with tf.device(place):
            moved = session.advance(state)
        if moved is None:
            return
        state = moved
        sent = yield session.step(state, shown=session.shows(state))
        with tf.device(place):
            state = session.steer(state, sent)
