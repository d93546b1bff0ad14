"""Decoding and checking of every picture from outside: bytes in, sRGB pixels or a PictureError out."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from dataclasses import dataclass, field

import numpy as np

# The WebP plugin is imported by name, so that Pillow does not import 40 other formats on the first upload.
from PIL import Image, UnidentifiedImageError, WebPImagePlugin  # noqa: F401

from nst_core.errors import PictureError
from nst_core.picture.decode import Bytes, to_srgb
from nst_core.picture.integrity import check_complete
from nst_core.picture.resize import resize, size_for
from nst_core.step import Pixels

# Set once for the whole process: `warnings.catch_warnings` around each upload is not thread-safe.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


@dataclass(frozen=True)
class UploadLimits:
    """Limits for an upload."""

    max_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 16_800_000
    least_side_px: int = 32
    max_aspect: float = 8.0


DEFAULT = UploadLimits()


@dataclass(frozen=True)
class Picture:
    """A checked picture: read-only pixels, and notes for the user.

    Attributes:
        pixels: uint8 [H, W, 3], sRGB, transparent parts composited on white.
        alpha: uint8 [H, W], 255 where opaque, or None if the picture is opaque.
        sha256: the content hash that recipes use, over height, width and the RGB bytes.
        notes: sentences for the user, such as "only the first of 12 frames is used".
    """

    pixels: Bytes = field(repr=False, compare=False)
    alpha: Bytes | None = field(repr=False, compare=False)
    sha256: str
    notes: tuple[str, ...] = ()

    @classmethod
    def from_pixels(cls, pixels: Bytes, alpha: Bytes | None = None, notes: tuple[str, ...] = ()) -> Picture:
        """A picture from uint8 pixels, [H, W, 3], and alpha, [H, W]; both are made read-only."""
        pixels = np.ascontiguousarray(pixels)
        pixels.flags.writeable = False
        if alpha is not None:
            alpha.flags.writeable = False
        digest = hashlib.sha256("{}x{}x{}:".format(*pixels.shape).encode())
        digest.update(pixels.data)
        return cls(pixels, alpha, digest.hexdigest(), notes)

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])

    def tensor(self, longest_edge_px: int | None = None) -> Pixels:
        """The pixels as float32 [1, h, w, 3] in [0, 1], resampled, up or down, to `longest_edge_px` if given."""
        full = self.pixels[None].astype(np.float32) / np.float32(255)
        if longest_edge_px is None:
            return full
        return resize(full, *size_for(self.width, self.height, longest_edge_px))


def open_picture(data: bytes, *, limits: UploadLimits = DEFAULT) -> Picture:
    """Check and decode an upload: PNG, JPEG, WebP, GIF or BMP, recognised by content.

    The header is checked before anything is decoded. Only the first frame of an animation is used. EXIF orientation
    and colour profile are applied; all other metadata is dropped.

    Raises:
        PictureError: the file is too large, of another format, damaged or cut off, or its size in pixels is refused.
    """
    _check_bytes(data, limits)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            kind = str(image.format)
            _check_size(*image.size, limits)
            frames = check_complete(data, kind, *image.size)
            image.load()
            pixels, alpha = to_srgb(image)
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        pixels_stated = re.search(r"\d+", str(error))
        stated_size = f"{int(pixels_stated[0]) / 1e6:.0f}" if pixels_stated else "far more"
        raise PictureError(_too_large(stated_size, limits)) from None
    except Exception as error:  # noqa: BLE001 - decoders raise any kind of error on damaged files
        raise PictureError(_unreadable(data, error)) from None
    return Picture.from_pixels(pixels, alpha, _notes(frames, kind, alpha))


def _check_bytes(data: bytes, limits: UploadLimits) -> None:
    if not data:
        raise PictureError("a picture file must not be empty, got 0 bytes; choose the file again")
    if len(data) > limits.max_bytes:
        raise PictureError(
            f"a picture file must be at most {limits.max_bytes / 2**20:g} MB, got {len(data) / 2**20:.1f} MB; "
            "save it as JPEG or make it smaller"
        )


def _check_size(width: int, height: int, limits: UploadLimits) -> None:
    if width * height > limits.max_pixels:
        raise PictureError(_too_large(f"{width} x {height} px", limits))
    if min(width, height) < limits.least_side_px:
        raise PictureError(
            f"each side must be at least {limits.least_side_px} px, got {width} x {height} px; choose a larger picture"
        )
    if max(width, height) > limits.max_aspect * min(width, height):
        raise PictureError(
            f"the longer side must be at most {limits.max_aspect:g} times the shorter, got {width} x {height} px; "
            "crop the picture"
        )


def _too_large(size: str, limits: UploadLimits) -> str:
    return (
        f"a picture must have at most {limits.max_pixels / 1e6:g} megapixels, got {size}; "
        "make it smaller, 2000 px on the longer side are plenty"
    )


def _notes(frames: int, kind: str, alpha: Bytes | None) -> tuple[str, ...]:
    notes = []
    if frames != 1:
        notes.append(f"only the first of {frames or 'many'} frames is used")
    if alpha is not None:
        notes.append("transparent parts are shown on white")
    return tuple(notes)


_OTHER_FORMATS = (  # magic bytes, their offset, and the name in the message
    (b"%PDF", 0, "a PDF"),
    (b"<svg", 0, "an SVG drawing"),
    (b"<!doctype html", 0, "a web page"),
    (b"<html", 0, "a web page"),
    (b"<?xml", 0, "an XML file"),
    (b"II*\0", 0, "a TIFF"),
    (b"MM\0*", 0, "a TIFF"),
    (b"PK\3\4", 0, "a zip archive"),
    (b"ftypavif", 4, "an AVIF"),
    (b"ftyphei", 4, "a HEIC photo"),
    (b"ftypmif1", 4, "a HEIC photo"),
    (b"ftyp", 4, "a video"),
    (b"8BPS", 0, "a Photoshop file"),
    (b"\0\0\1\0", 0, "an icon"),
)


def _unreadable(data: bytes, error: Exception) -> str:
    start = data[:64].lstrip()
    actual = next(
        (name for magic, offset, name in _OTHER_FORMATS if start[offset:].lower().startswith(magic.lower())), None
    )
    if actual is None and not isinstance(error, UnidentifiedImageError):
        actual = "one that is damaged"
    return (
        f"a picture must be a readable PNG, JPEG, WebP, GIF or BMP file, got {actual or 'something else'}; "
        "open it elsewhere and export it as PNG or JPEG"
    )
