"""The style's weight adapts to how much of the photograph is left: towards what is wanted, and bit for bit again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.recipe import PRESETS, Objective, make
from nst_core.slow import balance
from tests.nst_core.slow.runs import CLIMB, play, recipe_of, same, steered

ADAPTED = {"adaptive_balance": True, "style_normalisation": 1.0}


def wanted(content: float, style: float = 20.0) -> float:
    return balance.wanted_dissimilarity(Objective(content_weight=content, style_weight=style))


def test_a_stronger_content_leaves_more_of_the_photograph() -> None:
    found = [wanted(content) for content in (0, 0.1, 0.74, 2, 8, 1e6)]
    assert found == sorted(found, reverse=True)
    assert found[0] == balance.UNRELATED
    assert found[2] == pytest.approx(balance.UNRELATED / 2)
    assert found[3] == pytest.approx(balance.UNRELATED / 3, abs=0.01)  # Painterly
    assert 0 < found[-1] < 1e-3
    assert wanted(2, 20) == pytest.approx(wanted(0.2, 2))


def test_a_near_style_leaves_more_and_a_far_one_no_less() -> None:
    settings = Objective(content_weight=2.0)
    found = [balance.wanted_dissimilarity(settings, to_styles) for to_styles in (0.1, 0.3, 0.6, 0.9)]
    assert found[1] == pytest.approx(3 * found[0])
    assert found[0] < found[1] < found[2] == found[3] == balance.wanted_dissimilarity(settings)


def test_the_weight_moves_towards_what_is_wanted_step_by_step_and_within_bounds() -> None:
    assert balance.next_ratio(1.0, 0.3, 0.3) == 1
    assert balance.next_ratio(2.0, 0.36, 0.3) == pytest.approx(2 * (0.3 / 0.36) ** 0.5)
    assert balance.next_ratio(1.0, 0.25, 0.3) > 1 > balance.next_ratio(1.0, 0.35, 0.3)
    assert balance.next_ratio(1.0, 1.0, 0.01) == pytest.approx(1 / balance.LARGEST_FALL)
    assert balance.next_ratio(1.0, 0.0, 0.3) == pytest.approx(balance.LARGEST_RISE)
    assert balance.next_ratio(balance.LOWEST, 1.0, 0.01) == balance.LOWEST
    assert balance.next_ratio(balance.HIGHEST, 0.0, 0.3) == balance.HIGHEST


@dataclass(frozen=True)
class Bound:
    """What `dissimilarity` reads of a bound objective, with pixels in place of activations."""

    vgg: Any
    spec: Any
    plan: Any
    targets: Any


@pytest.fixture
def pixels_as_activations(monkeypatch: pytest.MonkeyPatch) -> Callable[..., float]:
    """A function of two pictures and the weights of positions: their dissimilarity, by two layers that see pixels."""
    monkeypatch.setattr(balance, "content_activations", lambda _, picture, *__: (picture, picture[:, ::2]))
    settings = Objective(content_layers={"block3_conv1": 3.0, "block4_conv2": 1.0})

    def of(ours: np.ndarray, theirs: np.ndarray, weights: tuple[Any, ...] = ()) -> float:
        spec = SimpleNamespace(content=("block3_conv1", "block4_conv2"), config=None)
        targets = SimpleNamespace(content=(tf.constant(theirs), tf.constant(theirs[:, ::2])), content_maps=weights)
        return balance.dissimilarity(Bound(None, spec, None, targets), tf.constant(ours), settings)  # type: ignore[arg-type]

    return of


def test_contrast_does_not_change_the_dissimilarity_and_other_activations_do(
    pixels_as_activations: Callable[..., float],
) -> None:
    ours, theirs = np.random.default_rng(0).random((2, 1, 4, 6, 3)).astype(np.float32)
    assert pixels_as_activations(ours, 7 * ours) == pytest.approx(0, abs=1e-6)
    apart = pixels_as_activations(ours, theirs)
    assert pixels_as_activations(3 * ours, theirs) == pytest.approx(apart, rel=1e-5)

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float((a * b).sum(dtype=np.float64) / np.linalg.norm(a) / np.linalg.norm(b))

    naive = 1 - (3 * cosine(ours, theirs) + cosine(ours[:, ::2], theirs[:, ::2])) / 4
    assert apart == pytest.approx(naive, rel=1e-5)
    assert pixels_as_activations(ours, np.zeros_like(ours)) == 1


def test_clear_parts_of_a_photograph_take_no_part(pixels_as_activations: Callable[..., float]) -> None:
    ours = np.random.default_rng(0).random((1, 4, 6, 3)).astype(np.float32)
    theirs = ours.copy()
    theirs[:, :, 3:] = 1 - theirs[:, :, 3:]
    left = (np.arange(6) < 3).astype(np.float32) * np.ones((4, 1), np.float32)
    assert pixels_as_activations(ours, theirs) > 0.05
    assert pixels_as_activations(ours, theirs, (tf.constant(left), tf.constant(left[::2]))) == pytest.approx(
        0, abs=1e-6
    )


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


@pytest.mark.slow
@pytest.mark.parametrize("content_weight", [0.3, 2.0, 8.0])
def test_the_wanted_dissimilarity_is_reached_whatever_the_style_s_weight_was_before(
    pictures: Any, unlearned: Any, monkeypatch: pytest.MonkeyPatch, content_weight: float
) -> None:
    found: list[float] = []
    measure = balance.dissimilarity

    def noted(*each: Any) -> float:
        found.append(measure(*each))
        return found[-1]

    monkeypatch.setattr(balance, "dissimilarity", noted)
    pictures = strong(pictures)
    weights = {"content_weight": content_weight, "style_weight": 20.0}
    recipe = recipe_of(steps=150, **weights, **ADAPTED)
    play(pictures, recipe)
    to_style, *_, last = found  # the style's own picture is measured first
    goal = balance.wanted_dissimilarity(recipe.objective, to_style)
    off = abs(np.log(last / goal))
    found.clear()
    with monkeypatch.context() as patch:
        patch.setattr(balance, "next_ratio", lambda ratio, *_: ratio)
        play(pictures, recipe_of(steps=150, **weights, adaptive_balance=True))
    assert off < 0.35
    assert off < abs(np.log(found[-1] / goal))


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
