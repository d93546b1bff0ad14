"""L-BFGS one accepted move at a time, the picture kept in its box [0, 1].

Source: Nocedal & Wright 2006, chapter 7.2; the box as in Bertsekas 1982: values at a bound whose gradient points
outwards are left out of the direction, and the path of the line search is projected.

Pairs are kept in the preconditioner's space, where the initial inverse Hessian is a multiple of the identity. Which
exponent makes that nearly true depends on the pictures (smooth strokes want 0.5, a grainy wall less than none), so the
exponent may follow the pairs: in the right space a step and the change of gradient along it point the same way.
"""

from __future__ import annotations

import math

import tensorflow as tf

from nst_core.recipe import OptimizerSettings
from nst_core.slow.optimizers import history
from nst_core.slow.optimizers.history import History
from nst_core.slow.optimizers.precondition import energies, multiplier, precondition, unbound
from nst_core.slow.optimizers.state import EXPONENT as _EXPONENT
from nst_core.slow.optimizers.state import Evaluate, OptimizerState, evaluated

SUFFICIENT_DECREASE = 1e-4
"""Armijo's share of the decrease that the slope promises."""
LEAST_COSINE = 1e-8
"""A pair counts where its cosine is above this: elsewhere the objective is not convex along it."""
LINE_SEARCH_TRIES = 12
HISTORY_BYTES = 320e6
"""What pairs may take: large pictures keep fewer."""

CANDIDATE_EXPONENTS = (-0.25, 0.0, 0.25, 0.5, 0.75)
"""Those tried where the preconditioner adapts: every ..."""
ADAPT_EVERY = 10
"""... so many moves, on ..."""
JUDGED_PAIRS = 8
"""... the last pairs; another one must fit them better by ..."""
REQUIRED_GAIN = 1.2
"""... this: a grainy wall's does by far, while for smooth strokes 0.25 and 0.5 fit within 0.1 of each other, and a
change in the middle of a run costs more than it gains (at 512 px 329 evaluations with 1.1, 299 with 1.2)."""
SIMILAR_FIT = 0.9
"""A fit of 0 that is at least this share of another's tells hardly more of grain than of large shapes. On a cat in
bricks at 512 px it is 0.95 at most, and Adam wins by far; on Composition VII and night swirls it is 0.77 at most."""
EARLY_MOVES = 50
"""Moves within which it is worth handing over for less: Adam's first long steps undo what many moves have gained."""


def advance(state: OptimizerState, evaluate: Evaluate, settings: OptimizerSettings) -> OptimizerState:
    """One accepted move, or the same state, `number` unchanged, where no descent is left. Never to a higher loss."""
    pairs = history.recall(state.memory)
    evaluations = state.evaluations
    learned: dict[str, tf.Tensor] = {}
    if settings.adapt_preconditioner:
        exponent = float(state.memory.get(_EXPONENT, settings.preconditioner_exponent))
        judged = _EXPONENT in state.memory  # if not, it is what was asked for, and tells nothing of the pictures
        if pairs and state.number % ADAPT_EVERY == ADAPT_EVERY // 2:
            against = (
                settings.preconditioner_exponent if settings.switch_to_adam and state.number < EARLY_MOVES else None
            )
            (exponent, pairs), judged = best_exponent(pairs, exponent, against), True
        if judged:
            learned = {_EXPONENT: tf.constant(exponent)}
        settings = settings.model_copy(update={"preconditioner_exponent": exponent})
    for kept in (pairs, None) if pairs else (None,):
        direction = _direction(state, kept, settings)
        picture, gradient, weighted, value, tried = _line_search(
            state, direction, evaluate, settings, fresh=kept is None
        )
        evaluations += tried
        if picture is not None:
            memory = _remember(kept, state, picture, gradient, settings) | learned
            return OptimizerState(picture, gradient, weighted, value, state.number + 1, evaluations, memory)
    return OptimizerState(
        state.picture, state.gradient, state.weighted, state.value, state.number, evaluations, state.memory
    )


def best_exponent(pairs: History, exponent: float, against: float | None = None) -> tuple[float, History]:
    """The exponent in whose space the last pairs are most nearly parallel, and all pairs there.

    A step times a change is the same in every space, and by Parseval's theorem the length of each is a weighted sum of
    its power spectrum: all exponents are judged by one transform of each.

    Args:
        pairs: in the space of `exponent`.
        exponent: the one in force, which another must clearly beat.
        against: one that 0 need only fit about as well as to be taken.
    """
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

    fits = {to: cosine(to) for to in {*CANDIDATE_EXPONENTS, exponent, exponent if against is None else against}}
    best = max(fits, key=lambda to: (fits[to], to))
    if against is not None and exponent > 0 and fits[0.0] >= SIMILAR_FIT * fits[against]:
        best = 0.0
    elif fits[best] <= REQUIRED_GAIN * fits[exponent]:
        return exponent, pairs
    return best, history.change_exponent(pairs, exponent, best)


def _direction(state: OptimizerState, pairs: History | None, settings: OptimizerSettings) -> tf.Tensor:
    """Where to go, [1, H, W, 3]; 0 at values that would leave the box."""
    free = unbound(state.picture, state.gradient)
    gradient = precondition(state.gradient * free, settings.preconditioner_exponent)
    downhill = history.solve(pairs, gradient) if pairs else gradient
    return -precondition(downhill, settings.preconditioner_exponent) * free


def _line_search(
    state: OptimizerState, direction: tf.Tensor, evaluate: Evaluate, settings: OptimizerSettings, *, fresh: bool
) -> tuple[tf.Tensor | None, tf.Tensor, tf.Tensor, float, int]:
    """A point of the projected path that is low enough, or None; and how many were tried."""
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
    pairs: History | None, state: OptimizerState, picture: tf.Tensor, gradient: tf.Tensor, settings: OptimizerSettings
) -> dict[str, tf.Tensor]:
    step = precondition(picture - state.picture, -settings.preconditioner_exponent)
    change = precondition(gradient - state.gradient, settings.preconditioner_exponent)
    if float(_dot(step, change)) > LEAST_COSINE * math.sqrt(float(_dot(step, step)) * float(_dot(change, change))):
        room = max(3, int(HISTORY_BYTES / (2 * 4 * math.prod(picture.shape))))
        pairs = history.remember(pairs, step, change, min(settings.history_size, room))
    return pairs._asdict() if pairs else {}


def _dot(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(a * b)
