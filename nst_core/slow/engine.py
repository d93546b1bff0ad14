"""The slow engine: a generator of Steps, from the start picture to the last step of the last size."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from nst_core.models.device import device
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
    """Optimise a picture; Step k carries the picture after k moves and its losses, Step 0 the start.

    Sending a recipe in place of `next` steers: its weights, learning rate and lengths hold from the next move on.

    Args:
        content: the original, [1, H, W, 3] in [0, 1]; worked on at `recipe.longest_edge_px`, or up to it.
        styles: the originals, one for each of `recipe.styles`.
        recipe: every setting.
        start: the picture to start from, any size; needed where `recipe.start` is "fast" or "own".
        masks: one for each of `recipe.regions`, [h, w] in [0, 1] in the content's aspect ratio.
        levels: pictures, any size, that the objective judges at full size; the first Step there has their losses.
        resume: the `state()` of an earlier Step of the same run; its successor is yielded first.

    Raises:
        DivergedError: a loss stopped being finite, or exploded, and smaller steps did not help.
        RecipeError: a start picture is needed and missing, or styles, masks and recipe do not fit.
        CheckpointError: `resume` is of another size.
        WeightsError: no source gave the network.
    """
    allocator.set_keep_freed(keep=False)
    place = device().name
    with tf.device(place):  # entered anew for each step: a scope held over a yield breaks where another thread ends it
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
