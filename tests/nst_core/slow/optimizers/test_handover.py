"""L-BFGS hands over to Adam if its history shows that there is no curvature to learn."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.recipe import OptimizerSettings
from nst_core.slow import optimizers
from nst_core.slow.optimizers import adam, history, lbfgs
from nst_core.slow.optimizers.precondition import precondition
from tests.nst_core.slow.optimizers.problems import objective, spectral

SETTINGS = OptimizerSettings(
    algorithm="lbfgs",
    preconditioner_exponent=0.5,
    adapt_preconditioner=True,
    switch_to_adam=True,
    learning_rate=0.04,
    beta2=0.9,
)
KEPT = SETTINGS.model_copy(update={"switch_to_adam": False})
FLAT, STIFF_IN_GRAIN = 0.0, 0.75
"""Exponents of a bowl as stiff in one frequency as in another, and of one where large shapes are softest."""


def pairs_of(stiff: float) -> Any:
    """The pairs of six moves in a large bowl, in the space of exponent 0.5."""
    problem, begin = spectral(stiff, (48, 64))
    evaluate, settings = objective(problem), OptimizerSettings(algorithm="lbfgs", preconditioner_exponent=0.5)
    state = optimizers.begin(tf.constant(begin), evaluate, settings)
    for _ in range(6):
        state = optimizers.advance(state, evaluate, settings)
    return history.recall(state.memory)


def states(exponent: Any, moves: Any, settings: Any = SETTINGS) -> Iterator[Any]:
    problem, begin = spectral(exponent)
    evaluate = objective(problem)
    state = optimizers.begin(tf.constant(begin), evaluate, settings)
    for _ in range(moves):
        state = optimizers.advance(state, evaluate, settings)
        yield state


def test_without_curvature_adam_makes_the_next_moves() -> None:
    problem, _ = spectral(FLAT)
    evaluate = objective(problem)
    before = next(s for s in states(FLAT, 20) if optimizers.by_adam(s, SETTINGS))
    assert before.number == lbfgs.ADAPT_EVERY // 2 + 1  # as soon as the exponent is first judged
    by_hand = before
    for _ in range(3):
        before = optimizers.advance(before, evaluate, SETTINGS)
        by_hand = adam.advance(by_hand, evaluate, OptimizerSettings(learning_rate=0.04, beta2=0.9))
        np.testing.assert_array_equal(before.picture, by_hand.picture)
        assert before.evaluations == by_hand.evaluations


@pytest.mark.parametrize("switches", [True, False])
def test_without_curvature_adam_takes_over_while_bands_are_learned_too(
    switches: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lbfgs, "ADAPT_EVERY", 2)  # before the bottom of the bowl is reached
    learns = SETTINGS.model_copy(update={"learn_preconditioner": True, "switch_to_adam": switches})
    *_, last = states(FLAT, 3, learns)
    assert optimizers.by_adam(last, learns) == ("mean" in last.memory) == switches


@pytest.mark.parametrize(("stiff", "is_grain"), [(0.2, True), (0.4, False)])
def test_pairs_in_no_space_tell_grain_alike(stiff: float, is_grain: bool) -> None:
    pairs = history.change_exponent(pairs_of(stiff), 0.5, 0.0)
    assert lbfgs.is_grain(pairs, SETTINGS) == is_grain


@pytest.mark.parametrize(("exponent", "settings"), [(STIFF_IN_GRAIN, SETTINGS), (FLAT, KEPT)])
def test_where_there_is_curvature_or_nobody_asked_it_stays_with_l_bfgs(exponent: Any, settings: Any) -> None:
    *_, last = states(exponent, 12, settings)
    assert not optimizers.by_adam(last, settings)
    assert "mean" not in last.memory


def test_early_on_a_fit_as_good_is_enough_and_later_it_must_be_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lbfgs, "REQUIRED_GAIN", 9.0)  # no exponent is better by such a factor
    assert optimizers.by_adam(list(states(FLAT, 12))[-1], SETTINGS)
    monkeypatch.setattr(lbfgs, "EARLY_MOVES", 0)
    assert not optimizers.by_adam(list(states(FLAT, 12))[-1], SETTINGS)


@pytest.mark.parametrize(("stiff", "told"), [(0.2, 1.09), (0.3, 0.93), (0.35, 0.85), (0.4, 0.86)])
def test_nine_tenths_of_the_fit_is_as_good(stiff: float, told: float) -> None:
    pairs = pairs_of(stiff)
    of_none = cosine(precondition(pairs.steps, 0.5), precondition(pairs.changes, -0.5))
    share = of_none / cosine(pairs.steps, pairs.changes)
    assert share == pytest.approx(told, abs=0.01)
    found, _ = lbfgs.best_exponent(pairs, 0.5, against=0.5)
    assert found == (0.0 if share >= 0.9 else 0.5)


def cosine(steps: Any, changes: Any) -> Any:
    """The mean cosine of each step with its change."""
    rows = [values.numpy().reshape(len(values), -1).astype(np.float64) for values in (steps, changes)]
    lengths = [np.linalg.norm(row, axis=1) for row in rows]
    return np.mean((rows[0] * rows[1]).sum(axis=1) / (lengths[0] * lengths[1]))


def test_an_exponent_of_none_that_was_asked_for_is_no_judgement() -> None:
    *_, last = states(STIFF_IN_GRAIN, 4, SETTINGS.model_copy(update={"preconditioner_exponent": 0.0}))
    assert not optimizers.by_adam(last, SETTINGS)


def test_adam_goes_on_at_another_size_and_under_another_objective() -> None:
    *_, state = states(FLAT, 12)
    problem, _ = spectral(FLAT, (24, 30))
    evaluate = objective(problem)
    carried = optimizers.rescale(state, tf.image.resize(state.picture, (24, 30)), evaluate, SETTINGS)
    assert carried.memory["mean"].shape == (1, 24, 30, 3)
    for kept in (carried, optimizers.refresh(carried, evaluate, SETTINGS)):
        assert optimizers.by_adam(optimizers.advance(kept, evaluate, SETTINGS), SETTINGS)


def test_handed_over_at_the_end_of_a_size_nothing_of_that_size_is_carried_on() -> None:
    """Between the decision and Adam's first move, the memory still holds pairs."""
    state = next(s for s in states(FLAT, 20) if optimizers.by_adam(s, SETTINGS))
    assert "steps" in state.memory
    problem, _ = spectral(FLAT, (24, 30))
    evaluate = objective(problem)
    carried = optimizers.rescale(state, tf.image.resize(state.picture, (24, 30)), evaluate, SETTINGS)
    assert not carried.memory
    assert optimizers.advance(carried, evaluate, SETTINGS).value < carried.value


def test_after_a_roll_back_it_is_judged_anew() -> None:
    *_, state = states(FLAT, 12)
    assert not optimizers.by_adam(optimizers.reset(state), SETTINGS)


@pytest.mark.parametrize("taken_apart_after", [5, 6, 8])
def test_a_run_taken_apart_around_the_hand_over_goes_on_bit_for_bit(taken_apart_after: int) -> None:
    problem, _ = spectral(FLAT)
    evaluate = objective(problem)
    unbroken = list(states(FLAT, 12))
    state = optimizers.unpack(optimizers.pack(unbroken[taken_apart_after - 1]))
    for expected in unbroken[taken_apart_after:]:
        state = optimizers.advance(state, evaluate, SETTINGS)
        np.testing.assert_array_equal(state.picture, expected.picture)
    assert optimizers.by_adam(state, SETTINGS)
