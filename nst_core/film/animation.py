"""Animated WebP, which FFmpeg does not decode: by Pillow. For the process that decodes only."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import accumulate, pairwise
from statistics import median
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, WebPImagePlugin  # noqa: F401 - so that Pillow does not import every other format

from nst_core.errors import FilmError
from nst_core.film import colours
from nst_core.film.info import MOST_FRAMES_PER_SECOND, Clip, FilmInfo, FilmLimits
from nst_core.film.pace import TimedPicture
from nst_core.picture.chunks import webp_chunks
from nst_core.picture.decode import to_srgb

_SHORTEST_MS, _INSTEAD_MS = 10, 100
"""Browsers show a picture for 0.1 s if its file says 10 ms or less."""


class WebPFilm:
    """An animated WebP, or a still one: a film of one picture."""

    def __init__(self, file: BinaryIO, kind: str, limits: FilmLimits) -> None:
        """Check and describe it. Raises FilmError, or an error of Pillow."""
        file.seek(0)
        self._data = file.read()
        stated = int.from_bytes(self._data[4:8], "little") + 8
        if stated > len(self._data):
            raise FilmError(
                f"a film must be whole, but {stated - len(self._data):,} of its {stated:,} bytes are missing; "
                "copy or download it again"
            )
        with self._opened() as image:
            limits.check_size(*image.size)
            image.load()
            _, coverage = to_srgb(image)
            width, height = image.size
        self._starts = [0.0, *accumulate(_durations(self._data) or [_INSTEAD_MS / 1000])]
        steps = [b - a for a, b in pairwise(self._starts)]
        self.step_seconds = median(steps)
        rate = min(MOST_FRAMES_PER_SECOND, max(1.0, round(1 / self.step_seconds, 3)))
        count, seconds = len(steps), self._starts[-1]
        self.info = FilmInfo(width, height, count, True, seconds, rate, False, coverage is not None, kind, "webp", 8)

    def pictures(self, from_seconds: float, size: tuple[int, int]) -> Iterator[TimedPicture]:
        """The pictures of the film, of (width, height); each builds on the one before, so that all are decoded."""
        with self._opened() as image:
            for number, seconds in enumerate(self._starts[:-1]):
                image.seek(number)
                image.load()
                pixels = _sized(image, size)  # now: the image goes on to the next picture
                yield TimedPicture(seconds, lambda pixels=pixels: pixels)  # type: ignore[misc]

    def sound(self, clip: Clip, film_format: str) -> bytes:
        """There is none: `info.has_audio` says so."""
        raise NotImplementedError(f"a WebP has no sound for {clip} as {film_format}")

    def _opened(self) -> Image.Image:
        return Image.open(io.BytesIO(self._data), formats=("WEBP",))


def _durations(data: bytes) -> list[float]:
    """How long each picture of an animation is shown, in seconds."""
    lasts = [
        int.from_bytes(data[chunk.start + 12 : chunk.start + 15], "little")
        for chunk in webp_chunks(data)
        if chunk.kind == b"ANMF"
    ]
    return [(each if each > _SHORTEST_MS else _INSTEAD_MS) / 1000 for each in lasts]


def _sized(image: Image.Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    """As `colours.srgb` returns a frame."""
    pixels, alpha = to_srgb(image)
    width, height = size
    is_cut = 0 <= image.width - width <= 1 and 0 <= image.height - height <= 1
    if alpha is not None:
        straight = np.concatenate([pixels, alpha[..., None]], axis=-1)
        return colours.with_clear_parts((straight if is_cut else colours.resized(straight, size))[:height, :width])
    if is_cut:
        return pixels[:height, :width]
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
