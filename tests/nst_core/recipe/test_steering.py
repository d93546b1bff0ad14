"""Settings that may change in the middle of a run, and those that may not."""

from typing import Any

import pytest

from nst_core.errors import RecipeError
from nst_core.recipe import STEERABLE, change, default, make, names, path_of, recipe_from_json, steered

OTHER = {
    "content_weight": 3.5,
    "style_weight": 40.0,
    "tv_weight": 0.0,
    "content_layers": {"block4_conv2": 0.5},
    "style_layers": {f"block{b}_conv1": 0.1 * b for b in range(1, 6)},
    "learning_rate": 0.01,
    "steps": 700,
    "seconds": 9.5,
    "snapshot_every": 2,
    "colour_preservation": 0.5,
    "colour_space": "luminance",
}


def layers() -> Any:
    return make(settings={"content_layers": {"block4_conv2": 1.0}, "style_layers": OTHER["style_layers"]})


@pytest.mark.parametrize("name", STEERABLE)
def test_steering_changes_that_setting_and_no_other(name: Any) -> None:
    recipe = layers()
    new = steered(recipe, {name: OTHER[name]})
    assert new == change(recipe, {name: OTHER[name]})
    assert steered(recipe, {".".join(path_of(name)): OTHER[name]}) == new
    assert recipe_from_json(new.to_json()) == new
    assert recipe == layers()


def test_every_steerable_setting_is_tried_here() -> None:
    assert set(OTHER) == set(STEERABLE)


@pytest.mark.parametrize("name", sorted(set(names()) - set(STEERABLE)))
def test_other_settings_wait_for_the_next_run(name: Any) -> None:
    with pytest.raises(RecipeError, match=rf"{name} cannot change in the middle of a run; choose from content_weight"):
        steered(make(), {name: default(name)})


@pytest.mark.parametrize("settings", [{"style_weight": -1}, {"steps": 0}, {"learning_rate": 0}, {"seconds": "soon"}])
def test_ranges_hold(settings: Any) -> None:
    (name,) = settings
    with pytest.raises(RecipeError, match=f"{name} must be"):
        steered(make(), settings)


@pytest.mark.parametrize("name", ["nope", "objective", "tv_weight.x"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(RecipeError):
        steered(make(), {name: 1})


def test_one_layers_share_can_be_steered_alone() -> None:
    recipe = layers()
    new = steered(recipe, {"style_layers.block1_conv1": 0.0})
    assert new.objective.style_layers == {**recipe.objective.style_layers, "block1_conv1": 0.0}


@pytest.mark.parametrize("asked", [{"block1_conv1": 1.0}, {}, {**OTHER["style_layers"], "block3_conv3": 1.0}])
def test_layers_stay_those_in_use(asked: Any) -> None:
    with pytest.raises(RecipeError, match=r"style_layers must be those in use \(block1_conv1, .*\), got"):
        steered(layers(), {"style_layers": asked})


def test_a_single_pass_cannot_be_steered() -> None:
    with pytest.raises(RecipeError, match="single pass"):
        steered(make(settings={"method": "fast"}), {"colour_preservation": 1.0})
    assert steered(make(settings={"method": "balanced"}), {"colour_preservation": 1.0}).colour.colour_preservation == 1
