"""The runs of Compare: pictures in a row or a vote on them, quality against time beside, then measures and curves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import session, theme
from pages.parts.compare import judgement, methods, stage, vote
from pages.parts.curves import panel as curves_panel
from pages.parts.curves import plot
from pages.parts.inputs import folding
from pages.parts.runs import downloads, foreign_run, job_panel, run_image
from pages.parts.runs.before_after import Side, before_after
from pages.parts.runs.polling import ACTIVE_STATES, PICTURES_SECONDS, is_active, is_painting, is_painting_for_visitor
from pages.parts.settings import descriptions

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView
    from nst_core.recipe import Recipe

Views = dict[str, "JobView | None"]

_METHOD_NOTES = {"fast": "one pass", "balanced": "ten seconds from there", "slow": "step by step"}


def start_button(page: str, slow: Recipe | None) -> None:
    """A button that submits all three methods, and their estimated cost; `slow` is None if it cannot be run."""
    recipes = methods.recipes_of(slow) if slow else {}
    busy = any(is_painting_for_visitor(session.current(page, name)) for name in methods.METHODS)
    with st.container(key=f"paint_bar_{page}", gap="xsmall"):  # the style block keeps it in sight
        pressed = st.button(
            "Painting…" if busy else "Paint all three ways",
            type="primary",
            icon=":material/brush:",
            disabled=busy or not recipes,
            width="stretch",
            key=f"{page}_start",
        )
        cost = descriptions.estimated_cost(recipes.values())
        if cost:
            st.caption(cost, text_alignment="center")
    if pressed:
        with st.spinner("Preparing the pictures…"):
            submitted = methods.submit_all(page, recipes)
        if submitted:
            folding.fold(page)
            st.rerun()


def panel(page: str) -> None:
    """Show the runs, or the selected pictures if there are no runs yet."""
    jobs = {name: session.current(page, name) for name in methods.METHODS}
    if any(map(session.view, filter(None, jobs.values()))):
        _watch(page)
        return
    st.space("small")
    if any(job is not None for job in jobs.values()):
        job_panel.expired(page, *methods.METHODS)
    else:
        _, middle, _ = st.columns([1, 4, 1])
        with middle:
            run_image.placeholder("min(40vh, 24rem)")


def _watch(page: str) -> None:
    """Show the runs; pictures and progress are polled while a run is active or waits to be submitted."""

    def states() -> tuple[list[tuple[str | None, bool, bool]], bool, bool]:
        jobs = [session.current(page, name) for name in methods.METHODS]
        is_blind = vote.next_question(_views(page)) is not None
        return [(job, is_active(job), is_painting(job)) for job in jobs], _slow(page) is None, is_blind

    def rerun_if_changed() -> None:
        if states() != before:
            st.rerun()  # a new run, the first step, the end of a run and of a vote change the whole page

    def poll() -> None:
        methods.submit_waiting(page)
        rerun_if_changed()
        _live(page)
        rerun_if_changed()

    follow_ups = methods.submit_waiting(page)
    before = states()
    active = any(job_is_active for _, job_is_active, _ in before[0]) or bool(follow_ups and follow_ups.waiting)
    # Containers: a section that appears later pushes the others down, but does not rebuild them, which would close an
    # open list.
    live, judged, curves, over = (st.container() for _ in range(4))
    with live:
        st.fragment(poll, run_every=PICTURES_SECONDS if active else None)()
    with judged:
        judgement.panel(lambda: _views(page))
    if slow := _slow(page):
        with curves:
            curves_panel.panel(slow, key=f"{page}_{slow.id}")
    with over:
        st.fragment(_slider_between)(page)


def _slow(page: str) -> JobView | None:
    """The slow run, once it has a curve."""
    slow = session.view(session.current(page, "slow") or "")
    return slow if slow and slow.points else None


def _views(page: str) -> Views:
    """The runs of the page by method; None for one that cannot be opened."""
    jobs = {name: session.current(page, name) for name in methods.METHODS}
    return {name: session.view(job) for name, job in jobs.items() if job is not None}


def _live(page: str) -> None:
    """Show the pictures with their progress, or the vote on them; beside them the quality against time."""
    follow_ups = methods.submit_waiting(page)
    waiting = follow_ups.waiting if follow_ups else ()
    refused = follow_ups.refused if follow_ups else {}
    found = _views(page)
    views: Views = {n: found.get(n) for n in methods.METHODS if n in found or n in waiting or n in refused}
    question = None if waiting else vote.next_question(views)
    with st.container(key=f"arena_{page}"):
        pictures, chart = st.columns([9, 4], gap="medium")
        with pictures:
            if question:
                stage.blind(page, views, question)
            else:
                stage.named(page, views, waiting)
                _run_columns(page, views, waiting, refused)
        with chart:
            _quality(page, views)
    if last := next(filter(None, reversed(views.values())), None):
        foreign_run.notice(last, page, *methods.METHODS)


def _run_columns(page: str, views: Views, waiting: Collection[str], refused: Mapping[str, str]) -> None:
    """A column for each run, below its picture: how it goes, or its end."""
    notes = _METHOD_NOTES | judgement.wins(views)
    for column, (name, view) in zip(st.columns(len(views)), views.items(), strict=True):
        with column:
            theme.section(name.capitalize(), notes[name])
            if name in refused:
                theme.notice("error", "This run could not be started", refused[name])
            elif name in waiting:
                theme.notice(
                    "quiet", "Waits for a place in line", "It is submitted automatically as soon as there is room."
                )
            elif view is None:
                theme.notice("quiet", "This run cannot be shown", session.why_lost(session.current(page, name)))
            else:
                job_panel.progress(view, page)
                downloads.notes(view)


def _quality(page: str, views: Views) -> None:
    """Show the chart of quality against time, once there is something to draw."""
    from pages.parts.compare import quality_chart
    from pages.parts.compare.quality import quality_over_time, sentence

    quality = quality_over_time(views)
    if quality.is_empty:
        return
    theme.section("Quality against time", "by the slow run's objective")
    with st.container(key=f"plot_room_{page}_quality"):
        plot.chart(
            quality_chart.figure(quality),
            key=f"{page}_quality",
            alt=quality_chart.alt_text(quality),
            file="nst-quality",
        )
    if crossovers := sentence(quality):
        theme.description(crossovers)


def _slider_between(page: str) -> None:
    """Show a slider between any two of the photograph and the results that are over, unless their names are hidden."""
    views = _views(page)
    if vote.next_question(views):
        return
    ended = {name: view for name, view in views.items() if view and view.state not in ACTIVE_STATES}
    sides = {name.capitalize(): view.snapshot for name, view in ended.items() if view.snapshot}
    photograph = next((view.content for view in ended.values() if view.content), None)
    pictures = ({"Photograph": photograph} if photograph else {}) | sides
    if len(sides) < 2:
        return
    st.space("small")
    theme.section("One over the other", "drag, or use the arrow keys")
    # the number of pictures is part of the keys: with one more picture the choice starts anew, at the newest
    names = list(pictures)
    left, right = st.columns(2)
    before = left.selectbox(
        "Left", names, names.index(next(iter(sides))), key=f"{page}_left_{len(names)}", filter_mode=None
    )
    after = right.selectbox("Right", names, len(names) - 1, key=f"{page}_right_{len(names)}", filter_mode=None)
    before_after(
        Side(pictures[before], before, f"{before}, on the left"),
        Side(pictures[after], after, f"{after}, on the right"),
        key=f"{page}_versus",
        ratio=run_image.aspect_ratio(pictures[names[0]]),
    )
