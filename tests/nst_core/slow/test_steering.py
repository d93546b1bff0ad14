"""A recipe sent between two steps takes effect from the next move on, and changes only the settings that differ."""

import itertools
from typing import Any

import numpy as np
import pytest

from nst_core.recipe import change
from tests.nst_core.slow.runs import play, recipe_of, same, steered

pytestmark = [pytest.mark.usefixtures("unlearned"), pytest.mark.slow]


def test_being_sent_the_same_recipe_changes_nothing(pictures: Any) -> None:
    plain = play(pictures, recipe_of())
    sent = steered(pictures, recipe_of(), {n: {} for n in range(6)})
    same(plain, sent)
    assert {s.events for s in sent} == {()}


@pytest.mark.parametrize(
    ("setting", "term"), [("tv_weight", "variation"), ("style_weight", "style"), ("content_weight", "content")]
)
def test_a_steered_weight_holds_from_the_next_step_on(pictures: Any, setting: str, term: str) -> None:
    recipe = recipe_of(learning_rate=1e-7, start="noise")  # so small that the terms change by the weight alone
    before = getattr(recipe.objective, setting)
    steps = steered(pictures, recipe, {3: {setting: 40 * before}})
    assert steps[4].losses[term] == pytest.approx(40 * steps[3].losses[term], rel=1e-3)
    others = {"content", "style", "variation"} - {term}
    assert all(steps[4].losses[t] == pytest.approx(steps[3].losses[t], rel=1e-3) for t in others)
    assert [s.events for s in steps] == [()] * 4 + [(f"steered {setting} to {40 * before:g}",)] + [()] * 2


def test_steering_is_going_on_from_a_state_with_other_weights(pictures: Any) -> None:
    """Bit for bit: the loss and the slope of the very next move are those of the new weights."""
    recipe, changes = recipe_of(), {"tv_weight": 50.0, "style_layers": {"block1_conv1": 0.1, "block2_conv1": 2.0}}
    sent = steered(pictures, recipe, {2: changes})
    plain = play(pictures, recipe)
    same(plain[:3], sent[:3])
    resumed = play(pictures, change(recipe, changes), resume=plain[2].state())
    same(sent[3:], resumed)
    assert sent[3].losses != plain[3].losses
    assert set(sent[3].events) == {
        "steered tv_weight to 50",
        "steered style_layers.block1_conv1 to 0.1",
        "steered style_layers.block2_conv1 to 2",
    }
    assert resumed[0].events == ("steered",)


def test_a_term_may_be_steered_away_and_back(pictures: Any) -> None:
    steps = steered(pictures, recipe_of(start="noise"), {2: {"content_weight": 0.0}, 4: {"content_weight": 1.0}})
    assert [s.losses["content"] > 0 for s in steps] == [True] * 3 + [False] * 2 + [True] * 2


def test_a_steered_learning_rate_is_the_length_of_the_next_steps(pictures: Any) -> None:
    steps = steered(pictures, recipe_of(snapshot_every=1), {3: {"learning_rate": 0.0005}})
    moved = [np.abs(b.picture - a.picture).max() for a, b in itertools.pairwise(steps)]
    assert min(moved[:3]) > 0.01
    assert max(moved[3:]) < 0.005


@pytest.mark.slow
def test_a_run_may_be_made_shorter_or_longer(pictures: Any) -> None:
    shorter = steered(pictures, recipe_of(steps=6), {2: {"steps": 4}})
    assert [s.total for s in shorter] == [6, 6, 6, 4, 4]
    longer = steered(pictures, recipe_of(steps=3), {2: {"steps": 5}})
    assert [s.total for s in longer] == [3, 3, 3, 5, 5, 5]
    assert steered(pictures, recipe_of(steps=6), {3: {"steps": 1}})[-1].number == 3
    assert [
        s.number for s in steered(pictures, recipe_of(steps=4), {1: {"snapshot_every": 3}}) if s.picture is None
    ] == [1]


def test_a_steered_budget_of_seconds_holds(pictures: Any) -> None:
    assert steered(pictures, recipe_of(steps=5000), {3: {"seconds": 1e-3}})[-1].number == 3
