"""Masks: soft parts of the content, as pictures. White is inside, black outside, grey in between."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from nst_core.errors import PictureError
from nst_core.picture.resize import resize, size_for
from nst_core.picture.upload import open_picture

Weights = NDArray[np.float32]
"""How far each pixel is inside: float32 [H, W] in [0, 1]."""

MIN_WEIGHT = 1 / 255
"""The least weight an 8-bit mask can hold: below it everywhere, a mask is empty."""

ROUNDING_PX = 2
"""How far the sides of a mask may be from the content's shape: two roundings, the content's and the mask's."""

MAX_FEATHER_PX = 512


@dataclass(frozen=True)
class Mask:
    """A mask past the door.

    Attributes:
        weights: float32 [H, W] in [0, 1], read-only.
        sha256: what recipes name it by, over height, width and 8-bit weights of the picture it came from; the same
            whatever size it is used at.
    """

    weights: Weights = field(repr=False, compare=False)
    sha256: str

    @classmethod
    def from_weights(cls, weights: Weights) -> Mask:
        """A mask of our own weights, [H, W] in [0, 1], rounded to the 8 bits that its hash and its file hold."""
        return cls._from_levels(np.round(np.clip(weights, 0, 1) * 255).astype(np.uint8))

    @classmethod
    def _from_levels(cls, levels: NDArray[np.uint8], size: tuple[int, int] | None = None) -> Mask:
        """Of uint8 [H, W]; at `size` (width, height) if that is given. Raises PictureError if nothing is inside."""
        digest = hashlib.sha256("mask {}x{}:".format(*levels.shape).encode())
        digest.update(np.ascontiguousarray(levels).data)
        weights = levels.astype(np.float32) / np.float32(255)
        if size is not None:
            weights = at_size(weights, *size)
        if weights.max() < MIN_WEIGHT:
            raise PictureError(
                "a mask must have some part that is not black, got one that is empty; paint its region white"
            )
        weights.flags.writeable = False
        return cls(weights, digest.hexdigest())


def open_mask(data: bytes, content_size: tuple[int, int]) -> Mask:
    """Decode an uploaded mask through the door for pictures, and bring it to the content's size.

    Where any of it is transparent, opacity is the mask, whatever the paint: a region brushed on an empty layer. Else
    luminance is: 0.299 R + 0.587 G + 0.114 B.

    Args:
        data: PNG, JPEG, WebP, GIF or BMP.
        content_size: (width, height) to be masked, in pixels: the content's own or any at which it is worked.

    Raises:
        PictureError: no usable picture, of another shape than the content, or empty.
    """
    picture = open_picture(data)
    _check_shape((picture.width, picture.height), content_size)
    levels = picture.alpha if picture.alpha is not None else np.asarray(Image.fromarray(picture.pixels).convert("L"))
    return Mask._from_levels(levels, content_size)


def at_size(weights: Weights, width: int, height: int) -> Weights:
    """Weights resampled as pictures are: [H, W] -> [height, width]."""
    if weights.shape == (height, width):
        return weights
    grey = np.broadcast_to(weights[None, :, :, None], (1, *weights.shape, 3))
    return np.ascontiguousarray(resize(grey, width, height)[0, :, :, 0])


def feather(mask: Mask, px: float) -> Mask:
    """The mask with a soft edge: a Gaussian of standard deviation `px`, in pixels of its weights.

    It is a mask of its own, with its own hash: a recipe names what was used.

    Raises:
        PictureError: `px` is out of range, or so large that nothing of the mask is left.
    """
    if not 0 <= px <= MAX_FEATHER_PX:
        raise PictureError(f"a mask's feather must be between 0 and {MAX_FEATHER_PX} px, got {px:g}")
    if px == 0:
        return mask
    levels = Image.fromarray(np.round(mask.weights * 255).astype(np.uint8))
    soft = np.asarray(levels.filter(ImageFilter.GaussianBlur(px)))
    if not soft.any():
        raise PictureError(f"a feather of {px:g} px leaves nothing of this mask; choose a smaller one")
    return Mask.from_weights(soft.astype(np.float32) / np.float32(255))


def partition(masks: Sequence[Weights]) -> list[Weights]:
    """Region masks as layers that sum to 1 at every pixel: one for each mask, and the rest last.

    Where masks together stay below 1, each is its own layer and the rest takes what is missing: there the run's
    ordinary mix of styles holds. Where they overlap to more than 1, they share the pixel in proportion and there is no
    rest. No masks are no layers.

    Args:
        masks: N masks, each [H, W] in [0, 1].

    Returns:
        N + 1 layers, each [H, W] in [0, 1].

    Raises:
        PictureError: the masks differ in size, or one of them is empty.
    """
    if not masks:
        return []
    for number, mask in enumerate(masks, 1):
        if mask.shape != masks[0].shape:
            raise PictureError(
                f"all masks must be of one size, got {_size(masks[0])} and, as number {number}, {_size(mask)}"
            )
        if not mask.any():  # not LEAST: a small part of the content may be faint at a small size
            raise PictureError(f"mask {number} of {len(masks)} must not be empty; paint its region white or remove it")
    total = np.sum(masks, axis=0, dtype=np.float32)
    over = np.maximum(total, 1)
    layers = [(mask / over).astype(np.float32) for mask in masks]
    return [*layers, np.clip(1 - total, 0, 1)]


def _check_shape(mask: tuple[int, int], content: tuple[int, int]) -> None:
    """Raises PictureError unless the larger of the two, brought to the smaller's longest edge, is as large."""
    small, large = sorted((mask, content), key=max)
    expected = size_for(*large, max(small))
    if any(abs(e - s) > ROUNDING_PX for e, s in zip(expected, small, strict=True)):
        raise PictureError(
            f"a mask must have the content's shape, {content[0]} x {content[1]} px or a multiple of it, got "
            f"{mask[0]} x {mask[1]} px; crop or draw it on the content"
        )


def _size(mask: Weights) -> str:
    return f"{mask.shape[1]} x {mask.shape[0]} px"
