"""The inputs of a page, folded to a strip while the page shows a run: picture and curves then have its whole width.

Folded inputs are not drawn, which makes each run of the page shorter; their values stay.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from nst_core.recipe import Recipe
from pages.parts.app import session
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import Html
from pages.parts.inputs import style_weights
from pages.parts.inputs.selection import icon, restore, selected
from pages.parts.runs.before_after import data_url

_IS_OPEN = SessionValue[bool]("folding", "is_open")
"""Whether the visitor has opened the strip, by page."""
_RECIPE = SessionValue["Recipe | None"]("folding", "recipe")
"""The recipe of the settings when they were drawn last, by page."""


def is_folded(page: str, *names: str) -> bool:
    """Whether the page shows a run, and the visitor has not opened the strip.

    Args:
        page: the page that shows runs.
        names: the runs' names on that page; by default its only run.
    """
    return _has_run(page, names) and not _IS_OPEN.get(page)


def strip(page: str, *names: str) -> None:
    """The chosen pictures and a button that opens the inputs or folds them again; empty before the first run.

    Arguments as `is_folded`.
    """
    is_open = bool(_IS_OPEN.get(page))
    with st.container(
        key=f"strip_{'open' if is_open else 'folded'}_{page}", horizontal=True, vertical_alignment="center"
    ):
        if not _has_run(page, names):
            return
        if not is_open:
            restore()  # after a reload the pickers, which do this, are not drawn
            st.html(Html(_words()), width="stretch")
        st.button(
            "Back to the run" if is_open else "Photo, style, settings",
            icon=":material/unfold_less:" if is_open else ":material/tune:",
            key=f"strip_button_{page}",
            on_click=_IS_OPEN.put,
            args=(not is_open, page),
        )


def unfold(page: str) -> None:
    """Show the inputs beside the run; to be called when something is put into them."""
    _IS_OPEN.put(True, page)


def fold(page: str) -> None:
    """Fold the inputs as soon as the page shows a run."""
    _IS_OPEN.pop(page)


def remember(page: str, recipe: Recipe | None) -> None:
    """Remember the recipe of the settings, for when they are folded."""
    _RECIPE.put(recipe, page)


def recipe(page: str) -> Recipe | None:
    """The recipe of the settings when they were drawn last, if they were and went together."""
    return _RECIPE.get(page)


def _has_run(page: str, names: tuple[str, ...]) -> bool:
    jobs = [session.current(page, name) for name in names or ("job",)]
    return any(job is not None and session.view(job) is not None for job in jobs)


def _words() -> str:
    content, styles = selected("content"), [style.image for style in style_weights.in_use()]
    pictures = "".join(f'<img src="{data_url(icon(image))}" alt="">' for image in (content, *styles))
    names = " and ".join(style.title for style in styles)
    return f'<div class="nst-folded">{pictures}<span><b>{escape(content.title)}</b> in {escape(names)}</span></div>'
