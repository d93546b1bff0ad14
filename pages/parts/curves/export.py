"""A run's curves as a web page that works offline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView
    from pages.parts.curves.charts import ComparedRun
    from pages.parts.curves.series import ChartOptions


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
