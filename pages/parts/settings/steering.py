"""The settings that a visitor can change during a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from nst_core.recipe import Recipe, value_of
from nst_core.recipe.display import weight_multiple
from pages.parts.app import service, visitor
from pages.parts.app.session_values import SessionValue
from pages.parts.settings import widgets

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

_INITIAL = SessionValue[Recipe]("steering", "initial")
"""By run, the recipe that the multiples refer to."""

OFFERED = {
    "style_weight": "Strength",
    "content_weight": "Content strength",
    "tv_weight": "Smoothness",
    "learning_rate": "Learning rate",
}
"""The settings offered here, a part of those that may be steered, with their labels."""


def panel(view: JobView) -> None:
    """Sliders for multiples of the initial settings.

    A change takes effect at the next step, and is an event on the curves.
    """
    initial = _INITIAL.ensure(lambda: view.recipe, view.id)
    key = f"steer_{view.id}"
    with st.expander("Steer", icon=":material/explore:", key=f"{key}_room"):
        cells = widgets.grid_cells()
        for name, title in OFFERED.items():
            if name != "learning_rate" or initial.optimizer.algorithm == "adam":
                with next(cells):
                    _multiple_slider(title, name, initial, view.id, key)


def _multiple_slider(title: str, name: str, initial: Recipe, job_id: str, key: str) -> None:
    value = float(value_of(initial, name))

    def changed() -> None:
        factor = st.session_state[f"{key}_{name}"]  # the widget's own key
        change = {name: weight_multiple(name, value, factor)}
        service.attempt(service.get().steer, job_id, visitor.secret(), change)

    widgets.multiple_slider(title, name, value, key, on_change=changed)
