"""A run's loss curves on a page, with their view options, other runs for comparison, and exports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.runs import curve_files
from pages.parts.app import session, theme
from pages.parts.app.session_values import SessionValue
from pages.parts.curves import charts, plot, reference_losses, shared_curve
from pages.parts.curves import export as curves_export
from pages.parts.curves.series import ChartOptions, CurveSet, XAxis, has_weights
from pages.parts.runs import run_image, snapshots
from pages.parts.runs.polling import CURVES_SECONDS, poll

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nst_core.jobs.service import CurvePoint, JobView
    from pages.parts.curves.charts import ComparedRun

MAX_COMPARED = 4
"""The most other runs drawn at once: more could not be distinguished."""
_X_AXES: dict[XAxis, str] = {"steps": "Steps", "seconds": "Seconds", "evaluations": "Evaluations"}
_CURVE_SETS: dict[CurveSet, str] = {"terms": "Terms", "layers": "Style layers"}
_VISIBLE = SessionValue[int]("curves", "visible")
"""By chart, the number of points at the last time that Live was on."""
_EXPORTED = SessionValue[dict[str, str]]("curves", "exported")
"""By chart, the exported files by suffix, while the popover is open."""


def panel(view: JobView, *, key: str) -> None:
    """The curves with their controls, and below them the picture at any step that has one.

    While the run is active the curves grow, even when zoomed; with Live switched off they stand still. Only the curves
    are polled, neither their controls nor the rest of the page.
    """
    st.fragment(_panel)(view.id, key)


def _panel(job_id: str, key: str) -> None:
    if (view := session.view(job_id)) is None:
        return
    is_over = view.report is not None or view.state in ("stopped", "failed")
    with st.container(horizontal=True, vertical_alignment="center", key=f"curves_{key}"):
        theme.section("Loss curves")
        options = _view_options(view.points, key)
        compared = _pick_compared(view, key)
        export = st.popover("Export", icon=":material/download:", key=f"export_{key}", on_change="rerun")
        live = is_over or st.toggle(
            "Live", True, key=f"live_{key}", help="Off: the curves stand still. A zoom stays in any case."
        )

    def draw() -> None:
        if (current := session.view(job_id)) is None:
            return
        _chart(
            replace(current, points=_visible_points(current.points, key, live=live)),
            options,
            _compared_runs(compared),
            key,
            is_over=is_over,
        )
        if crossover := reference_losses.sentence(current):
            theme.description(crossover)
        snapshots.panel(current, key=key)

    with export:
        shown = replace(view, points=_visible_points(view.points, key, live=live))
        _export(shown, options, _compared_runs(compared), key, is_open=bool(export.open))
    poll((job_id,), draw, CURVES_SECONDS)


def _view_options(points: Sequence[CurvePoint], key: str) -> ChartOptions:
    """The options in the popover View."""
    with st.popover("View", icon=":material/tune:", key=f"view_{key}", on_change="rerun"):
        curves = st.segmented_control(
            "Curves",
            list(_CURVE_SETS),
            default="terms",
            format_func=lambda curves: _CURVE_SETS[curves],
            key=f"what_{key}",
            required=True,
        )
        x_axis = st.segmented_control(
            "Along", list(_X_AXES), default="steps", format_func=_X_AXES.__getitem__, key=f"along_{key}", required=True
        )
        log_scale = st.toggle("Log scale", True, key=f"log_{key}")
        unweighted = st.toggle(
            "Before weights",
            False,
            key=f"raw_{key}",
            disabled=not has_weights(points),
            help="Each distance without its weight, so that steering the weights does not move it. The total has none.",
        )
        smoothing = st.slider(
            "Smoothing", 0.0, 0.98, 0.0, 0.02, key=f"smooth_{key}", help="Weight of the past in the moving average."
        )
    return ChartOptions(curves, log_scale, x_axis, smoothing, unweighted and has_weights(points))


def _pick_compared(view: JobView, key: str) -> dict[str, str]:
    """The runs picked in the popover Compare, as titles by id."""
    from pages.parts.curves import comparable_runs

    with st.popover("Compare", icon=":material/stacked_line_chart:", key=f"compare_{key}", on_change="rerun"):
        titles = comparable_runs.titles(view)
        picked = st.multiselect(
            "Your other runs",
            list(titles),
            format_func=titles.__getitem__,
            key=f"beside_{key}",
            max_selections=MAX_COMPARED,
            placeholder="Choose runs" if titles else "None yet",
            disabled=not titles,
            help="Each is named by its differences from this run.",
        )
    return {job: titles[job] for job in picked}


def _compared_runs(titles: Mapping[str, str]) -> list[ComparedRun]:
    """The present curves of the picked runs, given as titles by id."""
    from pages.parts.curves import comparable_runs

    return [
        charts.ComparedRun(title, points) for job, title in titles.items() if (points := comparable_runs.points(job))
    ]


def _visible_points(points: tuple[CurvePoint, ...], key: str, *, live: bool) -> tuple[CurvePoint, ...]:
    """All points while Live is on, else the points up to the moment when it was switched off."""
    if live:
        _VISIBLE.put(len(points), key)
    visible = _VISIBLE.get(key)
    return points if visible is None else points[:visible]


def _chart(view: JobView, options: ChartOptions, compared: Sequence[ComparedRun], key: str, *, is_over: bool) -> None:
    x_axis_steps = view.step if is_over else view.total_steps
    figure = charts.loss_curves(
        view.points,
        total_steps=x_axis_steps,
        options=options,
        reference_losses=view.reference_losses,
        compared=compared,
        picked=snapshots.picked(key),
        step_title=run_image.step_word(view).capitalize(),
    )
    with st.container(key=f"plot_room_{key}"):  # the style block reserves the chart's room
        plot.chart(
            figure,
            key=f"chart_{key}",
            alt=charts.alt_text(view.points, view.total_steps, view.reference_losses, compared),
            file=f"nst-curves-{view.id[:6]}",
            slider=plot.Slider(
                f"Picture at {run_image.step_word(view)}", snapshots.steps(view, key), snapshots.picked(key)
            ),
            on_pick=(lambda step: snapshots.pick(view, step, key=key)) if view.snapshot_steps else None,
        )


def _export(view: JobView, options: ChartOptions, compared: Sequence[ComparedRun], key: str, *, is_open: bool) -> None:
    """Offer the curves as files, made when the popover is opened.

    If they were made on a click, their addresses would change at each poll of an active run.
    """
    if not is_open:
        _EXPORTED.pop(key)
        return
    files = _EXPORTED.ensure(dict, key)
    if view.points and not files:
        files["csv"] = curve_files.as_csv(view.points)
        files["json"] = curve_files.as_json(view.points, view.recipe, view.reference_losses)
        files["html"] = curves_export.as_html(view, options, tuple(compared))
    kinds = (("CSV", "csv", "text/csv"), ("JSON", "json", "application/json"), ("Web page", "html", "text/html"))
    shared_curve.share(view)
    for label, suffix, mime in kinds:
        st.download_button(
            label,
            files.get(suffix, b""),
            f"nst-curves-{view.id[:6]}.{suffix}",
            mime,
            on_click="ignore",
            width="stretch",
            disabled=not files,
            key=f"curves_{suffix}_{key}",
        )
