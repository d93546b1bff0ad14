"""The runs of Compare side by side: pictures, progress, quality against time, curves and measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import session, theme
from pages.parts.compare import measures, methods
from pages.parts.compare.synced_zoom import Pane, synced_zoom
from pages.parts.curves import panel as curves_panel
from pages.parts.curves import plot
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
            st.rerun()


def panel(page: str) -> None:
    """Show the runs, or the selected pictures if there are no runs yet."""
    jobs = {name: session.current(page, name) for name in methods.METHODS}
    st.space("small")
    if not any(map(session.view, filter(None, jobs.values()))):
        if any(job is not None for job in jobs.values()):
            job_panel.expired(page, *methods.METHODS)
        else:
            _, middle, _ = st.columns([1, 4, 1])
            with middle:
                run_image.placeholder("min(40vh, 24rem)")
        return
    _watch(page)


def _watch(page: str) -> None:
    """Show the runs; pictures and progress are polled while a run is active or waits to be submitted."""

    def states() -> tuple[list[tuple[str | None, bool, bool]], bool]:
        jobs = [session.current(page, name) for name in methods.METHODS]
        return [(job, is_active(job), is_painting(job)) for job in jobs], _slow(page) is None

    def rerun_if_changed() -> None:
        if states() != before:
            st.rerun()  # a new run, the first step and the end of a run change the whole page

    def poll() -> None:
        methods.submit_waiting(page)
        rerun_if_changed()
        _live(page)
        rerun_if_changed()

    follow_ups = methods.submit_waiting(page)
    before = states()
    active = any(job_is_active for _, job_is_active, _ in before[0]) or bool(follow_ups and follow_ups.waiting)
    # Three containers: a section that appears later pushes the others down, but does not rebuild them, which would
    # close an open list.
    live, curves, ended = (st.container() for _ in range(3))
    with live:
        st.fragment(poll, run_every=PICTURES_SECONDS if active else None)()
    if slow := _slow(page):
        with curves:
            curves_panel.panel(slow, key=f"{page}_{slow.id}")
    with ended:
        st.fragment(_ended)(page)


def _slow(page: str) -> JobView | None:
    """The slow run, once it has a curve."""
    slow = session.view(session.current(page, "slow") or "")
    return slow if slow and slow.points else None


def _live(page: str) -> None:
    """Show the pictures, the progress of each run, and the quality against time."""
    follow_ups = methods.submit_waiting(page)
    waiting = follow_ups.waiting if follow_ups else ()
    refused = follow_ups.refused if follow_ups else {}
    jobs = {name: session.current(page, name) for name in methods.METHODS}
    shown = [name for name in methods.METHODS if jobs[name] is not None or name in waiting or name in refused]
    views: Views = {name: session.view(jobs[name] or "") for name in shown}
    _pictures(page, {name: view for name, view in views.items() if view or name in waiting})
    for column, name in zip(st.columns(len(shown), gap="medium"), shown, strict=True):
        with column:
            theme.section(name.capitalize(), _METHOD_NOTES[name])
            _run_column(page, jobs[name], views[name], is_waiting=name in waiting, refusal=refused.get(name, ""))
    if last := next((view for name in reversed(shown) if (view := views[name])), None):
        foreign_run.notice(last, page, *methods.METHODS)
    _quality(page, views)


def _ended(page: str) -> None:
    """Show the runs that have ended under a slider and in a table of measures, once there are two."""
    views = {name: session.view(session.current(page, name) or "") for name in methods.METHODS}
    ended = {name: view for name, view in views.items() if view and view.state not in ACTIVE_STATES}
    if len(ended) > 1:
        _slider_between(page, ended)
        st.space("small")
        theme.section("The same measures for all")
        _measures(ended)


def panes(views: Views, photograph: bytes) -> list[Pane]:
    """The photograph, then a pane for each run, including runs that wait or have no picture yet."""
    shown = [Pane(photograph, "Photograph", "The photograph that all methods paint")]
    for name, view in views.items():
        title = name.capitalize()
        if view and view.snapshot:
            step = f", after step {view.snapshot_step} of {view.total_steps}" if view.total_steps > 1 else ""
            shown.append(Pane(view.snapshot, title, f"Result of the {name} method{step}"))
        elif view is None or view.state in ACTIVE_STATES:
            is_painting = view is not None and view.state != "queued"
            label = f"{title} begins" if is_painting else f"{title} waits"
            shown.append(Pane(photograph, label, f"The photograph; {name} has painted nothing yet", waiting=True))
    return shown


def _pictures(page: str, views: Views) -> None:
    """Show all pictures in a row, zoomed together."""
    photograph = next(filter(None, (run_image.photograph(view) for view in views.values() if view)), None)
    if photograph is None:
        st.skeleton(height=280)
    else:
        synced_zoom(panes(views, photograph), key=f"{page}_linked", ratio=run_image.aspect_ratio(photograph))


def _run_column(page: str, job: str | None, view: JobView | None, *, is_waiting: bool, refusal: str) -> None:
    if refusal:
        theme.notice("error", "This run could not be started", refusal)
    elif is_waiting:
        theme.notice("quiet", "Waits for a place in line", "It is submitted automatically as soon as there is room.")
    elif view is None:
        theme.notice("quiet", "This run cannot be shown", session.why_lost(job))
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
    st.space("small")
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


def figures(views: Mapping[str, JobView]) -> dict[str, dict[str, float]]:
    """The figures of each run; balanced's time includes the fast pass it starts with, as in the chart."""
    from pages.parts.compare.quality import fast_seconds

    by_method = {name: measures.figures(view.report or {}) for name, view in views.items()}
    if "seconds" in by_method.get("balanced", {}) and _starts_from_fast(views["balanced"]):
        by_method["balanced"]["seconds"] += fast_seconds(views.get("fast")) or 0.0
    return by_method


def _starts_from_fast(view: JobView) -> bool:
    """Whether a run starts from the fast result, whose pass is not included in its own time."""
    return view.recipe.start == "fast"


def _measures(views: Mapping[str, JobView]) -> None:
    from pages.parts.compare.quality import fast_seconds

    measures.table({name.capitalize(): values for name, values in figures(views).items()})
    if "balanced" in views and _starts_from_fast(views["balanced"]):
        with_pass = "includes" if fast_seconds(views.get("fast")) else "leaves out"
        theme.description(f"Balanced's time {with_pass} the fast pass it begins with.")


def _slider_between(page: str, views: dict[str, JobView]) -> None:
    """Show a slider between any two of the photograph and the results."""
    sides = {name.capitalize(): view.snapshot for name, view in views.items() if view.snapshot}
    photograph = next((view.content for view in views.values() if view.content), None)
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
