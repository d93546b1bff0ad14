"""A run and its points as JSON, without pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from nst_core.errors import RecipeError
from nst_core.jobs.views import CurvePoint, JobView
from nst_core.recipe import parse

_STORED_AS = {
    "step": "number",
    "total_steps": "of",
    "wants_metrics": "measure",
    "reference_losses": "levels",
    "snapshot_step": "snapshot_number",
}
"""Fields whose names in the store are older than the code's."""
_PLAIN = {
    field: _STORED_AS.get(field, field)
    for field in (
        *("id", "state", "step", "total_steps", "evaluations", "wants_metrics", "reference_losses", "notes"),
        *("snapshot_step", "report", "error", "created", "ended", "visitor", "listed"),
    )
}
"""Field of a JobView -> its name in the store. Not stored: position and waiting time, which change by the moment."""


def head_of(view: JobView) -> dict[str, Any]:
    """A run as plain data."""
    plain = {stored: getattr(view, field) for field, stored in _PLAIN.items()}
    return {**plain, "recipe": view.recipe.model_dump(mode="json")}


def view_of(head: str) -> JobView:
    """The run that `head_of` told of. Raises ValueError if that cannot be read."""
    try:
        said = json.loads(head)
        plain = {field: said[stored] for field, stored in _PLAIN.items()}
        return JobView(recipe=parse(said["recipe"]), **{**plain, "notes": tuple(plain["notes"])})
    except (KeyError, TypeError, RecipeError) as error:
        raise ValueError(f"a run cannot be read: {error}") from None


def words_of(point: CurvePoint) -> str:
    """A point as JSON."""
    plain = asdict(point)
    return json.dumps({"number": plain.pop("step"), "marks": plain.pop("events"), **plain})


def point_of(words: str) -> CurvePoint | None:
    """The point of `words_of`; None if that cannot be read."""
    try:
        said: Mapping[str, Any] = json.loads(words)
        known = {name: value for name, value in said.items() if name not in ("number", "marks")}
        return CurvePoint(step=said["number"], events=tuple(said["marks"]), **known)
    except (ValueError, TypeError, KeyError):
        return None
