"""What the measures say of a comparison: the table with its winners, also against the unpainted copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import theme
from pages.parts.compare import copies, measures
from pages.parts.compare.quality import fast_seconds
from pages.parts.runs.polling import ACTIVE_STATES

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

Views = Mapping[str, "JobView | None"]

_POLL_SECONDS = 1.0
"""Interval at which the worker is asked for the figures of the copies until it has measured them."""


def panel(views: Callable[[], Views]) -> None:
    """The table of measures, once two runs are over; polled until the copies are measured too."""
    shown = _ended(views())
    if len(shown) < 2:
        return
    st.space("small")
    theme.section("The same measures for all")
    is_waiting = _is_waiting(shown)

    def draw() -> None:
        ended = _ended(views())
        if is_waiting and not _is_waiting(ended):
            st.rerun()  # the table is complete, and need not be polled any more
        _table(ended)

    st.fragment(draw, run_every=_POLL_SECONDS if is_waiting else None)()


def figures(views: Views) -> dict[str, dict[str, float]]:
    """The figures of each run; balanced's time includes the fast pass it starts with, as in the chart."""
    by_method = {name: measures.figures(view.report or {}) for name, view in views.items() if view}
    if "seconds" in by_method.get("balanced", {}) and _starts_from_fast(views):
        by_method["balanced"]["seconds"] += fast_seconds(views.get("fast")) or 0.0
    return by_method


def wins(views: Views) -> dict[str, str]:
    """Method -> by how many measures it is best, in words; empty before two runs are measured."""
    by_method = {name: found for name, found in figures(_ended(views)).items() if "content" in found}
    if len(by_method) < 2:
        return {}
    return {name: f"best by {count} of {total} measures" for name, (count, total) in measures.won(by_method).items()}


def _table(ended: Mapping[str, JobView]) -> None:
    made = copies.of(ended)
    of_copies = (copies.figures(made) if made else None) or {}
    measures.table(
        {name.capitalize(): found for name, found in figures(ended).items()},
        {copies.TITLES[name]: found for name, found in of_copies.items()},
    )
    if "balanced" in ended and _starts_from_fast(ended):
        with_pass = "includes" if fast_seconds(ended.get("fast")) else "leaves out"
        theme.description(f"Balanced's time {with_pass} the fast pass it begins with.")


def _is_waiting(ended: Mapping[str, JobView]) -> bool:
    made = copies.of(ended)
    return made is not None and copies.figures(made) is None


def _ended(views: Views) -> dict[str, JobView]:
    return {name: view for name, view in views.items() if view and view.state not in ACTIVE_STATES}


def _starts_from_fast(views: Views) -> bool:
    """Whether balanced starts from the fast result, whose pass is not included in its own time."""
    view = views["balanced"]
    return view is not None and view.recipe.start == "fast"
