"""Compare's sheet: two settings varied together, as many small pictures, any of which one click paints large."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import streamlit as st

from nst_core.errors import NSTError
from nst_core.recipe import Recipe
from pages.parts.app import service, session, theme, visitor
from pages.parts.app.formatting import spell
from pages.parts.inputs import own_start, style_weights
from pages.parts.inputs.selection import selected
from pages.parts.runs.followups import BoundedCache
from pages.parts.sweep import choices, image, large, store
from pages.parts.sweep.plan import SweepPlan
from pages.parts.sweep.runner import Sweep, fitting
from pages.parts.sweep.sheet import sheet
from pages.parts.sweep.store import Saved, SweepStore

NAME = "sweep"
"""What the address calls a sheet."""
MOST = 16
"""Sheets that the server remembers: each holds the pictures it was made of."""
_POLL_SECONDS = 0.4


def panel(page: str, recipes: Mapping[str, Recipe]) -> None:
    """What to vary, and the sheet.

    Args:
        page: whose sheet this is.
        recipes: method -> the settings of the page, which all cells share; none if they cannot be run.
    """
    st.space("small")
    theme.section("Sweep", "two settings varied together, as small pictures")
    plan = choices.choices(page, recipes) if recipes else None
    sweep = _current(page)
    _start(page, plan, sweep)
    if sweep is None:
        _nothing(page)
        return
    if plan and not sweep.is_active and _is_other(sweep, plan):
        theme.about("The settings above are other ones than this sheet's.")
    refusal = large.paint(sweep, (plan or sweep.plan).base.longest_edge_px)
    _watch(page, sweep)
    large.panel(sweep, refusal)


def _start(page: str, plan: SweepPlan | None, sweep: Sweep | None) -> None:
    """The button that paints a sheet, and what it will cost."""
    busy = sweep is not None and sweep.is_active
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
    """Paint a sheet in the place of the visitor's last one; False, with the reason on the page, if it cannot be."""
    from nst_core.runs.inputs import RunInputs

    pictures = RunInputs(
        selected("content").load(),
        tuple(style.what.load() for style in style_weights.in_use()),
        own_start.picture(page),
    )
    try:
        fitting(pictures, plan.small(0)).named_in(plan.small(0))
    except NSTError as error:
        theme.notice("error", "This sheet could not be started", str(error))
        return False
    for other in _shelf().values():
        if other.visitor == visitor.name():
            other.stop()
    saved = Saved(plan, pictures, visitor.name())
    name = secrets.token_hex(16)
    drawer = _drawer(name)
    if drawer:
        drawer.begin(saved, MOST)
    sweep = Sweep(saved, name=name, drawer=drawer)
    _shelf().put(sweep.id, sweep)
    session.remember(page, sweep.id, NAME)
    large.forget()
    sweep.look(service.get())
    sweep.wait(0.3)  # a small fast sheet is there at once
    return True


def _current(page: str) -> Sweep | None:
    """The sheet of this page; one that an earlier life of the server began goes on as it was left."""
    name = session.current(page, NAME)
    return _shelf().get(name, lambda: _restored(str(name)))


def _restored(name: str) -> Sweep | None:
    drawer = _drawer(name)
    saved = drawer.read() if drawer else None
    return Sweep(saved, name=name, drawer=drawer) if saved else None


def _drawer(name: str) -> SweepStore | None:
    """Where a sheet is kept; None where there is no disk."""
    drawers = service.get().blob_store(store.FOLDER) if name.isalnum() else None
    return SweepStore(drawers, name) if drawers else None


def _is_other(sweep: Sweep, plan: SweepPlan) -> bool:
    """Whether the page would now paint another sheet."""
    return sweep.plan != plan or sweep.pictures.content.sha256 != selected("content").load().sha256


def _nothing(page: str) -> None:
    """No sheet yet, or one that the server has forgotten."""
    if session.current(page, NAME) is None:
        theme.notice(
            "quiet", "The sheet appears here", "Each of its pictures can then be painted large with one click."
        )
        return
    theme.notice("warning", "This sheet has expired", "Sheets make room for newer ones. It can be painted again.")


def _watch(page: str, sweep: Sweep) -> None:
    """The sheet, again and again while it is being painted."""

    def show() -> None:
        sweep.look(service.get())
        learn()
        clicked = sheet(sweep, key=f"{page}_sheet", picked=large.picked(sweep))
        _below(page, sweep)
        if clicked is not None:
            large.want(clicked)
            st.rerun()
        learn()

    def learn() -> None:
        if sweep.is_active != was_active:
            st.rerun()  # the whole page learns of it

    was_active = sweep.is_active
    st.fragment(show, run_every=_POLL_SECONDS if was_active else None)()


def _below(page: str, sweep: Sweep) -> None:
    """How far the sheet is with its Stop, or how it ended with what can be done now; always in the same room."""
    with st.container(key=f"{page}_sweep_below"):
        if sweep.trouble:
            theme.notice("error", "The sheet cannot go on", sweep.trouble)
        if sweep.is_active:
            st.progress(sweep.done / sweep.plan.count, text=_status(sweep))
            st.button("Stop", icon=":material/stop:", key=f"{page}_sweep_stop", on_click=sweep.stop)
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
            if not sweep.is_over:
                st.button(
                    "Go on",
                    icon=":material/play_arrow:",
                    key=f"{page}_sweep_on",
                    on_click=sweep.go_on,
                    args=(service.get(),),
                )
            st.caption("Click a picture, or press Enter on it, to paint it large.")


def _status(sweep: Sweep) -> str:
    """One line: how many pictures there are, and what the next one waits for."""
    parts = [f"{sweep.done} of {sweep.plan.count} painted"]
    if service.is_waking():
        parts.append("the networks are being loaded")
    elif sweep.is_held:
        parts.append("waits for a place in line")
    elif left := sweep.seconds_left:
        parts.append(f"about {spell(left)} left")
    return " · ".join(parts)


@st.cache_resource(show_spinner=False)
def _shelf() -> BoundedCache[Sweep]:
    return BoundedCache(MOST)
