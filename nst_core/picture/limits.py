"""The limits of a picture file: formats, size in bytes and pixels, and the messages when a file exceeds them."""

from __future__ import annotations

from dataclasses import dataclass

from nst_core.errors import PictureError
from nst_core.settings import Settings

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")

LARGEST_RESULT_PX = 4096
"""The greatest `longest_edge_px` of a recipe: a JPEG is not decoded smaller than this."""


@dataclass(frozen=True)
class UploadLimits:
    """Limits for a picture file.

    Attributes:
        max_bytes: size of the file.
        max_pixels: width x height that its header may state.
        kept_pixels: a picture with more pixels is reduced to this number.
        least_side_px: of the shorter side.
        max_aspect: the longer side divided by the shorter.
    """

    max_bytes: int = Settings.picture_mb * 2**20
    max_pixels: int = Settings.picture_megapixels * 1_000_000
    kept_pixels: int = 16_800_000
    least_side_px: int = 32
    max_aspect: float = 8.0

    @classmethod
    def read(cls) -> UploadLimits:
        """The limits with the operator's settings."""
        settings = Settings.read()
        return cls(settings.picture_mb * 2**20, settings.picture_megapixels * 1_000_000)


def check_bytes(data: bytes, limits: UploadLimits) -> None:
    """Raises PictureError if a file is empty or too large."""
    if not data:
        raise PictureError("a picture file must not be empty, got 0 bytes; choose the file again")
    if len(data) > limits.max_bytes:
        raise PictureError(
            f"a picture file must be at most {limits.max_bytes / 2**20:g} MB, got {len(data) / 2**20:.1f} MB; "
            "save it as JPEG or make it smaller"
        )


def check_size(width: int, height: int, limits: UploadLimits) -> None:
    """Raises PictureError if a width and height in pixels are too large, too small or too elongated."""
    if width * height > limits.max_pixels:
        raise too_large(f"{width} x {height} px", limits)
    if min(width, height) < limits.least_side_px:
        raise PictureError(
            f"each side must be at least {limits.least_side_px} px, got {width} x {height} px; choose a larger picture"
        )
    if max(width, height) > limits.max_aspect * min(width, height):
        raise PictureError(
            f"the longer side must be at most {limits.max_aspect:g} times the shorter, got {width} x {height} px; "
            "crop the picture"
        )


def too_large(size: str, limits: UploadLimits) -> PictureError:
    """The error for a picture with too many pixels; `size` says how many."""
    return PictureError(
        f"a picture must have at most {limits.max_pixels / 1e6:g} megapixels, got {size}; "
        "make it smaller, 4000 px on the longer side are plenty"
    )


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
    (b"AVI ", 8, "an AVI video"),
    (b"FLV", 0, "a Flash video"),
    (b"\0\0\1\xba", 0, "an MPEG video"),
    (b"\x30\x26\xb2\x75", 0, "a Windows Media file"),
    (b"OggS", 0, "an Ogg file"),
    (b"ID3", 0, "an MP3"),
    (b"WAVE", 8, "a sound file"),
    (b"8BPS", 0, "a Photoshop file"),
    (b"\0\0\1\0", 0, "an icon"),
)


def unreadable(data: bytes, otherwise: str = "something else") -> PictureError:
    """The error for a file that is no picture: it names the format that the first bytes show, or `otherwise`."""
    return PictureError(
        f"a picture must be a readable PNG, JPEG, WebP, GIF or BMP file, got {format_named(data, otherwise)}; "
        "open it elsewhere and export it as PNG or JPEG"
    )


def format_named(data: bytes, otherwise: str = "something else") -> str:
    """What a file is by its first bytes, with its article; `otherwise` if they are of no format that is known here."""
    start = data[:64].lstrip()
    return next(
        (name for magic, offset, name in _OTHER_FORMATS if start[offset:].lower().startswith(magic.lower())), otherwise
    )
