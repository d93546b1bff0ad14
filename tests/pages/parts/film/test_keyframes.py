"""Keyframes: the rows of a table as settings, and back."""

from __future__ import annotations

import math

from nst_core.recipe import change, make
from pages.parts.film.keyframes import SHARE, Row, rows_of, settings_of

COLUMNS = ("seconds", "strength", "colour_preservation", f"{SHARE}0", f"{SHARE}1")


def test_rows_become_keyframes_in_order_of_time_and_empty_cells_set_nothing() -> None:
    rows: list[Row] = [
        {"seconds": 2.0, "strength": math.nan, f"{SHARE}0": None, f"{SHARE}1": 1.0},
        {"seconds": 0.0, "strength": 0.5, f"{SHARE}0": 1.0, f"{SHARE}1": math.nan},
    ]
    found = settings_of(rows)
    assert found == [
        {"seconds": 0.0, "strength": 0.5, "style_shares": [1.0, 0.0]},
        {"seconds": 2.0, "style_shares": [0.0, 1.0]},
    ]
    recipe = change(make(settings={"method": "fast"}), {"medium": "film", "keyframes": found})
    assert [keyframe.style_shares for keyframe in recipe.film.keyframes] == [(1.0, 0.0), (0.0, 1.0)]


def test_rows_without_a_time_or_a_value_are_no_keyframes() -> None:
    assert settings_of([{"seconds": None, "strength": 1.0}, {"seconds": 3.0, "strength": math.nan}]) == []
    assert settings_of([{"seconds": 1.0, f"{SHARE}0": 0.0, f"{SHARE}1": None}]) == [], "no style has a share"


def test_the_keyframes_of_a_recipe_stand_in_the_table_and_come_back_unchanged() -> None:
    given = [
        {"seconds": 0.0, "strength": 0.5},
        {"seconds": 1.5, "colour_preservation": 1.0, "style_shares": [0.2, 0.8]},
    ]
    recipe = change(make(settings={"method": "fast"}), {"medium": "film", "keyframes": given})
    rows = rows_of(recipe.film.keyframes, COLUMNS)
    assert rows[1][f"{SHARE}1"] == 0.8
    assert settings_of(rows) == given
