"""Transparency: clear pixels are absent. A picture with transparency is [1, H, W, 4], straight colours and coverage.

Coverage is the weight of a pixel: 1 where it is opaque, 0 where it is clear. Colours are straight, never mixed with a
background. The colours that a file hides below clear pixels are replaced by those of the pixels around (`bleed`), so
that no filter, no convolution and no resampling can read them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nst_core.errors import PictureError
from nst_core.picture.resize import resize_plane
from nst_core.step import Pixels

Coverage = NDArray[np.float32]
"""Opacity of each pixel, float32 [H, W] in [0, 1]."""

_Bytes = NDArray[np.uint8]
_STRIP_ROWS = 256
"""Rows that are filled at once; even, so that blocks of 2 x 2 pixels stay whole."""


def has_coverage(picture: Pixels) -> bool:
    """Whether a picture, [1, H, W, C], has a channel for its transparency."""
    return int(picture.shape[-1]) == 4


def colours(picture: Pixels) -> Pixels:
    """The colours of [1, H, W, 3] or [1, H, W, 4]: [1, H, W, 3], contiguous; an opaque picture itself."""
    return np.ascontiguousarray(picture[..., :3]) if has_coverage(picture) else picture


def coverage(picture: Pixels) -> Coverage | None:
    """The coverage of [1, H, W, 4], [H, W] in [0, 1]; None for an opaque picture, [1, H, W, 3]."""
    return np.ascontiguousarray(picture[0, :, :, 3]) if has_coverage(picture) else None


def covered(picture: Pixels, by: Coverage | None) -> Pixels:
    """Colours [1, H, W, 3] with their coverage [H, W]: [1, H, W, 4]; `picture` itself without one."""
    return picture if by is None else np.concatenate([picture, by[None, :, :, None].astype(np.float32)], axis=-1)


def visible_part(picture: Pixels) -> Pixels:
    """The smallest part of [1, H, W, 4] that has all that can be seen; an opaque picture itself.

    Raises PictureError if nothing can be seen.
    """
    cover = coverage(picture)
    if cover is None:
        return picture
    if not cover.any():
        raise PictureError("the part of a style that is used must not be transparent everywhere; take another part")
    rows, columns = (np.flatnonzero(cover.any(axis=axis)) for axis in (1, 0))
    return picture[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def on_white(picture: Pixels, by: Coverage | None) -> Pixels:
    """Colours [1, H, W, 3] on white, where coverage [h, w] of any size lets it through; itself without coverage."""
    if by is None:
        return picture
    share = resize_plane(by, picture.shape[2], picture.shape[1])[None, :, :, None]
    return np.asarray(1 - share * (1 - picture), np.float32)


def check_visible(alpha: _Bytes | None) -> None:
    """Raise PictureError if nothing of a picture can be seen; `alpha` is uint8 [H, W], or None if it is opaque."""
    if alpha is not None and not alpha.any():
        raise PictureError(
            "a picture must have a part that is not transparent, but this one is clear everywhere; choose another one"
        )


def bleed(pixels: _Bytes, alpha: _Bytes) -> _Bytes:
    """Replace the colours of clear pixels by those around, in place: the nearest opaque ones, blurred with distance.

    A pyramid of means over 2 x 2 pixels, weighted by coverage; each level fills what it has from the next one. Other
    pixels keep their colours, whatever is below clear ones.

    Args:
        pixels: uint8 [H, W, 3].
        alpha: uint8 [H, W]; where it is 0, colours are replaced.
    """
    if not (alpha == 0).any() or not alpha.any():
        return pixels
    filled = _filled(*_halved(pixels, alpha))
    for top in range(0, len(pixels), _STRIP_ROWS):
        strip, clear = pixels[top : top + _STRIP_ROWS], alpha[top : top + _STRIP_ROWS] == 0
        rows, columns = np.nonzero(clear)
        strip[clear] = np.round(filled[(rows + top) // 2, columns // 2]).astype(np.uint8)
    return pixels


def _halved(pixels: _Bytes, alpha: _Bytes) -> tuple[np.ndarray, np.ndarray]:
    """Sums over blocks of 2 x 2 pixels: colours times coverage [h, w, 3] and coverage [h, w], in strips."""
    parts = []
    for top in range(0, len(pixels), _STRIP_ROWS):
        weight = alpha[top : top + _STRIP_ROWS].astype(np.float32)
        parts.append((_pooled(pixels[top : top + _STRIP_ROWS] * weight[..., None]), _pooled(weight)))
    sums, weights = zip(*parts, strict=True)
    return np.concatenate(sums), np.concatenate(weights)


def _pooled(values: np.ndarray) -> np.ndarray:
    """Sums over blocks of 2 x 2 pixels of [H, W] or [H, W, C]; a block at an odd edge has less."""
    height, width = values.shape[:2]
    padded = np.pad(values, [(0, height % 2), (0, width % 2), *[(0, 0)] * (values.ndim - 2)])
    return padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]  # type: ignore[no-any-return]


def _filled(sums: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Colours [h, w, 3], 0 to 255, of weighted sums [h, w, 3]; where the weight [h, w] is 0, of coarser levels."""
    known = weights > 0
    own: np.ndarray = sums / np.where(known, weights, 1)[..., None]
    if known.all():
        return own
    coarse = _filled(_pooled(sums), _pooled(weights))
    size = own.shape[1], own.shape[0]
    planes = [Image.fromarray(coarse[..., c]).resize(size, Image.Resampling.BILINEAR) for c in range(3)]
    own[~known] = np.stack([np.asarray(plane) for plane in planes], axis=-1)[~known]
    return own
