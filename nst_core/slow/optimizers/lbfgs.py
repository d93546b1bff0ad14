"""L-BFGS, one accepted move at a time, with the picture kept in the box [0, 1].

Source: Nocedal & Wright 2006, chapter 7.2; the box as in Bertsekas 1982: values at a bound whose gradient points
outwards are left out of the direction, and the path of the line search is projected.

Pairs are kept in the preconditioner's space, where the initial inverse Hessian is a multiple of the identity. The
exponent for which this holds best depends on the pictures: about 0.5 for smooth strokes, below 0 for a grainy wall. So
the exponent can adapt to the pairs: in the best space a step and the change of the gradient along it are most nearly
parallel.

Or the initial inverse Hessian is learned for each band of frequencies, as the ratio of the last steps to the changes
along them. This is the geometric mean of the two usual estimates. The gradient jumps wherever a ReLU or a maximum
switches, which adds to the changes but not to their product with the steps; so the usual estimate, the product over the
change's square, is too small on grainy pictures, and the steps are too short.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

import tensorflow as tf

from nst_core.recipe import OptimizerSettings
from nst_core.slow.optimizers import history
from nst_core.slow.optimizers.history import History
from nst_core.slow.optimizers.precondition import (
    band_energies,
    energies,
    multiplier,
    precondition,
    scale_bands,
    unbound,
)
from nst_core.slow.optimizers.state import BAND_NAMES, Evaluate, OptimizerState, evaluated
from nst_core.slow.optimizers.state import EXPONENT as _EXPONENT

SUFFICIENT_DECREASE = 1e-4
"""Armijo's constant: the least decrease of the loss that is accepted, as a share of what the slope predicts."""
LEAST_COSINE = 1e-8
"""Least cosine between a step and the change of the gradient along it; a pair below it is not kept, because the
objective is not convex along that step."""
LINE_SEARCH_TRIES = 12
"""Most evaluations of one line search."""
HISTORY_BYTES = 320e6
"""Most memory of the pairs, in bytes: large pictures keep fewer pairs."""

CANDIDATE_EXPONENTS = (-0.25, 0.0, 0.25, 0.5, 0.75)
"""The preconditioner's exponents that are compared where it adapts."""
ADAPT_EVERY = 10
"""Moves between two comparisons of the exponents."""
JUDGED_PAIRS = 8
"""Number of last pairs that a comparison uses."""
REQUIRED_GAIN = 1.2
"""Ratio by which another exponent's mean cosine must exceed the current one's to replace it.

On a grainy wall the ratio is far larger. For smooth strokes 0.25 and 0.5 fit within 0.1 of each other, and a change in
the middle of a run costs more than it gains: at 512 px 329 evaluations with 1.1, 299 with 1.2.
"""
SIMILAR_FIT = 0.9
"""Ratio of exponent 0's mean cosine to the recipe's exponent's, from which L-BFGS hands over to Adam. On a cat in
bricks at 512 px the ratio reaches 0.95, and Adam is far better; on Composition VII and night swirls it reaches 0.77.
"""
EARLY_MOVES = 50
"""Moves within which SIMILAR_FIT is enough to hand over: later, Adam's first long steps undo what many moves gained."""
BAND_PAIRS = 20
"""Number of last pairs from which the initial inverse Hessian of each band is learned."""
LEAST_BAND_SHARE = 1e-9
"""Share of all energy that is added to each band's, so that a band without any gets the ratio of all bands."""


def advance(
    state: OptimizerState, evaluate: Evaluate, settings: OptimizerSettings, scale: tf.Tensor | float = 1.0
) -> OptimizerState:
    """One accepted move, which lowers the loss. If there is no such move, the picture and `number` stay unchanged.

    Args:
        state: the current state.
        evaluate: the objective.
        settings: history size, preconditioner, and the learning rate of a move without history.
        scale: > 0, [1, H, W, 1]: the length of each pixel's step in the space of the pairs; where the objective is k
            times as stiff as elsewhere, 1 / sqrt(k) makes it as stiff. The same in all moves.
    """
    pairs = history.recall(state.memory)
    evaluations = state.evaluations
    learned: dict[str, tf.Tensor] = {}
    judged_pairs = pairs if state.number % ADAPT_EVERY == ADAPT_EVERY // 2 else None
    if settings.learn_preconditioner:
        is_early = settings.switch_to_adam and state.number < EARLY_MOVES
        if judged_pairs and is_early and is_grain(judged_pairs, settings):
            learned = {_EXPONENT: tf.constant(0.0)}
    elif settings.adapt_preconditioner:
        exponent = float(state.memory.get(_EXPONENT, settings.preconditioner_exponent))
        judged = _EXPONENT in state.memory  # without pairs, the exponent is the recipe's
        if judged_pairs:
            against = (
                settings.preconditioner_exponent if settings.switch_to_adam and state.number < EARLY_MOVES else None
            )
            (exponent, pairs), judged = best_exponent(judged_pairs, exponent, against), True
        if judged:
            learned = {_EXPONENT: tf.constant(exponent)}
        settings = settings.model_copy(update={"preconditioner_exponent": exponent})
    for kept in (pairs, None) if pairs else (None,):
        direction = _direction(state, kept, settings, scale)
        picture, gradient, weighted, value, tried = _line_search(
            state, direction, evaluate, settings, fresh=kept is None
        )
        evaluations += tried
        if picture is not None:
            moved = OptimizerState(picture, gradient, weighted, value, state.number + 1, evaluations, {})
            return replace(moved, memory=_remember(kept, state, moved, settings, scale) | learned)
    return replace(state, evaluations=evaluations)


def best_exponent(pairs: History, exponent: float, against: float | None = None) -> tuple[float, History]:
    """The exponent in whose space the last pairs are most nearly parallel, and all pairs in that space.

    The product of a step and a change does not depend on the space. By Parseval's theorem the length of each is a
    weighted sum of its power spectrum, so one Fourier transform of each serves all exponents.

    Args:
        pairs: in the space of `exponent`.
        exponent: the current one; another must fit better by the factor REQUIRED_GAIN to replace it.
        against: an exponent; 0 is chosen if its fit is at least SIMILAR_FIT times this one's. None compares nothing.
    """
    candidates = {*CANDIDATE_EXPONENTS, exponent, exponent if against is None else against}
    fits = _cosines(pairs, exponent, candidates)
    best = max(fits, key=lambda to: (fits[to], to))
    if against is not None and exponent > 0 and fits[0.0] >= SIMILAR_FIT * fits[against]:
        best = 0.0
    elif fits[best] <= REQUIRED_GAIN * fits[exponent]:
        return exponent, pairs
    return best, history.change_exponent(pairs, exponent, best)


def is_grain(pairs: History, settings: OptimizerSettings) -> bool:
    """Whether the last pairs, none in a preconditioner's space, are about as parallel there as in the recipe's."""
    exponent = settings.preconditioner_exponent
    fits = _cosines(pairs, 0.0, {0.0, exponent})
    return fits[0.0] >= SIMILAR_FIT * fits[exponent]


def _cosines(pairs: History, exponent: float, candidates: Collection[float]) -> dict[float, float]:
    """Exponent -> the mean cosine of the last steps and changes in its space; `pairs` are in that of `exponent`."""
    steps, changes = energies(pairs.steps[-JUDGED_PAIRS:]), energies(pairs.changes[-JUDGED_PAIRS:])
    products = tf.linalg.diag_part(pairs.crossed)[-JUDGED_PAIRS:]
    height, width = pairs.steps.shape[1:3]

    def cosine(to: float) -> float:
        scales = (multiplier(height, width, exponent) / multiplier(height, width, to)) ** 2
        longer, shorter = (
            tf.cast(tf.reduce_sum(power * scale, [1, 2]), tf.float64)
            for power, scale in ((steps, scales), (changes, 1 / scales))
        )
        return float(tf.reduce_mean(products / tf.sqrt(longer * shorter)))

    return {to: cosine(to) for to in candidates}


def _direction(
    state: OptimizerState, pairs: History | None, settings: OptimizerSettings, scale: tf.Tensor | float
) -> tf.Tensor:
    """The direction of descent, [1, H, W, 3]; 0 at values that would leave the box."""
    free = unbound(state.picture, state.gradient)
    if pairs and settings.learn_preconditioner:
        factors = band_factors(state.memory)
        slope = state.gradient * free * scale
        return -history.solve_from(pairs, slope, lambda values: scale_bands(values, factors)) * scale * free
    gradient = precondition(state.gradient * free * scale, settings.preconditioner_exponent)
    downhill = history.solve(pairs, gradient) if pairs else gradient
    return -precondition(downhill, settings.preconditioner_exponent) * scale * free


def band_factors(memory: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """The initial inverse Hessian of each band, float32 [BANDS], from the energies in an `OptimizerState.memory`."""
    steps, changes = (tf.reduce_sum(memory[name], 0) for name in BAND_NAMES)
    steps, changes = (sums + LEAST_BAND_SHARE * tf.reduce_sum(sums) for sums in (steps, changes))
    return tf.cast(tf.sqrt(steps / changes), tf.float32)


def _line_search(
    state: OptimizerState, direction: tf.Tensor, evaluate: Evaluate, settings: OptimizerSettings, *, fresh: bool
) -> tuple[tf.Tensor | None, tf.Tensor, tf.Tensor, float, int]:
    """The first point of the projected path that lowers the loss enough, or None; its gradient, terms and loss; tries.

    `fresh` means without history.
    """
    length = 1.0
    if fresh:  # no curvature is known: the largest change is the learning rate
        length = settings.learning_rate / max(float(tf.reduce_max(tf.abs(direction))), 1e-30)
    if not float(_dot(state.gradient, direction)) < 0:
        return None, state.gradient, state.weighted, state.value, 0
    for tried in range(1, LINE_SEARCH_TRIES + 1):
        picture = tf.clip_by_value(state.picture + length * direction, 0.0, 1.0)
        gradient, weighted, value = evaluated(picture, evaluate)
        promised = float(_dot(state.gradient, picture - state.picture))
        if math.isfinite(value) and value <= state.value + SUFFICIENT_DECREASE * promised and value < state.value:
            return picture, gradient, weighted, value, tried
        excess = value - state.value - promised
        best = -promised / (2.0 * excess) if math.isfinite(value) and excess > 0 else 0.1
        length *= min(max(best, 0.1), 0.5)
    return None, state.gradient, state.weighted, state.value, LINE_SEARCH_TRIES


def _remember(
    pairs: History | None,
    before: OptimizerState,
    after: OptimizerState,
    settings: OptimizerSettings,
    scale: tf.Tensor | float,
) -> dict[str, tf.Tensor]:
    """The memory after a move: the pairs, with its own if the objective is convex along it, and their energies."""
    exponent = 0.0 if settings.learn_preconditioner else settings.preconditioner_exponent
    step = precondition((after.picture - before.picture) / scale, -exponent)
    change = precondition((after.gradient - before.gradient) * scale, exponent)
    known = {name: before.memory[name] for name in BAND_NAMES} if pairs and settings.learn_preconditioner else {}
    if float(_dot(step, change)) <= LEAST_COSINE * math.sqrt(float(_dot(step, step)) * float(_dot(change, change))):
        return pairs._asdict() | known if pairs else {}
    room = max(3, int(HISTORY_BYTES / (2 * 4 * math.prod(step.shape))))
    pairs = history.remember(pairs, step, change, min(settings.history_size, room))
    if settings.learn_preconditioner:
        fresh = {name: band_energies(values) for name, values in zip(BAND_NAMES, (step, change), strict=True)}
        known = {n: tf.concat([known[n], new], 0)[-BAND_PAIRS:] if known else new for n, new in fresh.items()}
    return pairs._asdict() | known


def _dot(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(a * b)
