"""The history of L-BFGS against the two-loop recursion, number by number in float64."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.slow.optimizers import history
from nst_core.slow.optimizers.precondition import BANDS, band_energies, bands, energies, precondition, scale_bands

SHAPE = (1, 6, 7, 3)


def pairs_of(count: Any, seed: int = 0) -> Any:
    """Steps and the changes of a convex quadratic's gradient along them, [1, H, W, 3] each."""
    rng = np.random.default_rng(seed)
    stiffness = rng.uniform(0.1, 5, SHAPE)
    steps = [rng.standard_normal(SHAPE) for _ in range(count)]
    return [(np.float32(s), np.float32(s * stiffness)) for s in steps]


def remembered(pairs: Any, most: int = 50) -> Any:
    kept = None
    for step, change in pairs:
        kept = history.remember(kept, tf.constant(step), tf.constant(change), most)
    return kept


def two_loops(pairs: Any, gradient: Any, initial: Any = None) -> Any:
    """Nocedal & Wright 2006, algorithm 7.4, from a diagonal `initial` matrix or their usual one."""
    pairs = [(s.astype(np.float64), y.astype(np.float64)) for s, y in pairs]
    residual, factors = gradient.astype(np.float64), []
    for step, change in reversed(pairs):
        factors.append((step * residual).sum() / (step * change).sum())
        residual = residual - factors[-1] * change
    step, change = pairs[-1]
    residual = residual * ((step * change).sum() / (change * change).sum() if initial is None else initial)
    for (step, change), factor in zip(pairs, reversed(factors), strict=True):
        residual = residual + (factor - (change * residual).sum() / (step * change).sum()) * step
    return residual


@pytest.mark.parametrize(("count", "most"), [(1, 50), (2, 50), (7, 50), (7, 3), (4, 1)])
def test_it_is_the_two_loop_recursion_over_the_last_pairs(count: int, most: int) -> None:
    pairs = pairs_of(count)
    gradient = np.float32(np.random.default_rng(9).standard_normal(SHAPE))
    kept = remembered(pairs, most)
    assert kept.pairs == min(count, most)
    np.testing.assert_allclose(
        history.solve(kept, tf.constant(gradient)), two_loops(pairs[-most:], gradient), rtol=2e-4, atol=2e-5
    )


@pytest.mark.parametrize("count", [1, 7])
def test_it_may_start_from_any_estimate(count: int) -> None:
    pairs = pairs_of(count)
    rng = np.random.default_rng(9)
    gradient, initial = np.float32(rng.standard_normal(SHAPE)), np.float32(rng.uniform(0.2, 3, SHAPE))
    found = history.solve_from(remembered(pairs), tf.constant(gradient), lambda values: initial * values)
    np.testing.assert_allclose(found, two_loops(pairs, gradient, initial), rtol=2e-4, atol=2e-5)


def test_it_knows_the_curvature_along_its_last_step() -> None:
    kept = remembered(pairs_of(5))
    np.testing.assert_allclose(history.solve(kept, kept.changes[-1:]), kept.steps[-1:], rtol=1e-3, atol=1e-4)


def test_another_space_changes_the_coordinates_and_not_the_hessian() -> None:
    kept = remembered(pairs_of(6))
    gradient = tf.constant(np.float32(np.random.default_rng(9).standard_normal(SHAPE)))
    there = history.change_exponent(kept, 0.25, 0.75)
    fresh = remembered(list(zip(there.steps[:, None].numpy(), there.changes[:, None].numpy(), strict=True)))
    np.testing.assert_allclose(np.triu(there.crossed), np.triu(fresh.crossed), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(there.squared, fresh.squared, rtol=1e-3, atol=1e-3)
    back = history.change_exponent(there, 0.75, 0.25)
    np.testing.assert_allclose(history.solve(back, gradient), history.solve(kept, gradient), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("size", [(6, 7), (5, 8), (4, 4), (1, 2)])
def test_energies_add_up_to_the_sum_of_squares(size: Any) -> None:
    values = np.float32(np.random.default_rng(1).standard_normal((3, *size, 3)))
    np.testing.assert_allclose(
        tf.reduce_sum(energies(tf.constant(values)), [1, 2]), (values**2).sum((1, 2, 3)), rtol=1e-5
    )


@pytest.mark.parametrize("size", [(16, 21), (5, 8), (4, 4)])
def test_each_frequency_is_in_one_band_and_scaled_with_it(size: Any) -> None:
    values = tf.constant(np.float32(np.random.default_rng(1).standard_normal((3, *size, 3))))
    before = band_energies(values)
    np.testing.assert_allclose(tf.reduce_sum(before, 1), tf.reduce_sum(values**2, [1, 2, 3]), rtol=1e-5)
    np.testing.assert_allclose(scale_bands(values, tf.ones(BANDS)), values, atol=1e-5)
    factors = np.linspace(0.5, 3, BANDS).astype(np.float32)
    after = band_energies(scale_bands(values, tf.constant(factors)))
    np.testing.assert_allclose(after, before * factors**2, rtol=1e-3, atol=1e-6)
    assert bands(*size)[0, 0] == bands(*size).min()


def test_several_pictures_are_preconditioned_like_each_alone() -> None:
    values = tf.constant(np.float32(np.random.default_rng(1).standard_normal((3, 6, 7, 3))))
    alone = [precondition(values[i : i + 1], 0.5) for i in range(3)]
    np.testing.assert_allclose(precondition(values, 0.5), tf.concat(alone, 0), rtol=1e-5, atol=1e-6)
