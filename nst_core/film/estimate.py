"""What a film's run will take and give, estimated before it starts from three of the film's frames; no TensorFlow.

Its frames are read and compared by the process that decodes: a server of pages needs neither TensorFlow nor OpenCV.
"""

from __future__ import annotations

from typing import NamedTuple

from nst_core.film.reading import Film, noise
from nst_core.recipe import Recipe
from nst_core.runs import cost
from nst_core.runs.films import clip_of

BITS_PER_PIXEL = {"mp4": 0.65, "webm": 0.53, "gif": 8.2, "webp": 2.7}
"""Bits of a result for each pixel of each frame, by format: the mean of a pan in three styles at 256 px."""
ALONE_FLICKER = 2.6
"""Flicker of results of the fast method without blending, as a multiple of the film's own noise: the networks see noise
as detail. Measured on a still scene in three styles."""
SLOW_FLICKER = 0.15
"""Likewise of the slow method with its usual temporal weight."""


class FilmEstimate(NamedTuple):
    """An estimate.

    Attributes:
        seconds: duration of the run.
        megabytes: size of the result.
        flicker: mean difference of neighbouring results where the film stands still, in 1/255.
    """

    seconds: float
    megabytes: float
    flicker: float


def estimate(film: Film, recipe: Recipe, styles: int = 1) -> FilmEstimate:
    """The estimate for a recipe of a film, from three frames in the middle of the clip.

    Raises FilmError if they cannot be read, or the clip is empty.
    """
    clip = clip_of(recipe)
    count = clip.frames(film.info)
    width, height, level = noise(film.path, clip, recipe.longest_edge_px, first=max(0, count // 2 - 2))
    seconds = cost.of_run(recipe, (film.info.width, film.info.height), count, styles).seconds
    bits = BITS_PER_PIXEL[recipe.film.film_format] * height * width * count
    return FilmEstimate(seconds, bits / 8e6, level * _amplification(recipe))


def _amplification(recipe: Recipe) -> float:
    """Flicker of the results as a multiple of the film's noise."""
    if recipe.method == "fast":
        return float(ALONE_FLICKER * (1 - recipe.film.flow_blend) ** 1.5)
    return SLOW_FLICKER
