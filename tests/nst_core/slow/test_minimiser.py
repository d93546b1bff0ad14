"""Adam against Keras' own Adam, and within [0, 1]."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from nst_core.recipe import Minimiser
from nst_core.slow import minimiser

SHAPE = (1, 4, 5, 3)
TARGET = np.random.default_rng(1).uniform(-0.5, 1.5, SHAPE).astype(np.float32)
"""Partly outside [0, 1], so that clamping matters."""
STEEP = np.random.default_rng(2).uniform(0.1, 3, SHAPE).astype(np.float32)


def slope(picture):
    """Of the quadratic sum(STEEP * (picture - TARGET)^2) / 2."""
    return STEEP * (picture - TARGET)


def start():
    return tf.constant(np.random.default_rng(0).random(SHAPE, np.float32))


def descend(settings, steps, state=None):
    state = state or minimiser.begin(start(), slope(start()))
    pictures = []
    for _ in range(steps):
        picture, mean, square = minimiser.move(state, settings)
        state = minimiser.State(picture, slope(picture), mean, square, state.number + 1)
        pictures.append(picture.numpy())
    return pictures, state


@pytest.mark.parametrize(
    "settings",
    [
        Minimiser(),
        Minimiser(learning_rate=0.02, beta1=0.99, beta2=0.999, epsilon=0.1),
        Minimiser(learning_rate=0.3, beta1=0.0, beta2=0.5, epsilon=1e-3),
    ],
)
def test_ten_steps_are_keras_adam_with_clamping(settings):
    theirs = keras.optimizers.Adam(
        learning_rate=settings.learning_rate, beta_1=settings.beta1, beta_2=settings.beta2, epsilon=settings.epsilon
    )
    variable = keras.Variable(start().numpy())
    ours, _ = descend(settings, 10)
    for number, picture in enumerate(ours, 1):
        theirs.apply_gradients([(tf.constant(slope(variable.numpy())), variable)])
        variable.assign(np.clip(variable.numpy(), 0, 1))
        np.testing.assert_allclose(picture, variable.numpy(), atol=2e-6, err_msg=f"step {number}")
    assert np.abs(ours[-1] - start().numpy()).max() > 0.02  # it has moved


def test_pictures_stay_in_range_and_reach_its_walls():
    pictures, _ = descend(Minimiser(learning_rate=0.5), 20)
    assert all(p.min() >= 0 and p.max() <= 1 for p in pictures)
    assert pictures[-1].min() == 0
    assert pictures[-1].max() == 1


def test_it_finds_the_nearest_allowed_picture():
    pictures, _ = descend(Minimiser(learning_rate=0.05), 400)
    np.testing.assert_allclose(pictures[-1], np.clip(TARGET, 0, 1), atol=0.02)


def test_the_first_step_is_the_learning_rate_whatever_the_gradient():
    for size in (1e-3, 1.0, 1e6):
        state = minimiser.begin(tf.fill(SHAPE, 0.5), tf.fill(SHAPE, size))
        moved, _, _ = minimiser.move(state, Minimiser(learning_rate=0.01, epsilon=1e-8))
        np.testing.assert_allclose(moved, 0.49, atol=1e-4)


def test_no_gradient_moves_nothing():
    state = minimiser.begin(start(), tf.zeros(SHAPE))
    moved, mean, square = minimiser.move(state, Minimiser())
    np.testing.assert_array_equal(moved, start())
    assert not mean.numpy().any()
    assert not square.numpy().any()


def test_a_state_in_the_middle_goes_on_bit_for_bit():
    unbroken, _ = descend(Minimiser(), 8)
    _, middle = descend(Minimiser(), 3)
    fresh = replace(middle, **{n: tf.constant(getattr(middle, n).numpy()) for n in ("picture", "mean", "square")})
    resumed, _ = descend(Minimiser(), 5, fresh)
    for a, b in zip(unbroken[3:], resumed, strict=True):
        np.testing.assert_array_equal(a, b)


def test_settings_and_sizes_trace_nothing_anew():
    descend(Minimiser(learning_rate=0.07), 1)
    before = minimiser._adam.experimental_get_tracing_count()
    descend(Minimiser(learning_rate=0.08, beta1=0.5), 2)
    minimiser.move(minimiser.begin(tf.zeros([1, 2, 9, 3]), tf.ones([1, 2, 9, 3])), Minimiser())
    assert minimiser._adam.experimental_get_tracing_count() == before == 1
