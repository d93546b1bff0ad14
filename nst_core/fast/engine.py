"""The fast engine: one call, one Step."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import RecipeError
from nst_core.models import stylisation
from nst_core.models.device import device
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe
from nst_core.step import Pixels, Step


def run(
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    *,
    start: Pixels | None = None,
    resume: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Stylise in one pass.

    Args:
        content: the original, [1, H, W, 3] in [0, 1]; worked on at `recipe.longest_edge_px`.
        styles: the originals, one for each of `recipe.styles`; read at `recipe.style_edge_px`.
        recipe: every setting.
        start, resume: part of every engine's signature; one pass has no use for them.

    Raises:
        RecipeError: no style, or styles and recipe do not fit.
        WeightsError: no source gave the network.
    """
    if not styles or (recipe.styles and len(recipe.styles) != len(styles)):
        raise RecipeError(f"the fast method needs one picture for each style of the recipe, got {len(styles)}")
    shares = np.array([s.weight for s in recipe.styles] or [1.0] * len(styles), np.float32)
    with tf.device(device().name):
        network = stylisation.load()
        began = time.perf_counter()
        fitted = tf.constant(fit(content, recipe.longest_edge_px))
        read = [tf.constant(fit(style, recipe.style_edge_px)) for style in styles]
        painted = _paint(network.call, fitted, read, shares / shares.sum()).numpy()
    yield Step(
        number=1,
        of=1,
        scale_px=max(painted.shape[1:3]),
        seconds=time.perf_counter() - began,
        losses={},
        picture=np.clip(painted, 0.0, 1.0),
    )


def _paint(module: Any, content: tf.Tensor, styles: Sequence[tf.Tensor], shares: np.ndarray) -> tf.Tensor:
    """One style: one pass. Several: their vectors are mixed, or, where the module gives no vector, their results."""
    if len(styles) == 1:
        return _cropped(module(content, styles[0])[0], content)
    if hasattr(module, "style_vector"):
        vector = sum(share * module.style_vector(style) for share, style in zip(shares, styles, strict=True))
        return module.transform(content, vector)
    return sum(s * _cropped(module(content, style)[0], content) for s, style in zip(shares, styles, strict=True))


def _cropped(painted: tf.Tensor, content: tf.Tensor) -> tf.Tensor:
    """TF-Hub's module answers in multiples of 4 pixels; the content's size is kept."""
    return painted[:, : content.shape[1], : content.shape[2]]
