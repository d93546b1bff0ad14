"""The inputs of a page, folded to a strip while the page shows a run: picture and curves then have its whole width.

Folded inputs are not drawn, which makes each run of the page shorter; their values stay. The strip shows the pictures
of the run, which may be another visitor's, or older than what is chosen now.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from nst_core.recipe import Recipe
from pages.parts.app import service, session
from pages.parts.app.session_values import SessionValue
from pages.parts.app.shared import shared
from pages.parts.app.web import Html
from pages.parts.inputs import style_weights
from pages.parts.inputs.selection import icon, icon_of, selected
from pages.parts.runs.before_after import data_url

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

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
    """The pictures of the run and a button that opens the inputs or folds them again; empty before the first run.

    Arguments as `is_folded`.
    """
    is_open = bool(_IS_OPEN.get(page))
    with st.container(
        key=f"strip_{'open' if is_open else 'folded'}_{page}", horizontal=True, vertical_alignment="center"
    ):
        if (view := _run(page, names)) is None:
            return
        if not is_open:
            st.html(Html(_words(view)), width="stretch")
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
    return _run(page, names) is not None


def _run(page: str, names: tuple[str, ...]) -> JobView | None:
    """The first run of the page that can be opened."""
    jobs = [session.current(page, name) for name in names or ("job",)]
    return next(filter(None, (session.view(job) for job in jobs if job)), None)


def _words(view: JobView) -> str:
    """The pictures of a run in one line; by their titles if they are the chosen ones."""
    content, styles = selected("content"), [style.image for style in style_weights.in_use()]
    recipe = view.recipe
    if recipe.content in (None, content.load().sha256) and [style.sha256 for style in recipe.styles] in (
        [],
        [style.load().sha256 for style in styles],
    ):
        icons = [icon(image) for image in (content, *styles)]
        names = " and ".join(style.title for style in styles)
        words = f"<b>{escape(content.title)}</b> in {escape(names)}"
    else:
        icons = _icons_of(view)
        words = f"<b>Photo</b> and {'styles' if len(recipe.styles) > 1 else 'style'} of this run"
    pictures = "".join(f'<img src="{data_url(each)}" alt="">' for each in icons)
    return f'<div class="nst-folded">{pictures}<span>{words}</span></div>'


def _icons_of(view: JobView) -> list[bytes]:
    """A run's photograph and styles, very small; none if they are gone."""
    try:
        return _icons(view.id)
    except NSTError:
        return []


@shared(64)
def _icons(job_id: str) -> list[bytes]:
    inputs = service.get().inputs(job_id)
    return [icon_of(picture) for picture in (inputs.content, *inputs.styles)]
