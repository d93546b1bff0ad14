"""A finished run: its notes, its figures and its files to download."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st

from pages.parts.app import service, theme
from pages.parts.app.formatting import duration, size_text
from pages.parts.runs import colour_preservation, run_image, share

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
        word = f"{run_image.step_word(view).capitalize()}s"
        items[word] = str(view.step) if view.step == view.total_steps else f"{view.step} of {view.total_steps}"
    if "frames_per_second" in (film := report.get("film", {})):
        items["Film"] = f"{film['frames'] / film['frames_per_second']:.1f} s, {size_text(film['bytes'] / 1e6)}"
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
    files = _film_files(view) if run_image.is_film(view) else _files(view)
    with st.container(horizontal=True, key=f"home_{page}_{view.id}"):
        for number, file in enumerate(files):
            if file.available:
                is_made = repainted or file.takes_time
                st.download_button(
                    file.label,
                    partial(file.make, view, strength) if is_made else file.make(view, strength),
                    f"{stem}.{file.ending}",
                    file.media_type,
                    on_click="ignore",
                    icon=":material/download:",
                    type="secondary" if number else "primary",
                    help=file.meaning,
                    disabled=is_made and view.state not in FINAL,
                    key=f"get_{file.label}_{page}_{view.id}",
                )
        if view.result:
            share.button(view, page)


class _File(NamedTuple):
    """A file to download; `available` is empty if there is none, `make` is called with the run and the strength."""

    label: str
    make: Callable[..., Any]
    available: object
    ending: str
    media_type: str
    meaning: str
    takes_time: bool = False


def _files(view: JobView) -> tuple[_File, ...]:
    in_full = "Full quality, with the recipe of this run inside"
    small = "Small too, with the recipe of this run inside"
    shared = "Small, for sharing"
    if colour_preservation.is_clear(view):
        shared += "; JPEG has no transparency, so clear parts are white"
    return (
        _File("PNG", colour_preservation.png, view.result, "png", "image/png", in_full),
        _File("JPEG", colour_preservation.jpeg, view.snapshot, "jpg", "image/jpeg", shared),
        _File("WebP", colour_preservation.webp, view.result, "webp", "image/webp", small, takes_time=True),
        _recipe_file(view),
    )


def _film_files(view: JobView) -> tuple[_File, ...]:
    from nst_core.jobs.service import FILM_MEDIA_TYPES

    kind = view.recipe.film.film_format
    label = {"mp4": "MP4", "webm": "WebM", "gif": "GIF", "webp": "WebP"}[kind]
    still = "The first frame, with the recipe of this run inside"
    return (
        _File(label, _film, view.result, kind, FILM_MEDIA_TYPES[kind], "The finished film", takes_time=True),
        _File("First frame", colour_preservation.png, view.result, "png", "image/png", still),
        _recipe_file(view),
    )


def _film(view: JobView, _: float) -> bytes:
    """The finished film, read from its file."""
    return service.get().film_result(view.id).path.read_bytes()


def _recipe_file(view: JobView) -> _File:
    meaning = "Every setting of this run"
    return _File("Recipe", colour_preservation.recipe, view.recipe, "json", "application/json", meaning)
