"""Adam against Keras' own Adam, and within [0, 1]."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from nst_core.recipe import OptimizerSettings
from nst_core.slow import optimizers
from nst_core.slow.optimizers import adam
from tests.nst_core.slow.optimizers.problems import SHAPE, STEEP, TARGET, objective, quadratic, start

pytestmark = pytest.mark.slow


def descend(settings: Any, steps: Any, state: Any = None) -> Any:
    evaluate = objective(quadratic)
    state = state or optimizers.begin(start(), evaluate, settings)
    pictures = []
    for _ in range(steps):
        state = optimizers.advance(state, evaluate, settings)
        pictures.append(state.picture.numpy())
    return pictures, state


@pytest.mark.parametrize(
    "settings",
    [
        OptimizerSettings(),
        OptimizerSettings(learning_rate=0.02, beta1=0.99, beta2=0.999, epsilon=0.1),
        OptimizerSettings(learning_rate=0.3, beta1=0.0, beta2=0.5, epsilon=1e-3),
    ],
)
def test_ten_steps_are_keras_adam_with_clamping(settings: Any) -> None:
    theirs = keras.optimizers.Adam(
        learning_rate=settings.learning_rate, beta_1=settings.beta1, beta_2=settings.beta2, epsilon=settings.epsilon
    )
    variable = keras.Variable(start().numpy())
    ours, _ = descend(settings, 10)
    for number, picture in enumerate(ours, 1):
        theirs.apply_gradients([(tf.constant(STEEP * (variable.numpy() - TARGET)), variable)])
        variable.assign(np.clip(variable.numpy(), 0, 1))
        np.testing.assert_allclose(picture, variable.numpy(), atol=2e-6, err_msg=f"step {number}")
    assert np.abs(ours[-1] - start().numpy()).max() > 0.02  # it has moved


def test_pictures_stay_in_range_and_reach_its_walls() -> None:
    pictures, _ = descend(OptimizerSettings(learning_rate=0.5), 20)
    assert all(p.min() >= 0 and p.max() <= 1 for p in pictures)
    assert pictures[-1].min() == 0
    assert pictures[-1].max() == 1


@pytest.mark.parametrize("exponent", [0.0, 0.4])
def test_it_finds_the_nearest_allowed_picture(exponent: float) -> None:
    pictures, _ = descend(OptimizerSettings(learning_rate=0.05, preconditioner_exponent=exponent), 400)
    np.testing.assert_allclose(pictures[-1], np.clip(TARGET, 0, 1), atol=0.02)


def test_the_first_step_is_the_learning_rate_whatever_the_gradient() -> None:
    for size in (1e-3, 1.0, 1e6):
        evaluate = objective(lambda p, s=size: (float(p.sum()), np.full(SHAPE, s)))
        state = optimizers.begin(tf.fill(SHAPE, 0.5), evaluate, OptimizerSettings())
        moved = optimizers.advance(state, evaluate, OptimizerSettings(learning_rate=0.01, epsilon=1e-8))
        np.testing.assert_allclose(moved.picture, 0.49, atol=1e-4)


def test_no_gradient_moves_nothing() -> None:
    evaluate = objective(lambda p: (1.0, np.zeros(SHAPE)))
    state = optimizers.begin(start(), evaluate, OptimizerSettings())
    moved = optimizers.advance(state, evaluate, OptimizerSettings())
    np.testing.assert_array_equal(moved.picture, start())
    assert not any(values.numpy().any() for values in moved.memory.values())


def test_settings_and_sizes_trace_nothing_anew() -> None:
    descend(OptimizerSettings(learning_rate=0.07), 1)
    before = adam._adam.experimental_get_tracing_count()
    descend(OptimizerSettings(learning_rate=0.08, beta1=0.5), 2)
    evaluate = objective(lambda p: (0.0, np.ones(p.shape)))
    optimizers.advance(
        optimizers.begin(tf.zeros([1, 2, 9, 3]), evaluate, OptimizerSettings()), evaluate, OptimizerSettings()
    )
    assert adam._adam.experimental_get_tracing_count() == before == 1
