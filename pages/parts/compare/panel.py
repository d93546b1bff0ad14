"""The runs of Compare next to each other, and what the yardstick says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import session, theme
from pages.parts.compare import measures, methods
from pages.parts.compare.synced_zoom import Pane, linked
from pages.parts.curves import panel as curves_panel
from pages.parts.curves import plot
from pages.parts.runs import downloads, job_panel, run_image
from pages.parts.runs.before_after import Side, before_after
from pages.parts.runs.polling import ACTIVE_STATES, PICTURES_SECONDS, is_active, is_painting
from pages.parts.settings import estimates

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView
    from nst_core.recipe import Recipe

Views = dict[str, "JobView | None"]

_NOTES = {"fast": "one pass", "balanced": "ten seconds from there", "slow": "step by step"}


def start_button(page: str, slow: Recipe | None) -> None:
    """One button that hands in all three methods, and what they will cost; `slow` is None if it cannot be run."""
    recipes = methods.recipes_of(slow) if slow else {}
    busy = any(is_painting(session.current(page, name)) for name in methods.NAMES)
    pressed = st.button(
        "Painting…" if busy else "Paint all three ways",
        type="primary",
        icon=":material/brush:",
        disabled=busy or not recipes,
        width="stretch",
        key=f"{page}_start",
    )
    cost = estimates.line(recipes.values())
    if cost:
        st.caption(cost, text_alignment="center")
    if pressed:
        with st.spinner("Preparing the pictures…"):
            begun = methods.hand_in(page, recipes)
        if begun:
            st.rerun()


def panel(page: str) -> None:
    """The runs, or what would be painted if there are none yet."""
    jobs = {name: session.current(page, name) for name in methods.NAMES}
    st.space("small")
    if not any(map(session.view, filter(None, jobs.values()))):
        if any(job is not None for job in jobs.values()):
            job_panel.expired(page, *methods.NAMES)
        else:
            _, middle, _ = st.columns([1, 4, 1])
            with middle:
                run_image.placeholder("min(40vh, 24rem)")
        return
    _watch(page)


def _watch(page: str) -> None:
    """Show the runs: what grows again and again while one is under way or has yet to be handed in, the rest once."""

    def standing() -> list[tuple[str | None, bool, bool]]:
        jobs = [session.current(page, name) for name in methods.NAMES]
        return [(job, is_active(job), is_painting(job)) for job in jobs]

    def show() -> None:
        methods.move_on(page)
        learn()
        _growing(page)
        learn()

    def learn() -> None:
        if (standing(), _slow(page) is None) != before:
            st.rerun()  # the whole page learns of a new run, of a first step, or of an end

    follow_ups = methods.move_on(page)
    before = standing(), _slow(page) is None
    active = any(moves for _, moves, _ in before[0]) or bool(follow_ups and follow_ups.waiting)
    # Each in a place of its own: one that comes later pushes the others down but does not build them anew, which
    # would close a list that is open.
    growing, lines, ended = (st.container() for _ in range(3))
    with growing:
        st.fragment(show, run_every=PICTURES_SECONDS if active else None)()
    if slow := _slow(page):
        with lines:
            curves_panel.panel(slow, key=f"{page}_{slow.id}")
    with ended:
        st.fragment(_over)(page)


def _slow(page: str) -> JobView | None:
    """The slow run once it has a curve."""
    slow = session.view(session.current(page, "slow") or "")
    return slow if slow and slow.points else None


def _growing(page: str) -> None:
    """The pictures, how far each run is, and the race between them."""
    follow_ups = methods.move_on(page)
    waiting = follow_ups.waiting if follow_ups else ()
    refused = follow_ups.refused if follow_ups else {}
    jobs = {name: session.current(page, name) for name in methods.NAMES}
    shown = [name for name in methods.NAMES if jobs[name] is not None or name in waiting or name in refused]
    views: Views = {name: session.view(jobs[name] or "") for name in shown}
    _pictures(page, {name: view for name, view in views.items() if view or name in waiting})
    for column, name in zip(st.columns(len(shown), gap="medium"), shown, strict=True):
        with column:
            theme.section(name.capitalize(), _NOTES[name])
            _one(page, views[name], is_waiting=name in waiting, refusal=refused.get(name, ""))
    _quality(page, views)


def _over(page: str) -> None:
    """The runs that have ended, one over the other and measured, as soon as there are two."""
    views = {name: session.view(session.current(page, name) or "") for name in methods.NAMES}
    over = {name: view for name, view in views.items() if view and view.state not in ACTIVE_STATES}
    if len(over) > 1:
        _versus(page, over)
        st.space("small")
        theme.section("The same measures for all")
        _measures(over)


def panes(views: Views, photograph: bytes) -> list[Pane]:
    """The photograph, then a pane for each run, for those too that have yet to be handed in or to paint anything."""
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
    """All pictures in a row, zoomed together."""
    photograph = next(filter(None, (run_image.photograph(view) for view in views.values() if view)), None)
    if photograph is None:
        st.skeleton(height=280)
    else:
        linked(panes(views, photograph), key=f"{page}_linked", ratio=run_image.aspect_ratio(photograph))


def _one(page: str, view: JobView | None, *, is_waiting: bool, refusal: str) -> None:
    if refusal:
        theme.notice("error", "This run could not be started", refusal)
    elif is_waiting:
        theme.notice("quiet", "Waits for a place in line", "It is handed in by itself as soon as there is room.")
    elif view is None:
        theme.notice("quiet", "This run has expired")
    else:
        job_panel.progress(view, page)
        downloads.notes(view)


def _quality(page: str, views: Views) -> None:
    """The chart of quality against time, as soon as there is something to draw."""
    from pages.parts.compare import quality_chart
    from pages.parts.compare.quality import race, sentence

    run = race(views)
    if run.is_empty:
        return
    st.space("small")
    theme.section("Quality against time", "by the slow run's objective")
    with st.container(key=f"plot_room_{page}_quality"):
        plot.chart(
            quality_chart.figure(run), key=f"{page}_quality", alt=quality_chart.in_words(run), file="nst-quality"
        )
    if said := sentence(run):
        theme.about(said)


def figures(views: Mapping[str, JobView]) -> dict[str, dict[str, float]]:
    """What is known of each run; balanced's time with the fast pass it began with, as the chart has it."""
    from pages.parts.compare.quality import fast_seconds

    told = {name: measures.figures(view.report or {}) for name, view in views.items()}
    if "seconds" in told.get("balanced", {}) and _is_chained(views["balanced"]):
        told["balanced"]["seconds"] += fast_seconds(views.get("fast")) or 0.0
    return told


def _is_chained(view: JobView) -> bool:
    """Whether a run began with a fast pass, which its own clock leaves out."""
    return view.recipe.start == "fast"


def _measures(views: Mapping[str, JobView]) -> None:
    from pages.parts.compare.quality import fast_seconds

    measures.table({name.capitalize(): told for name, told in figures(views).items()})
    if "balanced" in views and _is_chained(views["balanced"]):
        with_pass = "includes" if fast_seconds(views.get("fast")) else "leaves out"
        theme.about(f"Balanced's time {with_pass} the fast pass it begins with.")


def _versus(page: str, views: dict[str, JobView]) -> None:
    """One slider between any two of the photograph and the results."""
    sides = {name.capitalize(): view.snapshot for name, view in views.items() if view.snapshot}
    photograph = next((view.content for view in views.values() if view.content), None)
    pictures = ({"Photograph": photograph} if photograph else {}) | sides
    if len(sides) < 2:
        return
    st.space("small")
    theme.section("One over the other", "drag, or use the arrow keys")
    names = list(pictures)  # one more of them is another choice, which begins with the newest
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
