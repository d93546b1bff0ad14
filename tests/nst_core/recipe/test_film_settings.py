"""The settings of films: checked once, and absent from recipes that were made before there were films."""

from __future__ import annotations

from typing import Any

import pytest

from nst_core.errors import RecipeError
from nst_core.recipe import make, parse, recipe_from_json
from tests.nst_core.recipe.settings import SHA

KEYFRAMES = [{"seconds": 0, "strength": 0.2, "style_shares": [1, 0]}, {"seconds": 1.5, "style_shares": [0, 1]}]


def film(**settings: Any) -> Any:
    return make(settings={"medium": "film", **settings})


def test_keyframes_travel_in_json() -> None:
    recipe = film(keyframes=KEYFRAMES, styles=[{"sha256": SHA}] * 2)
    assert recipe_from_json(recipe.to_json()) == recipe
    first, second = recipe.film.keyframes
    assert (first.strength, first.style_shares, second.strength) == (0.2, (1, 0), None)


def test_a_recipe_without_the_part_is_for_a_picture() -> None:
    old = make().model_dump(mode="json")
    del old["film"], old["medium"]
    assert parse(old) == make()
    assert make().medium == "picture"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"trim_start_seconds": 3.0, "trim_end_seconds": 3.0}, "trim_end_seconds must be later than trim_start"),
        ({"keyframes": [{"seconds": 1}, {"seconds": 1}]}, "keyframes must be in order of time"),
        ({"keyframes": [{"seconds": -1}]}, r"keyframes\.0\.seconds must be at least 0, got -1"),
        ({"keyframes": [{"strength": 1}]}, r"keyframes\.0\.seconds must be given"),
        ({"keyframes": [{"seconds": 0, "style_shares": [0, 0]}]}, "at least one style must have a share above 0"),
        ({"keyframes": [{"seconds": n} for n in range(33)]}, "keyframes must have at most 32 entries, got 33"),
        ({"styles": [{"sha256": SHA}], "keyframes": KEYFRAMES}, "a share for each of 1 styles, got 2"),
        ({"style_grid_size": 2}, "style_grid_size must be 1 with medium film"),
        ({"start": "own"}, "got own, which is for one picture"),
    ],
)
def test_what_no_film_can_do_is_refused(settings: Any, says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        film(**settings)


def test_a_picture_may_have_what_a_film_may_not() -> None:
    assert make(settings={"style_grid_size": 2}).style_grid_size == 2
    assert make(settings={"start": "own"}).start == "own"
