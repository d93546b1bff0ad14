"""The pictures of a comparison in a row, zoomed together: under their names, or without them for a vote."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app.session_values import SessionValue
from pages.parts.compare import copies, judgement, vote
from pages.parts.compare.synced_zoom import Pane, synced_zoom
from pages.parts.runs import run_image
from pages.parts.runs.polling import ACTIVE_STATES

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

Views = Mapping[str, "JobView | None"]

_SHOWN = SessionValue[list[str]]("compare", "shown")
"""The contestants in the row, by page; its widget's key."""
_TALL = "var(--nst-tall, min(52vh, 34rem))"


def named(page: str, views: Views, waiting: Collection[str]) -> None:
    """The results under their names; once all runs are over, also the photograph and the style picture, if asked for.

    Args:
        page: the page.
        views: the runs by method.
        waiting: the methods whose runs wait to be submitted.
    """
    photograph = next(filter(None, (run_image.photograph(view) for view in views.values() if view)), None)
    if photograph is None:
        st.skeleton(height=280)
        return
    shown = panes({name: view for name, view in views.items() if view or name in waiting}, photograph)
    is_over = not waiting and all(view and view.state not in ACTIVE_STATES for view in views.values())
    made = copies.of(views) if is_over else None
    if made is None:
        _zoom(page, list(shown.values()), photograph)
    else:
        _chosen(page, shown, made, photograph)
    vote.thanks(views)


def _chosen(page: str, painted: Mapping[str, Pane], made: copies.Copies, photograph: bytes) -> None:
    """The contestants that the visitor picks, at first the paintings."""
    shown = {
        **painted,
        **{name: Pane(made.encoded[name], vote.title(name), copies.ALTS[name]) for name in copies.TITLES},
    }
    picked = st.session_state.get(_SHOWN.key(page)) or list(painted)
    _zoom(page, [pane for name, pane in shown.items() if name in picked], photograph)
    st.pills(
        "Shown",
        list(shown),
        selection_mode="multi",
        default=list(painted),
        format_func=vote.title,
        key=_SHOWN.key(page),
        label_visibility="collapsed",
    )


def blind(page: str, views: Views, question: vote.Question) -> None:
    """The vote on a pair: both pictures under letters beside the photograph, and the buttons."""
    made = copies.of(views)
    pictures = {name: view.snapshot for name, view in views.items() if view and view.snapshot}
    pictures |= made.encoded if made else {}
    photograph = next(view.content for view in views.values() if view and view.content)
    vote.heading(question, made.encoded["style"] if made else None)
    _zoom(page, vote.panes(question, pictures, photograph), photograph)
    of_copies = copies.figures(made) if made else None
    vote.buttons(question, views, judgement.figures(views) | (of_copies or {}))


def panes(views: Views, photograph: bytes) -> dict[str, Pane]:
    """Method -> a pane, also for runs that wait or have no picture yet, which show the photograph."""
    shown = {}
    for name, view in views.items():
        title = name.capitalize()
        if view and view.snapshot:
            step = f", after step {view.snapshot_step} of {view.total_steps}" if view.total_steps > 1 else ""
            shown[name] = Pane(view.snapshot, title, f"Result of the {name} method{step}")
        elif view is None or view.state in ACTIVE_STATES:
            is_painting = view is not None and view.state != "queued"
            label = f"{title} begins" if is_painting else f"{title} waits"
            shown[name] = Pane(photograph, label, f"The photograph; {name} has painted nothing yet", waiting=True)
    return shown


def _zoom(page: str, shown: list[Pane], photograph: bytes) -> None:
    ratio = run_image.aspect_ratio(photograph)
    synced_zoom(shown, key=f"{page}_linked", ratio=ratio, max_height=_TALL)
