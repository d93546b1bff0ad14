"""Decoding and checking of every picture from outside: bytes in, sRGB pixels or a PictureError out."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from PIL import Image

from nst_core.errors import PictureError
from nst_core.picture.coverage import covered
from nst_core.picture.decode import Bytes
from nst_core.picture.decoder_messages import DecoderAnswer
from nst_core.picture.decoder_pool import pool
from nst_core.picture.encode import to_png
from nst_core.picture.header import read_header
from nst_core.picture.limits import FORMATS, UploadLimits, check_bytes, check_size, unreadable
from nst_core.picture.reading import decode, pixel_hash
from nst_core.picture.resize import plane_of, preview, resize_covered, resize_plane, size_for
from nst_core.settings import Settings
from nst_core.step import Pixels
from nst_core.system import mapped_files

__all__ = ["DEFAULT", "FORMATS", "Picture", "UploadLimits", "kept_on_disk", "open_own", "open_picture"]

DEFAULT = UploadLimits()

SHOWN_PX = 384
"""Greatest longest edge of a picture in a notebook's output, which the notebook's file stores."""


@dataclass(frozen=True)
class Picture:
    """A checked picture: read-only pixels, and notes for the user.

    Attributes:
        pixels: uint8 [H, W, 3], sRGB, straight colours; see `nst_core.picture.coverage`.
        alpha: uint8 [H, W], 255 where opaque, or None if the picture is opaque.
        sha256: the content hash that recipes use, over height, width, RGB bytes and alpha.
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
        return cls(pixels, alpha, pixel_hash(pixels, alpha), notes)

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
        if longest_edge_px is None:
            return self.pixels[None].astype(np.float32) / np.float32(255)
        size = size_for(self.width, self.height, longest_edge_px)
        # One channel after another: the float values of a large picture take four times its memory.
        planes = [resize_plane(plane_of(self.pixels, channel), *size) for channel in range(3)]
        return np.stack(planes, axis=-1)[None]

    def covered(self, longest_edge_px: int | None = None) -> Pixels:
        """Like `tensor`, with the transparency as a fourth channel if there is any: as the engines take pictures."""
        if self.alpha is None:
            return self.tensor(longest_edge_px)
        size = size_for(self.width, self.height, longest_edge_px or max(self.width, self.height))
        planes = [plane_of(self.pixels, channel) for channel in range(3)]
        if longest_edge_px is None:
            return np.stack([*planes, plane_of(self.alpha[..., None], 0)], axis=-1)[None]
        return np.stack(resize_covered(planes, plane_of(self.alpha[..., None], 0), *size), axis=-1)[None]

    def preview(self, longest_edge_px: int) -> Pixels:
        """The pixels for display, [1, h, w, 3] or, with coverage, [1, h, w, 4] in [0, 1], at most so long."""
        return preview_of(self.pixels, longest_edge_px, self.alpha)

    def _repr_png_(self) -> bytes:
        """The picture as a notebook shows it, reduced to `SHOWN_PX`."""
        return to_png(self.preview(SHOWN_PX))


def open_picture(data: bytes, *, limits: UploadLimits | None = None) -> Picture:
    """Check and decode a picture file from outside, of one of `FORMATS`, recognised by content.

    The header is checked here; a process of its own decodes the file. Only the first frame of an animation is used.
    EXIF orientation and colour profile are applied; all other metadata is dropped. A picture of more than 16.8
    megapixels is reduced. A large one is kept in a file, not in memory.

    Args:
        data: the file.
        limits: the operator's if None.

    Raises:
        PictureError: the file is too large, of another format, damaged or cut off, its size in pixels is refused, it
            takes too much memory or time to decode, or the server is busy or full.
    """
    limits = limits or UploadLimits.read()
    check_bytes(data, limits)
    header = read_header(data)
    if header is None:
        raise unreadable(data)
    if header.width and header.height:
        check_size(header.width, header.height, limits)
    with _new_file() as file:
        answer, blobs = pool().decode(data, limits, file)
        return _received(answer, blobs, file)


def open_own(data: bytes, *, limits: UploadLimits | None = None) -> Picture:
    """Like `open_picture`, but decodes in this process: for trusted files only, of this process's user or of our own.

    Raises PictureError.
    """
    try:
        decoded = decode(data, limits or UploadLimits.read())
    except MemoryError:
        raise PictureError("a picture must fit into memory, and this one does not; make it smaller") from None
    return Picture.from_pixels(decoded.pixels, decoded.alpha, decoded.notes)


def kept_on_disk(picture: Picture) -> Picture:
    """The same picture with its pixels in a file if they are many; `picture` itself if there is no room for one."""
    if picture.pixels.nbytes < LARGE_BYTES:
        return picture
    try:
        with _new_file() as pixels_file, _new_file() as alpha_file:
            pixels = mapped_files.stored(picture.pixels, pixels_file)
            alpha = None if picture.alpha is None else mapped_files.stored(picture.alpha, alpha_file)
    except (OSError, PictureError):
        return picture
    return Picture(pixels, alpha, picture.sha256, picture.notes)


LARGE_BYTES = 1 << 20
"""Pixels of at least this size are kept in a file."""


def preview_of(pixels: Bytes, longest_edge_px: int, alpha: Bytes | None = None) -> Pixels:
    """`nst_core.picture.resize.preview`, for one large picture at a time, because reading one takes memory.

    With `alpha`, uint8 [H, W], the result has a fourth channel, its coverage.
    """
    seen = _preview_of(pixels, longest_edge_px)
    if alpha is None:
        return seen
    _, height, width, _ = seen.shape
    small = Image.fromarray(alpha).resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return covered(seen, np.asarray(small, np.float32) / np.float32(255))


def _preview_of(pixels: Bytes, longest_edge_px: int) -> Pixels:
    if pixels.nbytes < LARGE_BYTES:
        return preview(pixels, longest_edge_px)
    with _one_at_a_time:
        try:
            return preview(pixels, longest_edge_px, mapped_files.release_pages)
        finally:
            mapped_files.release_pages()


_one_at_a_time = threading.Lock()


def _new_file() -> BinaryIO:
    """A new file for pixels. Raises PictureError if there is no room for any."""
    settings = Settings.read()
    if mapped_files.mapped_bytes() > settings.pictures_disk_mb * 2**20:
        raise PictureError(
            f"all visitors' pictures together may take {settings.pictures_disk_mb} MB, and they do now; "
            "try again in some minutes"
        )
    try:
        return mapped_files.new_file(settings.cache_dir / "pictures")
    except OSError as error:
        raise _no_room(error) from None


def _received(answer: DecoderAnswer, blobs: list[bytes], file: BinaryIO) -> Picture:
    """The picture that a decoder process returned, in its answer or in the file."""
    count = answer.width * answer.height
    total = count * (4 if answer.has_alpha else 3)
    if blobs:
        values = np.frombuffer(b"".join(blobs) if len(blobs) > 1 else blobs[0], np.uint8)
    else:
        try:
            values = mapped_files.map_bytes(file, total)
        except OSError as error:
            raise _no_room(error) from None
    pixels = values[: 3 * count].reshape(answer.height, answer.width, 3)
    alpha = values[3 * count :].reshape(answer.height, answer.width) if answer.has_alpha else None
    return Picture(pixels, alpha, answer.sha256, answer.notes)


def _no_room(error: OSError) -> PictureError:
    return PictureError(
        f"a picture must have room on the server's disk, got: {error.strerror or error}; try a smaller picture"
    )
