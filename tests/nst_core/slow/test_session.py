"""Moves of a run: rolled back after a divergence, from size to size, averaged, within a time budget."""

import dataclasses
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.errors import DivergedError
from nst_core.picture.resize import resize
from nst_core.slow import engine, optimizers, schedule, session
from nst_core.slow.optimizers import lbfgs
from tests.nst_core.slow.runs import CLIMB, play, recipe_of

pytestmark = [pytest.mark.usefixtures("unlearned"), pytest.mark.slow]


# --- roll-backs


def test_a_loss_that_stops_being_finite_is_told_with_its_step(pictures: Any) -> None:
    state = dict(play(pictures, recipe_of(steps=2))[-1].state())
    state["gradient"] = np.full_like(state["gradient"], np.nan)
    with pytest.raises(DivergedError, match="at step 3 the loss was not finite, also after 5 roll-backs"):
        play(pictures, recipe_of(steps=5), resume=state)


@pytest.fixture
def advances(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Every learning rate that a move was tried with; `faults` are the numbers of tries that go wrong."""
    tried = SimpleNamespace(rates=[], faults=set())
    real = optimizers.advance

    def advance(state: Any, evaluate: Any, settings: Any) -> Any:
        tried.rates.append(settings.learning_rate)
        moved = real(state, evaluate, settings)
        if len(tried.rates) in tried.faults:
            lost = tf.fill(tf.shape(moved.picture), math.nan)
            moved = dataclasses.replace(moved, picture=lost, gradient=lost, value=math.nan)
        return moved

    monkeypatch.setattr(optimizers, "advance", advance)
    return tried


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_step_gone_wrong_is_rolled_back_and_shortened(pictures: Any, advances: Any, average: float) -> None:
    advances.faults = {3, 4, 7}
    steps = play(pictures, recipe_of(steps=6, snapshot_every=1, average_decay=average, learning_rate=0.04))
    assert [s.number for s in steps] == list(range(7))
    assert advances.rates == pytest.approx([0.04, 0.04, 0.04, 0.02, 0.01, 0.01, 0.01, 0.005, 0.005])
    told = {s.number: s.events for s in steps if s.events}
    lost = "rolled back: the loss was not finite; learning_rate"
    assert told == {3: (f"{lost} 0.02", f"{lost} 0.01"), 5: (f"{lost} 0.005",)}
    assert [s.evaluations for s in steps] == [1, 2, 3, 6, 7, 9, 10]
    for step in steps:
        assert np.isfinite(step.picture).all()
        assert np.isfinite(step.losses["total"])
        assert np.isfinite(step.state()["picture"]).all()


def test_a_shortened_step_stays_short_when_resumed(pictures: Any, advances: Any) -> None:
    advances.faults = {1}
    state = play(pictures, recipe_of(steps=2))[-1].state()
    play(pictures, recipe_of(steps=3), resume=state)
    assert advances.rates[-1] == pytest.approx(0.01)


def test_an_explosion_is_rolled_back_until_the_step_is_short_enough(pictures: Any, noise: Any) -> None:
    """Near the only target, a large step multiplies the loss; a shorter one does not."""
    near = np.clip(pictures[0] + 0.1 * (noise(48, 64, 9) - 0.5), 0, 1)
    alone = {"style_weight": 0, "tv_weight": 0, "start": "own"}
    steps = play(pictures, recipe_of(learning_rate=0.4, steps=4, **alone), start=near)
    assert any("rolled back: the loss rose from" in m for m in steps[1].events)
    assert steps[1].losses["total"] <= session.DIVERGENCE_FACTOR * steps[0].losses["total"]
    assert np.isfinite(steps[-1].picture).all()


def test_an_explosion_that_no_roll_back_helps_ends_in_words(pictures: Any, advances: Any, noise: Any) -> None:
    near = np.clip(pictures[0] + 0.01 * (noise(48, 64, 9) - 0.5), 0, 1)
    alone = {"style_weight": 0, "tv_weight": 0, "start": "own"}
    run = engine.run(pictures[0], [pictures[1]], recipe_of(learning_rate=1.0, **alone), start=near)
    first = next(run)
    with pytest.raises(DivergedError, match=r"at step 1 the loss rose from .* also after 5 roll-backs"):
        next(run)
    assert advances.rates == [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125]
    np.testing.assert_array_equal(first.picture, near)


def test_next_to_a_target_any_step_multiplies_the_loss_and_that_is_no_explosion(pictures: Any, noise: Any) -> None:
    beside = np.clip(pictures[0] + 1e-5 * noise(48, 64, 9), 0, 1)
    alone = {"style_weight": 0, "tv_weight": 0, "start": "own"}
    steps = play(pictures, recipe_of(learning_rate=0.002, steps=4, **alone), start=beside)
    assert steps[1].losses["total"] > 1000 * steps[0].losses["total"]
    assert {s.events for s in steps} == {()}


# --- a learning rate that comes to rest


def test_adams_step_goes_down_half_a_cosine_at_each_size(pictures: Any, advances: Any) -> None:
    recipe = recipe_of(pyramid="auto", longest_edge_px=91, steps=4, learning_rate=0.04, final_learning_rate_ratio=0.5)
    play(pictures, recipe)
    assert advances.rates == pytest.approx([0.02 + 0.01 * (1 + math.cos(math.pi * n / 4)) for n in (0, 1, 2, 3)] * 2)


def test_a_step_as_long_at_the_end_as_at_the_start_is_the_rule(pictures: Any, advances: Any) -> None:
    play(pictures, recipe_of(steps=3, learning_rate=0.04))
    assert advances.rates == [0.04] * 3


def test_a_hand_over_to_adam_is_marked_and_only_then_does_the_rate_go_down(
    pictures: Any, advances: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lbfgs, "best_exponent", lambda pairs, exponent, against: (0.0, pairs))
    settings = {
        "algorithm": "lbfgs",
        "adapt_preconditioner": True,
        "switch_to_adam": True,
        "final_learning_rate_ratio": 0.0,
    }
    steps = play(pictures, recipe_of(steps=12, learning_rate=0.04, **settings))
    assert [s.number for s in steps if "handed over to Adam" in s.events] == [6]
    assert advances.rates[:6] == [0.04] * 6
    assert advances.rates[6:] == pytest.approx([0.02 * (1 + math.cos(math.pi * n / 12)) for n in range(6, 12)])


# --- a pyramid, averages, plateaus


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Record of each change of size: (steps done, picture)."""
    seen, real = [], optimizers.rescale

    def carry(state: Any, picture: Any, *more: Any) -> Any:
        seen.append((state.number, picture.numpy()))
        return real(state, picture, *more)

    monkeypatch.setattr(optimizers, "rescale", carry)
    return seen


@pytest.mark.parametrize("average", [0.0, 0.8])
def test_a_pyramid_goes_from_small_to_large(pictures: Any, handed: Any, average: float) -> None:
    steps = play(pictures, recipe_of(**CLIMB, steps=3, first_steps=4, average_decay=average, snapshot_every=1))
    assert [s.number for s in steps] == list(range(11))
    assert [s.scale_px for s in steps] == [64] * 5 + [91] * 3 + [128] * 3
    assert {s.total for s in steps} == {10}
    assert {s.number: s.events for s in steps if s.events} == {
        0: ("scale 64 px",),
        5: ("scale 91 px",),
        8: ("scale 128 px",),
    }
    assert [s.picture.shape[1:3] for s in steps] == [(48, 64)] * 5 + [(68, 91)] * 3 + [(96, 128)] * 3
    assert [number for number, _ in handed] == [4, 7]
    for (number, picture), (width, height) in zip(handed, ((91, 68), (128, 96)), strict=True):
        np.testing.assert_array_equal(picture, resize(steps[number].picture, width, height))


def test_each_size_shows_its_last_picture_and_what_came_of_the_next_ones_first_step(pictures: Any) -> None:
    steps = play(pictures, recipe_of(**CLIMB, steps=3, snapshot_every=1000))
    assert [s.number for s in steps if s.picture is not None] == [0, 3, 4, 6, 7, 9]


@pytest.mark.slow
def test_losses_of_a_size_are_those_of_the_originals_resized_to_it(pictures: Any) -> None:
    content, style = (np.tile(p, (1, 3, 3, 1)) for p in pictures)
    steps = play((content, style), recipe_of(**CLIMB, steps=2))
    last = steps[-1]
    alone = recipe_of(longest_edge_px=128, steps=1, start="own")
    first = next(engine.run(content, [style], alone, start=last.state()["picture"]))
    assert first.losses == pytest.approx(last.losses, rel=1e-4)


def test_what_is_shown_and_handed_on_is_the_bias_corrected_average(pictures: Any, handed: Any) -> None:
    decay = 0.8
    steps = play(pictures, recipe_of(**CLIMB, start="noise", steps=5, average_decay=decay, snapshot_every=1))
    np.testing.assert_array_equal(steps[0].picture, steps[0].state()["picture"])
    for first in (1, 6, 11):
        weights, total = np.zeros(0), 0.0
        for count in range(5):
            seen = [steps[first + k].state()["picture"].astype(np.float64) for k in range(count + 1)]
            weights = np.array([(1 - decay) * decay ** (count - k) for k in range(count + 1)])
            total = sum(w * p for w, p in zip(weights, seen, strict=True)) / weights.sum()
            np.testing.assert_allclose(steps[first + count].picture, total, atol=1e-6)
            np.testing.assert_array_equal(steps[first + count].state()["shown"], steps[first + count].picture)
        assert np.abs(steps[first + 4].picture - steps[first + 4].state()["picture"]).max() > 0.01
    assert len(handed) == 2


@pytest.mark.slow
def test_a_plateau_ends_a_size_early_and_is_marked(pictures: Any) -> None:
    recipe = recipe_of(pyramid="auto", longest_edge_px=91, steps=70, plateau_threshold=0.1, style_weight=1.0)
    steps = play(pictures, recipe)
    for edge in (64, 91):
        here = [s for s in steps if s.scale_px == edge and s.number]
        totals = [s.losses["total"] for s in here]
        assert 40 <= len(here) < 70
        assert [n for n in range(len(totals) + 1) if schedule.plateau(totals[:n], 0.1)] == [len(here)]
        assert here[-1].events[-1] == "plateau"
        assert here[-1].picture is not None
    assert sum("plateau" in s.events for s in steps) == 2
    assert steps[-1].total == steps[-1].number


def test_where_the_minimiser_finds_no_step_the_next_size_begins(pictures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 64 px it gives up after two moves; averages and roll-backs must work with that."""
    real = optimizers.advance

    def advance(state: Any, evaluate: Any, settings: Any) -> Any:
        return state if state.number == 2 and state.picture.shape[2] == 64 else real(state, evaluate, settings)

    monkeypatch.setattr(optimizers, "advance", advance)
    steps = play(pictures, recipe_of(**CLIMB, steps=4, average_decay=0.9, snapshot_every=1))
    assert [s.scale_px for s in steps] == [64] * 3 + [91] * 4 + [128] * 4
    assert play(pictures, recipe_of(steps=9))[-1].number == 2
    pair = [steps[n].state()["picture"].astype(float) for n in (1, 2)]
    np.testing.assert_allclose(steps[2].picture, (0.9 * pair[0] + pair[1]) / 1.9, atol=1e-6)


# --- a budget of seconds


def test_a_budget_of_seconds_stops_early(pictures: Any) -> None:
    recipe = recipe_of(steps=5000, seconds=0.5)
    steps = play(pictures, recipe)
    assert 2 <= steps[-1].number < 5000
    assert steps[-1].seconds < 1.5
    assert steps[-1].state()["number"] == steps[-1].number
    assert play(pictures, recipe_of(steps=2, seconds=1000))[-1].number == 2


def test_a_budget_counts_what_was_spent_before_the_resume(pictures: Any) -> None:
    state = dict(play(pictures, recipe_of(steps=2))[-1].state(), seconds=100.0)
    assert play(pictures, recipe_of(steps=9, seconds=50), resume=state) == []


@pytest.mark.parametrize("seconds", [1e-6, 0.5])
def test_a_budget_of_seconds_still_reaches_the_last_size(pictures: Any, seconds: float) -> None:
    steps = play(pictures, recipe_of(**CLIMB, steps=5000, seconds=seconds))
    assert steps[-1].scale_px == 128
    assert steps[-1].seconds < seconds + 5
    if seconds < 1e-3:  # no time at all: the size between is skipped
        assert [s.scale_px for s in steps] == [64, 128]


def test_a_budget_is_shared_among_sizes_by_their_work(pictures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fake clock: each move takes a second at 64 px, two at 91 px, four at 128 px."""
    now = [0.0]
    monkeypatch.setattr(session.time, "perf_counter", lambda: now[0])
    real = optimizers.advance

    def advance(state: Any, *more: Any) -> Any:
        now[0] += {64: 1.0, 91: 2.0, 128: 4.0}[state.picture.shape[2]]
        return real(state, *more)

    monkeypatch.setattr(optimizers, "advance", advance)
    steps = play(pictures, recipe_of(**CLIMB, steps=100, seconds=70))
    counts = [sum(s.scale_px == edge for s in steps[1:]) for edge in (64, 91, 128)]
    assert counts == [10, 10, 10]
    assert steps[-1].seconds == 70
