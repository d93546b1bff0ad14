"""The snapshots of a run: one can be viewed by its step, and a new run can start from it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import NSTError, QueueFullError
from pages.parts.app import service, session, theme, visitor
from pages.parts.app.formatting import three_digits
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import Html
from pages.parts.curves.series import ALL_TERMS
from pages.parts.runs import run_image
from pages.parts.runs.before_after import data_url
from pages.parts.settings import widgets

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint, JobView
    from nst_core.recipe import Recipe

PICKED = SessionValue[int]("snapshots", "picked")
"""The step of the picked snapshot, by curve panel."""
_STEPS = SessionValue[tuple[int, ...]]("snapshots", "steps")
"""The steps to pick from, frozen while one is picked, by curve panel."""


def panel(view: JobView, *, key: str) -> None:
    """Show the picked snapshot, if any; the newest picture stays above."""
    step = picked(key)
    if step is not None:
        _card(view, step, key)


def picked(key: str) -> int | None:
    """The step of the picked snapshot, if any."""
    return PICKED.get(key)


def steps(view: JobView, key: str) -> tuple[int, ...]:
    """The steps with a snapshot; frozen while one is picked, since newer steps would move it on the slider."""
    return _STEPS.get(key) or tuple(view.snapshot_steps)


def pick(view: JobView, step: int, *, key: str) -> None:
    """Pick the snapshot nearest to a step.

    Picking the last one clears the choice, since the page shows that picture already.
    """
    available = steps(view, key)
    nearest = min(available, key=lambda other: abs(other - step))
    if nearest == available[-1]:
        _unpick(key)
        return
    _STEPS.put(available, key)
    PICKED.put(nearest, key)


def _card(view: JobView, step: int, key: str) -> None:
    try:
        picture = service.get().picture_at(view.id, step)
    except NSTError as error:
        theme.notice("warning", "This picture is not here any more", str(error))
        return
    with st.container(border=True, key=f"frame_{key}"):
        shown, words = st.columns(2, gap="medium", vertical_alignment="center")
        alt = escape(f"The picture after {run_image.step_word(view)} {step} of {view.total_steps}")
        shown.html(Html(f'<img class="nst-frame" src="{data_url(picture)}" alt="{alt}">'))
        with words:
            theme.section(f"{run_image.step_word(view).capitalize()} {step}")
            theme.facts(losses_at(view, step))
            with st.container(horizontal=True):
                st.button(
                    "Back to the newest",
                    icon=":material/last_page:",
                    key=f"newest_{key}",
                    on_click=_unpick,
                    args=(key,),
                )
                if not run_image.is_film(view):
                    with st.popover("Branch from here", icon=":material/call_split:"):
                        _branch_form(view, step, picture, key)


def losses_at(view: JobView, step: int) -> dict[str, str]:
    """The losses at the curve point nearest to a step: title -> value in words."""
    if not view.points:
        return {}
    point = _point(view, step)
    return {title: three_digits(point.losses[name]) for name, (title, *_) in ALL_TERMS.items() if name in point.losses}


def branch_recipe(view: JobView, step: int, settings: dict[str, Any]) -> Recipe:
    """The recipe of a run that starts from a snapshot, with these settings changed.

    Its pyramid starts at the scale of the step, since a smaller scale would lose detail that is already painted.
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
    """The settings that the new run changes, and its button."""
    st.markdown("A new run that starts from this picture.")
    prefix = f"branch_{key}"
    strength = widgets.multiple_slider("Strength", "style_weight", view.recipe.objective.style_weight, prefix)
    steps = widgets.number_input("Steps", "steps", view.recipe.steps, prefix)
    if st.button("Paint on", icon=":material/brush:", type="primary", key=f"{prefix}_go"):
        _branch(view, branch_recipe(view, step, {"style_weight": strength, "steps": steps}), picture)


def _branch(view: JobView, recipe: Recipe, picture: bytes) -> None:
    from nst_core.picture.upload import open_own

    jobs = service.get()
    try:
        inputs = jobs.inputs(view.id)
        job = jobs.submit(
            recipe,
            inputs.content,
            inputs.styles,
            start=open_own(picture),
            masks=inputs.masks,
            **visitor.submitter(),
        )
    except QueueFullError as error:
        theme.notice("warning", f"All places are taken; try again in {error.retry_after_seconds:.0f} s", str(error))
        return
    except NSTError as error:
        theme.notice("error", "This run could not be started", str(error))
        return
    if st.query_params.get("job") == view.id:
        session.remember("slow", job)
        st.rerun()
    st.switch_page("pages/slow.py", query_params={"job": job})


def _point(view: JobView, step: int) -> CurvePoint:
    return min(view.points, key=lambda point: abs(point.step - step))


def _unpick(key: str) -> None:
    PICKED.pop(key)
    _STEPS.pop(key)
