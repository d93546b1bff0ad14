"""L-BFGS one accepted move at a time, the picture kept in its box [0, 1].

Source: Nocedal & Wright 2006, algorithm 7.4 (two-loop recursion); the box as in Bertsekas 1982: values at a bound
whose gradient points outwards are left out of the direction, and the path of the line search is projected.

Pairs are kept in the preconditioner's space, where the initial inverse Hessian is a multiple of the identity. Which
exponent makes that nearly true depends on the pictures (smooth strokes want 0.5, a grainy wall less than none), so the
exponent may follow the pairs: in the right space a step and the change of gradient along it point the same way.
"""

from __future__ import annotations

import math

import tensorflow as tf

from nst_core.recipe import Minimiser
from nst_core.slow.minimisers.precondition import precondition, unbound
from nst_core.slow.minimisers.state import EXPONENT as _EXPONENT
from nst_core.slow.minimisers.state import Evaluate, State, evaluated

SUFFICIENT = 1e-4
"""Armijo's share of the decrease that the slope promises."""
CURVATURE = 1e-8
"""A pair counts where its cosine is above this: elsewhere the objective is not convex along it."""
TRIES = 12
MEMORY_BYTES = 200e6
"""What pairs may take: large pictures keep fewer."""

EXPONENTS = (-0.25, 0.0, 0.25, 0.5, 0.75)
"""Those tried where the preconditioner adapts: every ..."""
ADAPT_EVERY = 10
"""... so many moves, on ..."""
LOOKED_AT = 8
"""... the last pairs; another one must fit them better by ..."""
BETTER = 1.02

Pair = tuple[tf.Tensor, tf.Tensor]


def advance(state: State, evaluate: Evaluate, settings: Minimiser) -> State:
    """One accepted move, or the same state, `number` unchanged, where no descent is left. Never to a higher loss."""
    pairs = _pairs(state)
    evaluations = state.evaluations
    if settings.precondition_adapts:
        exponent = float(state.memory.get(_EXPONENT, settings.precondition))
        if state.number % ADAPT_EVERY == ADAPT_EVERY // 2 and pairs:
            exponent, pairs = fitting(pairs, exponent)
        settings = settings.model_copy(update={"precondition": exponent})
    for kept in (pairs, []) if pairs else ([],):
        direction = _direction(state, kept, settings)
        picture, gradient, weighted, value, tried = _search(state, direction, evaluate, settings, fresh=not kept)
        evaluations += tried
        if picture is not None:
            memory = _remember(kept, state, picture, gradient, settings)
            return State(picture, gradient, weighted, value, state.number + 1, evaluations, memory)
    return State(state.picture, state.gradient, state.weighted, state.value, state.number, evaluations, state.memory)


def _pairs(state: State) -> list[Pair]:
    """Steps and changes of the gradient, the oldest first."""
    return [(state.memory[f"step{i}"], state.memory[f"change{i}"]) for i in range(len(state.memory) // 2)]


def fitting(pairs: list[Pair], exponent: float) -> tuple[float, list[Pair]]:
    """The exponent in whose space the last pairs are most nearly parallel, and all pairs there.

    Args:
        pairs: in the space of `exponent`, the oldest first.
        exponent: the one in force, which another must clearly beat.
    """

    def moved(to: float, those: list[Pair]) -> list[Pair]:
        if to == exponent:
            return those
        return [
            (precondition(precondition(s, exponent), -to), precondition(precondition(y, -exponent), to))
            for s, y in those
        ]

    def cosine(to: float) -> float:
        last = moved(to, pairs[-LOOKED_AT:])
        return sum(float(_dot(s, y) / tf.sqrt(_dot(s, s) * _dot(y, y))) for s, y in last) / len(last)

    fits = {to: cosine(to) for to in {*EXPONENTS, exponent}}
    best = max(fits, key=lambda to: (fits[to], to))
    if fits[best] <= BETTER * fits[exponent]:
        return exponent, pairs
    return best, moved(best, pairs)


def _direction(state: State, pairs: list[Pair], settings: Minimiser) -> tf.Tensor:
    """Where to go, [1, H, W, 3]; 0 at values that would leave the box."""
    free = unbound(state.picture, state.gradient)
    residual = precondition(state.gradient * free, settings.precondition)
    inverses = [1.0 / _dot(step, change) for step, change in pairs]
    factors = []
    for (step, change), inverse in zip(reversed(pairs), reversed(inverses), strict=True):
        factors.append(inverse * _dot(step, residual))
        residual -= factors[-1] * change
    if pairs:
        residual *= 1.0 / (inverses[-1] * _dot(pairs[-1][1], pairs[-1][1]))
    for (step, change), inverse, factor in zip(pairs, inverses, reversed(factors), strict=True):
        residual += (factor - inverse * _dot(change, residual)) * step
    return -precondition(residual, settings.precondition) * free


def _search(
    state: State, direction: tf.Tensor, evaluate: Evaluate, settings: Minimiser, *, fresh: bool
) -> tuple[tf.Tensor | None, tf.Tensor, tf.Tensor, float, int]:
    """A point of the projected path that is low enough, or None; and how many were tried."""
    length = 1.0
    if fresh:  # no curvature is known: the largest change is the learning rate
        length = settings.learning_rate / max(float(tf.reduce_max(tf.abs(direction))), 1e-30)
    if not float(_dot(state.gradient, direction)) < 0:
        return None, state.gradient, state.weighted, state.value, 0
    for tried in range(1, TRIES + 1):
        picture = tf.clip_by_value(state.picture + length * direction, 0.0, 1.0)
        gradient, weighted, value = evaluated(picture, evaluate)
        promised = float(_dot(state.gradient, picture - state.picture))
        if math.isfinite(value) and value <= state.value + SUFFICIENT * promised and value < state.value:
            return picture, gradient, weighted, value, tried
        excess = value - state.value - promised
        best = -promised / (2.0 * excess) if math.isfinite(value) and excess > 0 else 0.1
        length *= min(max(best, 0.1), 0.5)
    return None, state.gradient, state.weighted, state.value, TRIES


def _remember(
    pairs: list[Pair], state: State, picture: tf.Tensor, gradient: tf.Tensor, settings: Minimiser
) -> dict[str, tf.Tensor]:
    step = precondition(picture - state.picture, -settings.precondition)
    change = precondition(gradient - state.gradient, settings.precondition)
    if float(_dot(step, change)) > CURVATURE * math.sqrt(float(_dot(step, step)) * float(_dot(change, change))):
        room = max(3, int(MEMORY_BYTES / (2 * 4 * math.prod(picture.shape))))
        pairs = [*pairs, (step, change)][-min(settings.history, room) :]
    learned = {
        name: values
        for i, (step, change) in enumerate(pairs)
        for name, values in ((f"step{i}", step), (f"change{i}", change))
    }
    return learned | ({_EXPONENT: tf.constant(settings.precondition)} if settings.precondition_adapts else {})


def _dot(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(a * b)
