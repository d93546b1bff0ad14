"""The slow engine: a generator of Steps, from the start picture to the last step asked for."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import CheckpointError, DivergedError, RecipeError
from nst_core.models import vgg as networks
from nst_core.models.device import device, precision
from nst_core.picture.resize import fit, resize
from nst_core.recipe import Recipe
from nst_core.slow import minimiser, objective
from nst_core.slow.minimiser import State
from nst_core.step import Pixels, Step


def run(
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    *,
    start: Pixels | None = None,
    resume: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Optimise a picture; Step k carries the picture after k moves and its losses, Step 0 the start.

    Args:
        content: the original, [1, H, W, 3] in [0, 1]; worked on at `recipe.longest_edge_px`.
        styles: the originals, one for each of `recipe.styles`.
        recipe: every setting.
        start: the picture to start from, any size; needed where `recipe.start` is "fast".
        resume: the `state()` of an earlier Step of the same run; its successor is yielded first.

    Raises:
        DivergedError: a loss stopped being finite.
        RecipeError: a start picture is needed and missing, or styles and recipe do not fit.
        CheckpointError: `resume` is of another size.
        WeightsError: no source gave the network.
    """
    place = device().name
    with tf.device(place):  # entered anew for each step: a scope held over a yield breaks where another thread ends it
        network = networks.load(recipe.objective.network, precision(recipe.precision))
        original = fit(content, recipe.longest_edge_px)
        began = time.perf_counter()
        terms = objective.bind(
            network, recipe.objective, original, _at_size(styles, original, recipe), _shares(styles, recipe)
        )
        if resume is None:
            state, losses = _first(terms, _start(original, recipe, start))
        else:
            state, losses = unpack(resume, original.shape), {}
            began -= float(resume["seconds"])
    if resume is None:
        yield _step(state, losses, recipe, time.perf_counter() - began, picture=True)
    resumed_at, ran_from = state.number, time.perf_counter()
    while state.number < recipe.steps:
        each = (time.perf_counter() - ran_from) / max(state.number - resumed_at, 1)
        if recipe.seconds is not None and time.perf_counter() - began + each / 2 > recipe.seconds:
            break
        with tf.device(place):
            state, losses = _next(terms, state, recipe)
        shown = state.number % recipe.snapshot_every == 0 or state.number == recipe.steps
        yield _step(state, losses, recipe, time.perf_counter() - began, picture=shown)


def pack(state: State, seconds: float) -> dict[str, Any]:
    """A state as plain arrays and numbers, for `resume=` and for files."""
    arrays = {name: getattr(state, name).numpy() for name in ("picture", "gradient", "mean", "square")}
    return {**arrays, "number": state.number, "seconds": seconds}


def unpack(packed: Mapping[str, Any], shape: tuple[int, ...]) -> State:
    """The state that `pack` took apart. Raises CheckpointError if it is not of `shape`."""
    came = tuple(np.shape(packed["picture"]))
    if came != tuple(shape):
        raise CheckpointError(f"the checkpoint must hold a picture of {tuple(shape)[1:3]} pixels, got {came[1:3]}")
    arrays = {name: tf.constant(packed[name], tf.float32) for name in ("picture", "gradient", "mean", "square")}
    return State(**arrays, number=int(packed["number"]))


def _start(original: Pixels, recipe: Recipe, start: Pixels | None) -> tf.Tensor:
    if start is not None:
        return tf.constant(resize(start, original.shape[2], original.shape[1]))
    if recipe.start == "fast":
        raise RecipeError("start 'fast' needs the fast result; choose method balanced, or start from content or noise")
    if recipe.start == "noise":
        return tf.random.stateless_uniform(original.shape, seed=(recipe.seed, 0))
    return tf.constant(original)


def _at_size(styles: Sequence[Pixels], original: Pixels, recipe: Recipe) -> list[Pixels]:
    """The styles at the size their textures are read at: by default the content's longest edge, never enlarged."""
    if recipe.style_shape == "content":
        return [resize(s, original.shape[2], original.shape[1]) for s in styles]
    return [fit(s, min(recipe.longest_edge_px, max(s.shape[1:3]))) for s in styles]


def _shares(styles: Sequence[Pixels], recipe: Recipe) -> list[float]:
    if recipe.styles and len(recipe.styles) != len(styles):
        raise RecipeError(f"the recipe names {len(recipe.styles)} styles, got {len(styles)} pictures")
    if not styles and recipe.objective.style_weight > 0:
        raise RecipeError("at least one style picture is needed unless style_weight is 0")
    return [s.weight for s in recipe.styles] or [1.0] * len(styles)


def _first(terms: objective.Terms, picture: tf.Tensor) -> tuple[State, dict[str, float]]:
    weighted, gradient = terms(picture)
    return minimiser.begin(picture, gradient), _finite(terms, weighted, 0)


def _next(terms: objective.Terms, state: State, recipe: Recipe) -> tuple[State, dict[str, float]]:
    picture, mean, square = minimiser.move(state, recipe.minimiser)
    weighted, gradient = terms(picture)
    moved = replace(state, picture=picture, gradient=gradient, mean=mean, square=square, number=state.number + 1)
    return moved, _finite(terms, weighted, moved.number)


def _finite(terms: objective.Terms, weighted: tf.Tensor, number: int) -> dict[str, float]:
    losses = objective.named(dict(zip(terms.names, map(float, weighted.numpy()), strict=True)))
    if not math.isfinite(losses["total"]):
        raise DivergedError(f"the loss must stay finite, but at step {number} it is not; try a smaller learning_rate")
    return losses


def _step(state: State, losses: dict[str, float], recipe: Recipe, seconds: float, *, picture: bool) -> Step:
    return Step(
        number=state.number,
        of=recipe.steps,
        scale_px=max(state.picture.shape[1:3]),
        seconds=seconds,
        losses=losses,
        picture=state.picture.numpy() if picture else None,
        state=lambda: pack(state, seconds),
    )
