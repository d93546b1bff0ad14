"""Adam on the pixels, one move at a time, with the picture kept in [0, 1].

Source: Kingma & Ba 2015, arXiv:1412.6980, in Keras' form (epsilon outside the bias correction), so that the
tutorial's epsilon of 0.1 means what it means there. After each move the picture is clamped.
"""

from __future__ import annotations

import tensorflow as tf

from nst_core.recipe import OptimizerSettings
from nst_core.slow.optimizers.precondition import precondition, unbound
from nst_core.slow.optimizers.state import Evaluate, OptimizerState, evaluated

_PICTURE = tf.TensorSpec([1, None, None, 3], tf.float32)
_SCALAR = tf.TensorSpec([], tf.float32)


def advance(state: OptimizerState, evaluate: Evaluate, settings: OptimizerSettings) -> OptimizerState:
    """One move, which takes one evaluation. The moments are kept in the preconditioner's space."""
    picture, memory = _moved(state, settings)
    gradient, weighted, value = evaluated(picture, evaluate)
    return OptimizerState(picture, gradient, weighted, value, state.number + 1, state.evaluations + 1, memory)


def _moved(state: OptimizerState, settings: OptimizerSettings) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """The next picture and the moments. A function of its own, so its tensors are freed before the evaluation."""
    exponent = settings.preconditioner_exponent
    gradient, free = state.gradient, 1.0
    if exponent:
        free = unbound(state.picture, gradient)
        gradient = precondition(gradient * free, exponent)
    moments = [state.memory.get(name, tf.zeros_like(state.picture)) for name in ("mean", "square")]
    step, mean, square = _adam(
        gradient,
        *moments,
        tf.constant(state.number + 1, tf.float32),
        tf.constant(settings.learning_rate, tf.float32),
        tf.constant(settings.beta1, tf.float32),
        tf.constant(settings.beta2, tf.float32),
        tf.constant(settings.epsilon, tf.float32),
    )
    picture = tf.clip_by_value(state.picture - precondition(step, exponent) * free, 0.0, 1.0)
    return picture, {"mean": mean, "square": square}


@tf.function(input_signature=[_PICTURE] * 3 + [_SCALAR] * 5, autograph=False)  # type: ignore[untyped-decorator]
def _adam(  # noqa: PLR0913 - Adam's own symbols
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
    return step * mean / (tf.sqrt(square) + epsilon), mean, square
