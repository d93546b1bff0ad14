"""Where the picture stands: what is about to be painted, and the painting as it grows."""

from __future__ import annotations

import io
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app.formatting import roughly, spell
from pages.parts.inputs import style_weights
from pages.parts.inputs.selection import preview, selected
from pages.parts.runs.before_after import Side, before_after, data_url

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView


def placeholder(tall: str = "min(62vh, 42rem)") -> None:
    """The chosen photograph with its styles beside it: the page is never empty."""
    content, styles = selected("content"), style_weights.in_use()
    photograph = preview("content")
    content_alt = escape(f"Photograph to be painted: {content.title}, {content.alt}")
    insets = "".join(
        f'<img src="{style.source()}" alt="{escape(f"Style: {style.image.title}, {style.image.alt}")}">'
        for style in styles
    )
    st.html(
        f'<div class="nst-ready" style="--ratio:{aspect_ratio(photograph):.4f};--tall:{tall}">'
        f'<img src="{data_url(photograph)}" alt="{content_alt}">'
        f'<div class="insets">{insets}</div></div>'
        f'<p class="nst-hint">This photograph, in {"these styles" if len(styles) > 1 else "this style"}. '
        "The result appears here.</p>"
    )


def picture(view: JobView, *, key: str, max_height: str, newest: bytes | None = None) -> None:
    """The newest picture of a run under a slider with its photograph.

    Args:
        view: the run.
        key: identity on the page.
        tall: CSS length that the frame's height never exceeds.
        newest: what to show instead of the run's newest picture, such as that with other colours.
    """
    before = photograph(view)
    newest = newest or view.snapshot or before
    if newest is None:
        st.skeleton(height=420)
        return
    label, alt = "", "The photograph, not yet painted"
    if view.snapshot:
        label, alt = _label(view), f"The result after step {view.snapshot_step} of {view.total_steps}"
    before_after(
        Side(before or newest, "Photograph" if view.snapshot and before else "", "The photograph before"),
        Side(newest, label, alt),
        key=f"stage_{key}",
        ratio=aspect_ratio(before or newest),
        at=0 if view.total_steps > 1 else 50,
        max_height=max_height,
        waiting=view.snapshot is None and view.state in ("queued", "running"),
        reveal=st.session_state.get("fresh") == view.id,
    )


def _label(view: JobView) -> str:
    """What stands over the newest picture: the method where it is the result, else how far it came."""
    if view.result and view.state != "failed":
        return view.recipe.method.capitalize()
    return {"queued": "Waiting", "running": "Painting", "paused": "Paused"}.get(view.state, "Unfinished")


def photograph(view: JobView) -> bytes | None:
    """What a run paints: from this tab's choice while the run itself has not sent it yet; None if it is another's."""
    if view.content:
        return view.content
    return preview("content") if selected("content").load().sha256 == view.recipe.content else None


def status_line(view: JobView, *, waking: bool) -> str:
    """One line: where the run is, how fast, how long yet."""
    if view.state == "paused":
        return f"Paused at step {view.step} of {view.total_steps}"
    if waking or view.state == "queued":
        return _waits(view, waking)
    if view.total_steps <= 1:
        return "Painting in one pass…"
    if not view.points:
        return f"Step 0 of {view.total_steps} · getting ready"
    return " · ".join([f"Step {view.step} of {view.total_steps}", *_pace(view)])


def _waits(view: JobView, waking: bool) -> str:
    """What a run waits for, and for how long; one that was broken off says where it stands."""
    place = "Next in line" if view.position <= 1 else f"Number {view.position} in line"
    if waking:
        place = "The networks are being loaded" + ("" if view.position <= 1 else f" · number {view.position} in line")
    elif view.wait_seconds >= 1:
        place += f", about {roughly(view.wait_seconds)}"
    if not view.step:
        return f"{place}. Your run starts by itself."
    return f"{place}. It goes on from about step {view.step}."


def _pace(view: JobView) -> list[str]:
    recent = view.points[1:][-20:]  # the first step compiles
    if len(recent) < 3:
        return []
    took = recent[-1].seconds - recent[0].seconds
    if took <= 0:
        return []
    rate = (recent[-1].step - recent[0].step) / took
    speed = f"{rate:.1f} steps a second" if rate >= 1 else f"{1 / rate:.1f} s a step"
    return [speed, f"about {spell((view.total_steps - view.step) / rate)} left"]


@st.cache_resource(show_spinner=False, max_entries=256)
def aspect_ratio(encoded: bytes) -> float:
    """Width over height of one of our own encoded pictures; reads its header alone."""
    from PIL import Image

    with Image.open(io.BytesIO(encoded)) as image:
        return float(image.width / image.height)
