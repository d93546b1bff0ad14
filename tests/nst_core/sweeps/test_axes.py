"""The settings that a sweep can vary: their names and their values."""

from __future__ import annotations

import pytest

from nst_core.recipe import Recipe, change, value_of
from nst_core.recipe.display import SettingDisplay
from nst_core.sweeps import axes
from nst_core.sweeps.plan import make_plan
from tests.nst_core.sweeps.examples import FAST, SLOW


def setting(name: str) -> SettingDisplay:
    return next(one for one in axes.SETTINGS["slow"] if one.name == name)


@pytest.mark.parametrize("base", [FAST, SLOW], ids=["fast", "slow"])
def test_every_setting_makes_a_valid_sheet_of_its_default_values(base: Recipe) -> None:
    settings = axes.settings_for(base)
    for one in settings:
        down = axes.axis(one, base, axes.default_labels(one, base))
        other = next(another for another in settings if another.name not in (one.name, "network"))
        across = axes.axis(other, base, axes.default_labels(other, base))
        plan = make_plan(base, across, down)
        rows = [plan.cell_recipe(n * len(across.values)) for n in range(len(down.values))]
        assert [value_of(recipe, one.name) for recipe in rows] == list(down.values)


def test_settings_without_effect_beside_the_others_are_not_offered() -> None:
    names = {one.name for one in axes.settings_for(change(SLOW, {"algorithm": "lbfgs"}))}
    assert "history_size" in names
    assert "learning_rate" not in names
    assert "learning_rate" in {one.name for one in axes.settings_for(SLOW)}


def test_weights_are_multiples_of_the_recipes_weight() -> None:
    options = axes.options(setting("style_weight"), SLOW)
    weight = SLOW.objective.style_weight
    assert (options["× 1"], options["× 4"], options["off"]) == (weight, 4 * weight, 0.0)
    assert axes.default_labels(setting("style_weight"), SLOW) == ("× 0.25", "× 1", "× 4")


def test_a_start_picture_of_the_visitors_own_is_not_offered() -> None:
    assert "own" not in axes.options(setting("start"), SLOW).values()
