"""A run and its points as JSON, without pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from nst_core.errors import RecipeError
from nst_core.jobs.views import JobView, Point
from nst_core.recipe import parse

_PLAIN = (
    "id",
    "state",
    "number",
    "of",
    "evaluations",
    "measure",
    "levels",
    "notes",
    "snapshot_number",
    "report",
    "error",
    "created",
    "ended",
    "visitor",
    "listed",
)
"""The fields of a JobView that are JSON as they are; position and waiting are the moment's own."""


def head_of(view: JobView) -> dict[str, Any]:
    """A run as plain data."""
    plain = {name: getattr(view, name) for name in _PLAIN}
    return {**plain, "recipe": view.recipe.model_dump(mode="json")}


def view_of(head: str) -> JobView:
    """The run that `head_of` told of. Raises ValueError if that cannot be read."""
    try:
        said = json.loads(head)
        plain = {name: said[name] for name in _PLAIN}
        return JobView(recipe=parse(said["recipe"]), **{**plain, "notes": tuple(plain["notes"])})
    except (KeyError, TypeError, RecipeError) as error:
        raise ValueError(f"a run cannot be read: {error}") from None


def words_of(point: Point) -> str:
    """A point as JSON."""
    return json.dumps(asdict(point))


def point_of(words: str) -> Point | None:
    """The point of `words_of`; None if that cannot be read."""
    try:
        said: Mapping[str, Any] = json.loads(words)
        return Point(**{**said, "marks": tuple(said["marks"])})
    except (ValueError, TypeError, KeyError):
        return None
