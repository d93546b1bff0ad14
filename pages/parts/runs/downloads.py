"""A finished run: its notes, its figures and its files to download."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.parts.app import theme
from pages.parts.app.formatting import duration
from pages.parts.runs import colour_preservation, share

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView


def notes(view: JobView) -> None:
    """Notices about requests that the run could not meet exactly."""
    for note in view.notes:
        theme.notice("quiet", "Good to know", note)


def summary(view: JobView) -> None:
    """The end of the run: its figures in a row, or the reason why there are none."""
    if view.state == "failed":
        theme.notice("error", "This run ended early", view.error or "No reason was given.")
    elif view.state == "stopped" and not view.result:
        theme.notice("quiet", "Stopped before it began")
    elif view.report is None:
        theme.facts({"Done": "measuring the result…"})
    else:
        theme.facts(_figures(view, view.report))


def _figures(view: JobView, report: Mapping[str, Any]) -> dict[str, str]:
    seconds = report.get("seconds", {})
    items = {"Time": duration(seconds["run"])} if "run" in seconds else {}
    if "size" in report:
        items["Size"] = "{} × {} px".format(*report["size"])
    if view.total_steps > 1:
        items["Steps"] = str(view.step) if view.step == view.total_steps else f"{view.step} of {view.total_steps}"
    if view.evaluations > view.step + 1:
        items["Evaluations"] = str(view.evaluations)
    if seconds.get("compile"):
        items["Compiling"] = duration(seconds["compile"])
    if report.get("peak_rss_mb"):
        items["Memory"] = f"{report['peak_rss_mb']:.0f} MB"
    if report.get("peak_gpu_mb"):
        items["GPU memory"] = f"{report['peak_gpu_mb']:.0f} MB"
    return items


def download_buttons(view: JobView, page: str) -> None:
    """Download buttons, which cause no rerun, for the result with the colours that the page shows.

    A file that takes time to make is made on a click. Its address changes with each run of the page, so its button is
    disabled while the page is polling.
    """
    from nst_core.jobs.service import FINAL

    strength = colour_preservation.strength_of(view, page)
    repainted = colour_preservation.is_repainted(view, strength)
    stem = f"nst-{view.recipe.method}-{view.id[:6]}"
    with st.container(horizontal=True, key=f"home_{page}_{view.id}"):
        for label, make, available, ending, mime, meaning in _files(view):
            if available:
                is_made = repainted or label == "WebP"
                st.download_button(
                    label,
                    partial(make, view, strength) if is_made else make(view, strength),
                    f"{stem}.{ending}",
                    mime,
                    on_click="ignore",
                    icon=":material/download:",
                    type="primary" if label == "PNG" else "secondary",
                    help=meaning,
                    disabled=is_made and view.state not in FINAL,
                    key=f"get_{label}_{page}_{view.id}",
                )
        if view.result:
            share.button(view, page)


def _files(view: JobView) -> tuple[tuple[str, Callable[..., Any], object, str, str, str], ...]:
    """Each file: label, maker, a value that is empty if the file is not available, ending, media type and help."""
    return (
        (
            "PNG",
            colour_preservation.png,
            view.result,
            "png",
            "image/png",
            "Full quality, with the recipe of this run inside",
        ),
        ("JPEG", colour_preservation.jpeg, view.snapshot, "jpg", "image/jpeg", "Small, for sharing"),
        (
            "WebP",
            colour_preservation.webp,
            view.result,
            "webp",
            "image/webp",
            "Small too, with the recipe of this run inside",
        ),
        ("Recipe", colour_preservation.recipe, view.recipe, "json", "application/json", "Every setting of this run"),
    )
