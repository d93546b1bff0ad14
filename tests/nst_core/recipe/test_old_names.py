"""Recipes, links, PNGs and checkpoints with the settings' old names open to the recipes that they stood for."""

import json
from pathlib import Path
from typing import Any

import pytest

from nst_core.cli.arguments import build_recipe as recipe_of_command
from nst_core.cli.main import _parser
from nst_core.errors import RecipeError
from nst_core.picture.encode import read_recipe
from nst_core.recipe import Recipe, change, links, make, names, parse, path_of, recipe_from_json
from nst_core.recipe.fields import PARTS
from nst_core.recipe.old_names import OLD_NAMES, current_name
from nst_core.slow import checkpoint

V1 = Path(__file__).with_name("v1")
"""Files of the program before the names changed."""
CONTENT, STYLE = "a1" * 32, "b2" * 32

SLOW = make(
    "tutorial-quick",
    {
        "loss_units": "normalised",
        "tv_variant": "nine-point",
        "reference_loss": "fast",
        "average_decay": 0.9,
        "history_size": 30,
        "preconditioner_exponent": 0.4,
        "adapt_preconditioner": True,
        "switch_to_adam": True,
        "final_learning_rate_ratio": 0.25,
        "plateau_threshold": 0.01,
        "colour_match": "covariance",
        "colour_match_strength": 0.75,
        "colour_preservation": 0.5,
        "style_shape": "content",
        "seed": 3,
    },
)
RAN = change(
    SLOW,
    {
        "learn_preconditioner": False,  # the preset's is newer
        "content": CONTENT,
        "styles": [{"sha256": STYLE}],
        "provenance": {"version": "0.2.0", "weights": {"vgg19": STYLE}, "device": "CPU"},
    },
)
FAST = make(
    "painterly",
    {
        "method": "fast",
        "render_edge_px": 512,
        "style_grid_size": 4,
        "style_edge_px": 200,
        "strength": 0.8,
        "loss_units": "tutorial",
        "average_decay": 0.8,
        "colour_preservation": 0.25,
    },
)


def text_of(name: Any) -> Any:
    return (V1 / name).read_text().strip()


def test_an_old_recipe_opens() -> None:
    assert recipe_from_json(text_of("recipe.json")) == RAN


@pytest.mark.parametrize(("name", "recipe", "pictures"), [("link", SLOW, {"c": "astronaut"}), ("fast-link", FAST, {})])
def test_an_old_link_opens(name: str, recipe: Any, pictures: Any) -> None:
    assert links.from_text(text_of(f"{name}.txt")) == (recipe, pictures)


def test_an_old_png_opens() -> None:
    before = change(FAST, {"style_normalisation": 0.0, "adaptive_balance": False})  # the preset's are newer
    assert recipe_from_json(read_recipe((V1 / "picture.png").read_bytes())) == before


def test_an_old_checkpoint_opens() -> None:
    saved = checkpoint.load(V1 / "checkpoint.npz")
    assert saved.recipe == RAN
    assert [point["number"] for point in saved.curve] == [1, 2]
    assert saved.state["picture"].shape == (1, 4, 4, 3)


def command_recipe(*arguments: Any) -> Any:
    return recipe_of_command(_parser().parse_args(["estimate", "photo.jpg", *arguments]))


@pytest.mark.parametrize("name", ["average", "minimiser.average", "optimizer.average", "optimizer.average_decay"])
def test_set_takes_old_names(name: str) -> None:
    assert command_recipe("--set", f"{name}=0.75") == make(settings={"average_decay": 0.75})


def test_the_files_use_every_old_name() -> None:
    raw = json.loads(text_of("recipe.json"))
    used = {*raw, *(name for part in ("objective", "minimiser", "schedule", "colour") for name in raw[part])}
    assert set(OLD_NAMES) <= used


def test_no_old_name_is_a_setting_today() -> None:
    today = {*Recipe.model_fields, *names(), *PARTS}
    assert not set(OLD_NAMES) & today
    assert set(OLD_NAMES.values()) <= today


def test_code_cannot_use_an_old_name() -> None:
    with pytest.raises(RecipeError, match="'average' is no setting"):
        change(make(), {"average": 0.5})
    with pytest.raises(RecipeError):
        path_of("minimiser.beta1")


def test_a_layers_share_keeps_its_name() -> None:
    assert current_name("style_layers.block1_conv1") == "style_layers.block1_conv1"


@pytest.mark.parametrize(
    "raw",
    [
        {"level": "fast", "reference_loss": "fast"},
        {"optimizer": {"average": 0.5, "average_decay": 0.5}},
        {"minimiser": {"beta1": 0.5}, "optimizer": {"beta1": 0.5}},
    ],
)
def test_a_setting_under_both_names_is_an_error(raw: Any) -> None:
    with pytest.raises(RecipeError, match="is no setting"):
        parse(raw)


@pytest.mark.parametrize("raw", [None, [], "average", 3, {"minimiser": 3}, {"origin": {"average": "x"}}])
def test_data_of_another_shape_is_the_usual_error(raw: Any) -> None:
    with pytest.raises(RecipeError):
        parse(raw)
