"""L-BFGS against SciPy's L-BFGS-B, and its guarantees with irregular objectives."""

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import tensorflow as tf

from nst_core.recipe import OptimizerSettings, make
from nst_core.slow import checkpoint, optimizers
from nst_core.slow.optimizers import history, lbfgs
from nst_core.slow.optimizers.precondition import BANDS, bands, multiplier, precondition
from nst_core.slow.optimizers.state import BAND_NAMES
from tests.nst_core.slow.optimizers.problems import SHAPE, coupled, objective, quadratic, spectral, start, valley

pytestmark = pytest.mark.slow

SETTINGS = OptimizerSettings(algorithm="lbfgs", history_size=10)


def descend(evaluate: Any, steps: Any, settings: Any = SETTINGS, picture: Any = None) -> Any:
    """The states of a descent, until it stalls."""
    states = [optimizers.begin(start() if picture is None else picture, evaluate, settings)]
    for _ in range(steps):
        state = optimizers.advance(states[-1], evaluate, settings)
        if state.number == states[-1].number:
            break
        states.append(state)
    return states


@pytest.mark.parametrize("problem", [quadratic, coupled, valley])
@pytest.mark.parametrize(("exponent", "learns"), [(0.0, False), (0.3, False), (0.3, True)])
def test_it_ends_where_scipys_does(problem: Any, exponent: float, learns: bool) -> None:
    theirs = scipy.optimize.minimize(
        lambda x: (problem(x.reshape(SHAPE))[0], problem(x.reshape(SHAPE))[1].ravel()),
        start().numpy().ravel().astype(np.float64),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, 1)] * math.prod(SHAPE),
        options={"maxiter": 2000, "maxfun": 5000, "ftol": 1e-12, "gtol": 1e-8},
    )
    settings = SETTINGS.model_copy(update={"preconditioner_exponent": exponent, "learn_preconditioner": learns})
    ours = descend(objective(problem), 600, settings)[-1]
    began = problem(start().numpy().astype(np.float64))[0]
    assert ours.value - theirs.fun < 1e-4 * (began - theirs.fun)


def test_the_active_set_is_the_true_one() -> None:
    ours = descend(objective(quadratic), 200)[-1].picture.numpy()
    theirs = np.clip(quadratic.__globals__["TARGET"], 0, 1)
    np.testing.assert_array_equal(ours == 0, theirs == 0)
    np.testing.assert_array_equal(ours == 1, theirs == 1)


def test_a_scale_that_undoes_the_stiffness_lets_it_end_in_one_more_move() -> None:
    stiffness = np.array([1.0, 400.0], np.float32)[np.arange(SHAPE[2]) % 2][None, None, :, None]

    def stiff(picture: Any) -> Any:
        apart = picture - 0.5
        return tf.reduce_sum(stiffness * apart**2)[None] / 2, stiffness * apart

    def moves(scale: Any) -> int:
        state = optimizers.begin(start(), stiff, SETTINGS)
        goal = 1e-4 * state.value
        while state.value > goal:
            state = lbfgs.advance(state, stiff, SETTINGS, scale)
        return state.number

    assert moves(tf.constant(stiffness**-0.5)) == 2
    assert moves(1.0) > 4


def test_it_needs_far_fewer_evaluations_than_adam() -> None:
    def evaluations_to(share: Any, settings: Any) -> Any:
        evaluate = objective(coupled)
        state = optimizers.begin(start(), evaluate, settings)
        least = descend(objective(coupled), 600)[-1].value
        goal = least + share * (state.value - least)
        while state.value > goal and evaluate.calls < 3000:
            state = optimizers.advance(state, evaluate, settings)
        return evaluate.calls

    assert evaluations_to(0.01, SETTINGS) < 0.5 * evaluations_to(0.01, OptimizerSettings(learning_rate=0.02))


def rough(picture: Any) -> Any:
    """A quadratic with jumps and ripples, whose slopes mislead."""
    value, slope = quadratic(picture)
    noise = np.sin(1e4 * picture).sum() + (picture > 0.6).sum()
    return value + 0.05 * noise, slope + np.random.default_rng(int(abs(value) * 1e6)).normal(0, 0.3, picture.shape)


def cliff(picture: Any) -> Any:
    """Not a number wherever any value passes 0.9."""
    value, slope = quadratic(picture)
    return (math.nan, slope * math.nan) if picture.max() > 0.97 else (value, slope)


@pytest.mark.parametrize("problem", [rough, cliff, quadratic, valley])
def test_it_never_returns_worse_and_stays_in_the_box(problem: Any) -> None:
    begin = tf.clip_by_value(start(), 0.0, 0.9)
    states = descend(objective(problem), 60, picture=begin)
    values = [s.value for s in states]
    assert all(b < a for a, b in itertools.pairwise(values))
    assert np.isfinite(values).all()
    assert len(values) > 3
    for state in states:
        assert state.picture.numpy().min() >= 0
        assert state.picture.numpy().max() <= 1


def test_at_a_minimum_it_stays_and_says_so() -> None:
    evaluate = objective(lambda p: (1.0, np.zeros(p.shape)))
    state = optimizers.begin(start(), evaluate, SETTINGS)
    stayed = optimizers.advance(state, evaluate, SETTINGS)
    assert stayed.number == state.number
    np.testing.assert_array_equal(stayed.picture, state.picture)


def test_every_evaluation_is_counted() -> None:
    evaluate = objective(rough)
    assert descend(evaluate, 20)[-1].evaluations <= evaluate.calls
    evaluate = objective(quadratic)
    states = descend(evaluate, 10)
    assert states[-1].evaluations == evaluate.calls


def test_history_is_bounded() -> None:
    states = descend(objective(valley), 30, SETTINGS.model_copy(update={"history_size": 4}))
    assert max(s.memory["steps"].shape[0] for s in states if s.memory) == 4


@pytest.mark.parametrize("algorithm", ["adam", "lbfgs"])
@pytest.mark.parametrize("exponent", [0.0, 0.3])
def test_a_state_taken_apart_goes_on_bit_for_bit(algorithm: str, exponent: float) -> None:
    settings = OptimizerSettings(algorithm=algorithm, preconditioner_exponent=exponent, history_size=5)
    evaluate = objective(valley)
    unbroken = descend(evaluate, 16, settings)
    state = optimizers.unpack(optimizers.pack(unbroken[7]))
    for expected in unbroken[8:]:
        state = optimizers.advance(state, evaluate, settings)
        assert state.value == expected.value
        assert (state.number, state.evaluations) == (expected.number, expected.evaluations)
        np.testing.assert_array_equal(state.picture, expected.picture)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 0.75])
def test_the_exponent_that_makes_the_bowl_round_is_found(exponent: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        lbfgs, "REQUIRED_GAIN", 1.02
    )  # a bowl so small has few frequencies, and neighbours fit nearly alike
    problem, begin = spectral(exponent)
    settings = OptimizerSettings(algorithm="lbfgs", preconditioner_exponent=0.25, adapt_preconditioner=True)
    *_, state = descend(objective(problem), 8, settings, tf.constant(begin))
    assert float(state.memory["exponent"]) == exponent


@pytest.mark.parametrize(("begins", "exponent", "stays"), [(0.0, 0.75, False), (0.5, 0.75, True), (0.75, 0.0, False)])
def test_the_exponent_changes_only_where_another_fits_clearly_better(
    begins: float, exponent: float, stays: bool
) -> None:
    problem, begin = spectral(exponent, (48, 64))
    *_, before = descend(
        objective(problem), 6, OptimizerSettings(algorithm="lbfgs", preconditioner_exponent=begins), tf.constant(begin)
    )
    found, _ = lbfgs.best_exponent(history.recall(before.memory), begins)
    assert (found == begins) == stays
    assert stays or abs(found - exponent) < abs(begins - exponent)


def test_pairs_move_to_the_space_they_would_have_been_made_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lbfgs, "REQUIRED_GAIN", 1.02)
    problem, begin = spectral(0.75)
    settings = OptimizerSettings(algorithm="lbfgs", preconditioner_exponent=0.25)
    *_, before = descend(objective(problem), 4, settings, tf.constant(begin))
    pairs = history.recall(before.memory)
    best, moved = lbfgs.best_exponent(pairs, 0.25)
    assert best == 0.75
    np.testing.assert_allclose(precondition(moved.steps, best), precondition(pairs.steps, 0.25), atol=1e-5)
    np.testing.assert_allclose(precondition(moved.changes, -best), precondition(pairs.changes, -0.25), atol=1e-5)


LEARNS = OptimizerSettings(algorithm="lbfgs", preconditioner_exponent=0.25, learn_preconditioner=True)


@pytest.mark.parametrize("exponent", [0.0, 0.75])
def test_each_band_may_move_as_far_as_its_own_curvature_allows(exponent: float) -> None:
    """The bowl's Hessian is diagonal in Fourier space, so that a band's factor lies between its inverse curvatures."""
    size = (24, 32)
    problem, begin = spectral(exponent, size)
    *_, state = descend(objective(problem), 8, LEARNS, tf.constant(begin))
    softness = multiplier(*size, exponent) ** 2 if exponent else np.ones((size[0], size[1] // 2 + 1))
    factors, of = lbfgs.band_factors(state.memory).numpy(), bands(*size)
    for band in np.unique(of):
        here = softness[of == band]
        assert 0.98 * here.min() <= factors[band] <= 1.02 * here.max()


def test_energies_of_the_last_pairs_alone_are_kept() -> None:
    *_, state = descend(objective(coupled), lbfgs.BAND_PAIRS + 6, LEARNS)
    assert {state.memory[name].shape for name in BAND_NAMES} == {(lbfgs.BAND_PAIRS, BANDS)}


def test_a_band_that_never_moved_gets_the_ratio_of_all() -> None:
    moved = tf.constant([[4.0, 0.0, 12.0]], tf.float64)
    factors = lbfgs.band_factors({BAND_NAMES[0]: moved, BAND_NAMES[1]: moved / 4})
    np.testing.assert_allclose(factors, [2.0, 2.0, 2.0], rtol=1e-5)


@pytest.mark.parametrize("learned", [{"adapt_preconditioner": True}, {"learn_preconditioner": True}])
def test_what_was_learned_of_frequencies_is_kept_in_a_checkpoint(tmp_path: Path, learned: Any) -> None:
    problem, begin = spectral(0.75)
    settings = OptimizerSettings(algorithm="lbfgs", preconditioner_exponent=0.25, **learned)
    evaluate = objective(problem)
    *_, state = descend(evaluate, 8, settings, tf.constant(begin))
    checkpoint.save(tmp_path / "run.npz", checkpoint.Checkpoint(make(), optimizers.pack(state)))
    back = optimizers.unpack(checkpoint.load(tmp_path / "run.npz").state)
    for _ in range(3):
        state, back = (optimizers.advance(s, evaluate, settings) for s in (state, back))
        np.testing.assert_array_equal(state.picture, back.picture)
