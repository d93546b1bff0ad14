"""What does nothing is told, for each setting that a command names, and only then."""

from typing import Any

import pytest

from nst_core.errors import RecipeError
from nst_core.recipe import make
from nst_core.recipe.effects import check_aim, does_nothing, without_effect


@pytest.mark.parametrize(
    ("settings", "name", "told"),
    [
        ({"method": "fast"}, "steps", "with method fast, which is a single pass"),
        ({"method": "fast"}, "objective.tv_weight", "with method fast, which is a single pass"),
        ({"method": "fast"}, "style_layers.block1_conv1", "with method fast, which is a single pass"),
        ({"method": "fast"}, "strength", ""),
        ({"method": "fast"}, "style_scale", ""),
        ({"method": "fast"}, "colour_match", ""),
        ({"method": "slow"}, "strength", "with method slow; it is for method fast"),
        ({"method": "slow", "start": "fast"}, "strength", ""),
        ({"method": "balanced"}, "strength", ""),
        ({"method": "slow"}, "shifted_passes", "with method slow; it is for method fast"),
        ({"method": "balanced"}, "style_grid_size", "with method balanced; it is for method fast"),
        ({"method": "slow"}, "seed", "with the other settings as they are"),
        ({"method": "slow", "start": "noise"}, "seed", ""),
        ({"algorithm": "adam"}, "history_size", "with the other settings as they are"),
        ({"method": "slow"}, "temporal_weight", "on a picture; it is for films"),
        ({"method": "slow", "medium": "film"}, "temporal_weight", ""),
    ],
)
def test_a_setting_without_effect_is_named_with_the_reason(settings: Any, name: str, told: str) -> None:
    found = without_effect(make("painterly", settings), [name])
    assert found == ((f"{name} has no effect {told}",) if told else ())


def test_a_preset_without_effect_is_named() -> None:
    assert "preset bold has no effect" in without_effect(make("bold", {"method": "fast"}), [], "bold")[0]
    assert without_effect(make("bold"), [], "bold") == ()


@pytest.mark.parametrize(
    ("settings", "is_nothing"),
    [
        ({"method": "fast", "strength": 0}, True),
        ({"method": "fast", "strength": 0, "style_grid_size": 3}, False),
        ({"method": "slow", "style_weight": 0, "tv_weight": 0}, True),
        ({"method": "slow", "style_weight": 0, "tv_weight": 1}, False),
        ({"method": "slow", "style_weight": 0, "tv_weight": 0, "start": "noise"}, False),
        ({}, False),
    ],
)
def test_a_result_that_is_the_photograph_is_told(settings: Any, is_nothing: bool) -> None:
    assert bool(does_nothing(make("painterly", settings))) == is_nothing


@pytest.mark.parametrize(
    "settings",
    [
        {"content_weight": 0, "style_weight": 0, "tv_weight": 0},
        {"content_layers": {}, "style_weight": 0, "tv_weight": 0},
        {"content_weight": 0, "style_layers": {}, "tv_weight": 0, "content_layers": {"block1_conv1": 1}},
    ],
)
def test_nothing_to_minimise_is_refused(settings: Any) -> None:
    recipe = make("painterly", settings)
    with pytest.raises(RecipeError, match="at least one of content_weight, style_weight and tv_weight must be above 0"):
        check_aim(recipe)
    check_aim(make("painterly", {**settings, "method": "fast"}))
