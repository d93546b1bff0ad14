"""Painted frames survive any crash, and make a playable film at any time."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from nst_core.errors import CheckpointError, FilmError
from nst_core.film import codecs, containers, writing
from nst_core.film.writing import FORMATS, FilmFolder
from tests.nst_core.film import films


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("count", [1, 13])
def test_a_finished_film_has_the_frames_at_their_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, count: int
) -> None:
    monkeypatch.setattr(writing, "SEGMENT_SECONDS", 0.2)  # 5 frames: two whole segments and a rest
    folder, output = FilmFolder(tmp_path / "film", 25, kind), tmp_path / "out"
    for pixels in films.scene(count):
        folder.append(pixels)
    assert folder.finish(output) == ()
    data = output.read_bytes()
    info, seen = films.info_of(data), films.frames_of(data)
    assert (info.width, info.height, info.frames) == (64, 48, count)
    is_still = (kind, count) == ("webp", 1)  # such a file is a plain picture, without a time
    assert info.seconds == pytest.approx(0.1 if is_still else count / 25, abs=0.002)
    assert [films.number_of(frame.pixels) for frame in seen] == list(range(count))
    for frame, painted in zip(seen, films.scene(count), strict=True):
        inner = (slice(2, 10), slice(2, 14))  # the red corner, away from its edges
        assert np.abs(frame.pixels[inner].astype(int) - painted[inner]).max() <= 8
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("film", "out")] == []
    folder.append(films.scene(1)[0])  # a film that was finished may grow
    assert folder.count == count + 1


def test_an_mp4_begins_with_its_index_and_states_its_colours(tmp_path: Path) -> None:
    folder = FilmFolder(tmp_path / "film", 30000 / 1001, "mp4")
    folder.append(films.scene(1)[0])
    folder.finish(tmp_path / "out.mp4")
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(io.BytesIO(data), "r") as film:
        stream = film.streams.video[0]
        frame = next(film.decode(stream))
    assert stream.average_rate is not None
    assert (stream.average_rate.numerator, stream.average_rate.denominator) == (30000, 1001)
    assert (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc) == (1, 1, 1, 1)
    assert frame.format.name == "yuv420p"


def test_odd_sides_are_made_even_and_the_last_frame_stays_exact(tmp_path: Path) -> None:
    pixels = films.scene(1, 63, 47)[0]
    folder = FilmFolder(tmp_path / "film", 10, "mp4")
    folder.append(pixels)
    np.testing.assert_array_equal(folder.last(), pixels)
    folder.finish(tmp_path / "out.mp4")
    info = films.info_of((tmp_path / "out.mp4").read_bytes())
    assert (info.width, info.height) == (64, 48)


def failing_after(patch: pytest.MonkeyPatch, operations: int) -> None:
    """Let the disk fail for good after so many writes and removals of a folder."""
    left = iter(range(operations))

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*args: Any, **kwargs: Any) -> Any:
            if next(left, None) is None:
                raise OSError(28, "no space")
            return real(*args, **kwargs)

        return operation

    for holder, name in ((writing, "write_atomic"), (writing, "atomic_write"), (Path, "unlink"), (os, "link")):
        patch.setattr(holder, name, guarded(getattr(holder, name)))


def appended_until_failure(folder: Path, scene: list[films.Pixels], patch: pytest.MonkeyPatch, operations: int) -> int:
    """The number of frames that were appended before the disk failed."""
    appended = 0
    with patch.context() as failing, contextlib.suppress(OSError):
        failing_after(failing, operations)
        film = FilmFolder(folder, 20, "mp4")
        for number, pixels in enumerate(scene):
            film.append(pixels, str(number).encode())
            appended += 1
    return appended


@pytest.mark.slow
def test_a_crash_at_any_write_loses_no_frame_that_was_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "SEGMENT_SECONDS", 0.1)  # 2 frames at 20 a second
    scene = films.scene(5, 32, 32)
    for operations in range(100):
        folder = tmp_path / str(operations)
        appended = appended_until_failure(folder, scene, monkeypatch, operations)
        found = FilmFolder(folder, 20, "mp4")
        assert found.count in (appended, appended + 1)  # the frame of the call that failed may be there, whole
        if found.count:
            np.testing.assert_array_equal(found.last(), scene[found.count - 1])
            assert found.state() == str(found.count - 1).encode()
        for number in range(found.count, len(scene)):
            found.append(scene[number], str(number).encode())
        found.finish(tmp_path / "out.mp4")
        seen = films.frames_of((tmp_path / "out.mp4").read_bytes())
        assert [films.number_of(frame.pixels) for frame in seen] == list(range(5))
        if appended == len(scene):
            break
    assert 10 < operations < 99


def appended(folder: FilmFolder, scene: list[films.Pixels], end: int) -> None:
    """Append the frames up to number `end`, each with its number as its state."""
    for number in range(folder.count, end):
        folder.append(scene[number], str(number).encode())


def finished(folder: FilmFolder, path: Path) -> tuple[list[str], bytes]:
    """The names of the segments, and the finished film; of a WebM, whose file has a random number, the pictures."""
    folder.finish(path / "out")
    data = (path / "out").read_bytes()
    if folder.format.suffix == ".webm":
        data = b"".join(frame.pixels.tobytes() for frame in films.frames_of(data))
    return sorted(each.name for each in (path / "segments").iterdir()), data


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
def test_a_part_that_is_adopted_leaves_the_film_that_was_never_divided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(writing, "SEGMENT_SECONDS", 0.15)  # 3 frames at 20 a second
    scene = films.scene(11, 32, 32)
    for first, end in [(1, 2), (1, 3), (2, 5), (3, 6), (3, 9), (4, 8), (4, 9), (5, 11), (1, 11), (6, 7)]:
        place = tmp_path / f"{first}-{end}"
        whole, film = FilmFolder(place / "whole", 20, kind), FilmFolder(place / "film", 20, kind)
        appended(FilmFolder(place / "part", 20, kind, first=first), scene, end)
        part = FilmFolder(place / "part", 20, kind, first=first)
        assert (part.count, part.state()) == (end, str(end - 1).encode())
        appended(film, scene, first)
        film.adopt(part)
        for last in (end, len(scene)):
            appended(film, scene, last)
            appended(whole, scene, last)
            assert (film.count, film.state()) == (last, str(last - 1).encode())
            np.testing.assert_array_equal(film.last(), scene[last - 1])
            assert finished(film, place / "film") == finished(whole, place / "whole")
            film = FilmFolder(place / "film", 20, kind)


@pytest.mark.slow
@pytest.mark.parametrize(("first", "end"), [(2, 4), (2, 9), (3, 8), (4, 10)])
def test_a_crash_while_a_part_is_adopted_loses_no_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int, end: int
) -> None:
    monkeypatch.setattr(writing, "SEGMENT_SECONDS", 0.1)
    scene = films.scene(10, 32, 32)
    part = FilmFolder(tmp_path / "part", 20, "mp4", first=first)
    appended(part, scene, end)
    for operations in range(100):
        film = FilmFolder(tmp_path / f"{operations}", 20, "mp4")
        appended(film, scene, first)
        is_whole = False
        with monkeypatch.context() as failing, contextlib.suppress(OSError):
            failing_after(failing, operations)
            film.adopt(part)
            is_whole = True
        found = FilmFolder(tmp_path / f"{operations}", 20, "mp4")
        assert first <= found.count <= end
        np.testing.assert_array_equal(found.last(), scene[found.count - 1])
        assert found.state() == str(found.count - 1).encode()
        found.adopt(part)
        assert found.count == end
        appended(found, scene, len(scene))
        found.finish(tmp_path / "out.mp4")
        seen = films.frames_of((tmp_path / "out.mp4").read_bytes())
        assert [films.number_of(frame.pixels) for frame in seen] == list(range(10))
        if is_whole:
            break
    assert 3 < operations < 99


def test_a_part_that_does_not_continue_the_film_is_refused(tmp_path: Path) -> None:
    film, part = FilmFolder(tmp_path / "film", 20, "mp4"), FilmFolder(tmp_path / "part", 20, "mp4", first=2)
    scene = films.scene(5)
    appended(part, scene, 4)
    appended(film, scene, 1)
    with pytest.raises(ValueError, match="has 1 frames, and the part begins with frame 2"):
        film.adopt(part)
    appended(film, scene, 5)
    film.adopt(part)  # the film has its frames already
    assert film.count == 5


def test_segments_lie_alike_again_after_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk makes a shorter segment; the next one ends where it would have ended."""
    monkeypatch.setattr(writing, "SEGMENT_SECONDS", 0.2)  # 4 frames
    film = FilmFolder(tmp_path / "film", 20, "mp4")
    appended(film, films.scene(9), 6)
    film._make_room()
    appended(film, films.scene(9), 9)
    names = sorted(path.stem for path in (tmp_path / "film" / "segments").iterdir())
    assert names == ["00000000-00000004", "00000004-00000006", "00000006-00000008"]


def test_a_folder_of_another_film_is_refused(tmp_path: Path) -> None:
    FilmFolder(tmp_path, 25, "mp4")
    for rate, kind in ((24.0, "mp4"), (25.0, "webm")):
        with pytest.raises(CheckpointError, match="begin anew"):
            FilmFolder(tmp_path, rate, kind)
    (tmp_path / "film.json").write_bytes(b"{")
    with pytest.raises(CheckpointError, match="begin anew"):
        FilmFolder(tmp_path, 25, "mp4")


def test_frames_of_another_size_or_type_are_refused(tmp_path: Path) -> None:
    folder = FilmFolder(tmp_path, 25, "mp4")
    with pytest.raises(FilmError, match="at least one frame"):
        folder.finish(tmp_path / "out.mp4")
    folder.append(films.scene(1)[0])
    for wrong in (films.scene(1, 32, 48)[0], films.scene(1)[0].astype(np.int8), films.scene(1)[0][..., 0]):
        with pytest.raises(ValueError, match="frame must be"):
            folder.append(wrong)  # type: ignore[arg-type]
    assert folder.count == 1


def test_on_a_full_disk_the_film_takes_the_room_of_its_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames that are files of their own take the most; packed, they leave room for the film."""
    folder = FilmFolder(tmp_path / "film", 25, "mp4")
    for number, pixels in enumerate(films.scene(7)):
        folder.append(pixels, bytes([number]))
    write = containers.write_film

    def written(*arguments: Any) -> None:
        if len(list(tmp_path.rglob("*.png"))) > 1:
            raise OSError(28, "No space left on device")
        write(*arguments)

    monkeypatch.setattr(writing, "write_film", written)
    folder.finish(tmp_path / "out.mp4")
    seen = films.frames_of((tmp_path / "out.mp4").read_bytes())
    assert [films.number_of(frame.pixels) for frame in seen] == list(range(7))
    again = FilmFolder(tmp_path / "film", 25, "mp4")
    assert (again.count, again.state()) == (7, bytes([6]))
    np.testing.assert_array_equal(again.last(), films.scene(7)[6])


def test_frames_that_are_not_stored_follow_those_that_are(tmp_path: Path) -> None:
    folder, scene = FilmFolder(tmp_path / "film", 25, "mp4"), films.scene(5)
    for pixels in scene[:3]:
        folder.append(pixels)
    folder.finish(tmp_path / "out.mp4", more=scene[3:])
    seen = films.frames_of((tmp_path / "out.mp4").read_bytes())
    assert [films.number_of(frame.pixels) for frame in seen] == list(range(5))
    assert folder.count == 3


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_clear_parts_are_written(tmp_path: Path, kind: str) -> None:
    folder, alpha = FilmFolder(tmp_path / "film", 10, kind), np.full((48, 64), 255, np.uint8)
    for pixels in films.scene(4):
        folder.append(pixels)
    alphas = [alpha.copy() for _ in range(3)]
    for number, each in enumerate(alphas):
        each[:, 10 * number : 10 * number + 20] = 0
    folder.finish(tmp_path / "out", alphas=lambda: [alphas[0], None, alphas[2]])
    seen = films.frames_of((tmp_path / "out").read_bytes(), keeps_alpha=True)
    for frame, expected in zip(seen, [alphas[0], alpha, alphas[2], alpha], strict=True):
        wrong = expected != (alpha if frame.alpha is None else frame.alpha)
        assert not wrong.reshape(-1)[1:].any()
        assert not wrong[0, 0] or (kind, expected.min()) == ("gif", 255), "an opaque frame of a GIF has a clear corner"
        assert films.number_of(frame.pixels) == frame.index


@pytest.mark.parametrize("kind", ["mp4", "webm", "webp"])
def test_a_better_quality_makes_a_larger_film_and_is_kept_when_the_film_goes_on(tmp_path: Path, kind: str) -> None:
    noisy = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    sizes = []
    for quality in (10, None, 100):
        path, output = tmp_path / f"film-{quality}", tmp_path / "out"
        FilmFolder(path, 25, kind, quality).append(noisy)
        FilmFolder(path, 25, kind).finish(output)
        sizes.append(output.stat().st_size)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[1] < sizes[2]
    with pytest.raises(CheckpointError, match="in quality 50; begin anew"):
        FilmFolder(tmp_path / "film-10", 25, kind, 50)


def test_the_usual_quality_is_that_of_the_formats() -> None:
    for kind, form in FORMATS.items():
        assert codecs.codec_of(kind, None) == codecs.codec_of(kind, codecs.USUAL_QUALITY) == form.codec
