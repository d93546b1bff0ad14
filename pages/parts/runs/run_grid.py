"""A grid of runs: a picture and a line of text each; a click opens the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.recipe.sentence import in_one_sentence
from pages.parts.app.formatting import duration, time_ago
from pages.parts.app.shared import shared
from pages.parts.app.web import asset
from pages.parts.runs import curated
from pages.parts.runs.before_after import data_url

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

THUMB_EDGE_PX = 360

_grid = st.components.v2.component("nst_wall", html="<ul></ul>", css=asset(__file__, ".css"), js=asset(__file__, ".js"))


def run_grid(views: Sequence[JobView], *, key: str, action: str = "", on_action: Callable[[str], None] = print) -> None:
    """Mount the grid; a click opens the run's own page.

    Args:
        views: the runs.
        key: identity on the page.
        action: the label of a second button below each run, if any.
        on_action: called with the run's id after a click on that button.
    """
    items = [_curated_item(view.id, view) if curated.is_curated(view.id) else _item(view) for view in views]
    data = {"items": items, "action": action}
    told = _grid(key=key, data=data, on_picked_change=lambda: None, on_action_change=lambda: None)
    if any(view.id == told.get("action") for view in views):
        on_action(str(told["action"]))
    picked = told.get("picked")
    if any(view.id == picked for view in views):
        st.switch_page("pages/result.py", query_params={"result": str(picked)})


def title(view: JobView) -> str:
    """A run's title: its method, and the preset unless the method is fast; whether it is of a film.

    One that comes with the app is named by its pictures.
    """
    from nst_core.recipe import PRESETS

    if curated.is_curated(view.id):
        return " in ".join(curated.titles(view.id))
    method = view.recipe.method.capitalize()
    if view.recipe.medium == "film":
        return f"Film · {method}"
    return method if view.recipe.method == "fast" else f"{method} · {PRESETS[view.recipe.preset].title}"


@shared(32)
def _curated_item(job_id: str, _view: JobView) -> dict[str, str]:
    """The item of a run that comes with the app and never changes."""
    return _item(_view)


def _item(view: JobView) -> dict[str, str]:
    facts = [in_one_sentence(view.recipe, view.total_steps)]
    if view.report and "run" in view.report.get("seconds", {}):
        facts.append(duration(view.report["seconds"]["run"]))
    if view.created:
        facts.append(time_ago(view.created))
    shown = view.snapshot or view.content
    return {
        "key": view.id,
        "src": data_url(_thumb(view.id, view.snapshot_step, shown)) if shown else "",
        "title": title(view),
        "text": " · ".join(facts),
        "alt": f"{'Film' if view.recipe.medium == 'film' else 'Result'} of the {view.recipe.method} method, "
        f"{time_ago(view.created) if view.created else title(view)}",
    }


@st.cache_resource(show_spinner=False, max_entries=128)
def _thumb(job_id: str, step: int, _picture: bytes) -> bytes:
    """A small WebP of a run's newest picture."""
    from nst_core.picture.encoded import thumbnail

    return thumbnail(_picture, THUMB_EDGE_PX)
