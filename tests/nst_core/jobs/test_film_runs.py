"""The worker paints a film frame by frame, ends it whenever it is told to, and goes on where another worker ended."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nst_core.errors import CheckpointError, FilmError, NSTError, StorageError
from nst_core.film import run
from nst_core.jobs import film_runs
from nst_core.jobs.film_runs import FilmRun
from nst_core.jobs.inbox import RunControl
from nst_core.jobs.messages import Began, Failed, FilmFiles, Finished, Preempted, ResultReady, RunCommand, Stepped
from nst_core.picture.encode import read_recipe
from nst_core.picture.encoded import read_pixels
from nst_core.recipe import Recipe, recipe_from_json
from nst_core.runs import runner
from nst_core.runs.inputs import EngineInputs
from nst_core.step import Step
from tests.nst_core.jobs.films import INFO, recipe

FRAMES = 6
GREY = np.full((1, 8, 8, 3), 0.5, np.float32)


class Frames:
    """A stand-in for `FilmFolder`: the number of frames as the number of files."""

    first = 0

    def __init__(self, folder: Path, frames_per_second: float, format: str, *_: Any) -> None:
        folder.mkdir(exist_ok=True)
        if (folder / "damaged").exists():
            raise CheckpointError("a frame cannot be read")
        self._folder, self.rate, self.format = folder, frames_per_second, format

    @property
    def count(self) -> int:
        return len(list(self._folder.iterdir()))

    def append(self, value: object) -> None:
        (self._folder / str(self.count)).write_text(str(value))

    def last(self) -> np.ndarray:
        return np.full((8, 8, 3), 7, np.uint8)

    def finish(self, output: Path, audio_from: Path | None, clip: Any, more: Any, _: Any) -> tuple[str, ...]:
        output.write_text(f"{self.count + len(more)} {self.rate:g} {self.format} {audio_from is not None}")
        return ("No sound.",)


@dataclass
class Studio:
    """A run's folder, and the workers that paint in it one after another.

    Attributes:
        lost: the frame at which painting fails.
        stopped_in: the frame in which the method asks whether it is to stop.
        error: how it fails.
        deleted: the frame before which the run is deleted.
        weights: hash of the networks' weights.
        events: what the newest worker reported.
    """

    folder: Path
    lost: int | None = None
    stopped_in: int | None = None
    error: Exception = field(default_factory=lambda: FilmError("the film is damaged"))
    deleted: int | None = None
    weights: str = "a" * 64
    events: list[Any] = field(default_factory=list)

    def run_film(
        self, film: Any, styles: Any, recipe: Recipe, *, masks: Any, folder: Frames, is_stopping: Any, **_: Any
    ) -> Iterator[Step]:
        for number in range(folder.count + 1, FRAMES + 1):
            state = {"frame": number - 1}
            if number == self.deleted:
                shutil.rmtree(self.folder)
                (self.folder / "film" / "frames").mkdir(parents=True)
            if number == self.lost:
                raise self.error
            shade = np.full((1, 8, 8, 3), number / 10, np.float32)
            if number == self.stopped_in and is_stopping():
                yield Step(number, FRAMES, 8, 0.0, {"temporal": 0.0}, shade, partial(dict[str, int], state))
                return
            folder.append(number)
            cut = ("scene cut",) if number == 3 else ()
            losses = {"temporal": 0.1 * number} if number > 1 else {}
            yield Step(number, FRAMES, 8, (number % 4) / 4, losses, shade, partial(dict[str, int], state), cut)

    def work(self, *controls: RunControl, **more: Any) -> list[Any]:
        """Let a worker run, with an order after each frame; returns its events."""
        orders, self.events = [RunControl(), *controls], []
        inbox = SimpleNamespace(control=lambda *_, **__: orders.pop(0) if orders else RunControl())
        files = FilmFiles(
            path=str(self.folder / "in.mp4"),
            sha256="b" * 64,
            info=INFO,
            work=str(self.folder / "film"),
            result=str(self.folder / "result.mp4"),
        )
        (self.folder / "film").mkdir(parents=True, exist_ok=True)
        (self.folder / "in.mp4").touch()
        given = more.pop("recipe", recipe(keep_audio=False))
        command = RunCommand(job="a", recipe=given, arrays=(), data=(), film=files, measure=False, **more)
        inputs = EngineInputs(GREY, (GREY,), None, (), None)
        FilmRun(command, files, inputs, inbox, self.events.append).perform()  # type: ignore[arg-type]
        return self.events

    @property
    def result(self) -> str:
        return (self.folder / "result.mp4").read_text()


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    studio = Studio(tmp_path / "run")

    def prepare(recipe: Recipe) -> Recipe:
        provenance = recipe.provenance.model_copy(update={"weights": {"vgg19": studio.weights}})
        limit = recipe.memory_mb or 1234
        return recipe.model_copy(update={"provenance": provenance, "precision": "float32", "memory_mb": limit})

    monkeypatch.setattr(runner, "prepare", prepare)
    monkeypatch.setattr(run, "FilmFolder", Frames)
    monkeypatch.setattr(run, "run_film", studio.run_film)
    monkeypatch.setattr(run, "total_frames", lambda *_: FRAMES)
    monkeypatch.setattr(film_runs, "steps_done", lambda film, recipe, folder: folder.count * recipe.film.film_passes)
    return studio


def steps(events: list[Any]) -> list[int]:
    return [event.point.step for event in events if isinstance(event, Stepped)]


def shade(png: bytes | memoryview) -> int:
    """The value of a grey picture."""
    return round(255 * float(read_pixels(bytes(png)).max()))


def test_a_film_is_painted_to_its_end(studio: Studio) -> None:
    began, *middle, ready, finished = studio.work()
    assert isinstance(began, Began)
    assert steps(middle) == [1, 2, 3, 4, 5, 6]
    assert [event.total_steps for event in middle] == [FRAMES] * 6
    assert studio.result == "6 10 mp4 False"
    assert isinstance(ready, ResultReady)
    assert ready.notes == ("No sound.",)
    assert shade(ready.png) == round(255 * 0.1)  # the first frame
    painted = recipe_from_json(read_recipe(bytes(ready.png)) or "")
    assert painted.provenance.weights == {"vgg19": studio.weights}
    assert isinstance(finished, Finished)
    assert not finished.stopped
    assert finished.report["film"] == {"frames": 6, "frames_per_second": 10.0, "bytes": len(studio.result)}
    assert finished.report["marks"] == [[3, "scene cut"]]


@pytest.mark.parametrize(("keep", "wanted"), [(True, "True"), (False, "False")])
def test_sound_is_kept_if_the_recipe_says_so(studio: Studio, keep: bool, wanted: str) -> None:
    studio.work(recipe=recipe(keep_audio=keep, frames_per_second=5.0))
    assert studio.result == f"6 5 mp4 {wanted}"


def test_a_stopped_film_has_the_frames_so_far(studio: Studio) -> None:
    events = studio.work(RunControl(), RunControl(stop=True))
    assert steps(events) == [1, 2]
    assert studio.result.startswith("2 ")
    assert events[-1].stopped


@pytest.mark.parametrize("frame", [1, 3])
def test_a_stop_inside_a_frame_shows_it_as_far_as_it_is(studio: Studio, frame: int) -> None:
    """The order comes while the frame is painted; after an undone stop it is painted again."""
    studio.stopped_in = frame
    events = studio.work(*[RunControl()] * (frame - 1), RunControl(stop=True))
    assert steps(events) == list(range(1, frame + 1))
    assert studio.result.startswith(f"{frame} ")
    assert events[-1].stopped
    assert events[-1].report["film"]["frames"] == frame
    studio.stopped_in = None
    assert steps(studio.work()) == list(range(frame, FRAMES + 1))


def test_a_run_that_gives_way_inside_a_frame_paints_it_again(studio: Studio) -> None:
    studio.stopped_in = 3
    assert isinstance(studio.work(RunControl(), RunControl(), RunControl(preempt=True))[-1], Preempted)
    studio.stopped_in = None
    began, *rest = studio.work()
    assert [point.step for point in began.curve] == [2]
    assert steps(rest) == [3, 4, 5, 6]


def test_a_film_whose_stop_was_undone_goes_on_to_its_end(studio: Studio) -> None:
    studio.work(RunControl(), RunControl(stop=True))
    events = studio.work()
    assert steps(events) == [3, 4, 5, 6]
    assert studio.result.startswith("6 ")
    assert not events[-1].stopped


def test_a_film_that_is_stopped_before_it_begins_has_one_frame(studio: Studio) -> None:
    events = studio.work(stop=True)
    assert steps(events) == [1]
    assert studio.result.startswith("1 ")


def test_another_worker_continues_by_the_frame(studio: Studio) -> None:
    first = studio.work(RunControl(), RunControl(), RunControl(preempt=True))
    assert isinstance(first[-1], Preempted)
    assert not (studio.folder / "result.mp4").exists()
    began, *rest = studio.work()
    assert [point.step for point in began.curve] == [2, 3]  # the first frame has no loss, and no point
    assert steps(rest) == [4, 5, 6]
    seconds = [point.seconds for point in began.curve] + [e.point.seconds for e in rest if isinstance(e, Stepped)]
    assert seconds == sorted(seconds)
    assert rest[-1].report["marks"] == [[3, "scene cut"]]
    assert shade(rest[-2].png) == round(255 * 0.1)


def test_a_frame_that_was_not_stored_is_painted_again(studio: Studio) -> None:
    studio.work(RunControl(), RunControl(), RunControl(preempt=True))
    (studio.folder / "film" / "frames" / "2").unlink()
    began, *rest = studio.work(RunControl(preempt=True))
    assert [point.step for point in began.curve] == [2]
    assert steps(rest) == [3]
    began, *_ = studio.work()
    assert [point.step for point in began.curve] == [2, 3]


def test_a_continued_run_keeps_the_choices_of_its_first_worker(studio: Studio) -> None:
    studio.work(RunControl(preempt=True))
    *_, ready, _ = studio.work(recipe=recipe(memory_mb=9999))
    assert recipe_from_json(read_recipe(bytes(ready.png)) or "").memory_mb == 1234


def test_other_networks_begin_the_film_again(studio: Studio) -> None:
    studio.work(RunControl(), RunControl(preempt=True))
    studio.weights = "c" * 64
    began, *rest = studio.work()
    assert began.curve == ()
    assert steps(rest) == [1, 2, 3, 4, 5, 6]


def test_a_stop_while_it_waits_paints_no_further_frame(studio: Studio) -> None:
    studio.work(RunControl(), RunControl(preempt=True))
    events = studio.work(stop=True)
    assert steps(events) == []
    assert studio.result.startswith("2 ")
    assert events[-1].stopped


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FilmError("the film is damaged"), ("the film is damaged; the 3 frames before that are kept", "film")),
        (
            OSError(28, "No space left on device"),
            ("the film cannot be stored, because the disk is full; the 3 frames before that are kept", "storage"),
        ),
    ],
)
def test_an_error_in_its_middle_leaves_the_frames_before(
    studio: Studio, error: Exception, told: tuple[str, str]
) -> None:
    studio.lost, studio.error = 4, error
    *_, ready, failed = studio.work()
    assert isinstance(ready, ResultReady)
    assert isinstance(failed, Failed)
    assert (failed.message, failed.code) == told
    assert failed.report is not None
    assert studio.result.startswith("3 ")


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (FilmError("the film is damaged"), FilmError, "the film is damaged"),
        (OSError(28, "No space left on device"), StorageError, "full"),
    ],
)
def test_an_error_before_the_first_frame_leaves_nothing(
    studio: Studio, error: Exception, kind: type[NSTError], words: str
) -> None:
    studio.lost, studio.error = 1, error
    with pytest.raises(kind, match=words):
        studio.work()
    assert not (studio.folder / "result.mp4").exists()


def test_a_lost_first_frame_is_replaced_by_the_last(studio: Studio) -> None:
    studio.work(RunControl(preempt=True))
    (studio.folder / "film" / "first.png").unlink()
    *_, ready, _ = studio.work()
    assert shade(ready.png) == 7


def test_frames_that_cannot_be_read_are_painted_again(studio: Studio) -> None:
    studio.work(RunControl(), RunControl(preempt=True))
    (studio.folder / "film" / "frames" / "damaged").touch()
    began, *rest = studio.work()
    assert began.curve == ()
    assert steps(rest) == [1, 2, 3, 4, 5, 6]


def test_a_run_that_is_deleted_leaves_no_files(studio: Studio) -> None:
    studio.deleted = 3
    with pytest.raises(StorageError, match="deleted"):
        studio.work()
    assert not studio.folder.exists()


def twice(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the method pass forward and backward, and store the frames in the end."""

    def run_film(film: Any, styles: Any, recipe: Recipe, *, masks: Any, folder: Frames, **_: Any) -> Iterator[Step]:
        for number in range(1, 2 * FRAMES + 1) if folder.count < FRAMES else ():
            if number == 2 * FRAMES:
                for frame in range(folder.count, FRAMES):
                    folder.append(frame)
            shade = np.full((1, 8, 8, 3), number / 20, np.float32)
            state = {"frame": number - 1 if number <= FRAMES else 2 * FRAMES - number}
            yield Step(number, 2 * FRAMES, 8, number / 4, {"temporal": 0.1}, shade, partial(dict[str, int], state))

    monkeypatch.setattr(run, "run_film", run_film)


TWICE = {"film_passes": 2, "keep_audio": False}


def test_a_group_that_is_stored_in_part_gives_each_frame_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    twice(studio, monkeypatch)
    studio.work(RunControl(preempt=True), recipe=recipe(**TWICE))
    for frame in range(2):  # a worker was killed while it stored the group, which begins again
        (studio.folder / "film" / "frames" / str(frame)).touch()
    monkeypatch.setattr(film_runs, "steps_done", lambda *_: 0)
    studio.work(*[RunControl()] * 3, RunControl(stop=True), recipe=recipe(**TWICE))
    assert studio.result.startswith("4 ")


@pytest.mark.parametrize(("step", "frames"), [(1, 1), (4, 4), (6, 6), (9, 6), (12, 6)])
def test_a_film_of_two_passes_that_is_stopped_has_what_was_painted_forward(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, step: int, frames: int
) -> None:
    twice(studio, monkeypatch)
    events = studio.work(*[RunControl()] * (step - 1), RunControl(stop=True), recipe=recipe(**TWICE))
    assert steps(events) == list(range(1, step + 1))
    assert studio.result.startswith(f"{frames} ")
    assert len(list((studio.folder / "film" / "frames").iterdir())) in (0, FRAMES), "only whole groups are stored"


def test_the_still_picture_of_two_passes_is_the_last_version_of_the_first_frame(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice(studio, monkeypatch)
    *_, ready, _ = studio.work(recipe=recipe(**TWICE))
    assert shade(ready.png) == round(255 * 12 / 20)


def test_a_group_of_two_passes_that_was_not_stored_begins_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice(studio, monkeypatch)
    studio.work(*[RunControl()] * 7, RunControl(preempt=True), recipe=recipe(**TWICE))
    began, *rest = studio.work(recipe=recipe(**TWICE))
    assert began.curve == ()
    assert steps(rest) == list(range(1, 13))
