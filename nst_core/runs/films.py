"""Runs of films: the part that a recipe takes, how often its frames are painted, and the frame that it begins with."""

from __future__ import annotations

from nst_core.film.reading import Clip, Film, stills
from nst_core.picture.upload import Picture
from nst_core.recipe import FilmFormat, Recipe

WITH_ALPHA: tuple[FilmFormat, ...] = ("gif", "webp")
"""The formats whose results keep the transparency of a film."""
ALPHA_LOST = (
    "MP4 and WebM have no transparency here: the film's clear parts are white; choose GIF or WebP to keep them clear"
)


def clip_of(recipe: Recipe) -> Clip:
    """The part of a film that a recipe takes, at the rate of its result."""
    film = recipe.film
    return Clip(film.trim_start_seconds, film.trim_end_seconds, film.frames_per_second)


def keeps_alpha(film: Film, recipe: Recipe) -> bool:
    """Whether the result has the film's transparent parts."""
    return film.info.has_alpha and recipe.film.film_format in WITH_ALPHA


def lost_of(film: Film, recipe: Recipe) -> tuple[str, ...]:
    """What the result's format loses of a film, in sentences for the user."""
    return (ALPHA_LOST,) if film.info.has_alpha and not keeps_alpha(film, recipe) else ()


def passes(recipe: Recipe) -> int:
    """How often each frame is painted."""
    return 1 if recipe.method == "fast" else recipe.film.film_passes


def kind_of(recipe: Recipe) -> str:
    """The method of a run; of a film with the word film after it, since films last much longer."""
    return recipe.method if recipe.medium == "picture" else f"{recipe.method} {recipe.medium}"


def first_frame(film: Film, recipe: Recipe) -> Picture:
    """The first frame of the clip at the film's size, which is the content of its run. Raises FilmError."""
    clip = clip_of(recipe)
    clip.seconds(film.info)  # not empty
    (frame,) = stills(film.path, [clip.start_seconds])
    return Picture.from_pixels(frame.pixels)
