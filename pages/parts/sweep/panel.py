"""The sweep on the Compare page: two settings varied together, as a sheet of pictures; a click paints one large."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from nst_core.errors import NSTError
from nst_core.recipe import Recipe
from nst_core.sweeps import image
from nst_core.sweeps.plan import SweepPlan
from nst_core.sweeps.registry import SweepRegistry
from nst_core.sweeps.runner import Sweep
from pages.parts.app import service, session, theme, visitor
from pages.parts.app.formatting import duration
from pages.parts.inputs import own_start, style_weights
from pages.parts.inputs.selection import selected
from pages.parts.sweep import choices, large
from pages.parts.sweep.sheet import sheet

NAME = "sweep"
"""The query parameter that holds a sweep's id."""
_POLL_SECONDS = 0.4


def panel(page: str, recipes: Mapping[str, Recipe]) -> None:
    """The form of a sweep, and its sheet.

    Args:
        page: the page that shows the sweep.
        recipes: method -> the page's recipe, the base of all cells; empty if it cannot be run.
    """
    st.space("small")
    theme.section("Sweep", "two settings varied together, as small pictures")
    plan = choices.choices(page, recipes) if recipes else None
    sweep = registry().find(session.current(page, NAME))
    _start(page, plan, sweep)
    if sweep is None:
        _no_sheet(page)
        return
    if plan and not sweep.is_active and _is_other(sweep, plan):
        theme.description("The settings above have changed since this sheet was painted.")
    refusal = large.paint_requested(sweep, (plan or sweep.plan).base.longest_edge_px)
    _watch(page, sweep)
    large.panel(sweep, refusal)


def _start(page: str, plan: SweepPlan | None, sweep: Sweep | None) -> None:
    """The button that starts a sweep, and the estimated cost."""
    busy = sweep is not None and sweep.is_active and _is_own(sweep)
    _, middle, _ = st.columns([1, 2, 1])
    with middle:
        pressed = st.button(
            "Painting…" if busy else "Paint the sheet",
            type="primary",
            icon=":material/grid_view:",
            disabled=busy or plan is None,
            width="stretch",
            key=f"{page}_sweep_start",
        )
        if plan:
            st.caption(choices.cost(plan), text_alignment="center")
    if pressed and plan:
        with st.spinner("Preparing the pictures…"):
            begun = _begin(page, plan)
        if begun:
            st.rerun()


def _begin(page: str, plan: SweepPlan) -> bool:
    """Start a sweep in place of the visitor's last one; False, with the reason on the page, if it is refused."""
    from nst_core.runs.inputs import RunInputs

    inputs = RunInputs(
        selected("content").load(),
        tuple(style.image.load() for style in style_weights.in_use()),
        own_start.picture(page),
    )
    try:
        sweep = registry().start(plan, inputs, visitor.owner())
    except NSTError as error:
        theme.notice("error", "This sheet could not be started", str(error))
        return False
    session.remember(page, sweep.id, NAME)
    large.forget()
    sweep.filler.join(0.3)  # a small fast sheet is complete at once
    return True


def _is_own(sweep: Sweep) -> bool:
    """Whether a sweep belongs to this visitor; only its owner may stop or continue it."""
    from nst_core.jobs.service import is_owner

    return is_owner(visitor.secret(), sweep.owner)


def _is_other(sweep: Sweep, plan: SweepPlan) -> bool:
    """Whether the page's settings or photograph differ from the sweep's."""
    return sweep.plan != plan or sweep.inputs.content.sha256 != selected("content").load().sha256


def _no_sheet(page: str) -> None:
    """Show a notice in place of a sheet that does not exist yet, or has expired."""
    if session.current(page, NAME) is None:
        theme.notice(
            "quiet", "The sheet appears here", "Each of its pictures can then be painted large with one click."
        )
        return
    theme.notice(
        "warning",
        "This sheet has expired",
        "Old sheets make room for newer ones. It can be painted again.",
    )


def _watch(page: str, sweep: Sweep) -> None:
    """The sheet, drawn again at intervals while it is being painted."""

    def show() -> None:
        sweep.filler.ensure_running()
        rerun_on_change()
        clicked = sheet(sweep, key=f"{page}_sheet", picked=large.picked(sweep))
        _below(page, sweep)
        if clicked is not None:
            large.request(clicked)
            st.rerun()
        rerun_on_change()

    def rerun_on_change() -> None:
        if sweep.is_active != was_active:
            st.rerun()  # the button above and the settings depend on `is_active`

    was_active = sweep.is_active
    st.fragment(show, run_every=_POLL_SECONDS if was_active else None)()


def _below(page: str, sweep: Sweep) -> None:
    """Progress with a Stop button, or the download and Go on; in one container, so that nothing moves."""
    with st.container(key=f"{page}_sweep_below"):
        if sweep.filler.error:
            theme.notice("error", "The sheet cannot go on", sweep.filler.error)
        if not _is_own(sweep):
            theme.notice(
                "quiet",
                "You are looking at somebody's sheet",
                "Only the browser that started it can stop or continue it; the button above paints your own.",
            )
        if sweep.is_active:
            st.progress(sweep.filler.done / sweep.plan.count, text=_status(sweep))
            if _is_own(sweep):
                _button("Stop", "stop", f"{page}_sweep_stop", sweep.stop)
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.download_button(
                "Sheet",
                lambda: image.to_png(sweep),
                f"nst-sweep-{sweep.id[:6]}.png",
                "image/png",
                on_click="ignore",
                icon=":material/download:",
                help="All pictures with the values of both settings, as one PNG",
                key=f"{page}_sweep_file",
            )
            if not sweep.filler.is_over and _is_own(sweep):
                _button("Go on", "play_arrow", f"{page}_sweep_on", sweep.resume)
            st.caption("Click a picture, or press Enter on it, to paint it large.")


def _button(label: str, icon: str, key: str, act: Callable[[str], None]) -> None:
    """A button that changes a sweep in this visitor's name."""
    st.button(label, icon=f":material/{icon}:", key=key, on_click=service.attempt, args=(act, visitor.secret()))


def _status(sweep: Sweep) -> str:
    """One line: the number of finished pictures, and the reason for a wait or the time left."""
    parts = [f"{sweep.filler.done} of {sweep.plan.count} painted"]
    if service.is_loading():
        parts.append("the networks are being loaded")
    elif sweep.filler.is_queue_full:
        parts.append("waits for a place in line")
    elif left := sweep.filler.seconds_left:
        parts.append(f"about {duration(left)} left")
    return " · ".join(parts)


@st.cache_resource(show_spinner=False)
def registry() -> SweepRegistry:
    """The sweeps of this server."""
    return SweepRegistry(service.get())
