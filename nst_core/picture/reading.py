"""Decoding of a picture file in this process: bytes in, sRGB pixels or a PictureError out.

Files from outside are decoded in a process of their own (`nst_core.picture.decoder`), which calls this module.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import warnings
from dataclasses import dataclass, field

import numpy as np
import pillow_heif

# The plugins are imported by name, so that Pillow does not import 40 other formats on the first upload.
from PIL import AvifImagePlugin, Image, UnidentifiedImageError, WebPImagePlugin  # noqa: F401

from nst_core.errors import PictureError
from nst_core.picture.coverage import check_visible
from nst_core.picture.decode import Bytes, swaps_sides, to_srgb, to_srgb_at
from nst_core.picture.gamut import stated_profile
from nst_core.picture.header import read_header
from nst_core.picture.integrity import check_complete
from nst_core.picture.limits import (
    FORMATS,
    LARGEST_RESULT_PX,
    UploadLimits,
    check_bytes,
    check_size,
    damaged,
    too_large,
    unreadable,
)

# One thread each: a thread's memory counts against the limit of a decoder process, and its time too.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)

TRANSPARENT = "transparent parts stay transparent and are not painted"
"""The note of a picture with transparency."""

# Set once for the whole process: `warnings.catch_warnings` around each upload is not thread-safe.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Decoded:
    """A decoded picture file.

    Attributes:
        pixels: uint8 [H, W, 3], upright, sRGB, straight colours; see `nst_core.picture.coverage`.
        alpha: uint8 [H, W], 255 where opaque, or None if the picture is opaque.
        notes: sentences for the user, such as "only the first of 12 frames is used".
    """

    pixels: Bytes = field(repr=False)
    alpha: Bytes | None = field(repr=False)
    notes: tuple[str, ...]


def decode(data: bytes, limits: UploadLimits) -> Decoded:
    """Check and decode a picture file of `FORMATS`, recognised by content.

    The header and the structure are checked before anything is decoded. A picture of more than `limits.kept_pixels` is
    reduced to that number.

    Raises:
        PictureError: the file is too large, of another format, damaged or cut off, its size in pixels is refused, or
            all of it is transparent.
        MemoryError: it takes more memory than there is.
    """
    check_bytes(data, limits)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            kind = str(image.format)
            check_size(*image.size, limits)
            frames = check_complete(data, kind, *image.size)
            if not image.info.get("icc_profile") and (profile := stated_profile(data)):
                image.info["icc_profile"] = profile
            pixels, alpha, reduced = _pixels(image, limits)
            check_visible(alpha)
    except (PictureError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        pixels_stated = re.search(r"\d+", str(error))
        raise too_large(f"{int(pixels_stated[0]) / 1e6:.0f}" if pixels_stated else "far more", limits) from None
    except UnidentifiedImageError:
        # the decoders of HEIC and AVIF identify a file by reading most of its structure
        raise (damaged() if read_header(data) else unreadable(data)) from None
    except Exception as error:  # noqa: BLE001 - decoders raise any kind of error on damaged files
        if "memory" in str(error).lower():  # libheif has no error of its own for it
            raise MemoryError from None
        raise damaged() from None
    return Decoded(pixels, alpha, (*reduced, *_notes(frames, alpha)))


def pixel_hash(pixels: Bytes, alpha: Bytes | None = None) -> str:
    """The content hash that recipes use: SHA-256 over height, width, channels and bytes of uint8 [H, W, 3].

    With transparency, uint8 [H, W], over 4 channels: a picture and its flattened twin are two pictures.
    """
    height, width, channels = pixels.shape
    digest = hashlib.sha256(f"{height}x{width}x{channels if alpha is None else 4}:".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    if alpha is not None:
        digest.update(np.ascontiguousarray(alpha).data)
    return digest.hexdigest()


def _pixels(image: Image.Image, limits: UploadLimits) -> tuple[Bytes, Bytes | None, tuple[str, ...]]:
    """The pixels and alpha of an opened image, and a note if it was reduced."""
    width, height = image.size
    if width * height <= limits.kept_pixels:
        image.load()
        return *to_srgb(image), ()
    _draft(image)
    image.load()
    scale = math.sqrt(limits.kept_pixels / (image.width * image.height))
    at = (int(image.width * scale), int(image.height * scale))
    pixels, alpha = to_srgb(image) if scale >= 1 else to_srgb_at(image, *at)
    stated = (height, width) if swaps_sides(image) else (width, height)
    note = "reduced from {} x {} px to {} x {} px".format(*stated, pixels.shape[1], pixels.shape[0])
    return pixels, alpha, (note,)


def _draft(image: Image.Image) -> None:
    """Let a JPEG be decoded at 1/8, 1/4 or 1/2 of its size, if that is still as large as the largest result."""
    longest = max(image.size)
    shrink = next((factor for factor in (8, 4, 2) if longest // factor >= LARGEST_RESULT_PX), 1)
    if shrink > 1 and image.format in ("JPEG", "MPO"):
        image.draft(None, (image.width // shrink, image.height // shrink))


def _notes(frames: int, alpha: Bytes | None) -> tuple[str, ...]:
    notes = []
    if frames != 1:
        notes.append(f"only the first of {frames or 'many'} frames is used")
    if alpha is not None:
        notes.append(TRANSPARENT)
    return tuple(notes)
