"""The history of L-BFGS: pairs of a step and the change of the gradient along it, and the direction they give.

Source: the compact form of Byrd, Nocedal & Schnabel 1994, Representations of quasi-Newton matrices, theorem 2.2. It is
the two-loop recursion (Nocedal & Wright 2006, algorithm 7.4) as a few products with all pairs at once. Each product
reads the pairs once: at 512 px this takes a third of the time. The products of pairs with each other are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import tensorflow as tf

from nst_core.slow.optimizers.precondition import precondition


class History(NamedTuple):
    """m pairs, the oldest first.

    Attributes:
        steps, changes: in the preconditioner's space, [m, H, W, 3].
        crossed: step i times change j, [m, m], float64; only i <= j is used.
        squared: change i times change j, [m, m], float64.
    """

    steps: tf.Tensor
    changes: tf.Tensor
    crossed: tf.Tensor
    squared: tf.Tensor

    @property
    def pairs(self) -> int:
        """The number of pairs."""
        return int(self.steps.shape[0])


FIELD_NAMES = frozenset(History._fields)
"""The names of a history's tensors in `OptimizerState.memory`."""


def recall(memory: Mapping[str, tf.Tensor]) -> History | None:
    """The history in an `OptimizerState.memory`, or None if there is none."""
    return History(**{name: memory[name] for name in History._fields}) if set(memory) >= FIELD_NAMES else None


def remember(history: History | None, step: tf.Tensor, change: tf.Tensor, most: int) -> History:
    """The history with one more pair, both [1, H, W, 3]; the oldest pairs beyond `most` are dropped."""
    if history is None:
        return History(step, change, _dot(step, change)[None, None], _dot(change, change)[None, None])
    first = max(0, history.pairs + 1 - most)
    steps, changes = (
        tf.concat([old[first:], new], 0) for old, new in ((history.steps, step), (history.changes, change))
    )
    along = _dots(changes, change)
    # Values below the diagonal are never used, so the products of the new step with old changes stay 0.
    below = tf.zeros([1, steps.shape[0] - 1], tf.float64)
    crossed = tf.concat([tf.concat([history.crossed[first:, first:], below], 0), _dots(steps, change)[:, None]], 1)
    squared = tf.concat([history.squared[first:, first:], along[None, :-1]], 0)
    return History(steps, changes, crossed, tf.concat([squared, along[:, None]], 1))


def solve(history: History, gradient: tf.Tensor) -> tf.Tensor:
    """The estimated inverse Hessian times a gradient: [1, H, W, 3] -> [1, H, W, 3].

    In directions orthogonal to all pairs the estimate is a multiple of the identity, scaled by the last pair.
    """
    upper = tf.linalg.band_part(history.crossed, 0, -1)
    diagonal = tf.linalg.diag_part(upper)
    scale = diagonal[-1] / history.squared[-1, -1]
    back = _triangular(upper, _dots(history.steps, gradient))
    inner = diagonal * back + scale * (tf.linalg.matvec(history.squared, back) - _dots(history.changes, gradient))
    of_steps = _triangular(upper, inner, transposed=True)
    return (
        tf.cast(scale, tf.float32) * gradient
        + _weighted_sum(history.steps, of_steps)
        - _weighted_sum(history.changes, scale * back)
    )


def solve_from(history: History, gradient: tf.Tensor, initial: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
    """`solve` with any symmetric positive `initial` estimate of the inverse Hessian: [1, H, W, 3] -> [1, H, W, 3].

    Source: the same two-loop recursion. Its first loop is the residual of the gradient, its second the rest, so that
    the initial estimate is applied once and may be another one for each gradient.
    """
    upper = tf.linalg.band_part(history.crossed, 0, -1)
    back = _triangular(upper, _dots(history.steps, gradient))
    first = initial(gradient - _weighted_sum(history.changes, back))
    inner = tf.linalg.diag_part(upper) * back - _dots(history.changes, first)
    return first + _weighted_sum(history.steps, _triangular(upper, inner, transposed=True))


def change_exponent(history: History, exponent: float, to: float) -> History:
    """The pairs, from the space of `exponent` to that of exponent `to`; products of steps and changes stay equal."""

    def each(values: tf.Tensor, shift: float) -> tf.Tensor:
        # One at a time: the spectra of all pairs would take twice the memory of the pairs.
        return tf.concat([precondition(precondition(v[None], shift * exponent), -shift * to) for v in values], 0)

    steps, changes = each(history.steps, 1.0), each(history.changes, -1.0)
    flat = tf.reshape(changes, [history.pairs, -1])
    squared = tf.cast(tf.matmul(flat, flat, transpose_b=True), tf.float64)
    return History(steps, changes, history.crossed, squared)


def _triangular(upper: tf.Tensor, values: tf.Tensor, *, transposed: bool = False) -> tf.Tensor:
    return tf.linalg.triangular_solve(upper, values[:, None], lower=False, adjoint=transposed)[:, 0]


def _dots(many: tf.Tensor, one: tf.Tensor) -> tf.Tensor:
    """The product of each of [m, H, W, 3] with [1, H, W, 3]: [m], float64."""
    return tf.cast(tf.linalg.matvec(tf.reshape(many, [many.shape[0], -1]), tf.reshape(one, [-1])), tf.float64)


def _dot(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    return _dots(a, b)[0]


def _weighted_sum(many: tf.Tensor, factors: tf.Tensor) -> tf.Tensor:
    """The sum over m of `many` [m, H, W, 3], each times its factor: [1, H, W, 3]."""
    flat = tf.matmul(tf.cast(factors, tf.float32)[None], tf.reshape(many, [many.shape[0], -1]))
    return tf.reshape(flat, [1, *many.shape[1:]])
