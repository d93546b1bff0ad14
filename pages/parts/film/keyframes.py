"""Keyframes as a small table: values of settings at times of the film, between which they change evenly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from nst_core.recipe import Keyframe, Recipe, bounds, value_of
from pages.parts.app import theme
from pages.parts.inputs import style_weights

SHARE = "share_"
"""The prefix of the columns of the styles' shares, which are numbered."""
_COLUMNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "strength": ("Strength", ("fast",)),
    "style_weight": ("Style weight", ("slow", "balanced")),
    "content_weight": ("Content weight", ("slow", "balanced")),
    "colour_preservation": ("Colours kept", ("fast", "slow", "balanced")),
}
"""Setting -> the title of its column, and the methods that have it."""

Row = Mapping[str, float | None]


def editor(recipe: Recipe, key: str) -> list[dict[str, Any]]:
    """A table of keyframes that a visitor edits, with those of the recipe at first; returns them as settings."""
    import pandas as pd  # type: ignore[import-untyped]  # 80 MB that only this table needs

    styles = [style.image.title for style in style_weights.in_use()]
    columns = _columns(recipe, styles)
    theme.description(
        "Each row sets values at a time of the result, in seconds. Between two rows they change evenly, so that one "
        "style becomes another. Empty cells change nothing."
    )
    edited = st.data_editor(
        pd.DataFrame(rows_of(recipe.film.keyframes, columns), columns=list(columns), dtype=float),
        column_config=columns,
        num_rows="dynamic",
        hide_index=True,
        key=f"{key}_{recipe.method}_{len(styles)}_table",
        width="stretch",
    )
    return settings_of(edited.to_dict("records"))


def rows_of(keyframes: Sequence[Keyframe], columns: Iterable[str]) -> list[dict[str, float | None]]:
    """The keyframes as rows of a table with these columns."""
    rows = []
    for keyframe in keyframes:
        shares = {f"{SHARE}{n}": share for n, share in enumerate(keyframe.style_shares or ())}
        known = keyframe.model_dump(exclude={"style_shares"}) | shares
        rows.append({name: known.get(name) for name in columns})
    return rows


def settings_of(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows as keyframes in the form of settings, in order of time.

    Left out are rows without a time, or without any value. If one style of a row has a share, empty shares are 0.
    """
    found = []
    for row in rows:
        given: dict[str, Any] = {n: value for n, value in row.items() if value is not None and not math.isnan(value)}
        shares = [given.pop(name, 0.0) for name in row if name.startswith(SHARE)]
        if any(shares):
            given["style_shares"] = shares
        if "seconds" in given and len(given) > 1:
            found.append(given)
    return sorted(found, key=lambda keyframe: float(keyframe["seconds"]))


def _columns(recipe: Recipe, styles: Sequence[str]) -> dict[str, Any]:
    """Column -> its title and range: the time, the settings of the method, and the shares of several styles."""
    number = st.column_config.NumberColumn
    columns = {"seconds": number("At second", min_value=0.0, step=0.1, required=True)}
    for name, (title, methods) in _COLUMNS.items():
        if recipe.method in methods:
            low, high = bounds(name)
            columns[name] = number(title, min_value=low, max_value=high, help=f"Now {_value(recipe, name):g}.")
    if len(styles) > 1:
        for n, style in enumerate(styles):
            columns[f"{SHARE}{n}"] = number(f"Share of {style}", min_value=0.0, max_value=100.0)
    return columns


def _value(recipe: Recipe, name: str) -> float:
    return float(value_of(recipe, name))
