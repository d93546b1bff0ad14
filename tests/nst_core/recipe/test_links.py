"""Recipes in an address are read back unchanged, and nothing else is accepted."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest

from nst_core.errors import RecipeError
from nst_core.recipe import PRESETS, Recipe, change, make
from nst_core.recipe.links import MAX_CHARACTERS, differences, from_text, to_text, without_pictures

OWN = {
    "style_weight": 33.0,
    "steps": 70,
    "longest_edge_px": 512,
    "content_layers": {"block5_conv2": 0.5},
    "colour_preservation": 0.25,
    "seconds": 12.5,
    "algorithm": "lbfgs",
}
RECIPES = [
    *(make(preset) for preset in PRESETS),
    *(make(settings={"method": method}) for method in ("fast", "balanced")),
    make("bold", OWN),
    make(settings={"medium": "film", "film_passes": 2, "keyframes": [{"seconds": 0, "strength": 0.5}, {"seconds": 2}]}),
    make(settings={"method": "fast", "strength": 1.3, "render_edge_px": 384, "longest_edge_px": 4096}),
]


def packed(content: Any) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(content).encode())).decode().rstrip("=")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: f"{recipe.method}-{recipe.preset}-{recipe.steps}")
def test_a_link_gives_the_recipe_back(recipe: Recipe) -> None:
    text = to_text(recipe, {"content": "chelsea"})
    assert from_text(text) == (recipe, {"content": "chelsea"})
    assert len(text) < 600
    assert text.replace("-", "").replace("_", "").isalnum()


def test_only_what_differs_from_the_preset_is_said() -> None:
    assert differences(make("bold")) == {}
    assert differences(make("bold", OWN)) == OWN


def test_pictures_and_machine_stay_at_home() -> None:
    named = change(
        make(),
        {
            "content": "0" * 64,
            "styles": [{"sha256": "1" * 64}],
            "regions": [{"mask": "2" * 64, "shares": [1.0]}],
            "start": "own",
            "start_picture": "3" * 64,
            "provenance": {"version": "9", "device": "a machine"},
            "precision": "bfloat16",
            "memory_mb": 9000,
        },
    )
    there, _ = from_text(to_text(named))
    assert there == make() == without_pictures(named)


def test_a_link_of_every_length_but_its_own_is_refused() -> None:
    text = to_text(make("bold", OWN))
    for length in range(len(text) - 1):
        with pytest.raises(RecipeError):
            from_text(text[:length])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cut off"),
        ("not a link", "cut off"),
        ("ö" * 20, "cut off"),
        (packed([1, 2]), "cut off"),
        (packed({"v": 2}), "version 1, got '2'"),
        (packed({"v": 1, "m": "slow", "p": "painterly", "s": [1]}), "settings by name"),
        (packed({"v": 1, "m": "slow", "p": "painterly", "s": {"content": "0" * 64}}), "settings by name"),
        (packed({"v": 1, "m": "slow", "p": "nobody", "s": {}}), "preset must be one of"),
        (packed({"v": 1, "m": "slow", "p": "painterly", "s": {"steps": 10**9}}), "steps"),
        (packed({"v": 1, "m": "slow", "p": "painterly", "s": {"nothing": 1}}), "no setting"),
        ("A" * (MAX_CHARACTERS + 1), "at most"),
        (base64.urlsafe_b64encode(zlib.compress(b'"' + b"0" * 10**6 + b'"')).decode(), "cut off"),
    ],
)
def test_what_is_no_link_gets_one_clear_error(text: str, says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        from_text(text)
