"""Settings that change in the middle of a run, from its next step on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from nst_core.recipe import Recipe, value_of
from nst_core.recipe.display import weight_multiple
from pages.parts.app import service
from pages.parts.settings import widgets

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

STEERED = {
    "style_weight": "Strength",
    "content_weight": "Content strength",
    "tv_weight": "Smoothness",
    "learning_rate": "Learning rate",
}
"""What is offered, of all that may be steered."""


def panel(view: JobView) -> None:
    """Multiples of what the run began with; each change takes hold at the next step and is marked on the curves."""
    base: Recipe = st.session_state.setdefault(f"steered_{view.id}", view.recipe)
    key = f"steer_{view.id}"
    with st.expander("Steer", icon=":material/explore:", key=f"{key}_room"):
        place = widgets.places()
        for name, title in STEERED.items():
            if name != "learning_rate" or base.optimizer.algorithm == "adam":
                with next(place):
                    _times(title, name, base, view.id, key)


def _times(title: str, name: str, base: Recipe, job_id: str, key: str) -> None:
    value = float(value_of(base, name))

    def changed() -> None:
        chosen = st.session_state[f"{key}_{name}"]
        service.ask(service.get().steer, job_id, {name: weight_multiple(name, value, chosen)})

    widgets.times(title, name, value, key, on_change=changed)
