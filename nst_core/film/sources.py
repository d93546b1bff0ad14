"""Recognises a film by its first bytes. For the process that decodes only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from nst_core.errors import FilmError
from nst_core.film.info import Clip, FilmInfo, FilmLimits
from nst_core.film.pace import TimedPicture
from nst_core.picture.limits import format_named

_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""The first boxes of a QuickTime film from before 2001, which has no `ftyp`."""
_PICTURES = (b"avif", b"heic", b"heix", b"mif1")
"""Brands of files that are built like an MP4 and hold a picture."""
_STILLS = ((b"\x89PNG", "a PNG picture"), (b"\xff\xd8\xff", "a JPEG picture"))


class FilmSource(Protocol):
    """A film's file."""

    info: FilmInfo
    step_seconds: float
    """What lies between most of its pictures."""

    def pictures(self, from_seconds: float, size: tuple[int, int]) -> Iterator[TimedPicture]:
        """The pictures of (width, height) in the order of their times, from `from_seconds` or before it."""
        ...

    def sound(self, clip: Clip, film_format: str) -> bytes:
        """The sound of a clip of a film that has some, as a file for a film of that format."""
        ...


def open_source(file: BinaryIO, limits: FilmLimits) -> FilmSource:
    """Check and describe a film. Raises FilmError, or any error of a decoder if the file is damaged."""
    head = file.read(4096)
    kind = kind_of(head)
    if kind is None:
        picture = next((name for magic, name in _STILLS if head.startswith(magic)), "something else")
        raise FilmError(
            f"a film must be an MP4, MOV, WebM, Matroska, GIF or WebP file, got {format_named(head, picture)}; "
            "convert it to MP4 (H.264)"
        )
    if kind == "WebP":
        from nst_core.film.animation import WebPFilm

        return WebPFilm(file, kind, limits)
    from nst_core.film.video import VideoFilm

    return VideoFilm(file, kind, limits)


def kind_of(head: bytes) -> str | None:
    """The format of a film from its first bytes, or None; the file's name does not matter."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return None if brand in _PICTURES else "MOV" if brand == b"qt  " else "MP4"
    if head[4:8] in _BOXES:
        return "MOV"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "WebM" if b"webm" in head[:64] else "Matroska"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    return None
