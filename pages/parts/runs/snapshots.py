"""The pictures that a run kept on its way: one looked at by its step, and a new run begun from it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import NSTError, QueueFullError
from pages.parts.app import service, session, theme, visitor
from pages.parts.curves.levels import three_digits
from pages.parts.curves.lines import TERMS
from pages.parts.runs.before_after import data_url
from pages.parts.settings import widgets

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint, JobView
    from nst_core.recipe import Recipe


def panel(view: JobView, *, key: str) -> None:
    """The picture that is looked at, if any; the newest stays where it is, above."""
    at = picked(key)
    if at is not None:
        _card(view, at, key)


def picked(key: str) -> int | None:
    """The step whose picture is looked at, if any."""
    step: int | None = st.session_state.get(_picked(key))
    return step


def steps(view: JobView, key: str) -> tuple[int, ...]:
    """The steps with a picture; while one is looked at they stand still, else newer ones would move it."""
    return tuple(st.session_state.get(_steps(key)) or view.snapshot_steps)


def pick(view: JobView, step: int, *, key: str) -> None:
    """Look at the kept picture nearest to a step; the last one is none to look back at."""
    among = steps(view, key)
    nearest = min(among, key=lambda kept: abs(kept - step))
    if nearest == among[-1]:
        _unpick(key)
        return
    st.session_state[_steps(key)] = among
    st.session_state[_picked(key)] = nearest


def _card(view: JobView, step: int, key: str) -> None:
    try:
        picture = service.get().picture_at(view.id, step)
    except NSTError as error:
        theme.notice("warning", "This picture is not here any more", str(error))
        return
    with st.container(border=True, key=f"frame_{key}"):
        shown, words = st.columns(2, gap="medium", vertical_alignment="center")
        alt = escape(f"The picture after step {step} of {view.total_steps}")
        shown.html(f'<img class="nst-frame" src="{data_url(picture)}" alt="{alt}">')
        with words:
            theme.section(f"Step {step}")
            theme.facts(losses_at(view, step))
            with st.container(horizontal=True):
                st.button(
                    "Back to the newest",
                    icon=":material/last_page:",
                    key=f"newest_{key}",
                    on_click=_unpick,
                    args=(key,),
                )
                with st.popover("Branch from here", icon=":material/call_split:"):
                    _branch_form(view, step, picture, key)


def losses_at(view: JobView, step: int) -> dict[str, str]:
    """The terms at the point nearest to a step, in words."""
    if not view.points:
        return {}
    point = _point(view, step)
    return {title: three_digits(point.losses[name]) for name, (title, *_) in TERMS.items() if name in point.losses}


def branch_recipe(view: JobView, step: int, settings: dict[str, Any]) -> Recipe:
    """The recipe of a run that goes on from a step: the same but for `settings`, and it starts from a picture.

    A pyramid begins at the size that the step was worked at, for a smaller one would throw away what it has painted.
    """
    from nst_core.recipe import change

    schedule: dict[str, Any] = {"first_steps": None}
    edge = _point(view, step).scale_px if view.points else 0
    if edge >= view.recipe.longest_edge_px or not edge:
        schedule["pyramid"] = "off"
    else:
        schedule["smallest_edge_px"] = min(max(edge, 64), 1024)
    return change(view.recipe, {"start": "own", **schedule, **settings})


def _branch_form(view: JobView, step: int, picture: bytes, key: str) -> None:
    """What the new run has otherwise, and its button."""
    st.markdown("A new run that starts from this picture.")
    here = f"branch_{key}"
    strength = widgets.times("Strength", "style_weight", view.recipe.objective.style_weight, here)
    steps = widgets.number("Steps", "steps", view.recipe.steps, here)
    if st.button("Paint on", icon=":material/brush:", type="primary", key=f"{here}_go"):
        _branch(view, branch_recipe(view, step, {"style_weight": strength, "steps": steps}), picture)


def _branch(view: JobView, recipe: Recipe, picture: bytes) -> None:
    from nst_core.picture.upload import open_picture

    office = service.get()
    try:
        given = office.inputs(view.id)
        job = office.submit(
            recipe,
            given.content,
            given.styles,
            start=open_picture(picture),
            masks=given.masks,
            visitor=visitor.name(),
        )
    except QueueFullError as error:
        theme.notice("warning", f"All places are taken; try again in {error.retry_after_seconds:.0f} s", str(error))
        return
    except NSTError as error:
        theme.notice("error", "This run could not be started", str(error))
        return
    st.session_state["slow_job"] = job
    if st.query_params.get("job") == view.id:
        session.remember("slow", job)
        st.rerun()
    st.switch_page("pages/slow.py", query_params={"job": job})


def _point(view: JobView, step: int) -> CurvePoint:
    return min(view.points, key=lambda point: abs(point.step - step))


def _unpick(key: str) -> None:
    st.session_state.pop(_picked(key), None)
    st.session_state.pop(_steps(key), None)


def _picked(key: str) -> str:
    return f"picked_{key}"


def _steps(key: str) -> str:
    return f"picked_among_{key}"
