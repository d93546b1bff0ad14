"""The plan of a sweep: the recipes of its cells, and refusals in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nst_core.errors import RecipeError
from nst_core.recipe import change
from nst_core.sweeps.axes import Axis
from nst_core.sweeps.plan import CELL_EDGE_PX, make_plan
from tests.nst_core.sweeps.examples import FAST, PLAN, STRENGTH, STROKES


def test_cells_are_numbered_row_by_row_and_differ_in_the_two_settings_alone() -> None:
    assert PLAN.count == 6
    recipes = [PLAN.cell_recipe(n) for n in range(6)]
    settings = [(recipe.strength, recipe.style_scale) for recipe in recipes]
    assert settings == [(0.5, 0.5), (1.0, 0.5), (1.5, 0.5), (0.5, 2.0), (1.0, 2.0), (1.5, 2.0)]
    assert PLAN.label(4) == "Strength 100 %, Stroke size 2"
    full_size = PLAN.full_size_recipe(4, 768)
    assert full_size == change(FAST, {"longest_edge_px": 768, "strength": 1.0, "style_scale": 2.0})
    assert {recipe.longest_edge_px for recipe in recipes} == {CELL_EDGE_PX["fast"]}


@pytest.mark.parametrize(
    ("across", "down", "message"),
    [
        (STRENGTH, STRENGTH, "two different settings, got Strength twice"),
        (STRENGTH, replace(STROKES, values=(1.0,)), "Stroke size must have 2 to 5 values, got 1; pick more"),
        (replace(STRENGTH, values=(0.0,) * 6), STROKES, "got 6; take some away"),
        (replace(STRENGTH, values=(1.0, 9.0)), STROKES, "strength must be"),
    ],
)
def test_an_invalid_plan_is_refused_in_one_sentence(across: Axis, down: Axis, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        make_plan(FAST, across, down)
