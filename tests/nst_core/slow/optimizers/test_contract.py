"""The contract of both optimizers: rescale to another size, reset, pack and unpack."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.errors import CheckpointError
from nst_core.recipe import OptimizerSettings
from nst_core.slow import optimizers
from nst_core.slow.optimizers.precondition import precondition
from tests.nst_core.slow.optimizers.problems import objective, quadratic, start

ALGORITHMS = ("adam", "lbfgs")


def even(picture: Any) -> Any:
    """A bowl around 0.3 of any size."""
    return float(((picture - 0.3) ** 2).sum()), 2 * (picture - 0.3)


def moved(algorithm: Any, steps: int = 5) -> Any:
    settings = OptimizerSettings(algorithm=algorithm)
    evaluate = objective(quadratic)
    state = optimizers.begin(start(), evaluate, settings)
    for _ in range(steps):
        state = optimizers.advance(state, evaluate, settings)
    return state, settings


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_larger_size_is_gone_on_with(algorithm: Any) -> None:
    state, settings = moved(algorithm)
    larger = tf.image.resize(state.picture, (7, 9))
    evaluate = objective(even)
    carried = optimizers.rescale(state, larger, evaluate, settings)
    assert carried.number == state.number
    assert carried.evaluations == state.evaluations + 1
    np.testing.assert_array_equal(carried.picture, larger)
    further = carried
    for _ in range(10):
        further = optimizers.advance(further, evaluate, settings)
    assert further.value < carried.value


def test_adams_moments_are_resized() -> None:
    state, settings = moved("adam")
    carried = optimizers.rescale(state, tf.image.resize(state.picture, (8, 10)), objective(even), settings)
    assert carried.memory["mean"].shape == (1, 8, 10, 3)
    assert carried.memory["square"].numpy().min() >= 0
    for name in ("mean", "square"):
        np.testing.assert_allclose(
            tf.reduce_mean(carried.memory[name]), tf.reduce_mean(state.memory[name]), rtol=0.2, atol=1e-3
        )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_changed_objective_is_evaluated_anew(algorithm: Any) -> None:
    state, settings = moved(algorithm)
    refreshed = optimizers.refresh(state, objective(even), settings)
    value, slope = even(state.picture.numpy())
    assert refreshed.value == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(refreshed.gradient, slope, rtol=1e-5)
    np.testing.assert_array_equal(refreshed.picture, state.picture)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_broken_gradient_is_no_rest(algorithm: Any) -> None:
    """L-BFGS finds no descent along a NaN: its state must not look like a converged one."""
    sound = objective(even)

    def broken(picture: Any) -> Any:
        weighted, gradient = sound(picture)
        return weighted, gradient * np.nan

    assert np.isnan(optimizers.begin(start(), broken, OptimizerSettings(algorithm=algorithm)).value)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_restrained_forgets_what_it_learned(algorithm: Any) -> None:
    state, _ = moved(algorithm)
    assert state.memory
    assert not optimizers.reset(state).memory


@pytest.mark.parametrize("missing", ["picture", "gradient", "weighted", "value", "number", "evaluations"])
def test_a_part_that_is_missing_is_told(missing: str) -> None:
    packed = optimizers.pack(moved("adam")[0])
    del packed[missing]
    with pytest.raises(CheckpointError, match=missing):
        optimizers.unpack(packed)


@pytest.mark.parametrize("name", ["gradient", "memory/mean"])
def test_a_part_of_another_shape_is_told(name: str) -> None:
    packed = optimizers.pack(moved("adam")[0])
    packed[name] = packed[name][:, 1:]
    with pytest.raises(CheckpointError, match="must be of shape"):
        optimizers.unpack(packed)


@pytest.mark.parametrize(
    ("algorithm", "lost"), [("adam", "memory/mean"), ("lbfgs", "memory/steps"), ("lbfgs", "memory/squared")]
)
def test_what_was_learned_is_whole_or_refused(algorithm: str, lost: str) -> None:
    packed = optimizers.pack(moved(algorithm)[0])
    del packed[lost]
    with pytest.raises(CheckpointError, match="must hold all an optimizer learned"):
        optimizers.unpack(packed)


@pytest.mark.parametrize(
    "damage", [{"value": "x"}, {"value": float("nan")}, {"weighted": np.zeros((2, 2))}, {"number": None}]
)
def test_damaged_numbers_are_refused(damage: Any) -> None:
    with pytest.raises(CheckpointError):
        optimizers.unpack(optimizers.pack(moved("adam")[0]) | damage)


def noise(height: Any, width: Any, seed: Any) -> Any:
    return tf.constant(np.random.default_rng(seed).standard_normal((1, height, width, 3)), tf.float32)


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (16, 5), (1, 6)])
@pytest.mark.parametrize("exponent", [0.3, 1.0])
def test_the_preconditioner_is_symmetric_and_invertible(size: Any, exponent: float) -> None:
    a, b = noise(*size, 0), noise(*size, 1)
    there = float(tf.reduce_sum(precondition(a, exponent) * b))
    back = float(tf.reduce_sum(a * precondition(b, exponent)))
    assert there == pytest.approx(back, rel=1e-4, abs=1e-4)
    np.testing.assert_allclose(precondition(precondition(a, exponent), -exponent), a, atol=2e-4)


def test_the_preconditioner_favours_large_shapes() -> None:
    rows = np.arange(32) / 32
    wave = [np.tile(np.cos(2 * np.pi * k * rows)[None, :, None, None], (1, 1, 32, 3)) for k in (2, 8)]
    slow, quick = (float(tf.norm(precondition(tf.constant(w, tf.float32), 0.5)) / np.linalg.norm(w)) for w in wave)
    assert slow / quick == pytest.approx((8 / 2) ** 0.5, rel=1e-4)


def test_no_exponent_is_the_identity() -> None:
    values = noise(6, 5, 3)
    assert precondition(values, 0.0) is values
