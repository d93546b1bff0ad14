"""What paints in one pass: by style vectors where the network gives them, else by mixing finished pictures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from nst_core.fast import tiling
from nst_core.fast.plan import in_strips
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe
from nst_core.recipe.style_grid import StyleMix
from nst_core.step import Pixels

BATCH_PIXELS = 600_000
"""How many pixels one pass over a batch of small pictures takes in."""
REMEMBERED = 256
"""Style vectors that are kept; each has 100 numbers."""
PICTURES_ONLY_PX = 1024
"""The largest size that a network without vectors is run at: it cannot be taken apart into strips."""


class Stylizer(Protocol):
    """Paints contents in mixes of a run's styles."""

    @property
    def most_px(self) -> int | None:
        """The longest edge that it paints at; None for any."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What it cannot do as asked, in sentences for the user."""

    def paint(self, content: Pixels, cells: Sequence[StyleMix]) -> Pixels:
        """The content, [1, H, W, 3] in [0, 1], once for each cell's mix and strength: [n, H, W, 3] in [0, 1]."""


def painter(module: Any, content: Pixels, styles: Sequence[Pixels], recipe: Recipe) -> Stylizer:
    """What paints with a loaded module; `content` and `styles` are originals, each [1, h, w, 3] in [0, 1]."""
    if hasattr(module, "style_vector"):
        return _ByVector(module, content, styles, recipe)
    return _ByPicture(module, [_read(style, recipe) for style in styles], bool(len(styles) > 1), recipe)


@dataclass(eq=False)
class _ByVector:
    """Mixes vectors: a linear path between styles, and beyond them.

    Source: Ghiasi et al. 2017, arXiv:1705.06830, section 4.5.
    """

    module: Any
    content: Pixels
    styles: Sequence[Pixels]
    recipe: Recipe
    most_px = None
    _vectors: list[np.ndarray] = field(default_factory=list)

    @property
    def notes(self) -> tuple[str, ...]:
        return ()

    def paint(self, content: Pixels, cells: Sequence[StyleMix]) -> Pixels:
        mixed = [self._vector(cell) for cell in cells]
        _, height, width, _ = content.shape
        if in_strips(height, width):
            painted = [tiling.transform(self.module, content, tf.constant(v)) for v in mixed]
            return painted[0] if len(painted) == 1 else np.concatenate(painted)
        at_once = max(1, BATCH_PIXELS // (height * width))
        batches = [mixed[i : i + at_once] for i in range(0, len(mixed), at_once)]
        return np.concatenate([self._batch(content, np.concatenate(batch)) for batch in batches])

    def _batch(self, content: Pixels, vectors: np.ndarray) -> Pixels:
        repeated = np.broadcast_to(content, (len(vectors), *content.shape[1:]))
        return self.module.transform(tf.constant(repeated), tf.constant(vectors)).numpy()  # type: ignore[no-any-return]

    def _vector(self, cell: StyleMix) -> np.ndarray:
        """[1, 1, 1, 100]: from the content's own vector towards the mix of the styles', and beyond."""
        if not self._vectors:
            self._vectors = [self._of(style, number) for number, style in enumerate(self.styles)]
        mix = sum(share * vector for share, vector in zip(cell.shares, self._vectors, strict=True))
        if cell.strength == 1:
            return np.asarray(mix, np.float32)
        own = self._of(self.content, None)
        return np.asarray(own + np.float32(cell.strength) * (mix - own), np.float32)

    def _of(self, picture: Pixels, style: int | None) -> np.ndarray:
        """A picture's vector, remembered by what it was made of: a slider that moves costs no second look."""

        def look() -> np.ndarray:
            return self.module.style_vector(tf.constant(_read(picture, self.recipe, style is None))).numpy()  # type: ignore[no-any-return]

        return _remembered((id(self.module), *_name(picture, self.recipe, style)), look)


@dataclass(eq=False)
class _ByPicture:
    """Mixes finished pictures, pixel by pixel: all that is possible with a network that shows no vector."""

    module: Any
    read: Sequence[Pixels]
    blends: bool
    recipe: Recipe

    @property
    def most_px(self) -> int | None:
        return PICTURES_ONLY_PX

    @property
    def notes(self) -> tuple[str, ...]:
        told = []
        painted_at = self.recipe.render_edge_px or self.recipe.longest_edge_px
        if self.most_px is not None and painted_at > self.most_px and self.recipe.style_grid_size == 1:
            told.append(f"this network is run at up to {self.most_px} px: the picture was enlarged along its edges")
        if self.blends:
            told.append("this network shows no style vector: the styles' finished pictures are mixed instead")
        if self.recipe.strength != 1 or (self.recipe.style_grid_size > 1 and not self.blends):
            told.append("this network shows no style vector: strength mixes the picture with the photograph instead")
        return tuple(told)

    def paint(self, content: Pixels, cells: Sequence[StyleMix]) -> Pixels:
        needed = {i for cell in cells for i, share in enumerate(cell.shares) if share}
        painted = {i: self._whole(content, self.read[i]) for i in needed}
        mixes = (sum(s * painted[i] for i, s in enumerate(c.shares) if s) for c in cells)
        return np.concatenate([content + c.strength * (mix - content) for c, mix in zip(cells, mixes, strict=True)])

    def _whole(self, content: Pixels, style: Pixels) -> Pixels:
        answer = self.module(tf.constant(content), tf.constant(style))[0].numpy()
        return answer[:, : content.shape[1], : content.shape[2]]  # type: ignore[no-any-return] # multiples of 4 come


def _read(style: Pixels, recipe: Recipe, as_it_is: bool = False) -> Pixels:
    """A style at the size it is read at: larger shows the network larger strokes."""
    edge = recipe.style_edge_px * (1.0 if as_it_is else recipe.style_scale)
    return fit(style, max(16, round(edge)))


def _name(picture: Pixels, recipe: Recipe, style: int | None) -> tuple[Hashable, ...]:
    """What decides a vector. Recipes name their pictures by hash; others are told apart by all their pixels."""
    size = (recipe.style_edge_px, None if style is None else recipe.style_scale)
    if style is None and recipe.content and recipe.colour.colour_match == "none":
        return (recipe.content, *size)
    if style is not None and recipe.styles and recipe.colour.colour_match == "none":
        named = recipe.styles[style]
        return (named.sha256, named.crop, named.rotation_deg, *size)
    return (picture.shape, hash(np.ascontiguousarray(picture).tobytes()), *size)


_VECTORS: OrderedDict[tuple[Hashable, ...], np.ndarray] = OrderedDict()


def _remembered(name: tuple[Hashable, ...], make: Callable[[], np.ndarray]) -> np.ndarray:
    """The vector of that name, made if it is not among the last ones."""
    if name not in _VECTORS:
        _VECTORS[name] = make()
        if len(_VECTORS) > REMEMBERED:
            _VECTORS.popitem(last=False)
    _VECTORS.move_to_end(name)
    return _VECTORS[name]
