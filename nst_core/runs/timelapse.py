"""Moving pictures: how a run grew, as a film."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from PIL import Image

Kind = Literal["mp4", "gif", "webp"]

SECONDS = 6.0
"""How long a film runs until its last picture, which then stays."""
LAST_SECONDS = 1.5
FRAMES_PER_SECOND = 25
"""Pictures a second of an MP4: few make players stutter, so each picture is shown for several of these."""
GIF_EDGE_PX = 360
"""Longest edge of a GIF: its 256 colours and its size on disk bear no more."""
EDGE_PX = 768
MAX_PICTURES = 120
QUALITY = 80
CRF = "18"
"""H.264's quality: brush strokes survive, and 512 px take some megabytes."""


def time_lapse(pictures: Sequence[bytes], kind: Kind, seconds: float = SECONDS) -> bytes:
    """The pictures of a run, one after another, as MP4 (H.264), GIF or animated WebP.

    Args:
        pictures: encoded, by rising step, at least one, of any sizes: all are shown at the last one's size, at most
            768 px (GIF: 360 px) on the longest edge.
        kind: the format.
        seconds: until the last picture, which then stays for 1.5 s.

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
    """At most `MOST_PICTURES` of them, evenly spread, first and last among them."""
    most = len(pictures) - 1
    count = min(len(pictures), MAX_PICTURES)
    return [pictures[round(n * most / max(1, count - 1))] for n in range(count)]


def _size_of(picture: bytes, longest_edge_px: int) -> tuple[int, int]:
    """Width and height of a film, even as H.264's halved colours need it."""
    with Image.open(io.BytesIO(picture)) as image:
        shrink = min(1.0, longest_edge_px / max(image.size))
        width, height = (max(2, 2 * round(side * shrink / 2)) for side in image.size)
    return width, height


def _decoded(picture: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(picture)) as image:
        seen = image.convert("RGB")
    return seen if seen.size == size else seen.resize(size, Image.Resampling.LANCZOS)


def _animated(frames: Sequence[Image.Image], held: Sequence[float], kind: Kind) -> bytes:
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
