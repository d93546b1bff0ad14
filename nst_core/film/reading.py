"""A visitor's film: its file, and its frames at a constant rate.

Every file is decoded in a process of its own (`nst_core.film.decoder`), with limits on memory and time, since a hostile
file may crash a decoder. A film is never held in memory: frames come one after another.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nst_core.errors import FilmError
from nst_core.film.decoder_messages import FilmAnswer, FilmRequest, Task
from nst_core.film.decoder_process import ask
from nst_core.film.info import WHOLE, Clip, FilmInfo, FilmLimits
from nst_core.settings import Settings

__all__ = ["Clip", "Film", "FilmFrame", "cuts", "frames", "noise", "probe", "sound", "stills"]

SEEK_SECONDS = 6
"""The computing time for the first frame of a clip, as a multiple of a picture's: those before it are decoded too."""


@dataclass(frozen=True)
class Film:
    """A film's file that was checked.

    Attributes:
        path: of the file.
        sha256: of its bytes, in hexadecimal.
        info: what it holds.
    """

    path: Path
    sha256: str
    info: FilmInfo

    @classmethod
    def open(cls, path: Path, limits: FilmLimits | None = None) -> Film:
        """Check and describe a file. Raises FilmError as `probe` does."""
        info = probe(path, limits)
        with path.open("rb") as file:
            return cls(path, hashlib.file_digest(file, "sha256").hexdigest(), info)


@dataclass(frozen=True)
class FilmFrame:
    """One frame of a clip.

    Attributes:
        index: its number in the clip, from 0.
        seconds: when it is shown, from the film's start.
        duration: how long it is shown, in seconds: the same for each frame.
        pixels: uint8 [H, W, 3], upright, sRGB, transparent parts on white; read-only.
        alpha: uint8 [H, W], the opacity, where it was asked for and parts are transparent; else None. The colours are
            straight then, and those of clear pixels are taken from the pixels around.
    """

    index: int
    seconds: float
    duration: float
    pixels: NDArray[np.uint8] = field(repr=False)
    alpha: NDArray[np.uint8] | None = field(default=None, repr=False)


def probe(path: Path, limits: FilmLimits | None = None) -> FilmInfo:
    """Check a file and say what it holds: MP4, MOV, WebM, Matroska, GIF or WebP, recognised by content.

    Raises:
        FilmError: it cannot be opened, is no film, too large or damaged.
    """
    limits = limits or FilmLimits.read()
    try:
        limits.check_file(path.stat().st_size)
    except OSError as error:
        raise FilmError(f"{path.name or path} must be a file that can be read ({error.strerror})") from None
    with _place(), contextlib.closing(ask(path, _request("probe", limits))) as answers:
        for answer, _ in answers:
            if answer.info:
                return answer.info
    raise _silent()


def frames(  # noqa: PLR0913 - a clip, and what is wanted of it
    path: Path,
    clip: Clip = WHOLE,
    edge_px: int | None = None,
    *,
    first: int = 0,
    keeps_alpha: bool = False,
    limits: FilmLimits | None = None,
) -> Generator[FilmFrame, None, None]:
    """The frames of a clip at a constant rate: for each moment the picture that a player would show.

    Close the iterator to end the process that decodes. A damaged part of the film repeats the last good picture.

    Args:
        path: the film.
        clip: the part of it, and the rate.
        edge_px: longest edge of the frames, which are never enlarged; both sides are even.
        first: the number of the first frame that is wanted: a resumed run sees the same pictures.
        keeps_alpha: whether transparent parts are kept, not put on white.
        limits: of the film; by default the operator's.

    Raises:
        FilmError: as `probe`, or the clip is empty, or decoding takes too much of anything.
    """
    limits = limits or FilmLimits.read()
    request = replace(_request("frames", limits), clip=clip, edge_px=edge_px, first=first, keeps_alpha=keeps_alpha)
    with contextlib.closing(ask(path, request)) as answers:
        for answer, blob in answers:
            if answer.kind == "frame" and blob:
                yield _frame(answer, blob)


def cuts(  # noqa: PLR0913 - as `frames`
    path: Path,
    clip: Clip,
    edge_px: int | None,
    *,
    first: int = 0,
    keeps_alpha: bool = False,
    limits: FilmLimits | None = None,
) -> Generator[tuple[int, bool], None, None]:
    """Where scenes begin after frame `first`; arguments and errors as of `frames`.

    Yields a frame's number and whether a scene begins with it: each with which one does, and some others between them.
    """
    request = _request("cuts", limits or FilmLimits.read())
    request = replace(request, clip=clip, edge_px=edge_px, first=first, keeps_alpha=keeps_alpha)
    with contextlib.closing(ask(path, request)) as answers:
        for answer, _ in answers:
            if answer.kind in ("scene", "looked"):
                yield answer.index, answer.kind == "scene"


def stills(
    path: Path, at_seconds: Sequence[float], edge_px: int | None = None, *, limits: FilmLimits | None = None
) -> list[FilmFrame]:
    """Single frames at moments of a film, in seconds from its start, at most ten; see `frames`. Raises FilmError."""
    if len(at_seconds) > 10:
        raise ValueError(f"at most 10 single frames are read at once, got {len(at_seconds)}")
    limits = limits or FilmLimits.read()
    request = replace(_request("stills", limits), at_seconds=tuple(at_seconds), edge_px=edge_px)
    with _place(), contextlib.closing(ask(path, request)) as answers:
        return [_frame(answer, blob) for answer, blob in answers if answer.kind == "frame" and blob]


def noise(
    path: Path, clip: Clip, edge_px: int | None, *, first: int, limits: FilmLimits | None = None
) -> tuple[int, int, float]:
    """How a clip trembles by itself, by three of its frames from number `first` on; other arguments as in `frames`.

    Returns:
        Width and height of the frames in pixels, and the mean difference of neighbours where the motion explains them,
        in 1/255; see `nst_core.film.noise`.

    Raises:
        FilmError: as `frames`.
    """
    request = replace(_request("noise", limits or FilmLimits.read()), clip=clip, edge_px=edge_px, first=first)
    with _place(), contextlib.closing(ask(path, request)) as answers:
        for answer, _ in answers:
            if answer.kind == "noise":
                return answer.width, answer.height, answer.level
    raise _silent()


def sound(path: Path, clip: Clip, film_format: str, *, limits: FilmLimits | None = None) -> bytes | None:
    """The sound of a clip as a file of its own, encoded for a film of that format; None if the film has none.

    Raises:
        FilmError: as `frames`.
    """
    request = replace(_request("sound", limits or FilmLimits.read()), clip=clip, sound_format=film_format)
    with contextlib.closing(ask(path, request)) as answers:
        return next((blob for answer, blob in answers if answer.kind == "sound"), None)


def _silent() -> FilmError:
    return FilmError("a film must be readable by its decoder, which says nothing about this one; export it again")


def _request(task: Task, limits: FilmLimits) -> FilmRequest:
    settings = Settings.read()
    seconds = settings.decode_seconds * (1 if task == "probe" else SEEK_SECONDS)
    return FilmRequest(task, limits, seconds, settings.decode_mb)


def _frame(answer: FilmAnswer, blob: bytes) -> FilmFrame:
    pixels = np.frombuffer(blob, np.uint8).reshape(answer.height, answer.width, -1)
    alpha = pixels[..., 3] if answer.has_alpha else None
    return FilmFrame(answer.index, answer.seconds, answer.duration, pixels[..., :3], alpha)


@lru_cache(maxsize=8)
def _places(count: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(count)


@contextlib.contextmanager
def _place() -> Iterator[None]:
    """Hold one of the places for films that are looked at; as many as there are for pictures."""
    settings = Settings.read()
    places = _places(settings.decoders)
    if not places.acquire(timeout=settings.decode_wait_seconds):
        raise FilmError(
            f"at most {settings.decoders} films are opened at once, and others are waiting; try again in a minute"
        )
    try:
        yield
    finally:
        places.release()
