"""Masks: soft regions of the content. White is inside, black outside, grey in between."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from nst_core.errors import PictureError
from nst_core.picture.resize import resize, size_for
from nst_core.picture.upload import Picture, open_own

Weights = NDArray[np.float32]
"""A weight for each pixel, float32 [H, W]: 1 inside the mask, 0 outside."""

MIN_WEIGHT = 1 / 255
"""Smallest weight above 0 in an 8-bit mask; a mask that is below it everywhere is empty."""

ROUNDING_PX = 2
"""Allowed difference between a mask's sides and the content's at one size: both were rounded to pixels once."""

MAX_FEATHER_PX = 512


@dataclass(frozen=True)
class Mask:
    """A checked mask.

    Attributes:
        weights: float32 [H, W] in [0, 1], read-only.
        sha256: the content hash that recipes use, over height, width and 8-bit weights of the source picture; it does
            not depend on the size at which the mask is used.
    """

    weights: Weights = field(repr=False, compare=False)
    sha256: str

    @classmethod
    def from_weights(cls, weights: Weights) -> Mask:
        """A mask from weights, [H, W] in [0, 1], rounded to 8 bits as in its file. Raises PictureError if empty."""
        return cls._from_levels(np.round(np.clip(weights, 0, 1) * 255).astype(np.uint8))

    @classmethod
    def _from_levels(cls, levels: NDArray[np.uint8], size: tuple[int, int] | None = None) -> Mask:
        """A mask from uint8 [H, W], resampled to `size` (width, height) if given. Raises PictureError if empty."""
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
    """Decode a mask of the user of this process, checked like any picture, and resample it to the content's size.

    If the picture has transparent parts, its opacity is the mask and its colours are ignored: this suits a region
    brushed on an empty layer. Otherwise its luminance is the mask: 0.299 R + 0.587 G + 0.114 B.

    Args:
        data: PNG, JPEG, WebP, GIF, BMP, HEIC or AVIF.
        content_size: (width, height) of the content, in pixels, at any scale.

    Raises:
        PictureError: the file is no usable picture, has another shape than the content, or is an empty mask.
    """
    return mask_of(open_own(data), content_size)


def mask_of(picture: Picture, content_size: tuple[int, int]) -> Mask:
    """The mask that a checked picture shows; see `open_mask`."""
    _check_shape((picture.width, picture.height), content_size)
    levels = picture.alpha if picture.alpha is not None else np.asarray(Image.fromarray(picture.pixels).convert("L"))
    return Mask._from_levels(levels, content_size)


def at_size(weights: Weights, width: int, height: int) -> Weights:
    """Resample weights like a picture: [H, W] -> [height, width]."""
    if weights.shape == (height, width):
        return weights
    grey = np.broadcast_to(weights[None, :, :, None], (1, *weights.shape, 3))
    return np.ascontiguousarray(resize(grey, width, height)[0, :, :, 0])


def feather(mask: Mask, px: float) -> Mask:
    """Soften the edge of a mask with a Gaussian of standard deviation `px`, in pixels of the mask.

    The result is a new mask with its own hash, so that a recipe names the mask that was used.

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
    """Turn region masks into layers that sum to 1 at every pixel: one for each mask, and the rest last.

    Where the masks sum to less than 1, each mask is its own layer and the rest fills up to 1: there the run's ordinary
    mix of styles holds. Where they sum to more than 1, they share the pixel in proportion and the rest is 0.

    Args:
        masks: N masks, each [H, W] in [0, 1].

    Returns:
        N + 1 layers, each [H, W] in [0, 1]; none if there are no masks.

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
        if not mask.any():  # not MIN_WEIGHT: a small region may be faint at a small size
            raise PictureError(f"mask {number} of {len(masks)} must not be empty; paint its region white or remove it")
    total = np.sum(masks, axis=0, dtype=np.float32)
    over = np.maximum(total, 1)
    layers = [(mask / over).astype(np.float32) for mask in masks]
    return [*layers, np.clip(1 - total, 0, 1)]


def _check_shape(mask: tuple[int, int], content: tuple[int, int]) -> None:
    """Raise PictureError unless the larger of the two, resized to the smaller's longest edge, has its size."""
    small, large = sorted((mask, content), key=max)
    expected = size_for(*large, max(small))
    if any(abs(e - s) > ROUNDING_PX for e, s in zip(expected, small, strict=True)):
        raise PictureError(
            f"a mask must have the content's shape, {content[0]} x {content[1]} px or a multiple of it, got "
            f"{mask[0]} x {mask[1]} px; crop or draw it on the content"
        )


def _size(mask: Weights) -> str:
    return f"{mask.shape[1]} x {mask.shape[0]} px"
