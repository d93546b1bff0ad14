"""A film's run: one step a frame, a folder that continues bit for bit, and a film at any time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import CheckpointError, FilmError, RecipeError, StorageError
from nst_core.film import run
from nst_core.film.engines import backward, forward
from nst_core.film.engines.frames import FramePainter, FrameTask, PaintedFrame, to_bytes
from nst_core.film.info import FilmInfo
from nst_core.film.reading import Film, FilmFrame, probe
from nst_core.film.unfinished import UnfinishedFrames
from nst_core.picture.coverage import colours
from nst_core.recipe import change, make
from tests.nst_core.film.clips import FRAMES_PER_SECOND, pan

FRAMES = pan(7)
INFO = FilmInfo(64, 64, 7, True, 0.7, FRAMES_PER_SECOND, False, False, "MP4", "h264", 8)
FILM = Film(Path("film.mp4"), "ab" * 32, INFO)


class Counting(FramePainter):
    """Paints half the frame, a quarter of the last result, and how many frames it carried on."""

    def paint(self, task: FrameTask) -> PaintedFrame:
        count = task.carried.get("count", np.zeros(1)) + 1
        picture = colours(task.content) * 0.5 + float(count[0]) / 255
        for neighbour in task.neighbours:
            picture = picture + neighbour.aim[None] / 255 * 0.25
        return PaintedFrame(to_bytes(picture), {"temporal": float(count[0])}, {"count": count})


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames from memory, and a method without a network."""

    def frames(*_: Any, first: int = 0, **_more: Any) -> Iterator[FilmFrame]:
        yield from FRAMES[first:]

    def stylise(contents: Any, styles: Any, recipe: Any, masks: Any, resume: Any, *, first: Any, **_: Any) -> Any:
        np.testing.assert_array_equal(first, FRAMES[0].pixels)
        return forward.play(Counting(), contents, recipe, masks, resume)

    monkeypatch.setattr(run, "frames", frames)
    monkeypatch.setattr("nst_core.film.engines.fast.stylise", stylise)
    monkeypatch.setattr("nst_core.film.engines.slow.stylise", stylise)
    monkeypatch.setattr(backward, "GROUP_FRAMES", 3)


def recipe_of(**settings: Any) -> Any:
    return make(settings={"medium": "film", "longest_edge_px": 64, "film_format": "gif", **settings})


def run_into(path: Path, recipe: Any, steps: int | None = None) -> list[Any]:
    """The steps of a run into a folder, all or the first ones."""
    folder = run.open_folder(path, FILM, recipe)
    playing = run.run_film(FILM, (), recipe, folder=folder)
    found = [step for _, step in zip(range(100 if steps is None else steps), playing, strict=False)]
    playing.close()
    return found


def stored(path: Path, recipe: Any) -> list[bytes]:
    return [file.read_bytes() for file in sorted((path / "frames").glob("*.png"))]


@pytest.mark.slow
@pytest.mark.parametrize(("settings", "total"), [({"method": "fast"}, 7), ({}, 7), ({"film_passes": 2}, 14)])
def test_a_stopped_run_continues_bit_for_bit(tmp_path: Path, settings: Any, total: int) -> None:
    recipe = recipe_of(**settings)
    whole = run_into(tmp_path / "whole", recipe)
    assert [(step.number, step.total) for step in whole] == [(n, total) for n in range(1, total + 1)]
    for stop in (1, 4, total - 1):
        parts = run_into(tmp_path / f"{stop}", recipe, stop)
        parts += run_into(tmp_path / f"{stop}", recipe)
        assert stored(tmp_path / f"{stop}", recipe) == stored(tmp_path / "whole", recipe)
        assert len(stored(tmp_path / f"{stop}", recipe)) == 7
        assert parts[-1].losses == whole[-1].losses
    assert not run_into(tmp_path / "whole", recipe), "a finished run has nothing left to do"


def test_a_result_is_stored_twice_only_where_its_colours_are_changed(tmp_path: Path) -> None:
    sizes = []
    for share in (0.0, 0.5):
        path = tmp_path / f"{share}"
        run_into(path, recipe_of(colour_preservation=share), 2)
        sizes.append(max(state.stat().st_size for state in path.rglob("*.state")))
    assert sizes[0] < 3000 < 64 * 64 * 3 < sizes[1]


def test_a_film_with_its_own_colours_continues_too(tmp_path: Path) -> None:
    recipe = recipe_of(colour_preservation=0.5)
    run_into(tmp_path / "whole", recipe)
    run_into(tmp_path / "part", recipe, 3)
    run_into(tmp_path / "part", recipe)
    assert stored(tmp_path / "part", recipe) == stored(tmp_path / "whole", recipe)


def test_seconds_go_on_after_a_stop(tmp_path: Path) -> None:
    first = run_into(tmp_path / "a", recipe_of(), 3)
    again = run_into(tmp_path / "a", recipe_of())
    assert again[0].number == 4
    assert again[0].seconds > first[-1].seconds


def test_a_group_that_was_stored_in_part_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between two frames of a group, which are finished together."""
    recipe = recipe_of(film_passes=2)
    run_into(tmp_path / "whole", recipe)
    folder = run.open_folder(tmp_path / "part", FILM, recipe)
    append, stored_frames = folder.append, list[Any]()

    def dying(*arguments: Any) -> None:
        if len(stored_frames) == 4:
            raise KeyboardInterrupt
        append(*arguments)
        stored_frames.append(arguments)

    monkeypatch.setattr(folder, "append", dying)
    with pytest.raises(KeyboardInterrupt):
        list(run.run_film(FILM, (), recipe, folder=folder))
    assert run_into(tmp_path / "part", recipe)[0].number == 7
    assert stored(tmp_path / "part", recipe) == stored(tmp_path / "whole", recipe)


def test_a_recipe_that_is_sent_applies_from_the_next_frame_on(tmp_path: Path) -> None:
    recipe = recipe_of()
    playing = run.run_film(FILM, (), recipe, folder=run.open_folder(tmp_path / "a", FILM, recipe))
    first = next(playing)
    second = playing.send(change(recipe, {"colour_preservation": 1.0}))
    plain = run_into(tmp_path / "b", recipe, 2)
    np.testing.assert_array_equal(first.picture, plain[0].picture)
    assert np.abs(second.picture - plain[1].picture).mean() > 0.002


def test_a_stopped_film_can_be_played(tmp_path: Path) -> None:
    recipe = recipe_of()
    run_into(tmp_path / "a", recipe, 3)
    run.finish(FILM, recipe, run.open_folder(tmp_path / "a", FILM, recipe), tmp_path / "out.gif")
    info = probe(tmp_path / "out.gif")
    assert (info.frames, info.width, info.frames_per_second) == (3, 64, FRAMES_PER_SECOND)


def test_a_full_disk_ends_the_run_with_one_sentence_and_leaves_the_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_of()
    run_into(tmp_path / "whole", recipe)
    folder = run.open_folder(tmp_path / "a", FILM, recipe)
    append = folder.append

    def fills_up(*arguments: Any) -> None:
        if folder.count == 3:
            raise OSError(28, "No space left on device")
        append(*arguments)

    monkeypatch.setattr(folder, "append", fills_up)
    with pytest.raises(StorageError, match="cannot be stored, because the disk is full"):
        list(run.run_film(FILM, (), recipe, folder=folder))
    run.finish(FILM, recipe, folder, tmp_path / "out.gif")
    assert probe(tmp_path / "out.gif").frames == 3
    assert run_into(tmp_path / "a", recipe)[0].number == 4
    assert stored(tmp_path / "a", recipe) == stored(tmp_path / "whole", recipe)


@pytest.mark.parametrize(
    ("passes", "stop", "kept", "unfinished"), [(1, 3, 2, 1), (2, 2, 0, 2), (2, 5, 0, 3), (2, 7, 3, 2)]
)
def test_a_frame_that_is_stopped_is_shown_but_painted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passes: int, stop: int, kept: int, unfinished: int
) -> None:
    """In the pass backward, its painting of the pass forward is shown."""
    recipe = recipe_of(film_passes=passes)
    run_into(tmp_path / "whole", recipe)
    paint, asked = Counting.paint, itertools.count(1)

    def broken_off(self: Counting, task: FrameTask) -> PaintedFrame:
        painted = paint(self, task)
        return replace(painted, result=painted.result // 2, is_whole=False) if next(asked) == stop else painted

    folder = run.open_folder(tmp_path / "a", FILM, recipe)
    shown = UnfinishedFrames(folder, 0)
    with monkeypatch.context() as patch:
        patch.setattr(Counting, "paint", broken_off)
        for step in run.run_film(FILM, (), recipe, folder=folder):
            shown.note(step)
    assert (folder.count, len(shown.frames)) == (kept, unfinished)
    run.finish(FILM, recipe, folder, tmp_path / "out.gif", shown.frames)
    assert probe(tmp_path / "out.gif").frames == kept + unfinished
    run_into(tmp_path / "a", recipe)
    assert stored(tmp_path / "a", recipe) == stored(tmp_path / "whole", recipe)


@pytest.mark.parametrize(("kind", "is_kept"), [("gif", True), ("mp4", False)])
def test_clear_parts_of_a_film_stay_clear_where_the_format_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, is_kept: bool
) -> None:
    film, asked = replace(FILM, info=replace(INFO, has_alpha=True)), list[bool]()
    half = np.where(np.arange(64) < 32, 0, 255).astype(np.uint8) * np.ones((64, 1), np.uint8)

    def frames(*_: Any, first: int = 0, keeps_alpha: bool) -> Iterator[FilmFrame]:
        asked.append(keeps_alpha)
        yield from (replace(frame, alpha=half if keeps_alpha else None) for frame in FRAMES[first:])

    monkeypatch.setattr(run, "frames", frames)
    recipe = recipe_of(film_format=kind)
    folder = run.open_folder(tmp_path / "a", film, recipe)
    steps = list(run.run_film(film, (), recipe, folder=folder))
    assert steps[0].picture is not None
    assert bool(steps[0].picture[:, :, :32].min() == 1) is is_kept, "the newest frame is shown on white"
    notes = run.finish(film, recipe, folder, tmp_path / "out")
    assert set(asked) == {is_kept}
    assert [note for note in notes if "no transparency" in note] == list(notes)
    assert bool(notes) is not is_kept
    assert probe(tmp_path / "out").has_alpha is is_kept


def test_another_films_folder_is_refused(tmp_path: Path) -> None:
    run_into(tmp_path / "a", recipe_of(), 2)
    other = Film(FILM.path, "cd" * 32, INFO)
    with pytest.raises(CheckpointError, match="of another film"):
        list(run.run_film(other, (), recipe_of(), folder=run.open_folder(tmp_path / "a", FILM, recipe_of())))


def test_a_damaged_state_is_one_sentence(tmp_path: Path) -> None:
    run_into(tmp_path / "a", recipe_of(), 2)
    (state,) = (tmp_path / "a" / "frames").glob("*1.state")
    state.write_bytes(state.read_bytes()[:100])
    with pytest.raises(CheckpointError, match="how far it is"):
        run_into(tmp_path / "a", recipe_of())


@pytest.mark.parametrize(
    ("settings", "error"), [({"medium": "picture"}, RecipeError), ({"trim_start_seconds": 5.0}, FilmError)]
)
def test_what_is_no_film_is_refused_before_the_first_frame(tmp_path: Path, settings: Any, error: Any) -> None:
    folder = run.open_folder(tmp_path / "a", FILM, recipe_of())
    with pytest.raises(error):
        next(run.run_film(FILM, (), recipe_of(**settings), folder=folder))


def test_the_clip_is_the_recipes(tmp_path: Path) -> None:
    recipe = recipe_of(trim_start_seconds=0.2, trim_end_seconds=0.6, frames_per_second=5.0)
    assert run.total_frames(FILM, recipe) == 2
    assert run.open_folder(tmp_path / "a", FILM, recipe).count == 0
