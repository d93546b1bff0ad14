"""Keyframes: even changes between them, constant beyond them, and nothing where none is set."""

from __future__ import annotations

from typing import Any

import pytest

from nst_core.film.keyframes import LEAST_WEIGHT, recipe_at
from nst_core.recipe import make

TWO = [{"sha256": "0" * 64, "weight": 3.0}, {"sha256": "1" * 64}]


def film(*keyframes: Any, **settings: Any) -> Any:
    return make(settings={"medium": "film", "keyframes": list(keyframes), **settings})


@pytest.mark.parametrize(("seconds", "strength"), [(0, 0.2), (1, 0.2), (1.5, 0.6), (2, 1.0), (9, 1.0)])
def test_a_value_changes_evenly(seconds: float, strength: float) -> None:
    recipe = film({"seconds": 1, "strength": 0.2}, {"seconds": 1.2, "content_weight": 3}, {"seconds": 2, "strength": 1})
    assert recipe_at(recipe, seconds).strength == pytest.approx(strength)
    assert recipe_at(recipe, seconds).objective.content_weight == 3


def test_what_no_keyframe_sets_is_the_recipes() -> None:
    recipe = film({"seconds": 1, "colour_preservation": 0.5}, styles=TWO, style_weight=7.0)
    now = recipe_at(recipe, 0)
    assert now.colour.colour_preservation == 0.5
    assert now.model_copy(update={"colour": recipe.colour}) == recipe
    assert recipe_at(film(), 3) == film()


def test_one_style_becomes_another_evenly() -> None:
    recipe = film({"seconds": 0, "style_shares": [8, 0]}, {"seconds": 1, "style_shares": [0, 2]}, styles=TWO)
    assert [style.weight for style in recipe_at(recipe, 0.25).styles] == pytest.approx([0.75, 0.25])


def test_a_weight_never_leaves_the_objective() -> None:
    recipe = film({"seconds": 0, "style_weight": 0}, {"seconds": 1, "style_weight": 10})
    assert recipe_at(recipe, 0).objective.style_weight == LEAST_WEIGHT
    assert recipe_at(recipe, 0.5).objective.style_weight == pytest.approx(5)
