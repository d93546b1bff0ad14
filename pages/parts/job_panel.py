"""A run on a page: started, watched live, stopped, taken home."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import desk, estimates, kept, live, look, orders, outcome, plot, session, stage, steering
from pages.parts.curves import panel as curves_panel

if TYPE_CHECKING:
    from nst_core.jobs.desk import JobView
    from nst_core.recipe import Recipe

ACTIVE = ("queued", "running", "paused")
_POLL_SECONDS = 0.45
_POLL_FAST_SECONDS = 0.3
_POLL_MEASURING_SECONDS = 2.0
"""Nothing moves any more."""


def is_active(job_id: str | None) -> bool:
    """Whether a run may still change."""
    view = session.view(job_id) if job_id else None
    return view is not None and view.state in ACTIVE


def is_painting(job_id: str | None) -> bool:
    """Whether a run has no result yet; with one, it may still be measured."""
    view = session.view(job_id) if job_id else None
    return view is not None and view.state in ACTIVE and not view.result


def start_button(page: str, label: str, jobs: dict[str, Recipe | None], *, is_live: bool = False) -> None:
    """The one primary button of a page, and what its runs will cost.

    It submits each recipe for the chosen pictures, by its name in the address; a recipe that is None cannot be run.
    With `is_live` the page paints anew at every change from then on, and measures only when asked.
    """
    busy = any(is_painting(session.current(page, name)) for name in jobs)
    ready = {name: recipe for name, recipe in jobs.items() if recipe}
    pressed = st.button(
        "Painting…" if busy else label,
        type="primary",
        icon=":material/brush:",
        disabled=busy or len(ready) < len(jobs),
        width="stretch",
        key=f"{page}_start",
    )
    cost = estimates.line(ready.values(), page)
    if cost:
        st.caption(cost, text_alignment="center")
    if not pressed:
        return
    with st.spinner("Preparing the pictures…"):
        begun = live.begin(page, ready["job"]) if is_live else orders.submit(page, ready)
    if begun:
        st.rerun()


def watch(job_ids: tuple[str, ...], show: Callable[[], None]) -> None:
    """Run `show` now, and again and again while one of the runs is under way."""

    def standing() -> list[tuple[bool, bool]]:
        return [(is_active(job_id), is_painting(job_id)) for job_id in job_ids]

    def panel() -> None:
        learn()  # before a download is shown, which is made on a click and has another file in the page's next run
        show()
        learn()

    def learn() -> None:
        if standing() != before:
            st.rerun()  # the whole page learns that there is a result, or that the run has ended and polling stops

    before = standing()
    active = any(map(is_active, job_ids))
    views = [view for view in map(session.view, job_ids) if view]
    every = _POLL_SECONDS if any(view.of > 1 for view in views) else _POLL_FAST_SECONDS
    if not any(map(is_painting, job_ids)):
        every = _POLL_MEASURING_SECONDS
    st.fragment(panel, run_every=every if active else None)()


def panel(page: str, *, curves: bool, is_live: bool = False) -> None:
    """The page's run, or what would be painted if there is none yet."""
    job_id = session.current(page)
    if job_id is None:
        stage.ready()
        if curves:
            plot.ahead(f"{page}_ahead")
    elif session.view(job_id) is None:
        expired(page)
    else:
        watch((job_id,), lambda: _run(page, job_id, curves, is_live))


def expired(page: str, *names: str) -> None:
    """The run in the address is not here any more."""
    look.notice(
        "warning",
        "This run has expired",
        "Runs are kept for a while and then make room. Your pictures can be painted again.",
    )
    if st.button("Start afresh", icon=":material/restart_alt:", key=f"{page}_afresh"):
        session.forget(page, *names)
        st.rerun()
    stage.ready("min(40vh, 24rem)")


def _run(page: str, job_id: str, curves: bool, is_live: bool) -> None:
    view = session.view(job_id)
    if view is None:
        expired(page)
        return
    tall = "min(42vh, 32rem)" if curves else "min(62vh, 42rem)"
    shown = live.standing(page, view) if is_live else view
    key = page if is_live else f"{page}_{view.id}"  # one frame for all runs of a page that paints at every change
    with st.container():
        stage.picture(shown, key=key, tall=tall, newest=kept.shown(shown, kept.degree_of(view, page)))
        if shown.snapshot:
            kept.slider(view, page)
        progress(view, page)
        outcome.notes(view)
        if is_live:
            live.judgement(view, page)
        if view.of > 1 and view.state in ("running", "paused") and not view.result:
            steering.panel(view)
    if curves:
        with st.container():  # of their own: what comes and goes above must not mount the chart anew, at another place
            curves_panel(view, key=f"{page}_{view.id}")


def progress(view: JobView, page: str) -> None:
    """How far the run is, with its Pause and Stop; or how it ended, in the same room."""
    with st.container(key=f"progress_{page}_{view.id}", gap="xsmall"):
        if view.state in ACTIVE and not view.result:
            st.progress(view.number / max(view.of, 1), text=stage.status_line(view, waking=desk.is_waking()))
            _buttons(view)
            return
        outcome.facts(view)
        outcome.take_home(view, page)


def _buttons(view: JobView) -> None:
    # Callbacks, so that the state shown right after a click is already the new one.
    office = desk.get()
    with st.container(horizontal=True):
        if view.of > 1 and view.state == "paused":
            st.button(
                "Go on",
                icon=":material/play_arrow:",
                key=f"resume_{view.id}",
                on_click=desk.ask,
                args=(office.resume, view.id),
            )
        elif view.of > 1:
            st.button(
                "Pause",
                icon=":material/pause:",
                key=f"pause_{view.id}",
                disabled=view.state == "queued",
                on_click=desk.ask,
                args=(office.pause, view.id),
            )
        st.button("Stop", icon=":material/stop:", key=f"stop_{view.id}", on_click=desk.ask, args=(office.stop, view.id))
