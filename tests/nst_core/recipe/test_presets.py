"""Presets are valid, differ from each other, and match their descriptions."""

from collections.abc import Iterator
from typing import Any

import pytest

from nst_core.errors import RecipeError
from nst_core.recipe import (
    PRESETS,
    TUTORIAL,
    OptimizerSettings,
    change,
    default,
    make,
    names,
    recipe_from_json,
)
from tests.nst_core.recipe.settings import value_of


def flat(settings: Any) -> Iterator[Any]:
    """Nested settings by short name, layers whole."""
    for name, value in settings.items():
        if name in names():
            yield name, value
        else:
            yield from value.items()


@pytest.mark.parametrize("key", sorted(PRESETS))
def test_presets_are_valid_survive_json_and_are_what_they_say(key: Any) -> None:
    recipe = make(key)
    assert recipe.preset == key
    assert recipe_from_json(recipe.to_json()) == recipe
    for name, value in flat(PRESETS[key].settings):
        assert value_of(recipe, name) == value
    untouched = set(names()) - {name for name, _ in flat(PRESETS[key].settings)} - {"preset"}
    assert all(value_of(recipe, name) == default(name) for name in untouched)


def test_presets_can_be_told_apart() -> None:
    for preset in PRESETS.values():
        assert preset.title
        assert preset.text.endswith(".")
    assert len({preset.title for preset in PRESETS.values()}) == len(PRESETS)
    assert len({change(make(key), {"preset": ""}).to_json() for key in PRESETS}) == len(PRESETS)


def test_the_tutorial_preset_is_the_tutorial() -> None:
    recipe = make("tutorial")
    assert recipe.objective == TUTORIAL
    assert recipe.objective.style_layers == {f"block{b}_conv1": 0.2 for b in range(1, 6)}
    assert recipe.optimizer == OptimizerSettings(learning_rate=0.02, beta1=0.99, beta2=0.999, epsilon=0.1)
    assert (recipe.objective.content_weight, recipe.objective.style_weight, recipe.objective.tv_weight) == (
        1e4,
        0.01,
        30,
    )
    assert (recipe.objective.content_layers, recipe.objective.loss_units) == ({"block5_conv2": 1.0}, "tutorial")
    assert (recipe.steps, recipe.precision, recipe.convolutions) == (1000, "float32", "direct")
    assert (recipe.start, recipe.style_shape, recipe.objective.pooling) == ("content", "content", "max")
    assert (recipe.objective.tv_variant, recipe.objective.style_distance) == ("absolute", "gram")
    assert (recipe.schedule.pyramid, recipe.colour.colour_match, recipe.colour.colour_preservation) == (
        "off",
        "none",
        0,
    )


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"preset must be one of painterly, .*tutorial.*, got 'nope'"):
        make("nope")


def test_balanced_starts_from_the_fast_result_with_few_steps() -> None:
    recipe = make(settings={"method": "balanced"})
    assert (recipe.start, recipe.method) == ("fast", "balanced")
    assert recipe.steps < make().steps
    assert make(settings={"method": "balanced", "steps": 7}).steps == 7
