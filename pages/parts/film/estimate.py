"""What a film's run will take and give, estimated from three frames before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import FilmError
from nst_core.recipe import Recipe
from pages.parts.app import service, theme
from pages.parts.app.formatting import approximate_duration, size_text
from pages.parts.film import chosen
from pages.parts.inputs import style_weights

if TYPE_CHECKING:
    from nst_core.film.estimate import FilmEstimate
    from nst_core.film.reading import Film


def panel(recipe: Recipe | None) -> None:
    """The frames, time, size and flicker of a run of this recipe; nothing without a film."""
    from nst_core.runs.films import clip_of, lost_of

    film = chosen.chosen()
    if recipe is None or film is None:
        return
    try:
        expected = _estimate(film.film.sha256, recipe.to_json(), len(style_weights.in_use()), recipe, film.film)
        frames = clip_of(recipe).frames(film.film.info)
    except FilmError as error:
        theme.notice("error", "This film cannot be estimated", str(error))
        return
    theme.facts(
        {
            "Frames": str(frames),
            "Time": f"about {approximate_duration(expected.seconds)}",
            "Size": f"about {size_text(expected.megabytes)}",
            "Flicker": "below 0.1 of 255" if expected.flicker < 0.1 else f"about {expected.flicker:.1f} of 255",
        }
    )
    for sentence in lost_of(film.film, recipe):
        st.caption(sentence)
    workers = 0 if service.is_unopened() else service.get().status().workers
    if workers > 1:
        st.caption(
            f"The time is that of one worker. While nobody waits, {workers} workers paint the film together, each its "
            "own scenes; a film without scene cuts stays with one."
        )


@st.cache_resource(show_spinner=False, max_entries=64)
def _estimate(sha256: str, recipe_json: str, styles: int, _recipe: Recipe, _film: Film) -> FilmEstimate:
    from nst_core.film.estimate import estimate

    return estimate(_film, _recipe, styles)
