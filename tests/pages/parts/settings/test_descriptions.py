"""Recipes in words: the differences are settings that a visitor chose, not values that a run fills in."""

from __future__ import annotations

import pytest

from nst_core.recipe import change, make
from pages.parts.settings.descriptions import MAX_NAMED, cost_text, differences


def test_what_differs_is_named_with_the_value_it_has_here() -> None:
    other = make()
    recipe = change(other, {"style_weight": 40.0, "steps": 200})
    assert set(differences(recipe, other).split(" · ")) == {"steps 200", "style_weight 40"}
    assert "style_weight 20" in differences(other, recipe)


def test_nothing_is_the_same_settings_whatever_a_run_filled_in() -> None:
    recipe = make()
    ran = change(recipe, {"precision": "float32", "memory_mb": 4000})
    assert differences(recipe, recipe) == differences(ran, recipe) == differences(recipe, ran) == "same settings"
    assert differences(change(ran, {"precision": "bfloat16"}), ran) == "precision bfloat16"


def test_pictures_are_named_without_their_hashes() -> None:
    recipe = make()
    other = change(recipe, {"content": "0" * 64})
    assert differences(other, recipe) == "another photograph"


def test_a_layer_that_is_left_out_is_unset() -> None:
    recipe = make()
    fewer = change(recipe, {"style_layers": {"block1_conv1": 0.2}})
    words = differences(fewer, recipe)
    assert "style_layers.block2_conv1 unset" in words
    assert "block1_conv1" not in words


def test_many_differences_are_counted() -> None:
    settings = {"steps": 7, "seed": 1, "style_weight": 1.0, "content_weight": 3.0, "tv_weight": 9.0, "start": "noise"}
    words = differences(change(make(), settings), make()).split(" · ")
    assert len(words) == MAX_NAMED + 1
    assert words[-1] == "2 more"


@pytest.mark.parametrize(
    ("seconds", "peak_mb", "text"),
    [
        (3.4, 900, "about 3 s, 0.9 GB"),
        (0.2, 40, "about 1 s, 0.1 GB"),
        (43, 1234, "about 45 s, 1.2 GB"),
        (58, 1234, "about 1 min, 1.2 GB"),
        (128, 1160, "about 2 min, 1.2 GB"),
        (3500, 3000, "about 1.0 h, 3.0 GB"),
        (5400, 3000, "about 1.5 h, 3.0 GB"),
    ],
)
def test_an_estimate_has_no_more_digits_than_a_guess(seconds: float, peak_mb: float, text: str) -> None:
    assert cost_text(seconds, peak_mb) == text
