"""The process that decodes one film: `python -m nst_core.film.decoder REQUEST <film`.

Its standard input is the film, its standard output a socket to which it writes answers (`FilmAnswer`), as fast as they
are read. It knows no other file, holds no secrets, and ends with its parent.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from nst_core.errors import FilmError
from nst_core.film import animation, video  # noqa: F401 - loaded before the memory is limited
from nst_core.film.colours import on_white
from nst_core.film.decoder_messages import FilmAnswer, FilmRequest
from nst_core.film.info import Clip
from nst_core.film.pace import TimedPicture, paced
from nst_core.film.shape import read_size
from nst_core.film.sources import FilmSource, open_source
from nst_core.system.confined import limit, limit_seconds, own_memory
from nst_core.system.framing import write_frame

ALIVE_SECONDS = 1.0
"""The longest silence while pictures are decoded that nobody wants."""
FRAME_SECONDS = 1
"""Computing time of each frame after the first."""
NOISE_FRAMES, NOISE_SECONDS = 3, 10
"""The frames that are compared for a film's noise, and the computing time for that."""
LOOKED_FRAMES = 25
"""A search for cuts says so often how far it is, so that whoever waits can give up."""
_DAMAGED = "a film must be readable, and this one is damaged or cut off; copy or download it again, or export it anew"


def main() -> None:
    """Answer the request of the command line."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request = FilmRequest.from_json(sys.argv[1])
    if request.task in ("noise", "cuts"):
        from nst_core.film import noise, scenes  # noqa: F401 - loaded before the memory is limited
    if own := own_memory(0):
        limit(resource.RLIMIT_AS, own + request.megabytes * 2**20)
    with (
        contextlib.suppress(BrokenPipeError),  # the parent was killed
        os.fdopen(0, "rb", closefd=False) as film,
        os.fdopen(os.dup(1), "wb") as stream,
    ):
        serve(request, film, stream)


def serve(request: FilmRequest, film: BinaryIO, stream: BinaryIO) -> None:
    """Write the answers to a request; the last one says that it is done, or why not."""
    try:
        _answer(request, film, stream)
        last = FilmAnswer("done")
    except FilmError as error:
        last = FilmAnswer("refused", str(error))
    except MemoryError:
        last = FilmAnswer("lacks", "memory")
    except BrokenPipeError:
        return  # nobody waits for the rest
    except Exception:  # noqa: BLE001 - decoders raise any kind of error on damaged files
        last = FilmAnswer("refused", _DAMAGED)
    with contextlib.suppress(BrokenPipeError):
        _write(stream, last)


def _answer(request: FilmRequest, film: BinaryIO, stream: BinaryIO) -> None:
    limit_seconds(request.seconds)
    source = open_source(film, request.limits)
    _write(stream, FilmAnswer("info", info=source.info))
    if request.task == "frames":
        request.limits.check_clip(source.info, request.clip)
        limit_seconds(request.seconds + FRAME_SECONDS * request.clip.frames(source.info))
        _frames(source, request, stream)
    elif request.task == "cuts":
        request.limits.check_clip(source.info, request.clip)
        limit_seconds(request.seconds + FRAME_SECONDS * request.clip.frames(source.info))
        _cuts(source, request, stream)
    elif request.task == "noise":
        request.limits.check_clip(source.info, request.clip)
        limit_seconds(request.seconds + NOISE_SECONDS)
        _noise(source, request, stream)
    elif request.task == "stills":
        for index, seconds in enumerate(request.at_seconds):
            limit_seconds(request.seconds)
            _still(source, request, index, seconds, stream)
    elif request.task == "sound" and source.info.has_audio:
        limit_seconds(request.seconds + int(source.info.seconds))
        sound = source.sound(request.clip, request.sound_format)
        write_frame(stream, FilmAnswer("sound").to_json(), [sound])


def _frames(source: FilmSource, request: FilmRequest, stream: BinaryIO) -> None:
    """Write the frames of the request's clip, from its first one on."""
    clip, rate = request.clip, request.clip.rate(source.info)
    for index, pixels in _paced(source, request, stream):
        shown = pixels if request.keeps_alpha else on_white(pixels)
        _write_frame(stream, index, clip.start_seconds + index / rate, 1 / rate, shown)


def _cuts(source: FilmSource, request: FilmRequest, stream: BinaryIO) -> None:
    """Write where scenes begin after the request's first frame."""
    from nst_core.film.scenes import is_cut

    before: NDArray[np.uint8] | None = None
    for index, pixels in _paced(source, request, stream):
        shown = pixels[..., :3] if request.keeps_alpha else on_white(pixels)  # as the engines see it
        if before is not None and is_cut(before, shown):
            _write(stream, FilmAnswer("scene", index=index))
        elif index % LOOKED_FRAMES == 0:
            _write(stream, FilmAnswer("looked", index=index))
        before = shown


def _noise(source: FilmSource, request: FilmRequest, stream: BinaryIO) -> None:
    """Write the noise of the first frames of the request."""
    from nst_core.film.noise import noise

    frames = [on_white(pixels) for _, pixels in islice(_paced(source, request, stream), NOISE_FRAMES)]
    height, width, _ = frames[0].shape
    _write(stream, FilmAnswer("noise", width=width, height=height, level=noise(frames)))


def _paced(source: FilmSource, request: FilmRequest, stream: BinaryIO) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Number and pixels, [H, W, 3 or 4], of the frames of the request's clip, from its first one on."""
    clip, rate = request.clip, request.clip.rate(source.info)
    size = read_size(source.info.width, source.info.height, request.edge_px)
    pictures = _alive(source.pictures(clip.start_seconds, size), stream)
    early = min(1 / rate, source.step_seconds) / 2
    shown: TimedPicture | None = None
    for index, picture in paced(pictures, clip.start_seconds, rate, clip.frames(source.info), early):
        if index < request.first:
            continue
        if picture is not shown:
            shown, pixels = picture, picture.pixels()
        yield index, pixels


def _still(source: FilmSource, request: FilmRequest, index: int, seconds: float, stream: BinaryIO) -> None:
    info = source.info
    at = min(max(0.0, seconds), max(0.0, info.seconds - 0.5 / info.frames_per_second))
    size = read_size(info.width, info.height, request.edge_px)
    rate = Clip().rate(info)
    for _, picture in paced(_alive(source.pictures(at, size), stream), at, rate, 1, source.step_seconds / 2):
        _write_frame(stream, index, at, 1 / rate, on_white(picture.pixels()))


def _alive(pictures: Iterator[TimedPicture], stream: BinaryIO) -> Iterator[TimedPicture]:
    """The pictures; says now and then that they come, so that nobody gives up waiting for the first that is wanted."""
    said = time.monotonic()
    for picture in pictures:
        if time.monotonic() - said > ALIVE_SECONDS:
            _write(stream, FilmAnswer("alive"))
            said = time.monotonic()
        yield picture


def _write_frame(stream: BinaryIO, index: int, seconds: float, duration: float, pixels: NDArray[np.uint8]) -> None:
    height, width, channels = pixels.shape
    answer = FilmAnswer(
        "frame", "", None, index, seconds, duration, width=width, height=height, has_alpha=channels == 4
    )
    write_frame(stream, answer.to_json(), [np.ascontiguousarray(pixels).data.cast("B")])


def _write(stream: BinaryIO, answer: FilmAnswer) -> None:
    write_frame(stream, answer.to_json())


if __name__ == "__main__":
    main()
