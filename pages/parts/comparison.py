"""The two runs of Compare next to each other, and what the yardstick says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import job_panel, look, measures, outcome, session, stage
from pages.parts.before_after import Side, before_after

if TYPE_CHECKING:
    from nst_core.jobs.desk import JobView

NAMES = ("fast", "slow")


def panel(page: str) -> None:
    """Both runs, or what would be painted if there are none yet."""
    job_ids = {name: session.current(page, name) for name in NAMES}
    st.space("small")
    if not any(job_ids.values()):
        if None in job_ids.values():
            _, middle, _ = st.columns([1, 4, 1])
            with middle:
                stage.ready("min(40vh, 24rem)")
        else:
            job_panel.expired(page, *NAMES)
        return
    asked = tuple(job_id for job_id in job_ids.values() if job_id)
    if not any(session.view(job_id) for job_id in asked):
        job_panel.expired(page, *NAMES)
        return
    job_panel.watch(asked, lambda: _both({name: session.view(job_id or "") for name, job_id in job_ids.items()}))


def _both(views: dict[str, JobView | None]) -> None:
    for column, (name, view) in zip(st.columns(2, gap="large"), views.items(), strict=True):
        with column:
            look.section(name.capitalize(), "one pass" if name == "fast" else "step by step")
            if view is None:
                look.notice("quiet", "This run has expired")
            else:
                _one(view)
    slow, fast = views["slow"], views["fast"]
    if slow:
        outcome.curves(slow, key=f"compare_{slow.id}")
    if slow and fast and slow.state not in job_panel.ACTIVE and fast.state not in job_panel.ACTIVE:
        _verdict(slow, fast)


def _one(view: JobView) -> None:
    stage.picture(view, key=f"compare_{view.id}", tall="min(52vh, 34rem)")
    job_panel.progress(view, "compare")
    outcome.notes(view)


def _verdict(slow: JobView, fast: JobView) -> None:
    if slow.snapshot and fast.snapshot:
        st.space("small")
        look.section("One over the other", "drag, or use the arrow keys")
        before_after(
            Side(fast.snapshot, "Fast", "The fast result"),
            Side(slow.snapshot, "Slow", "The slow result"),
            key=f"versus_{slow.id}",
            ratio=stage.ratio(slow.content),
        )
    reports = {"Fast": fast.report or {}, "Slow": slow.report or {}}
    st.space("small")
    look.section("The same measures for both")
    measures.table({name: measures.figures(report) for name, report in reports.items()})
