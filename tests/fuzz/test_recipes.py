"""Recipes of any data: a valid recipe, or a RecipeError."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from nst_core.errors import RecipeError
from nst_core.recipe import Recipe, change, links, make, names, parse, recipe_from_json, steered
from tests.fuzz.fuzzing import assert_is_one_sentence, fuzz
from tests.fuzz.values import ANY_TEXT, JSON, damaged, recipes, spoilt

_WHOLE = json.loads(
    make(
        settings={
            "styles": [{"sha256": "1" * 64, "crop": [0, 0, 0.5, 1]}],
            "regions": [{"mask": "2" * 64, "shares": [1]}],
        }
    ).to_json()
)


def _read(read: Any, *arguments: Any) -> Recipe | None:
    """Read data as a recipe: a complete recipe, or None after a RecipeError of one sentence."""
    try:
        recipe = read(*arguments)
    except RecipeError as error:
        assert_is_one_sentence(error)
        return None
    assert isinstance(recipe, Recipe)
    assert recipe_from_json(recipe.to_json()) == recipe
    return recipe


@fuzz(raw=JSON | spoilt(_WHOLE))
def test_plain_data(raw: Any) -> None:
    _read(parse, raw)


@fuzz(text=damaged([json.dumps(_WHOLE).encode()]) | st.binary(max_size=200) | ANY_TEXT)
def test_json_text(text: str | bytes) -> None:
    _read(recipe_from_json, text)


@fuzz(
    depth=st.integers(1, 100_000),
    opening=st.sampled_from(["[", '{"a":', '{"content":', '{"objective":{"content_layers":']),
)
def test_deeply_nested_json(depth: int, opening: str) -> None:
    _read(recipe_from_json, opening * depth)
    closing = "".join({"[": "]", "{": "}"}[sign] for sign in reversed(opening) if sign in "[{")
    _read(recipe_from_json, opening * depth + "1" + closing * depth)


@fuzz(
    recipe=recipes(),
    settings=st.dictionaries(
        st.sampled_from(names()) | st.sampled_from(["objective", "style_layers.block1_conv1", "a.b.c"]) | ANY_TEXT,
        JSON,
        max_size=3,
    ),
)
def test_changes_by_name(recipe: Recipe, settings: dict[str, Any]) -> None:
    _read(change, recipe, settings)
    _read(make, recipe.preset, settings)
    _read(steered, recipe, settings)


@fuzz(recipe=recipes())
def test_a_valid_recipe_survives_json_and_links(recipe: Recipe) -> None:
    assert recipe_from_json(recipe.to_json()) == recipe
    plain = links.without_pictures(recipe)
    text = links.to_text(recipe)
    assert len(text) <= links.MAX_CHARACTERS
    assert links.from_text(text) == (plain, {})
