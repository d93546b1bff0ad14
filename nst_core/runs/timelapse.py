"""Time-lapse films of the pictures of a run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from PIL import Image

from nst_core.picture.encoded import opaque

FilmFormat = Literal["mp4", "gif", "webp"]

MIN_PICTURES = 3
"""The least number of pictures for a film."""
SECONDS = 6.0
"""Duration of a film up to its last picture."""
LAST_SECONDS = 1.5
"""Duration of the last picture."""
FRAMES_PER_SECOND = 25
"""Frame rate of an MP4. Low rates stutter in some players, so that each picture fills several frames."""
GIF_EDGE_PX = 360
"""Longest edge of a GIF, whose files grow large and which has 256 colours only."""
EDGE_PX = 768
MAX_PICTURES = 120
QUALITY = 80
CRF = "18"
"""Quality of H.264, lower is better: at 18 brush strokes stay sharp, and a film at 512 px has some megabytes."""


def time_lapse(pictures: Sequence[bytes], kind: FilmFormat, seconds: float = SECONDS) -> bytes:
    """A film of a run's pictures, as MP4 (H.264), GIF or animated WebP.

    Args:
        pictures: encoded pictures in the order of their steps, at least one. All are scaled to the size of the last
            one, and to at most 768 px (GIF: 360 px) on the longest edge.
        kind: the format.
        seconds: duration up to the last picture, which then stays for 1.5 s.

    Raises:
        ValueError: there is no picture.
    """
    if not pictures:
        raise ValueError("a film needs at least one picture")
    chosen = _subsampled(pictures)
    edge = GIF_EDGE_PX if kind == "gif" else EDGE_PX
    size = _size_of(chosen[-1], edge)
    frames = [_decoded(picture, size) for picture in chosen]
    each = seconds / max(1, len(frames) - 1)
    held = [each] * (len(frames) - 1) + [LAST_SECONDS]
    return _mp4(frames, held) if kind == "mp4" else _animated(frames, held, kind)


def _subsampled(pictures: Sequence[bytes]) -> list[bytes]:
    """At most `MAX_PICTURES` of the pictures, evenly spread, with the first and the last."""
    most = len(pictures) - 1
    count = min(len(pictures), MAX_PICTURES)
    return [pictures[round(n * most / max(1, count - 1))] for n in range(count)]


def _size_of(picture: bytes, longest_edge_px: int) -> tuple[int, int]:
    """Width and height of a film: even numbers, since H.264 stores colours at half the resolution."""
    with Image.open(io.BytesIO(picture)) as image:
        shrink = min(1.0, longest_edge_px / max(image.size))
        width, height = (max(2, 2 * round(side * shrink / 2)) for side in image.size)
    return width, height


def _decoded(picture: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(picture)) as image:
        seen = opaque(image)
    return seen if seen.size == size else seen.resize(size, Image.Resampling.LANCZOS)


def _animated(frames: Sequence[Image.Image], held: Sequence[float], kind: FilmFormat) -> bytes:
    file = io.BytesIO()
    durations = [max(20, round(1000 * each)) for each in held]
    options = {"quality": QUALITY} if kind == "webp" else {"optimize": False}
    frames[0].save(
        file,
        kind.upper(),
        save_all=True,
        append_images=list(frames[1:]),
        duration=durations if len(durations) > 1 else durations[0],
        loop=0,
        **options,
    )
    return file.getvalue()


def _mp4(frames: Sequence[Image.Image], held: Sequence[float]) -> bytes:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"crf": CRF, "preset": "veryfast"})
        stream.width, stream.height = frames[0].size
        stream.pix_fmt = "yuv420p"
        shown = 0
        until = 0.0
        for frame, each in zip(frames, held, strict=True):
            until += each
            picture = av.VideoFrame.from_image(frame)  # type: ignore[no-untyped-call]
            while shown == 0 or shown < round(until * FRAMES_PER_SECOND):
                picture.pts, picture.time_base = shown, Fraction(1, FRAMES_PER_SECOND)
                film.mux(stream.encode(picture))
                shown += 1
        film.mux(stream.encode())
    return file.getvalue()
