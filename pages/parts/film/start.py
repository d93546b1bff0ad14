"""The start of a film's run: what it will cost, and its button."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from nst_core.recipe import Recipe
from pages.parts.app import service, session, visitor
from pages.parts.film import chosen
from pages.parts.inputs import own_start, style_weights
from pages.parts.runs import run_image, submit
from pages.parts.runs.polling import is_painting_for_visitor

if TYPE_CHECKING:
    from pages.parts.film.chosen import ChosenFilm

PAGE = "film"


def button(recipe: Recipe | None) -> None:
    """The primary button of the page; disabled while the visitor's film is painted, and without a recipe."""
    film = chosen.chosen()
    busy = is_painting_for_visitor(session.current(PAGE))
    pressed = st.button(
        "Painting…" if busy else "Paint the film",
        type="primary",
        icon=":material/movie:",
        disabled=busy or recipe is None or film is None,
        width="stretch",
        key=f"{PAGE}_start",
    )
    if not pressed or recipe is None or film is None:
        return
    try:
        with st.spinner("Preparing the film…"):
            _submit(recipe, film)
    except NSTError as error:
        submit.show_refusal(error)
        return
    st.rerun()


def _submit(recipe: Recipe, film: ChosenFilm) -> None:
    from nst_core.runs.films import first_frame

    styles = style_weights.in_use()
    job = service.get().submit(
        style_weights.with_styles(recipe, styles),
        first_frame(film.film, recipe),
        [style.image.load() for style in styles],
        start=own_start.picture(f"{PAGE}_slow") if recipe.start == "own" else None,
        film=film.film,
        **visitor.submitter(),
    )
    session.remember(PAGE, job)
    run_image.REVEAL.put(job)
