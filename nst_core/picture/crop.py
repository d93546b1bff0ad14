"""Cropping and rotating: the part of a picture that a run uses is cut out first, then rotated."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from nst_core.errors import PictureError, RecipeError
from nst_core.picture.coverage import check_visible
from nst_core.picture.decode import Bytes
from nst_core.picture.frame import WHOLE
from nst_core.picture.resize import MIN_SIDE_PX, fit
from nst_core.picture.upload import DEFAULT, Picture, UploadLimits, preview_of
from nst_core.step import Pixels

_ROUNDING = 1e-9


def crop_style(style: Pixels, crop: Sequence[float] = WHOLE, rotation_deg: float = 0.0) -> Pixels:
    """Crop and rotate a style.

    Rotation leaves empty corners, which a network would read as part of the style. The result is therefore the largest
    upright rectangle around the centre without empty corners. Rotations by multiples of 90 degrees are lossless.

    Args:
        style: [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage.
        crop: left, top, right, bottom as shares of its width and height.
        rotation_deg: turned clockwise by so many degrees.

    Returns:
        [1, h, w, C] in [0, 1], with (w, h) of `cropped_size`; `style` itself if nothing is cropped or rotated.

    Raises:
        RecipeError: a side of the result would be shorter than 16 px.
    """
    if tuple(crop) == WHOLE and rotation_deg == 0:
        return style
    cropped_size(style.shape[2], style.shape[1], crop, rotation_deg)  # raises if the part is too small
    left, top, right, bottom = _box(style.shape[2], style.shape[1], crop)
    return _rotated(style[:, top:bottom, left:right], rotation_deg)


def middle_of_shape(picture: Pixels, width: int, height: int) -> Pixels:
    """The largest middle part of a picture with the aspect ratio of (width, height).

    The picture itself if its shape is that one, up to a pixel of rounding.

    Args:
        picture: [1, H, W, C].
        width, height: the wanted shape, of any size.
    """
    _, own_height, own_width, _ = picture.shape
    scale = min(own_width / width, own_height / height)
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    if own_width - across <= 1 and own_height - down <= 1:
        return picture
    left, top = (own_width - across) // 2, (own_height - down) // 2
    return picture[:, top : top + down, left : left + across]


def preview_style(style: Picture, crop: Sequence[float], rotation_deg: float, longest_edge_px: int) -> Pixels:
    """The result of `crop_style` for display; takes little memory for a style of any size.

    Returns:
        float32 [1, h, w, 3] in [0, 1], or with transparency [1, h, w, 4], at most `longest_edge_px` long; a smaller
        part keeps its size.

    Raises:
        RecipeError: as `crop_style`.
    """
    part = cropped_size(style.width, style.height, crop, rotation_deg)
    left, top, right, bottom = _box(style.width, style.height, crop)
    longest = max(right - left, bottom - top)
    enough = longest_edge_px * longest // max(part)  # the rotation cuts off the rest
    alpha = None if style.alpha is None else np.ascontiguousarray(style.alpha[top:bottom, left:right])
    pixels = preview_of(style.pixels[top:bottom, left:right], min(longest, enough), alpha)
    if rotation_deg:
        pixels = _rotated(pixels, rotation_deg)
    return fit(pixels, longest_edge_px) if max(pixels.shape[1:3]) > longest_edge_px else pixels


def cropped_size(width: int, height: int, crop: Sequence[float] = WHOLE, rotation_deg: float = 0.0) -> tuple[int, int]:
    """The (width, height) in pixels of the result of `crop_style`, for a picture of this size. Raises RecipeError."""
    if tuple(crop) == WHOLE and rotation_deg == 0:
        return width, height
    left, top, right, bottom = _box(width, height, crop)
    width, height = _largest_rectangle(right - left, bottom - top, rotation_deg)
    if min(width, height) < MIN_SIDE_PX:
        raise RecipeError(
            f"a style's part must be at least {MIN_SIDE_PX} px on each side once it is cropped and turned, got "
            f"{width} x {height} px; take a larger part, turn it less, or choose a larger picture"
        )
    return width, height


def crop_picture(
    picture: Picture, crop: Sequence[float] = WHOLE, rotation_deg: float = 0.0, *, limits: UploadLimits = DEFAULT
) -> Picture:
    """Crop and rotate a photograph: a new `Picture` with its own hash.

    Like `crop_style`, but on 8-bit pixels, to save memory, and with transparency.

    Args:
        picture: the photograph.
        crop: left, top, right, bottom as shares of its width and height.
        rotation_deg: turned clockwise by so many degrees.
        limits: the result must meet the limits of uploads on side length and aspect.

    Returns:
        The cropped picture; `picture` itself if nothing is cropped or rotated.

    Raises:
        PictureError: the result would be too small, too elongated or transparent everywhere.
    """
    if tuple(crop) == WHOLE and rotation_deg == 0:
        return picture
    left, top, right, bottom = _box(picture.width, picture.height, crop)
    width, height = _largest_rectangle(right - left, bottom - top, rotation_deg)
    least, most = sorted((width, height))
    if least < limits.least_side_px or most > limits.max_aspect * least:
        raise PictureError(
            f"the part of a photograph must be at least {limits.least_side_px} px on each side and at most "
            f"{limits.max_aspect:g} times as long as wide, got {width} x {height} px; take a larger part, or turn it "
            "less"
        )
    box = slice(top, bottom), slice(left, right)
    alpha = None if picture.alpha is None else _rotate_bytes(picture.alpha[box], width, height, rotation_deg)
    check_visible(alpha)
    return Picture.from_pixels(_rotate_bytes(picture.pixels[box], width, height, rotation_deg), alpha, picture.notes)


def came_from(
    width: int, height: int, crop: Sequence[float] = WHOLE, rotation_deg: float = 0.0
) -> tuple[float, float, float, float, float, float]:
    """The affine map from a framed picture to its original of this size.

    Returns:
        a, b, c, d, e, f with x = a x' + b y' + c and y = d x' + e y' + f, in pixels from the upper left corner.
    """
    left, top, right, bottom = _box(width, height, crop)
    after = _largest_rectangle(right - left, bottom - top, rotation_deg)
    a, b, c, d, e, f = _inverse_rotation((right - left, bottom - top), after, math.radians(rotation_deg))
    return a, b, c + left, d, e, f + top


def _box(width: int, height: int, crop: Sequence[float]) -> tuple[int, int, int, int]:
    left, top, right, bottom = crop
    return round(left * width), round(top * height), round(right * width), round(bottom * height)


def _largest_rectangle(width: int, height: int, rotation_deg: float) -> tuple[int, int]:
    """Width and height in pixels of the largest upright rectangle within a rotated picture.

    A rectangle a x b fits if a cos + b sin <= width and a sin + b cos <= height. Under one condition alone, the area is
    greatest where both its terms are equal. If that violates the other condition, both hold with equality.
    """
    if rotation_deg % 90 == 0 or not min(width, height):
        return (height, width) if rotation_deg % 180 else (width, height)
    sine, cosine = abs(math.sin(math.radians(rotation_deg))), abs(math.cos(math.radians(rotation_deg)))
    thin = 2 * sine * cosine + _ROUNDING  # a square at 45 degrees must count as thin, because `both` is 0 there
    if width <= height * thin:
        a, b = width / (2 * cosine), width / (2 * sine)
    elif height <= width * thin:
        a, b = height / (2 * sine), height / (2 * cosine)
    else:
        both = cosine**2 - sine**2
        a, b = (width * cosine - height * sine) / both, (height * cosine - width * sine) / both
    return int(a + _ROUNDING), int(b + _ROUNDING)


def _rotated(part: Pixels, rotation_deg: float) -> Pixels:
    """A part, [1, H, W, C], rotated clockwise; the corners that a rotation leaves empty are cut off."""
    if rotation_deg % 90 == 0:
        return np.ascontiguousarray(np.rot90(part, -int(rotation_deg // 90), axes=(1, 2)))
    size = _largest_rectangle(part.shape[2], part.shape[1], rotation_deg)
    return _rotate(part, *size, math.radians(rotation_deg))


def _rotate(part: Pixels, width: int, height: int, angle: float) -> Pixels:
    """Rotate a picture clockwise by `angle`, in radians, and cut out its middle, [1, height, width, C]."""
    back = _inverse_rotation((part.shape[2], part.shape[1]), (width, height), angle)
    planes = [
        Image.fromarray(np.ascontiguousarray(part[0, :, :, c])).transform(
            (width, height), Image.Transform.AFFINE, back, Image.Resampling.BICUBIC
        )
        for c in range(part.shape[3])
    ]
    return np.clip(np.stack([np.asarray(plane, np.float32) for plane in planes], axis=-1)[None], 0.0, 1.0)


def _rotate_bytes(part: Bytes, width: int, height: int, rotation_deg: float) -> Bytes:
    """Rotate uint8 [H, W, 3] or [H, W] like `_rotate`, by an angle in degrees; lossless for right angles."""
    if rotation_deg % 90 == 0:
        return np.ascontiguousarray(np.rot90(part, -int(rotation_deg // 90)))
    back = _inverse_rotation((part.shape[1], part.shape[0]), (width, height), math.radians(rotation_deg))
    turned = np.empty((height, width, *part.shape[2:]), np.uint8)
    # One channel after another, which takes a third of the memory.
    for source, target in zip(_channels(part), _channels(turned), strict=True):
        image = Image.fromarray(np.ascontiguousarray(source))
        target[...] = np.asarray(
            image.transform((width, height), Image.Transform.AFFINE, back, Image.Resampling.BICUBIC)
        )
    return turned


def _channels(part: Bytes) -> list[Bytes]:
    """Views of the channels, each [H, W], of uint8 [H, W, 3] or [H, W]."""
    return [part] if part.ndim == 2 else [part[:, :, channel] for channel in range(part.shape[2])]


def _inverse_rotation(
    before: tuple[int, int], after: tuple[int, int], angle: float
) -> tuple[float, float, float, float, float, float]:
    """Pillow's affine coefficients: for each pixel of the rotated picture, its position in the original.

    Sizes are (width, height), the angle is in radians.
    """
    sine, cosine = math.sin(angle), math.cos(angle)
    across, down = after[0] / 2, after[1] / 2
    return (
        cosine,
        sine,
        before[0] / 2 - cosine * across - sine * down,
        -sine,
        cosine,
        before[1] / 2 + sine * across - cosine * down,
    )
