"""The fast method for films: each frame is painted on its own, and mixed with the last result moved along.

Source: the blend along the flow follows Chen et al. 2017, arXiv:1703.09211; we mix pixels, not activations, so that any
network can be used, and undo the mixing where the two disagree.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING

import tensorflow as tf

from nst_core.fast import engine as fast
from nst_core.fast.stylizer import make_stylizer
from nst_core.fast.tiling import SmoothedStatistics
from nst_core.film.engines.blending import blended, warping_error
from nst_core.film.engines.forward import matched_styles, play
from nst_core.film.engines.frames import FilmState, FilmStep, FrameTask, PaintedFrame, grey_bytes, to_bytes, to_pixels
from nst_core.film.flow import Bytes
from nst_core.models import stylisation
from nst_core.models.device import device
from nst_core.picture.arrays import check_film
from nst_core.picture.colour import is_grey, to_grey
from nst_core.picture.masks import Weights
from nst_core.recipe import Recipe
from nst_core.step import Pixels

if TYPE_CHECKING:
    from nst_core.film.reading import FilmFrame


def stylise(  # noqa: PLR0913 - the arguments of both methods
    frames: Iterable[FilmFrame],
    styles: Sequence[Pixels],
    recipe: Recipe,
    masks: Sequence[Weights] = (),
    resume: FilmState | None = None,
    *,
    first: Bytes,
) -> Generator[FilmStep, Recipe | None, None]:
    """Stylise a film frame by frame.

    Args:
        frames: the frames to do, of one size.
        styles: the style pictures, cropped, each [1, h, w, 3] in [0, 1].
        recipe: every setting.
        masks: one for each of `recipe.regions`, as they lie in the first frame.
        resume: the state that the frame before `frames` left.
        first: the first frame of the clip, uint8 [H, W, 3]; colours are matched to it.

    Raises:
        PictureError: an array is no frame or picture.
        RecipeError: there is no style, or styles, masks and recipe do not fit.
        WeightsError: no source gave the network.
    """
    check_film(first, styles, masks)
    return play(
        FastPainter(matched_styles(styles, first, recipe), to_pixels(first), recipe), frames, recipe, masks, resume
    )


class FastPainter:
    """The fast method for the frames of one film; the styles' vectors are computed once."""

    def __init__(self, styles: Sequence[Pixels], first: Pixels, recipe: Recipe) -> None:
        """Load the network. Raises RecipeError and WeightsError.

        Args:
            styles: each [1, h, w, 3] in [0, 1].
            first: the clip's first frame, which stands for the content where a strength other than 1 needs its vector.
            recipe: every setting.
        """
        self._styles = len(styles)
        self._has_grey_styles = all(is_grey(style) for style in styles)
        with tf.device(device().name):
            # Without the content's hash: the cache of vectors would take the whole film for one picture.
            plain = recipe.model_copy(update={"content": None})
            self._stylizer = make_stylizer(stylisation.load().call, first, styles, plain)

    def paint(self, task: FrameTask) -> PaintedFrame:
        """Paint one frame, and mix it with its neighbour's result."""
        film = task.recipe.film
        smoothed = SmoothedStatistics(film.statistics_smoothing, task.carried) if film.statistics_smoothing else None
        self._stylizer.statistics = smoothed
        with tf.device(device().name):
            fresh = fast.paint(self._stylizer, task.content, self._styles, task.recipe, task.masks)
        stays_grey = self._has_grey_styles and is_grey(task.content)
        fresh = to_grey(fresh) if stays_grey else fresh
        carried = smoothed.values if smoothed else {}
        if not task.neighbours:
            return PaintedFrame(to_bytes(fresh), {}, carried, self._stylizer.notes)
        (neighbour,) = task.neighbours
        result = blended(fresh[0] * 255, neighbour, film.flow_blend)
        result = grey_bytes(result) if stays_grey else result  # the neighbour may have colours
        return PaintedFrame(result, {"temporal": warping_error(result, neighbour)}, carried)
