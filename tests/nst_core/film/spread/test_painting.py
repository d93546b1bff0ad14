"""A film that two workers paint has the steps and the files of one that a single worker paints."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import DivergedError, FilmError
from nst_core.film import run
from nst_core.film.engines import forward
from nst_core.film.engines.frames import FrameTask, PaintedFrame, to_bytes
from nst_core.film.reading import FilmFrame
from nst_core.film.spread import plan as plans
from nst_core.film.spread.painting import paint_part, take_over
from nst_core.film.spread.plan import Part
from nst_core.picture.coverage import colours
from nst_core.recipe import Recipe
from nst_core.step import Step
from tests.nst_core.film.spread.together import FILM, FRAMES, TOTAL, Together, files_of, told

EACH = [{"method": "fast"}, {"film_passes": 2}, {"keyframes": [{"seconds": 0, "strength": 0.5}, {"seconds": 1}]}]


class Counting:
    """Paints half the frame, a quarter of the last result, and how many frames of the scene came before."""

    fails_at = -1

    def paint(self, task: FrameTask) -> PaintedFrame:
        count = task.carried.get("count", np.zeros(1)) + 1
        picture = colours(task.content) * 0.5 * task.recipe.strength + float(count[0]) / 255
        for mask in task.masks:
            picture = picture + 0.1 * mask[None, ..., None]
        for neighbour in task.neighbours:
            picture = picture + neighbour.aim[None] / 255 * 0.25
        return PaintedFrame(to_bytes(picture), {"temporal": float(count[0])}, {"count": count})


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames from memory, and a method without a network."""

    def frames(*_: Any, first: int = 0, **_more: Any) -> Iterator[FilmFrame]:
        yield from FRAMES[first:]

    def stylise(contents: Any, styles: Any, recipe: Recipe, masks: Any, resume: Any, *, first: Any, **_: Any) -> Any:
        np.testing.assert_array_equal(first, FRAMES[0].pixels)
        return forward.play(Counting(), contents, recipe, masks, resume)

    monkeypatch.setattr(run, "frames", frames)
    monkeypatch.setattr("nst_core.film.engines.fast.stylise", stylise)
    monkeypatch.setattr("nst_core.film.engines.slow.stylise", stylise)
    monkeypatch.setattr(plans, "LEAST_FRAMES", 1)


@pytest.fixture(params=EACH, ids=["fast", "two-passes", "keyframes"])
def settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


@pytest.fixture
def whole(tmp_path: Path, settings: dict[str, Any]) -> tuple[list[Any], dict[str, bytes]]:
    """The steps and the files of one worker."""
    alone = Together(tmp_path / "alone", settings)
    playing = run.run_film(FILM, (), alone.recipe, masks=alone.work().masks, folder=alone.folder)
    steps = list(playing)
    assert alone.folder.count == TOTAL
    return told(steps), files_of(tmp_path / "alone" / "film")


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 3, 6])
def test_two_workers_paint_what_one_paints(
    tmp_path: Path, settings: dict[str, Any], whole: tuple[list[Any], dict[str, bytes]], after: int
) -> None:
    both = Together(tmp_path / "both", settings)
    steps = list[Step]()
    for step in both.steps():
        steps.append(step)
        if step.state is not None and len(steps) >= after:
            both.another()
    assert told(steps) == whole[0]
    assert files_of(tmp_path / "both" / "film") == whole[1]
    assert [one.seconds for one in steps] == sorted(one.seconds for one in steps)
    assert len(both.by_others) > 1
    assert not (tmp_path / "both" / "parts").exists()


@pytest.mark.slow
def test_a_worker_that_comes_to_a_part_of_another_paints_a_later_one_and_then_waits(
    tmp_path: Path, settings: dict[str, Any], whole: tuple[list[Any], dict[str, bytes]]
) -> None:
    both = Together(tmp_path / "both", settings)
    theirs, waits = both.plan.take(), list[int]()
    assert theirs == (4, 7)

    def wait() -> None:
        waits.append(both.folder.count)
        if len(waits) == 3:
            both.plan.leave(4, is_whole=paint_part(both.work(), theirs))

    assert told(list(both.steps(wait))) == whole[0]
    assert waits == [4, 4, 4]
    assert set(both.by_itself) == {(7, 12), (12, 14)}
    assert files_of(tmp_path / "both" / "film") == whole[1]


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2, 4])
def test_a_part_that_was_left_in_its_middle_goes_on_from_there(
    tmp_path: Path, settings: dict[str, Any], whole: tuple[list[Any], dict[str, bytes]], steps: int
) -> None:
    both = Together(tmp_path / "both", settings)
    both.another(steps)
    assert both.plan.kept(4)
    assert told(list(both.steps())) == whole[0]
    assert files_of(tmp_path / "both" / "film") == whole[1]


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_with_the_parts_that_are_there(
    tmp_path: Path, settings: dict[str, Any], whole: tuple[list[Any], dict[str, bytes]]
) -> None:
    killed = Together(tmp_path / "both", settings)
    killed.another()
    killed.another(2)
    first = [step for _, step in zip(range(2), killed.steps(), strict=False)]
    again = Together(tmp_path / "both", settings)
    rest = list(again.steps())
    done = [one for one in told(first) if one[0] < rest[0].number]
    assert done + told(rest) == whole[0]
    assert files_of(tmp_path / "both" / "film") == whole[1]


@pytest.mark.slow
def test_a_film_that_is_stopped_takes_over_what_follows_without_a_gap(tmp_path: Path) -> None:
    both = Together(tmp_path / "both", {"method": "fast"})
    theirs = both.plan.take()
    assert theirs == (4, 7)
    both.another()
    left = iter([False, True])
    both.plan.leave(4, is_whole=paint_part(both.work(lambda: next(left)), theirs))
    steps = list[Step]()
    for step in both.steps():
        steps.append(step)
        both.is_stopping = step.number == 4
    assert both.folder.count == 4
    steps += take_over(both.work(), both.plan, both.folder, 0.0)
    assert (both.folder.count, [step.number for step in steps]) == (6, [1, 2, 3, 4, 5, 6])
    assert both.files.all() == [(7, 12)], "the next scene is kept for a run that goes on"


@pytest.mark.slow
def test_an_error_in_a_part_is_met_in_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = Together(tmp_path / "both", {"method": "fast"})
    theirs = both.plan.take()
    assert theirs == (4, 7)
    paint = Counting.paint

    def diverging(self: Counting, task: FrameTask) -> PaintedFrame:
        if np.array_equal(to_bytes(task.content), FRAMES[9].pixels):
            raise DivergedError("a loss was not finite")
        return paint(self, task)

    monkeypatch.setattr(Counting, "paint", diverging)
    playing = both.steps(lambda: both.plan.leave(4, is_whole=paint_part(both.work(), theirs)))
    with pytest.raises(DivergedError):
        list(playing)
    assert both.folder.count == 9
    assert (12, 14) in both.by_itself


@pytest.mark.slow
def test_damaged_files_of_a_part_are_painted_again(tmp_path: Path) -> None:
    both = Together(tmp_path / "both", {"method": "fast"})
    both.another(2)
    for path in (tmp_path / "both" / "parts").rglob("*.state"):
        path.write_bytes(b"nonsense")
    shutil.rmtree(tmp_path / "both" / "parts" / "00000004-00000007" / "steps")
    assert [step.number for step in both.steps()] == list(range(1, TOTAL + 1))


@pytest.mark.slow
def test_a_part_that_does_not_begin_with_a_scene_is_refused(tmp_path: Path) -> None:
    both = Together(tmp_path / "both", {"method": "fast"})
    with pytest.raises(FilmError, match="begin with a scene, and frame 5 does not"):
        paint_part(both.work(), Part(5, 7))
