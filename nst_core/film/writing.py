"""The painted frames of a film on the disk: a run resumes from them, and the finished film is made of them.

A part of a film that another worker paints has a folder of its own, which `FilmFolder.adopt` takes over.

Files of a folder:
    film.json            format, frame rate, and quality if one was given
    segments/A-B.*       the frames from A to before B, encoded: about two seconds. The same frames of a film make a
                         segment whatever was painted when: A and B are multiples of one number
    frames/N.png, N.state  each frame since the last segment, and the last one of it; what the method keeps for the next

Each file is written whole and then renamed, so that after a crash at any moment the folder holds exactly the frames
that were appended.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nst_core.errors import CheckpointError, FilmError
from nst_core.film import reading
from nst_core.film.codecs import FORMATS, OutputFormat, codec_of, encode_segment, rate_of
from nst_core.film.containers import Alphas, write_film
from nst_core.film.info import WHOLE, Clip
from nst_core.system import disk_errors
from nst_core.system.atomic_files import atomic_write, write_atomic

__all__ = ["FORMATS", "FilmFolder"]

SEGMENT_SECONDS = 2.0
MOST_SEGMENT_FRAMES = 60
"""The most frames of a segment: until there are that many, each is a file of its own."""

Pixels = NDArray[np.uint8]


class FilmFolder:
    """The painted frames of one film, or of a part of it. One process at a time may write to it.

    Attributes:
        first: the number of its first frame.
    """

    def __init__(
        self, folder: Path, frames_per_second: float, film_format: str, quality: int | None = None, first: int = 0
    ) -> None:
        """Open the folder, or make it.

        Args:
            folder: of this film alone.
            frames_per_second: of the film.
            film_format: a key of `FORMATS`.
            quality: 1 to 100, as `codecs.codec_of`; None is that of the film that the folder holds, or the usual one.
            first: the number of its first frame in the film; 0 unless it holds a part.

        Raises:
            CheckpointError: it holds a film of another rate, format or quality, or is damaged.
            OSError: it cannot be read or written.
        """
        self._folder, self._rate, self._kind = folder, rate_of(frames_per_second), film_format
        self._quality, self.first = quality, first
        self._segments, self._frames = folder / "segments", folder / "frames"
        self._per_segment = max(1, min(MOST_SEGMENT_FRAMES, round(SEGMENT_SECONDS * frames_per_second)))
        self._aligned = -(-first // self._per_segment) * self._per_segment
        for each in (self._segments, self._frames):
            each.mkdir(parents=True, exist_ok=True)
        self._check()
        self._codec = codec_of(film_format, self._quality)
        self._count = self._recovered()
        last = self.last()
        self._size = None if last is None else last.shape

    @property
    def format(self) -> OutputFormat:
        """Of the finished film."""
        return FORMATS[self._kind]

    @property
    def count(self) -> int:
        """The number of the frame that comes next in the film: of a whole film, how many frames there are."""
        return self._count

    def last(self) -> Pixels | None:
        """The last frame exactly as it was appended, uint8 [H, W, 3]; None if there is none."""
        return self._frame(self._count - 1) if self._count > self.first else None

    def state(self) -> bytes:
        """What was appended with the last frame; empty if there is none."""
        path = self._path(self._count - 1, "state")
        return path.read_bytes() if path.exists() else b""

    def append(self, pixels: Pixels, state: bytes = b"") -> None:
        """Store the next frame; it is safe when this returns.

        Args:
            pixels: uint8 [H, W, 3], the same size as the frames before.
            state: what the method needs to go on from here.

        Raises:
            ValueError: the frame is of another size or type.
            OSError: the disk does not take it.
        """
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
            raise ValueError(f"a frame must be uint8 [H, W, 3], got {pixels.dtype} {list(pixels.shape)}")
        if self._size not in (None, pixels.shape):
            raise ValueError(f"each frame must be {self._size} like the first, got {pixels.shape}")
        self._size = pixels.shape
        if state:
            write_atomic(self._path(self._count, "state"), state)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG", compress_level=1)
        write_atomic(self._path(self._count, "png"), file.getvalue())
        self._count += 1
        self._pack_due()

    def adopt(self, part: FilmFolder) -> None:
        """Take over the frames of a part that continues this film; the part's folder stays as it is.

        After a crash in the middle this folder ends with a frame of the part's, and can adopt the part again.

        Raises:
            ValueError: the part does not continue this film.
            OSError: the disk does not take it.
        """
        if part.count <= self._count:
            return
        if not part.first <= self._count <= part._aligned:
            raise ValueError(f"the film has {self._count} frames, and the part begins with frame {part.first}")
        while self._count < min(part.count, part._aligned):
            self._take(part, self._count)
            self._count += 1
        self._pack_due()  # also what a crash left unpacked
        if self._count >= part.count:
            return
        # Frames count once those before them are there: so the last ones come first, and all count at once.
        packed = part._packed()
        for number in range(min(packed, part.count - 1), part.count):
            self._take(part, number)
        for first, _, path in reversed(part._listed()):
            if first >= self._count:
                _link(path, self._segments / path.name)
        self._count = part.count
        self._size = part._size
        self._forget(packed, self._count)

    def _take(self, part: FilmFolder, number: int) -> None:
        """Take over one frame that is a file of its own."""
        for suffix in ("state", "png"):  # the picture last: it says that the frame is whole
            source = part._path(number, suffix)
            if source.exists():
                _link(source, self._path(number, suffix))
        self._size = part._size

    def finish(
        self,
        output: Path,
        audio_from: Path | None = None,
        clip: Clip = WHOLE,
        more: Sequence[Pixels] = (),
        alphas: Alphas | None = None,
    ) -> tuple[str, ...]:
        """Write a playable film of the frames so far; the folder stays as it is, and may grow further.

        Args:
            output: the file; it is replaced when the film is complete.
            audio_from: a film whose sound is taken, if the format can hold sound.
            clip: the part of that film.
            more: frames that follow those of the folder; they are not stored in it.
            alphas: begins the opacities of all frames, for a format that has transparency; None: all are opaque.

        Returns:
            Sentences for the user, such as why there is no sound.

        Raises:
            FilmError: there is no frame.
            OSError: the disk does not take the film.
        """
        if not self._count + len(more):
            raise FilmError("a film must have at least one frame, got none; let the run paint one")
        sound, notes = self._sound(audio_from, clip, self._count + len(more))
        try:
            self._write(output, sound, more, alphas)
        except OSError as error:
            if not disk_errors.is_full(error):
                raise
            self._make_room()
            self._write(output, sound, more, alphas)
        return notes

    def _write(self, output: Path, sound: bytes | None, more: Sequence[Pixels], alphas: Alphas | None) -> None:
        """Write the film. Raises OSError."""
        with tempfile.TemporaryDirectory(prefix=".finish-", dir=self._folder) as work:
            segments = [path for _, _, path in self._listed()]
            packed = self._packed()
            if packed < self._count or more:
                segments.append(Path(work) / f"rest{self.format.suffix}")
                with segments[-1].open("wb") as file:
                    rest = itertools.chain(self._loose(packed, self._count), more)
                    encode_segment(rest, self._rate, self._codec, file)
            with atomic_write(output) as file:
                count = self._count + len(more)
                film = Path(file.name)
                write_film(segments, count, self._rate, self._kind, film, sound, alphas, self._quality)

    def _make_room(self) -> None:
        """Pack all frames, though they are fewer than a segment has: as files of their own they take most of the room.

        Raises OSError.
        """
        last = self._path(self._count - 1, "state")
        for path in self._frames.glob("*.state"):
            if path != last:
                path.unlink(missing_ok=True)
        if self._packed() < self._count:
            self._pack(self._count)

    def _sound(self, film: Path | None, clip: Clip, count: int) -> tuple[bytes | None, tuple[str, ...]]:
        if film is None or not self.format.has_sound:
            return None, ()
        end = clip.start_seconds + float(count / self._rate)
        try:
            return reading.sound(film, Clip(clip.start_seconds, end), self._kind), ()
        except FilmError as error:
            return None, (f"the film has no sound: {error}",)

    def _check(self) -> None:
        """Compare with the film that the folder holds, or write down what it is to hold."""
        path = self._folder / "film.json"
        if not path.exists():
            write_atomic(path, json.dumps(self._about()).encode())
            return
        with contextlib.suppress(ValueError):
            held = json.loads(path.read_bytes())
            if isinstance(held, dict):
                self._quality = held.get("quality") if self._quality is None else self._quality
                if held == self._about() and isinstance(self._quality, int | None):
                    return
        quality = "" if self._quality is None else f" in quality {self._quality}"
        raise CheckpointError(
            f"a film's frames must be of the same run, but {path} is not of {self._kind} at {self._rate} frames per "
            f"second{quality}; begin anew"
        )

    def _about(self) -> dict[str, object]:
        quality = {} if self._quality is None else {"quality": self._quality}
        return {"format": self._kind, "rate": str(self._rate), **quality}

    def _listed(self) -> list[tuple[int, int, Path]]:
        """First frame, end and file of each segment, in order and without gaps."""
        found, end = [], self._aligned
        for path in sorted(self._segments.glob(f"[0-9]*{self.format.suffix}")):
            first, _, last = path.stem.partition("-")
            if int(first) != end:
                break
            end = int(last)
            found.append((int(first), end, path))
        return found

    def _packed(self) -> int:
        """The number of the frame after those in segments."""
        listed = self._listed()
        return listed[-1][1] if listed else self._aligned

    def _recovered(self) -> int:
        """The number of the frame after those that are whole; removes what a crash left behind."""
        listed = self._listed()
        packed = self._packed()
        count = packed if listed else self.first
        while self._path(count, "png").exists():
            count += 1
        for path in set(self._segments.iterdir()) - {path for *_, path in listed}:
            path.unlink(missing_ok=True)
        self._forget(packed, count)
        return count

    def _pack_due(self) -> None:
        """Pack the frames of each segment that is complete."""
        while self._count >= (end := (self._packed() // self._per_segment + 1) * self._per_segment):
            self._pack(end)

    def _pack(self, end: int) -> None:
        """Encode the frames before `end` that are files of their own."""
        first = self._packed()
        with atomic_write(self._segments / f"{first:08}-{end:08}{self.format.suffix}") as file:
            encode_segment(self._loose(first, end), self._rate, self._codec, file)
        self._forget(end, self._count)

    def _forget(self, packed: int, count: int) -> None:
        """Remove the files of frames that are in segments, except the last frame's, and of those beyond the end.

        A part keeps the frames before its first segment: they belong to one that the film's own frames begin.
        """
        numbers = {*range(self.first, min(self._aligned, count)), *range(min(packed, count - 1), count)}
        kept = {f"{number:08}" for number in numbers}
        for path in self._frames.iterdir():
            if path.stem not in kept:
                path.unlink(missing_ok=True)

    def _loose(self, first: int, end: int) -> Iterator[Pixels]:
        return (self._frame(number) for number in range(first, end))

    def _frame(self, number: int) -> Pixels:
        try:
            with Image.open(self._path(number, "png"), formats=("PNG",)) as image:
                return np.asarray(image.convert("RGB"))
        except (OSError, SyntaxError) as error:
            raise CheckpointError(f"frame {number} of the film cannot be read ({error}); begin anew") from None

    def _path(self, number: int, suffix: str) -> Path:
        return self._frames / f"{number:08}.{suffix}"


def _link(source: Path, target: Path) -> None:
    """Make a file known by a second name, or copy it where the system has no links. Raises OSError."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        write_atomic(target, source.read_bytes())
