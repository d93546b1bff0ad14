"""Stylizers: one mixes style vectors; the other mixes finished pictures, for a network without style vectors."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import numpy as np
import tensorflow as tf

from nst_core.fast import tiling
from nst_core.fast.plan import BATCH_PIXELS, in_strips
from nst_core.picture.coverage import colours, has_coverage, visible_part
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe
from nst_core.recipe.style_grid import StyleMix
from nst_core.step import Pixels
from nst_core.system.bounded_cache import BoundedCache

MAX_VECTORS = 256
"""Number of cached style vectors; each has 100 numbers."""
MAX_PICTURE_PX = 1024
"""Longest edge at which a network without style vectors runs, because it cannot be computed in strips."""


class Stylizer(Protocol):
    """Stylises a content picture with mixes of a run's styles.

    Attributes:
        statistics: of a film's frame, smooths the statistics of the norms; None for a picture.
    """

    statistics: tiling.SmoothedStatistics | None

    @property
    def max_px(self) -> int | None:
        """Greatest longest edge, in pixels, at which it stylises; None for no limit."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user: settings that it follows only in part."""

    def paint(self, content: Pixels, cells: Sequence[StyleMix]) -> Pixels:
        """Stylise the content, [1, H, W, 3] or [1, H, W, 4] in [0, 1], with each of n mixes; returns [n, H, W, 3]."""


def make_stylizer(module: Any, content: Pixels, styles: Sequence[Pixels], recipe: Recipe) -> Stylizer:
    """The stylizer for a loaded network.

    Args:
        module: the network; it takes style vectors if it has a method `style_vector`.
        content: the photograph, [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage, at its original size.
        styles: the style pictures, each likewise, at their original sizes.
        recipe: all settings.
    """
    if hasattr(module, "style_vector"):
        return VectorStylizer(module, content, styles, recipe)
    return _PictureStylizer(module, [_resize_style(style, recipe) for style in styles], bool(len(styles) > 1), recipe)


@dataclass(eq=False)
class VectorStylizer:
    """Mixes style vectors linearly; a strength above 1 extrapolates beyond the styles.

    Clear pixels of a picture with transparency have no weight in the mean of a style vector, nor in the means and
    variances of the transformer's norms.

    Source: Ghiasi et al. 2017, arXiv:1705.06830, section 4.5.
    """

    module: Any
    content: Pixels
    styles: Sequence[Pixels]
    recipe: Recipe
    max_px = None
    statistics: tiling.SmoothedStatistics | None = None
    _vectors: list[np.ndarray] = field(default_factory=list)

    @property
    def notes(self) -> tuple[str, ...]:
        """No notes: all settings are followed."""
        return ()

    def paint(self, content: Pixels, cells: Sequence[StyleMix]) -> Pixels:
        """See `Stylizer.paint`."""
        mixed = [self.vector(cell) for cell in cells]
        _, height, width, _ = content.shape
        if in_strips(height, width) or self.statistics or has_coverage(content):
            painted = [
                tiling.transform(self.module, content, tf.constant(v), statistics=self.statistics) for v in mixed
            ]
            return painted[0] if len(painted) == 1 else np.concatenate(painted)
        at_once = max(1, BATCH_PIXELS // (height * width))
        batches = [mixed[i : i + at_once] for i in range(0, len(mixed), at_once)]
        return np.concatenate([self._batch(content, np.concatenate(batch)) for batch in batches])

    def _batch(self, content: Pixels, vectors: np.ndarray) -> Pixels:
        return transform_batch(self.module, np.broadcast_to(content, (len(vectors), *content.shape[1:])), vectors)

    def vector(self, cell: StyleMix) -> np.ndarray:
        """The style vector of a mix, [1, 1, 1, 100]: the content's own at strength 0, the mix of the styles at 1."""
        if not self._vectors:
            self._vectors = [self._picture_vector(style, number) for number, style in enumerate(self.styles)]
        mix = sum(share * vector for share, vector in zip(cell.shares, self._vectors, strict=True))
        if cell.strength == 1:
            return np.asarray(mix, np.float32)
        own = self._picture_vector(self.content, None)
        return np.asarray(own + np.float32(cell.strength) * (mix - own), np.float32)

    def _picture_vector(self, picture: Pixels, style: int | None) -> np.ndarray:
        """The style vector of a picture, [1, 1, 1, 100], cached for later mixes; `style` is None for the content."""

        def compute() -> np.ndarray:
            resized = _resize_style(picture, self.recipe, style is None)
            return vector_of(self.module, resized)

        key = (id(self.module), *_vector_key(picture, self.recipe, style))
        return cast(np.ndarray, _VECTORS.get(key, compute))  # `compute` never returns None


def vector_of(module: Any, style: Pixels) -> np.ndarray:
    """The style vector [1, 1, 1, 100] of a picture, [1, h, w, 3] or [1, h, w, 4]; only what is opaque counts."""
    if not has_coverage(style):
        return module.style_vector(tf.constant(style)).numpy()  # type: ignore[no-any-return]
    part = visible_part(style)
    return module.covered_style_vector(tf.constant(part[..., :3]), tf.constant(part[..., 3:])).numpy()  # type: ignore[no-any-return]


@dataclass(eq=False)
class _PictureStylizer:
    """Mixes finished pictures pixel by pixel, for a network without style vectors."""

    module: Any
    styles: Sequence[Pixels]
    blends: bool
    recipe: Recipe
    statistics: tiling.SmoothedStatistics | None = None

    @property
    def max_px(self) -> int | None:
        return MAX_PICTURE_PX

    @property
    def notes(self) -> tuple[str, ...]:
        notes = []
        painted_at = self.recipe.render_edge_px or self.recipe.longest_edge_px
        if self.max_px is not None and painted_at > self.max_px and self.recipe.style_grid_size == 1:
            notes.append(f"this network is run at up to {self.max_px} px: the picture was enlarged along its edges")
        if self.recipe.medium == "film" and self.recipe.film.statistics_smoothing:
            notes.append("this network has no style vectors: statistics are not smoothed")
        if any(map(has_coverage, self.styles)):
            notes.append("this network has no style vectors: a style's clear parts count as the colours around them")
        if self.blends:
            notes.append("this network has no style vectors: the styles' finished pictures are mixed instead")
        if self.recipe.strength != 1 or (self.recipe.style_grid_size > 1 and not self.blends):
            notes.append("this network has no style vectors: strength mixes the picture with the photograph instead")
        return tuple(notes)

    def paint(self, content: Pixels, cells: Sequence[StyleMix]) -> Pixels:
        content = colours(content)
        needed = {i for cell in cells for i, share in enumerate(cell.shares) if share}
        painted = {i: self._stylise(content, self.styles[i]) for i in needed}
        mixes = (sum(s * painted[i] for i, s in enumerate(c.shares) if s) for c in cells)
        return np.concatenate([content + c.strength * (mix - content) for c, mix in zip(cells, mixes, strict=True)])

    def _stylise(self, content: Pixels, style: Pixels) -> Pixels:
        painted = self.module(tf.constant(content), tf.constant(colours(style)))[0].numpy()
        return painted[:, : content.shape[1], : content.shape[2]]  # type: ignore[no-any-return] # padded to multiples of 4


def transform_batch(module: Any, contents: np.ndarray, vectors: np.ndarray) -> Pixels:
    """Stylise contents [n, H, W, 3] in [0, 1] with style vectors [n, 1, 1, 100] in one pass: [n, H, W, 3]."""
    return module.transform(tf.constant(contents), tf.constant(vectors)).numpy()  # type: ignore[no-any-return]


def _resize_style(style: Pixels, recipe: Recipe, unscaled: bool = False) -> Pixels:
    """Resize a picture for the style network; a larger one gives larger strokes. `unscaled` ignores `style_scale`."""
    edge = recipe.style_edge_px * (1.0 if unscaled else recipe.style_scale)
    return fit(style, max(16, round(edge)))


def _vector_key(picture: Pixels, recipe: Recipe, style: int | None) -> tuple[Hashable, ...]:
    """The cache key of a style vector: the picture's hash in the recipe, or a hash of the pixels if it has none."""
    size = (recipe.style_edge_px, None if style is None else recipe.style_scale)
    if style is None and recipe.content and recipe.colour.colour_match == "none":
        return (recipe.content, *size)
    if style is not None and recipe.styles and recipe.colour.colour_match == "none":
        named = recipe.styles[style]
        return (named.sha256, named.crop, named.rotation_deg, *size)
    return (picture.shape, hash(np.ascontiguousarray(picture).tobytes()), *size)


_VECTORS: BoundedCache[tuple[Hashable, ...], np.ndarray] = BoundedCache(MAX_VECTORS)
