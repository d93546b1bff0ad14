"""Adam on the pixels, one step at a time, the picture kept in [0, 1].

Source: Kingma & Ba 2015, arXiv:1412.6980, in Keras' form (epsilon outside the bias correction), so that the
tutorial's epsilon of 0.1 means what it means there. After each move the picture is clamped.
"""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from nst_core.recipe import Minimiser

_PICTURE = tf.TensorSpec([1, None, None, 3], tf.float32)
_SCALAR = tf.TensorSpec([], tf.float32)


@dataclass(frozen=True, eq=False)
class State:
    """Where a descent stands; all that is needed to go on bit for bit.

    Attributes:
        picture: [1, H, W, 3] in [0, 1].
        gradient: of the objective at `picture`, same shape.
        mean: Adam's first moment, same shape.
        square: Adam's second moment, same shape.
        number: steps done.
    """

    picture: tf.Tensor
    gradient: tf.Tensor
    mean: tf.Tensor
    square: tf.Tensor
    number: int


def begin(picture: tf.Tensor, gradient: tf.Tensor) -> State:
    """A descent that has made no step."""
    return State(picture, gradient, tf.zeros_like(picture), tf.zeros_like(picture), 0)


def move(state: State, settings: Minimiser) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The next picture and Adam's moments; the gradient there is for the caller to evaluate."""
    return _adam(  # type: ignore[no-any-return]
        state.picture,
        state.gradient,
        state.mean,
        state.square,
        tf.constant(state.number + 1, tf.float32),
        tf.constant(settings.learning_rate, tf.float32),
        tf.constant(settings.beta1, tf.float32),
        tf.constant(settings.beta2, tf.float32),
        tf.constant(settings.epsilon, tf.float32),
    )


@tf.function(input_signature=[_PICTURE] * 4 + [_SCALAR] * 5)  # type: ignore[untyped-decorator]
def _adam(  # noqa: PLR0913 - Adam's own symbols
    picture: tf.Tensor,
    gradient: tf.Tensor,
    mean: tf.Tensor,
    square: tf.Tensor,
    number: tf.Tensor,
    rate: tf.Tensor,
    beta1: tf.Tensor,
    beta2: tf.Tensor,
    epsilon: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    mean = beta1 * mean + (1.0 - beta1) * gradient
    square = beta2 * square + (1.0 - beta2) * tf.square(gradient)
    step = rate * tf.sqrt(1.0 - beta2**number) / (1.0 - beta1**number)
    moved = picture - step * mean / (tf.sqrt(square) + epsilon)
    return tf.clip_by_value(moved, 0.0, 1.0), mean, square
