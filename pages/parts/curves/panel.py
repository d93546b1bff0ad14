"""A run's loss curves on a page: how they are looked at, beside which other runs, and what they are taken home as."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import session, theme
from pages.parts.curves import charts, levels, plot
from pages.parts.curves import export as curves_export
from pages.parts.curves.lines import ChartOptions, What, has_weights
from pages.parts.curves.series import Along
from pages.parts.runs import snapshots
from pages.parts.runs.polling import CURVES_SECONDS, poll

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nst_core.jobs.service import CurvePoint, JobView
    from pages.parts.curves.charts import Other

MOST_BESIDE = 4
"""Other runs that are drawn at once: more cannot be told apart."""
_ALONG: dict[Along, str] = {"steps": "Steps", "seconds": "Seconds", "evaluations": "Evaluations"}
_WHAT: dict[What, str] = {"terms": "Terms", "layers": "Style layers"}


def panel(view: JobView, *, key: str) -> None:
    """The curves with their controls, and below them the picture at any kept step.

    While the run lives they grow, under a zoom too; with Live switched off they stand still. They alone are drawn again
    and again: the controls and the rest of the page are not.
    """
    st.fragment(_panel)(view.id, key)


def _panel(job_id: str, key: str) -> None:
    if (view := session.view(job_id)) is None:
        return
    over = view.report is not None or view.state in ("stopped", "failed")
    with st.container(horizontal=True, vertical_alignment="center", key=f"curves_{key}"):
        theme.section("Loss curves")
        sight = _sight(view.points, key)
        beside = _beside(view, key)
        export = st.popover("Export", icon=":material/download:", key=f"export_{key}", on_change="rerun")
        live = over or st.toggle(
            "Live", True, key=f"live_{key}", help="Off: the curves stand still. A zoom stays in any case."
        )

    def grow() -> None:
        if (now := session.view(job_id)) is None:
            return
        _chart(replace(now, points=_standing(now.points, key, live=live)), sight, _others(beside), key, over=over)
        if passing := levels.sentence(now):
            theme.about(passing)
        snapshots.panel(now, key=key)

    with export:
        shown = replace(view, points=_standing(view.points, key, live=live))
        _export(shown, sight, _others(beside), key, is_open=bool(export.open))
    poll((job_id,), grow, CURVES_SECONDS)


def _sight(points: Sequence[CurvePoint], key: str) -> ChartOptions:
    """What the popover View says; it is opened with what can be seen by then."""
    with st.popover("View", icon=":material/tune:", key=f"view_{key}", on_change="rerun"):
        what = st.segmented_control(
            "Curves",
            list(_WHAT),
            default="terms",
            format_func=lambda what: _WHAT[what],
            key=f"what_{key}",
            required=True,
        )
        along = st.segmented_control(
            "Along", list(_ALONG), default="steps", format_func=_ALONG.__getitem__, key=f"along_{key}", required=True
        )
        log = st.toggle("Log scale", True, key=f"log_{key}")
        raw = st.toggle(
            "Before weights",
            False,
            key=f"raw_{key}",
            disabled=not has_weights(points),
            help="Each distance by itself, which steering the weights does not move. The total has none.",
        )
        smoothing = st.slider(
            "Smoothing", 0.0, 0.98, 0.0, 0.02, key=f"smooth_{key}", help="Weight of the past in the moving average."
        )
    return ChartOptions(what, log, along, smoothing, raw and has_weights(points))


def _beside(view: JobView, key: str) -> dict[str, str]:
    """The other runs that the popover Compare names, by id; it is opened with those that there are by then."""
    from pages.parts.curves import comparable_runs

    with st.popover("Compare", icon=":material/stacked_line_chart:", key=f"compare_{key}", on_change="rerun"):
        titles = comparable_runs.known(view)
        picked = st.multiselect(
            "Your other runs",
            list(titles),
            format_func=titles.__getitem__,
            key=f"beside_{key}",
            max_selections=MOST_BESIDE,
            placeholder="Choose runs" if titles else "None yet",
            disabled=not titles,
            help="Each is named by what it has otherwise than this run.",
        )
    return {job: titles[job] for job in picked}


def _others(beside: Mapping[str, str]) -> list[Other]:
    """The curves of other runs as they are now, by id and title."""
    from pages.parts.curves import comparable_runs

    return [charts.Other(title, points) for job, title in beside.items() if (points := comparable_runs.points(job))]


def _standing(points: tuple[CurvePoint, ...], key: str, *, live: bool) -> tuple[CurvePoint, ...]:
    """All points while live, else those that there were when Live was switched off."""
    slot = f"frozen_{key}"
    if live:
        st.session_state[slot] = len(points)
    return points[: st.session_state.get(slot, len(points))]


def _chart(view: JobView, sight: ChartOptions, others: Sequence[Other], key: str, *, over: bool) -> None:
    of = view.step if over else view.total_steps
    figure = charts.loss_curves(
        view.points, of=of, sight=sight, levels=view.reference_losses, others=others, picked=snapshots.picked(key)
    )
    with st.container(key=f"plot_room_{key}"):  # its room, before it is there
        plot.chart(
            figure,
            key=f"chart_{key}",
            alt=charts.in_words(view.points, view.total_steps, view.reference_losses, others),
            file=f"nst-curves-{view.id[:6]}",
            slider=plot.Slider("Picture at step", snapshots.steps(view, key), snapshots.picked(key)),
            on_pick=(lambda step: snapshots.pick(view, step, key=key)) if view.snapshot_steps else None,
        )


def _export(view: JobView, sight: ChartOptions, others: Sequence[Other], key: str, *, is_open: bool) -> None:
    """The curves as files, as they are when the popover is opened.

    Made then and not on a click: such a file would have another name at each poll of a run under way.
    """
    slot = f"exported_{key}"
    if not is_open:
        st.session_state.pop(slot, None)
        return
    files = st.session_state.setdefault(slot, {})
    if view.points and not files:
        files["csv"] = curves_export.as_csv(view.points)
        files["json"] = curves_export.as_json(view)
        files["html"] = curves_export.as_html(view, sight, tuple(others))
    kinds = (("CSV", "csv", "text/csv"), ("JSON", "json", "application/json"), ("Web page", "html", "text/html"))
    for label, ending, mime in kinds:
        st.download_button(
            label,
            files.get(ending, b""),
            f"nst-curves-{view.id[:6]}.{ending}",
            mime,
            on_click="ignore",
            width="stretch",
            disabled=not files,
            key=f"curves_{ending}_{key}",
        )
