"""What a film is, which part of it is used, and the limits of both."""

from __future__ import annotations

from dataclasses import dataclass

from nst_core.errors import FilmError
from nst_core.settings import Settings

LEAST_SIDE_PX = 32
"""The least width and height of a film."""
LARGEST_ASPECT = 8.0
"""The most that the longer side may be, as a multiple of the shorter."""
MOST_FRAMES_PER_SECOND = 60.0
"""The highest frame rate that is read; films of a higher one are thinned."""


@dataclass(frozen=True)
class FilmInfo:
    """What a film's file holds.

    Attributes:
        width: in pixels as it is shown, after rotation and with square pixels; likewise `height`.
        frames: the number of its pictures.
        is_exact: whether they were counted; otherwise `frames` and `seconds` are as the file states them.
        seconds: from its first picture to the end of its last.
        frames_per_second: how fast its pictures follow each other, at most 60.
        has_audio: whether it has sound that can be decoded.
        has_alpha: whether parts of its first picture are transparent.
        format: of the file: MP4, MOV, WebM, Matroska, GIF or WebP.
        codec: of the pictures, by FFmpeg's name.
        bit_depth: bits of each colour.
    """

    width: int
    height: int
    frames: int
    is_exact: bool
    seconds: float
    frames_per_second: float
    has_audio: bool
    has_alpha: bool
    format: str
    codec: str
    bit_depth: int


@dataclass(frozen=True)
class Clip:
    """The part of a film that is used, and how often.

    Attributes:
        start_seconds: its first frame, from the film's start.
        end_seconds: where it ends; None: with the film.
        frames_per_second: None: the film's own rate.
    """

    start_seconds: float = 0.0
    end_seconds: float | None = None
    frames_per_second: float | None = None

    def rate(self, info: FilmInfo) -> float:
        """Its frames per second."""
        return self.frames_per_second or info.frames_per_second

    def seconds(self, info: FilmInfo) -> float:
        """Its length. Raises FilmError if it begins after its end, or after the film's."""
        end = info.seconds if self.end_seconds is None else min(self.end_seconds, info.seconds)
        if not 0 <= self.start_seconds < end:
            raise FilmError(
                f"a clip must begin before its end at {end:.2f} s, got {self.start_seconds:.2f} s; "
                "choose an earlier start"
            )
        return end - self.start_seconds

    def frames(self, info: FilmInfo) -> int:
        """The number of its frames, at least one. Raises FilmError as `seconds` does."""
        return max(1, round(self.seconds(info) * self.rate(info)))


WHOLE = Clip()
"""The clip that is the film itself, at its own rate."""


@dataclass(frozen=True)
class FilmLimits:
    """Limits of a film.

    Attributes:
        seconds: of the clip that is used.
        frames: of that clip, at its rate.
        pixels: width x height of one frame, as it is stored.
        bytes: of the file.
    """

    seconds: float = Settings.film_seconds
    frames: int = Settings.film_frames
    pixels: int = int(Settings.film_megapixels * 1_000_000)
    bytes: int = Settings.film_mb * 2**20

    @classmethod
    def read(cls) -> FilmLimits:
        """The limits with the operator's settings."""
        settings = Settings.read()
        pixels = int(settings.film_megapixels * 1_000_000)
        return cls(settings.film_seconds, settings.film_frames, pixels, settings.film_mb * 2**20)

    def check_file(self, size: int) -> None:
        """Raises FilmError if a file of `size` bytes is empty or too large."""
        if not size:
            raise FilmError("a film file must not be empty, got 0 bytes; choose the file again")
        if size > self.bytes:
            raise FilmError(
                f"a film file must be at most {self.bytes / 2**20:g} MB, got {size / 2**20:.1f} MB; "
                "cut it shorter, or export it with a lower resolution"
            )

    def check_size(self, width: int, height: int) -> None:
        """Raises FilmError if frames of this size in pixels are too large, too small or too elongated."""
        if width * height > self.pixels:
            raise FilmError(
                f"a film's frame must have at most {self.pixels / 1e6:g} megapixels, got {width} x {height} px; "
                "export it with a lower resolution, 1080p is plenty"
            )
        if min(width, height) < LEAST_SIDE_PX:
            raise FilmError(
                f"each side of a film must be at least {LEAST_SIDE_PX} px, got {width} x {height} px; "
                "choose a larger film"
            )
        if max(width, height) > LARGEST_ASPECT * min(width, height):
            raise FilmError(
                f"a film's longer side must be at most {LARGEST_ASPECT:g} times the shorter, "
                f"got {width} x {height} px; crop it"
            )

    def check_clip(self, info: FilmInfo, clip: Clip) -> None:
        """Raises FilmError if a clip is too long, has too many frames or is empty."""
        # A film of 60.04 s, whose last frame ends a little late, is one of 60 s.
        if (seconds := clip.seconds(info)) > self.seconds + 0.5:
            raise FilmError(
                f"a film must last at most {self.seconds:g} s, got {seconds:.1f} s; choose a shorter part of it"
            )
        if (frames := clip.frames(info)) > self.frames:
            raise FilmError(
                f"a film must have at most {self.frames:,} frames, got {frames:,}; "
                "choose a shorter part of it, or fewer frames per second"
            )
