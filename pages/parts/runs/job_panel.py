"""The run of a page: its start button, its live picture and progress, its results."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import service, session, theme, visitor
from pages.parts.curves import plot
from pages.parts.curves.panel import panel as curves_panel
from pages.parts.inputs import folding
from pages.parts.runs import auto_run, colour_preservation, downloads, foreign_run, run_image, submit, undo
from pages.parts.runs.polling import ACTIVE_STATES, is_painting_for_visitor, poll
from pages.parts.settings import descriptions, steering

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView
    from nst_core.recipe import Recipe


def start_button(page: str, label: str, jobs: dict[str, Recipe | None], *, is_live: bool = False) -> None:
    """The primary button of a page, with the estimated cost below it.

    Args:
        page: the page that shows the runs.
        label: the button's label.
        jobs: query parameter -> recipe; None for a recipe that cannot be run, which disables the button.
        is_live: whether the page then paints at every change, and measures only on request.
    """
    busy = any(is_painting_for_visitor(session.current(page, name)) for name in jobs)
    ready = {name: recipe for name, recipe in jobs.items() if recipe}
    with st.container(key=f"paint_bar_{page}", gap="xsmall"):  # the style block keeps it in sight
        pressed = st.button(
            "Painting…" if busy else label,
            type="primary",
            icon=":material/brush:",
            disabled=busy or len(ready) < len(jobs),
            width="stretch",
            key=f"{page}_start",
        )
        cost = descriptions.estimated_cost(ready.values(), page)
        if cost:
            st.caption(cost, text_alignment="center")
    if not pressed:
        return
    with st.spinner("Preparing the pictures…"):
        begun = auto_run.start(page, ready["job"]) if is_live else submit.submit(page, ready)
    if begun:
        folding.fold(page)
        st.rerun()


def panel(page: str, *, curves: bool, is_live: bool = False, is_wide: bool = False) -> None:
    """The page's run, or a preview of its inputs before the first run.

    Args:
        page: the page that shows the run.
        curves: whether to show its loss curves.
        is_live: whether the page paints at every change, and measures only on request.
        is_wide: whether the curves stand beside the picture, not below it.
    """
    job_id = session.current(page)
    if job_id is None:
        undo.deleted_here(page)
        run_image.placeholder()
        if curves:
            plot.preload(f"{page}_ahead")
        return
    view = session.view(job_id)
    if view is None:
        expired(page)
        return
    tall = f"var(--nst-tall, {'min(42vh, 32rem)' if curves else 'min(62vh, 42rem)'})"
    # containers of their own: if elements that come and go shifted the chart, it would be mounted anew
    beside = st.columns([5, 7], gap="medium") if is_wide else (st.container(), st.container())
    with beside[0]:
        poll((job_id,), lambda: _run(page, session.view(job_id) or view, tall, is_live))
        if view.total_steps > 1 and is_painting_for_visitor(job_id):
            st.fragment(steering.panel)(view)
    if curves:
        with beside[1]:
            curves_panel(view, key=f"{page}_{view.id}")


def expired(page: str, *names: str, placeholder: Callable[[str], None] = run_image.placeholder) -> None:
    """A notice in place of runs that cannot be opened, with the reasons and a button to start afresh.

    Args:
        page: the page that shows the runs.
        names: the runs' names on that page; by default its only run.
        placeholder: draws what the page shows before a run, at most as high as a CSS length.
    """
    jobs = [session.current(page, name) for name in names or ("job",)]
    reasons = dict.fromkeys(session.why_lost(job) for job in jobs if job is not None)
    for reason in reasons:
        theme.notice("warning", "This run cannot be shown", reason)
    if st.button("Start afresh", icon=":material/restart_alt:", key=f"{page}_afresh"):
        session.forget(page, *names)
        st.rerun()
    placeholder("min(40vh, 24rem)")


def _run(page: str, view: JobView, tall: str, is_live: bool) -> None:
    shown = auto_run.with_last_picture(page, view) if is_live else view
    run_image.settings_line(view)
    key = page if is_live else f"{page}_{view.id}"  # all runs of a page that paints at every change share one frame
    run_image.picture(
        shown,
        key=key,
        max_height=tall,
        newest=colour_preservation.preview(shown, colour_preservation.strength_of(view, page)),
    )
    progress(view, page)
    if shown.snapshot or view.state in ACTIVE_STATES:
        # The slider is drawn from the start: if it appeared with the first picture, it would move what is below it
        # away from the pointer.
        colour_preservation.slider(view, page, disabled=not shown.snapshot)
    foreign_run.notice(view, page)
    downloads.notes(view)
    if is_live:
        auto_run.measures_panel(view, page)


def progress(view: JobView, page: str) -> None:
    """Progress with Pause and Stop, or the figures and downloads; in one container, so that nothing moves.

    Pause and Stop are for the visitor who started the run.
    """
    with st.container(key=f"progress_{page}_{view.id}", gap="xsmall"):
        if view.state in ACTIVE_STATES and not view.result:
            st.progress(
                view.step / max(view.total_steps, 1), text=run_image.status_line(view, waking=service.is_loading())
            )
            if session.owns(view):
                _buttons(view)
            return
        downloads.summary(view)
        downloads.download_buttons(view, page)
        undo.stop_button(view)


def _buttons(view: JobView) -> None:
    # Callbacks run before the page, so that it shows the new state right after a click.
    jobs, arguments = service.get(), (view.id, visitor.secret())
    with st.container(horizontal=True):
        if view.total_steps > 1 and view.state == "paused":
            st.button(
                "Go on",
                icon=":material/play_arrow:",
                key=f"resume_{view.id}",
                on_click=service.attempt,
                args=(jobs.resume, *arguments),
            )
        elif view.total_steps > 1:
            st.button(
                "Pause",
                icon=":material/pause:",
                key=f"pause_{view.id}",
                on_click=service.attempt,
                args=(jobs.pause, *arguments),
            )
        st.button(
            "Stop",
            icon=":material/stop:",
            key=f"stop_{view.id}",
            on_click=service.attempt,
            args=(jobs.stop, *arguments),
        )
    if visitor.has_no_cookies():
        st.caption(
            "This browser keeps no cookies here: the run can be paused, stopped and steered from this tab only, "
            "and not after a reload."
        )
