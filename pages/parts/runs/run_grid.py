"""Finished runs as a wall of pictures with a line each, to open one by a click."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app.formatting import since, spell
from pages.parts.app.web import asset
from pages.parts.runs.before_after import data_url

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

THUMB_EDGE_PX = 360

_wall = st.components.v2.component("nst_wall", html="<ul></ul>", css=asset(__file__, ".css"), js=asset(__file__, ".js"))


def run_grid(views: Sequence[JobView], *, key: str) -> None:
    """Mount the wall; a click opens the run's own page."""
    items = [_item(view) for view in views]
    picked = _wall(key=key, data={"items": items}, on_picked_change=lambda: None).get("picked")
    if any(view.id == picked for view in views):
        st.switch_page("pages/result.py", query_params={"result": str(picked)})


def title(view: JobView) -> str:
    """What a run is called: its method, and the preset where that says more."""
    from nst_core.recipe import PRESETS

    method = view.recipe.method.capitalize()
    return method if view.recipe.method == "fast" else f"{method} · {PRESETS[view.recipe.preset].title}"


def _item(view: JobView) -> dict[str, str]:
    facts = []
    if view.report and "size" in view.report:
        facts.append("{} × {}".format(*view.report["size"]))
    if view.report and "run" in view.report.get("seconds", {}):
        facts.append(spell(view.report["seconds"]["run"]))
    facts.append(since(view.created))
    shown = view.snapshot or view.content
    return {
        "key": view.id,
        "src": data_url(_thumb(view.id, view.snapshot_step, shown)) if shown else "",
        "title": title(view),
        "text": " · ".join(facts),
        "alt": f"Result of the {view.recipe.method} method, {since(view.created)}",
    }


@st.cache_resource(show_spinner=False, max_entries=128)
def _thumb(job_id: str, number: int, _picture: bytes) -> bytes:
    """A small WebP of a run's newest picture."""
    from PIL import Image

    with Image.open(io.BytesIO(_picture)) as image:
        small = image.convert("RGB")
    small.thumbnail((THUMB_EDGE_PX, THUMB_EDGE_PX))
    file = io.BytesIO()
    small.save(file, "WEBP", quality=80)
    return file.getvalue()
