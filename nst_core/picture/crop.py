"""Which part of a picture is looked at: cut out, then turned."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from nst_core.errors import PictureError, RecipeError
from nst_core.picture.decode import Bytes
from nst_core.picture.frame import WHOLE
from nst_core.picture.resize import LEAST_SIDE_PX
from nst_core.picture.upload import DEFAULT, Picture, UploadLimits
from nst_core.step import Pixels

_ROUNDING = 1e-9


def framed(style: Pixels, crop: Sequence[float] = WHOLE, rotation_deg: float = 0.0) -> Pixels:
    """The part of a style that a run looks at: cropped first, then turned, and nothing but paint in it.

    A turned picture leaves empty corners, which a network would take for a part of the style: what is kept is the
    largest upright rectangle about its centre that has none. Multiples of 90 degrees move pixels and change none.

    Args:
        style: [1, H, W, 3] in [0, 1].
        crop: left, top, right, bottom as shares of its width and height.
        rotation_deg: turned clockwise by so many degrees.

    Returns:
        [1, h, w, 3] in [0, 1], with (w, h) of `framed_size`; `style` itself where nothing is cut or turned.

    Raises:
        RecipeError: less than 16 px of a side would be left.
    """
    if tuple(crop) == WHOLE and rotation_deg == 0:
        return style
    width, height = framed_size(style.shape[2], style.shape[1], crop, rotation_deg)
    left, top, right, bottom = _box(style.shape[2], style.shape[1], crop)
    part = style[:, top:bottom, left:right]
    if rotation_deg % 90 == 0:
        return np.ascontiguousarray(np.rot90(part, -int(rotation_deg // 90), axes=(1, 2)))
    return _turned(part, width, height, math.radians(rotation_deg))


def framed_size(width: int, height: int, crop: Sequence[float] = WHOLE, rotation_deg: float = 0.0) -> tuple[int, int]:
    """The (width, height) in pixels of what `framed` makes of a picture that large. Raises RecipeError as it does."""
    if tuple(crop) == WHOLE and rotation_deg == 0:
        return width, height
    left, top, right, bottom = _box(width, height, crop)
    width, height = _largest(right - left, bottom - top, rotation_deg)
    if min(width, height) < LEAST_SIDE_PX:
        raise RecipeError(
            f"a style's part must be at least {LEAST_SIDE_PX} px on each side once it is cropped and turned, got "
            f"{width} x {height} px; take a larger part, turn it less, or choose a larger picture"
        )
    return width, height


def framed_picture(
    picture: Picture, crop: Sequence[float] = WHOLE, rotation_deg: float = 0.0, *, limits: UploadLimits = DEFAULT
) -> Picture:
    """The part of a photograph that a run is to see, as a picture of its own with its own hash.

    As `framed`, but in the picture's 8 bits, so that a large photograph takes no memory as floats, and with its
    transparency; `picture` itself where nothing is cut or turned.

    Args:
        picture: the photograph.
        crop: left, top, right, bottom as shares of its width and height.
        rotation_deg: turned clockwise by so many degrees.
        limits: what is left must be as large, and no more elongated, than an upload must be.

    Raises:
        PictureError: too little would be left.
    """
    if tuple(crop) == WHOLE and rotation_deg == 0:
        return picture
    left, top, right, bottom = _box(picture.width, picture.height, crop)
    width, height = _largest(right - left, bottom - top, rotation_deg)
    least, most = sorted((width, height))
    if least < limits.least_side_px or most > limits.max_aspect * least:
        raise PictureError(
            f"the part of a photograph must be at least {limits.least_side_px} px on each side and at most "
            f"{limits.max_aspect:g} times as long as wide, got {width} x {height} px; take a larger part, or turn it "
            "less"
        )
    box = slice(top, bottom), slice(left, right)
    alpha = None if picture.alpha is None else _turned_bytes(picture.alpha[box], width, height, rotation_deg)
    return Picture.from_pixels(_turned_bytes(picture.pixels[box], width, height, rotation_deg), alpha, picture.notes)


def came_from(
    width: int, height: int, crop: Sequence[float] = WHOLE, rotation_deg: float = 0.0
) -> tuple[float, float, float, float, float, float]:
    """The affine map from a framed picture to its original of this size.

    Returns:
        a, b, c, d, e, f with x = a x' + b y' + c and y = d x' + e y' + f, in pixels from the upper left corner.
    """
    left, top, right, bottom = _box(width, height, crop)
    after = _largest(right - left, bottom - top, rotation_deg)
    a, b, c, d, e, f = _back((right - left, bottom - top), after, math.radians(rotation_deg))
    return a, b, c + left, d, e, f + top


def _box(width: int, height: int, crop: Sequence[float]) -> tuple[int, int, int, int]:
    left, top, right, bottom = crop
    return round(left * width), round(top * height), round(right * width), round(bottom * height)


def _largest(width: int, height: int, rotation_deg: float) -> tuple[int, int]:
    """Sides of the largest upright rectangle within a turned picture, in whole pixels.

    a x b fits if a cos + b sin <= width and a sin + b cos <= height. The most under one of these alone has both terms
    equal; where that breaks the other, the most lies where both hold with equality.
    """
    if rotation_deg % 90 == 0 or not min(width, height):
        return (height, width) if rotation_deg % 180 else (width, height)
    sine, cosine = abs(math.sin(math.radians(rotation_deg))), abs(math.cos(math.radians(rotation_deg)))
    thin = 2 * sine * cosine + _ROUNDING  # at 45 degrees a square must count as thin: its both is 0
    if width <= height * thin:
        a, b = width / (2 * cosine), width / (2 * sine)
    elif height <= width * thin:
        a, b = height / (2 * sine), height / (2 * cosine)
    else:
        both = cosine**2 - sine**2
        a, b = (width * cosine - height * sine) / both, (height * cosine - width * sine) / both
    return int(a + _ROUNDING), int(b + _ROUNDING)


def _turned(part: Pixels, width: int, height: int, angle: float) -> Pixels:
    """The middle of a picture turned clockwise by `angle`, in radians, [1, height, width, 3]: each pixel read once."""
    back = _back((part.shape[2], part.shape[1]), (width, height), angle)
    planes = [
        Image.fromarray(np.ascontiguousarray(part[0, :, :, c])).transform(
            (width, height), Image.Transform.AFFINE, back, Image.Resampling.BICUBIC
        )
        for c in range(3)
    ]
    return np.clip(np.stack([np.asarray(plane, np.float32) for plane in planes], axis=-1)[None], 0.0, 1.0)


def _turned_bytes(part: Bytes, width: int, height: int, rotation_deg: float) -> Bytes:
    """The same of uint8 [H, W, 3] or [H, W]; by right angles without any rounding."""
    if rotation_deg % 90 == 0:
        return np.ascontiguousarray(np.rot90(part, -int(rotation_deg // 90)))
    back = _back((part.shape[1], part.shape[0]), (width, height), math.radians(rotation_deg))
    image = Image.fromarray(np.ascontiguousarray(part))
    return np.array(image.transform((width, height), Image.Transform.AFFINE, back, Image.Resampling.BICUBIC))


def _back(
    before: tuple[int, int], after: tuple[int, int], angle: float
) -> tuple[float, float, float, float, float, float]:
    """Where a turned picture's pixels come from, for Pillow; sizes are (width, height), the angle in radians."""
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
