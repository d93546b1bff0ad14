"""A run's curve as files: a CSV table, and JSON with the recipe."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from nst_core.recipe import Recipe
from nst_core.runs.curve import CurvePoint

_PLAIN = ("step", "seconds", "evaluations", "scale_px")


def as_csv(points: Sequence[CurvePoint]) -> str:
    """One row for each point: step, seconds, evaluations, size, losses, events; an unknown loss is an empty cell."""
    terms = list(dict.fromkeys(name for point in points for name in point.losses))
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow([*_PLAIN, *terms, "events"])
    for point in points:
        plain = [getattr(point, name) for name in _PLAIN]
        rows.writerow([*plain, *(point.losses.get(name, "") for name in terms), "; ".join(point.events)])
    return file.getvalue()


def as_json(points: Sequence[CurvePoint], recipe: Recipe, reference_losses: Mapping[str, Mapping[str, float]]) -> str:
    """The recipe, the reference losses, and every point with all its fields; a loss that is not finite is null."""
    fields = {
        "recipe": recipe.model_dump(mode="json"),
        "reference_losses": {name: finite(losses) for name, losses in reference_losses.items()},
        "points": [_fields(point) for point in points],
    }
    return json.dumps(fields, indent=1, allow_nan=False)


def finite(losses: Mapping[str, float]) -> dict[str, float | None]:
    """Losses for JSON, which has no infinity: a loss that is not finite becomes null."""
    return {name: value if math.isfinite(value) else None for name, value in losses.items()}


def _fields(point: CurvePoint) -> dict[str, Any]:
    return {**asdict(point), "losses": finite(point.losses), "weights": finite(point.weights)}
