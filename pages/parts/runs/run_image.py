"""The picture of a page: its inputs before a run, then the result as it grows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.recipe.sentence import in_one_sentence
from pages.parts.app.formatting import approximate_duration, duration
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import Html
from pages.parts.inputs import style_weights
from pages.parts.inputs.selection import preview, selected
from pages.parts.runs.before_after import Side, before_after, data_url

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

REVEAL = SessionValue[str]("run_image", "reveal")
"""The run to scroll into view when its picture first appears."""


def placeholder(tall: str = "min(62vh, 42rem)") -> None:
    """The chosen photograph with its styles beside it, so that the page is never empty."""
    content, styles = selected("content"), style_weights.in_use()
    photograph = preview("content")
    content_alt = escape(f"Photograph to be painted: {content.title}, {content.alt}")
    insets = "".join(
        f'<img src="{style.source()}" alt="{escape(f"Style: {style.image.title}, {style.image.alt}")}">'
        for style in styles
    )
    html = (
        f'<div class="nst-ready" style="--ratio:{aspect_ratio(photograph):.4f};--tall:{tall}">'
        f'<img src="{data_url(photograph)}" alt="{content_alt}">'
        f'<div class="insets">{insets}</div></div>'
        f'<p class="nst-hint">This photograph, in {"these styles" if len(styles) > 1 else "this style"}. '
        "The result appears here.</p>"
    )
    st.html(Html(html))


def settings_line(view: JobView) -> None:
    """The settings of a run in one sentence, above its picture."""
    st.html(Html(f'<p class="nst-settings">{escape(in_one_sentence(view.recipe, view.total_steps))}</p>'))


def picture(view: JobView, *, key: str, max_height: str, newest: bytes | None = None) -> None:
    """The newest picture of a run under a slider with its photograph.

    Args:
        view: the run.
        key: identity on the page.
        max_height: CSS length that the frame's height never exceeds.
        newest: replaces the run's newest picture, for example by one with other colours.
    """
    before = photograph(view)
    newest = newest or view.snapshot or before
    if newest is None:
        st.skeleton(height=420)
        return
    label, alt = "", "The photograph, not yet painted"
    if view.snapshot:
        label, alt = _label(view), f"The result after {step_word(view)} {view.snapshot_step} of {view.total_steps}"
    before_after(
        Side(before or newest, "Photograph" if view.snapshot and before else "", "The photograph before"),
        Side(newest, label, alt),
        key=f"stage_{key}",
        ratio=aspect_ratio(before or newest),
        at=0 if view.total_steps > 1 else 50,
        max_height=max_height,
        waiting=view.snapshot is None and view.state in ("queued", "running"),
        alone=is_film(view),  # its frames are not those of the picture before
        reveal=REVEAL.get() == view.id,
    )


def is_film(view: JobView) -> bool:
    """Whether a run is of a film: its steps are frames."""
    return view.recipe.medium == "film"


def step_word(view: JobView) -> str:
    """The word for a run's step: "step", or "frame" of a film."""
    return "frame" if is_film(view) else "step"


def _label(view: JobView) -> str:
    """The newest picture's label: the method if it is the result, else the run's state."""
    if view.result and view.state != "failed":
        return view.recipe.method.capitalize()
    return {"queued": "Waiting", "running": "Painting", "paused": "Paused"}.get(view.state, "Unfinished")


def photograph(view: JobView) -> bytes | None:
    """A run's photograph; before the worker has sent it, the selected photograph if the run uses that, else None."""
    if view.content:
        return view.content
    return preview("content") if selected("content").load().sha256 == view.recipe.content else None


def status_line(view: JobView, *, waking: bool) -> str:
    """One line: the step, the speed and the time left, or the position in the queue."""
    if view.state == "paused" and view.step == 0:
        return "Paused before its first step"
    if view.state == "paused":
        return f"Paused at {step_word(view)} {view.step} of {view.total_steps}"
    if waking or view.state == "queued":
        return _queue_line(view, waking)
    if view.total_steps <= 1 and not is_film(view):
        return "Painting in one pass…"
    step = step_word(view).capitalize()
    if not view.points:
        return f"{step} 0 of {view.total_steps} · getting ready"
    ahead = [f"{view.ahead} of later scenes"] if view.ahead else []
    return " · ".join([f"{step} {view.step} of {view.total_steps}", *ahead, *_pace(view)])


def _queue_line(view: JobView, waking: bool) -> str:
    """The position in the queue and the wait; for a preempted run also the step it resumes from."""
    position = "Next in line" if view.position <= 1 else f"Number {view.position} in line"
    if waking:
        position = "The networks are being loaded" + (
            "" if view.position <= 1 else f" · number {view.position} in line"
        )
    elif view.wait_seconds >= 1:
        position += f", about {approximate_duration(view.wait_seconds)}"
    if not view.step:
        return f"{position}. Your run starts by itself."
    return f"{position}. It goes on from about {step_word(view)} {view.step}."


def _pace(view: JobView) -> list[str]:
    recent = view.points[1:][-20:]  # the first step compiles
    if is_film(view):
        recent = view.points[1:]  # scenes that other workers have painted come all at once
    if len(recent) < 3:
        return []
    took = recent[-1].seconds - recent[0].seconds
    if took <= 0:
        return []
    rate = (recent[-1].step + view.ahead - recent[0].step) / took
    word = step_word(view)
    speed = f"{rate:.1f} {word}s a second" if rate >= 1 else f"{1 / rate:.1f} s a {word}"
    return [speed, f"about {duration((view.total_steps - view.step - view.ahead) / rate)} left"]


@st.cache_resource(show_spinner=False, max_entries=256)
def aspect_ratio(encoded: bytes) -> float:
    """Width over height of an encoded picture, read from its header once."""
    from nst_core.picture import encoded as encoded_pictures

    return encoded_pictures.aspect_ratio(encoded)
