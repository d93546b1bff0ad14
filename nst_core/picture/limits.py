"""The limits of a picture file: formats, size in bytes and pixels, and the messages when a file exceeds them."""

from __future__ import annotations

from dataclasses import dataclass

from nst_core.errors import PictureError
from nst_core.settings import Settings

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF", "HEIF")
"""The formats that are opened, by Pillow's names. A file's content says which one it is, not its name."""
FORMATS_IN_WORDS = "PNG, JPEG, WebP, GIF, BMP, HEIC or AVIF"
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp"),
    *(".heic", ".heif", ".hif", ".avif"),
)
"""The usual endings of their names, for lists of files such as a folder's."""

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
    (b"II*\0\x10\0\0\0CR", 0, "a camera's raw file"),
    (b"II*\0", 0, "a TIFF, or a camera's raw file"),
    (b"MM\0*", 0, "a TIFF, or a camera's raw file"),
    (b"IIU\0", 0, "a camera's raw file"),
    (b"IIRO", 0, "a camera's raw file"),
    (b"IIRS", 0, "a camera's raw file"),
    (b"FUJIFILMCCD-RAW", 0, "a camera's raw file"),
    (b"FOVb", 0, "a camera's raw file"),
    (b"ftypcrx", 4, "a camera's raw file"),
    (b"PK\3\4", 0, "a zip archive"),
    (b"ftypavif", 4, "an AVIF"),
    (b"ftyphe", 4, "a HEIC photo"),
    (b"ftypmif1", 4, "a HEIC photo"),
    (b"ftyp", 4, "a video"),
    (b"\x1a\x45\xdf\xa3", 0, "a video"),
    (b"AVI ", 8, "an AVI video"),
    (b"FLV", 0, "a Flash video"),
    (b"\0\0\1\xba", 0, "an MPEG video"),
    (b"\x30\x26\xb2\x75", 0, "a Windows Media file"),
    (b"OggS", 0, "an Ogg file"),
    (b"ID3", 0, "an MP3"),
    (b"WAVE", 8, "a sound file"),
    (b"8BPS", 0, "a Photoshop file"),
    (b"8BPB", 0, "a Photoshop file"),
    (b"%!PS", 0, "a PostScript file"),
    (b"\0\0\1\0", 0, "an icon"),
    (b"\0\0\0\x0cjP  ", 0, "a JPEG 2000 file"),
    (b"\xff\x4f\xff\x51", 0, "a JPEG 2000 file"),
    (b"\xff\x0a", 0, "a JPEG XL file"),
    (b"\0\0\0\x0cJXL ", 0, "a JPEG XL file"),
    (b"v/1\1", 0, "an OpenEXR file"),
    (b"#?RADIANCE", 0, "a Radiance HDR file"),
    (b"gimp xcf", 0, "a GIMP file"),
)


_ADVICE = {
    "a PDF": "take a screenshot of the page, or export it as PNG",
    "an SVG drawing": "open it in a browser or a drawing program and export it as PNG",
    "a camera's raw file": "develop it in the camera's program and export it as JPEG",
    "a TIFF, or a camera's raw file": "open it in a photo program and export it as PNG or JPEG",
    "a web page": "save the picture itself, not the page around it",
    "a zip archive": "unpack it and choose a picture, or give it to a batch",
    **dict.fromkeys(
        ("a video", "an AVI video", "a Flash video", "an MPEG video", "a Windows Media file"),
        "save one of its frames as a picture, or paint the whole video as a film",
    ),
}
"""What to do with a file of another format, by its name above."""


def unreadable(data: bytes, otherwise: str = "something else") -> PictureError:
    """The error for a file that is no picture: it names the format that the first bytes show, or `otherwise`."""
    name = format_named(data, otherwise)
    advice = _ADVICE.get(name, "open it elsewhere and export it as PNG or JPEG")
    return PictureError(f"a picture must be a readable {FORMATS_IN_WORDS} file, got {name}; {advice}")


def damaged() -> PictureError:
    """The error for a file of a known format that its decoder cannot read."""
    return PictureError(
        f"a picture must be a readable {FORMATS_IN_WORDS} file, got one that is damaged; "
        "copy or download it again, or open it elsewhere and export it as PNG or JPEG"
    )


def format_named(data: bytes, otherwise: str = "something else") -> str:
    """What a file is by its first bytes, with its article; `otherwise` if they are of no format that is known here."""
    if "<svg" in data[:1024].decode("latin-1").lower():  # often behind an XML declaration
        return "an SVG drawing"
    start = data[:64].lstrip()
    for beginning in (data[:64], start):  # some magic bytes are white space
        for magic, offset, name in _OTHER_FORMATS:
            if beginning[offset:].lower().startswith(magic.lower()):
                return name
    return otherwise
