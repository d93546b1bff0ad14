"""A run's curves as files: a CSV table, JSON with the recipe, and a web page that works offline."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint, JobView
    from pages.parts.curves.charts import ComparedRun
    from pages.parts.curves.series import ChartOptions

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


def as_json(view: JobView) -> str:
    """The recipe, the reference losses, and every point with all its fields."""
    fields = {
        "recipe": view.recipe.model_dump(mode="json"),
        "reference_losses": {name: dict(losses) for name, losses in view.reference_losses.items()},
        "points": [asdict(point) for point in view.points],
    }
    return json.dumps(fields, indent=1)


def as_html(view: JobView, options: ChartOptions, compared: Sequence[ComparedRun] = ()) -> str:
    """The chart with its present options as a page that can be hovered and zoomed without a server."""
    import plotly.graph_objects as go

    from pages.parts.curves import charts

    figure = go.Figure(
        charts.loss_curves(
            view.points,
            total_steps=view.step,
            options=options,
            reference_losses=view.reference_losses,
            compared=compared,
        )
    )
    figure.update_layout(template="plotly_white", height=560, margin={"l": 60, "r": 20, "t": 60, "b": 50})
    return str(figure.to_html(include_plotlyjs=True, config={"displaylogo": False}))
