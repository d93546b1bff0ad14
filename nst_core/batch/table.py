"""The items of a CSV or JSON file: a row for each picture, with its content, styles and settings."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nst_core.batch.items import BatchItem
from nst_core.batch.names import part
from nst_core.errors import RecipeError
from nst_core.recipe import Recipe, change, from_text, parse, recipe_from_json
from nst_core.recipe.messages import short
from nst_core.recipe.old_names import current_name
from nst_core.runs.opening import SAMPLE, parse_mask, read_file

MAX_ROWS = 100_000
PICTURE_COLUMNS = ("content", "styles", "start", "masks", "name", "preset", "recipe")
"""Columns that are no settings."""

BaseRecipe = Callable[[str | None, str | None], Recipe]
"""(preset or None, method or None) of a row -> the recipe that the row's settings change."""


def read(path: Path, base: BaseRecipe) -> tuple[BatchItem, ...]:
    """The items of a table; their names are not final, see `items.with_distinct_names`.

    A CSV file has a line of column names; a JSON file is a list of objects. Columns are `content`, `styles` (or
    `style`), and, if wanted, `start`, `masks`, `name`, `preset`, `recipe`, and any setting of a recipe. Several styles
    or masks are a list in JSON, and apart by `;` in CSV. Files are named from the folder of the table. An empty cell
    leaves a setting as it is.

    Args:
        path: the table, ending in .csv or .json.
        base: the recipe that the settings of a row change.

    Raises:
        PictureError: the file cannot be read.
        RecipeError: it is no such table, or a row has an unknown column or a setting that is refused.
    """
    is_csv = path.suffix.lower() == ".csv"
    rows = _rows(read_file(str(path)), path, is_csv=is_csv)
    if not 0 < len(rows) <= MAX_ROWS:
        raise RecipeError(f"{path.name} must have 1 to {MAX_ROWS:,} rows, got {len(rows):,}")
    items = []
    for number, row in enumerate(rows, 1):
        try:
            items.append(_item(_cells(row) if is_csv else row, path.parent, base))
        except RecipeError as error:
            raise RecipeError(f"row {number} of {path.name}: {error}") from None
    return tuple(items)


def _rows(data: bytes, path: Path, *, is_csv: bool) -> Sequence[Mapping[str, Any]]:
    """The rows as objects; cells of a CSV file are text. Raises RecipeError."""
    try:
        text = data.decode("utf-8-sig")
        if is_csv:
            return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        rows = json.loads(text)
    except (ValueError, RecursionError, csv.Error) as error:
        raise RecipeError(f"{path.name} must be a CSV or JSON table in UTF-8, got something else ({error})") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RecipeError(f"{path.name} must be a list of objects, one for each picture, got {short(rows)}")
    return rows


def _cells(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The cells of a CSV row: settings as values, lists as lists. Raises RecipeError."""
    if None in row:
        raise RecipeError("each row must have as many cells as the first line, got one with more")
    given = {str(name).strip(): value.strip() for name, value in row.items() if value and value.strip()}
    lists = ("style", "styles", "masks")
    return {
        name: [each.strip() for each in text.split(";") if each.strip()]
        if name in lists
        else text
        if name in PICTURE_COLUMNS
        else from_text(current_name(name), text)
        for name, text in given.items()
    }


def _item(row: Mapping[str, Any], folder: Path, base: BaseRecipe) -> BatchItem:
    """The item of one row. Raises RecipeError."""
    row = {("styles" if name == "style" else name): value for name, value in row.items()}
    content, start, name = (_text(row, column) for column in ("content", "start", "name"))
    if content is None:
        raise RecipeError("content must name a picture, got none")
    settings = {current_name(key): value for key, value in row.items() if key not in PICTURE_COLUMNS}
    if start is not None:
        settings["start"] = "own"
    masks = tuple(parse_mask(text) for text in _texts(row, "masks"))
    return BatchItem(
        name=part(f"{name}.x") if name else "",
        content=_inside(folder, content),
        styles=tuple(_inside(folder, style) for style in _texts(row, "styles")),
        recipe=change(_base(row, base), settings),
        start=_inside(folder, start) if start else None,
        masks=tuple((_inside(folder, mask), shares) for mask, shares in masks),
    )


def _base(row: Mapping[str, Any], base: BaseRecipe) -> Recipe:
    """The recipe that the settings of a row change: its own, or that of its preset and method."""
    if "recipe" in row:
        recipe = row["recipe"]
        return recipe_from_json(recipe) if isinstance(recipe, str) else parse(recipe)
    return base(_text(row, "preset"), _text(row, "method"))


def _text(row: Mapping[str, Any], column: str) -> str | None:
    value = row.get(column)
    if value is not None and not (isinstance(value, str) and value):
        raise RecipeError(f"{column} must be text, got {short(value)}")
    return value


def _texts(row: Mapping[str, Any], column: str) -> Sequence[str]:
    value = row.get(column, [])
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise RecipeError(f"{column} must be a name or a list of names, got {short(value)}")
    return value


def _inside(folder: Path, name: str) -> str:
    return name if name.startswith(SAMPLE) else str(folder / Path(name).expanduser())
