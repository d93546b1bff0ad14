"""The style's weight adapts to how much of the photograph is left: towards the wanted share, and bit for bit again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nst_core.recipe import PRESETS, Objective, make
from nst_core.slow import balance
from tests.nst_core.slow.runs import CLIMB, play, recipe_of, same, steered

ADAPTED = {"adaptive_balance": True, "style_normalisation": 1.0}


def wanted(content: float, style: float = 20.0) -> float:
    return balance.wanted_share(Objective(content_weight=content, style_weight=style))


def test_a_stronger_content_leaves_more_of_the_photograph() -> None:
    shares = [wanted(content) for content in (0, 0.1, 0.74, 2, 8, 1e6)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1
    assert shares[2] == pytest.approx(0.5)
    assert shares[3] == pytest.approx(1 / 3, abs=0.02)  # Painterly
    assert 0 < shares[-1] < 1e-3
    assert wanted(2, 20) == pytest.approx(wanted(0.2, 2))


def test_the_weight_moves_towards_the_wanted_share_step_by_step_and_within_bounds() -> None:
    assert balance.next_ratio(1.0, 0.3, 0.3) == 1
    assert balance.next_ratio(2.0, 0.36, 0.3) == pytest.approx(2 * (0.3 / 0.36) ** 0.5)
    assert balance.next_ratio(1.0, 0.25, 0.3) > 1 > balance.next_ratio(1.0, 0.35, 0.3)
    assert balance.next_ratio(1.0, 1.0, 0.01) == pytest.approx(1 / balance.LARGEST_CHANGE)
    assert balance.next_ratio(1.0, 0.0, 0.3) == pytest.approx(balance.LARGEST_CHANGE)
    assert balance.next_ratio(balance.LOWEST, 1.0, 0.01) == balance.LOWEST
    assert balance.next_ratio(balance.HIGHEST, 0.0, 0.3) == balance.HIGHEST


def test_adam_adapts_often_and_a_search_seldom() -> None:
    assert [n for n in range(26) if balance.is_due(n, searches=False)] == [10, 15, 20, 25]
    assert [n for n in range(70) if balance.is_due(n, searches=True)] == [10, 35, 60]


def test_presets_of_our_own_adapt_and_published_methods_do_not() -> None:
    adapting = {name for name in PRESETS if make(name).objective.adaptive_balance}
    assert adapting == {"painterly", "brushwork", "faithful", "bold"}


def strong(pictures: Any) -> tuple[Any, Any]:
    """The photograph, and a style of black and white stripes."""
    stripes = np.zeros_like(pictures[1])
    stripes[:, :, ::4] = stripes[:, :, 1::4] = 1
    return pictures[0], stripes


def share_left(step: Any, pictures: Any, recipe: Any) -> float:
    """The content distance of a Step, as a share of that of the style's picture."""
    copy = play(pictures, recipe_of(steps=1, start="own"), start=pictures[1])[0].losses["content"]
    return float(step.losses["content"] / recipe.objective.content_weight / copy)


@pytest.mark.slow
@pytest.mark.parametrize("content_weight", [0.3, 2.0, 8.0])
def test_the_wanted_share_is_reached_whatever_the_style_s_weight_was_before(
    pictures: Any, unlearned: Any, content_weight: float
) -> None:
    pictures = strong(pictures)
    weights = {"content_weight": content_weight, "style_weight": 20.0}
    fixed = recipe_of(steps=150, **weights)
    adapted = recipe_of(steps=150, **weights, **ADAPTED)
    goal = balance.wanted_share(adapted.objective)
    last = play(pictures, adapted)[-1]
    off = abs(np.log(share_left(last, pictures, adapted) / goal))
    assert off < 0.35
    assert off < abs(np.log(share_left(play(pictures, fixed)[-1], pictures, fixed) / goal))


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"average_decay": 0.5}, {"algorithm": "lbfgs"}, {**CLIMB, "first_steps": 13}])
def test_a_run_that_adapts_resumes_bit_for_bit(pictures: Any, unlearned: Any, settings: dict[str, Any]) -> None:
    recipe = recipe_of(steps=17, **ADAPTED, **settings)
    whole = play(pictures, recipe)
    assert len({step.style_factor for step in whole}) > 1
    for number in (9, 10, 11, 16):
        at = next(n for n, step in enumerate(whole) if step.number == number)
        same(whole[at + 1 :], play(pictures, recipe, resume=whole[at].state()))


@pytest.mark.slow
def test_steering_the_content_s_weight_moves_what_is_wanted(pictures: Any, unlearned: Any) -> None:
    recipe = recipe_of(steps=60, **ADAPTED)
    stays, more = (steered(pictures, recipe, {10: {"content_weight": weight}})[-1] for weight in (1.0, 30.0))
    assert more.losses["content"] / 30 < 0.8 * stays.losses["content"]


@pytest.mark.slow
def test_losses_belong_to_the_weights_that_their_step_states(pictures: Any, unlearned: Any) -> None:
    """A style term, divided by its factor, is that of the same picture under the first weights."""
    recipe = recipe_of(steps=21, snapshot_every=1, style_weight=20.0, **ADAPTED)
    steps = play(pictures, recipe)
    for step in (steps[12], steps[20]):
        there = play(pictures, recipe_of(steps=1, style_weight=20.0, start="own"), start=step.picture)[0]
        assert step.losses["style"] / step.style_factor == pytest.approx(there.losses["style"], rel=1e-3)
