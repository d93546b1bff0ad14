"""The `film` command: a real film in, a film out, also after an interruption, and continued bit for bit."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from nst_core.cli import film, work_folder
from nst_core.cli.main import main
from nst_core.film import reading, run
from nst_core.film.engines.frames import FrameTask, PaintedFrame
from nst_core.film.reading import probe
from nst_core.film.spread import plan as plans
from nst_core.film.spread.plan import Part, PartPlan
from nst_core.film.spread.processes import PartProcesses
from nst_core.film.writing import FilmFolder
from nst_core.jobs.placement import THREADS
from nst_core.picture.encode import read_recipe
from nst_core.recipe import recipe_from_json
from tests.nst_core.cli.inverting import Inverting, Keep, stylise
from tests.nst_core.film.clips import pan
from tests.nst_core.film.films import video

pytestmark = pytest.mark.slow


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch, painter: None) -> None:
    """A method without a network."""
    monkeypatch.setattr("nst_core.film.engines.fast.stylise", stylise)
    monkeypatch.setattr("nst_core.film.engines.slow.stylise", stylise)


@pytest.fixture
def clip(tmp_path: Path) -> str:
    """A film of five frames."""
    path = tmp_path / "in.mp4"
    path.write_bytes(video([frame.pixels for frame in pan(5)]))
    return str(path)


def arguments_for(clip: str, output: Path, *more: str) -> list[str]:
    return ["film", clip, "-o", str(output), "--method", "fast", "--longest-edge", "64", *more]


@pytest.mark.usefixtures("light")
def test_a_film_is_written_and_its_frames_are_removed(tmp_path: Path, clip: str) -> None:
    output = tmp_path / "new" / "out.gif"
    assert main(arguments_for(clip, output, "--style", "sample:poppies")) == 0
    assert probe(output).frames == 5
    assert list(output.parent.iterdir()) == [output]


@pytest.mark.usefixtures("light")
def test_an_interrupted_film_plays_and_continues(
    tmp_path: Path, clip: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.mp4"
    play: Any = film._play

    def stop_after_two(*arguments: Any) -> Any:
        *others, interruption = arguments
        whole = run.run_film

        def two(*of: Any, **more: Any) -> Iterator[Any]:
            for step in whole(*of, **more):
                interruption.asked = step.number == 2
                yield step

        monkeypatch.setattr(run, "run_film", two)
        played = play(*others, interruption)
        monkeypatch.setattr(run, "run_film", whole)
        return played

    monkeypatch.setattr(film, "_play", stop_after_two)
    assert main(arguments_for(clip, output)) == 130
    assert probe(output).frames == 2
    assert "continue with --resume" in capsys.readouterr().err
    monkeypatch.setattr(film, "_play", play)
    assert main(arguments_for(clip, output, "--resume", "--seed", "7")) == 2
    assert "a resumed film keeps its settings: seed was 0, got 7" in capsys.readouterr().err
    assert main(arguments_for(clip, output, "--no-clobber")) == 2
    assert "--no-clobber keeps" in capsys.readouterr().err
    assert main(arguments_for(clip, output, "--resume", "--no-clobber")) == 0
    assert probe(output).frames == 5
    whole = tmp_path / "whole.mp4"
    assert main(arguments_for(clip, whole)) == 0
    assert output.read_bytes() == whole.read_bytes()


@pytest.mark.usefixtures("light")
def test_files_beside_the_frames_stay_and_a_folder_in_use_is_left_alone(
    tmp_path: Path, clip: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output, work = tmp_path / "out.mp4", tmp_path / "out.mp4.frames"
    work.mkdir()
    (work / "my own.txt").write_text("keep")
    assert main(arguments_for(clip, output)) == 0
    assert [path.name for path in work.iterdir()] == ["my own.txt"]
    written = output.read_bytes()
    with work_folder.locked(work):
        assert main(arguments_for(clip, output)) == 2
    assert "in use by another command" in capsys.readouterr().err
    assert output.read_bytes() == written
    (work / "my own.txt").unlink()
    work.rmdir()
    work.write_text("a file")
    assert main(arguments_for(clip, output)) == 2
    assert "must be a folder for the frames" in capsys.readouterr().err


@pytest.mark.usefixtures("light", "found")
def test_an_interruption_before_a_group_of_two_passes_is_done_leaves_a_film(
    tmp_path: Path, clip: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output, paint, painted = tmp_path / "out.gif", Inverting.paint, itertools.count(1)

    def interrupted(self: Inverting, task: FrameTask) -> PaintedFrame:
        if next(painted) == 3:
            signal.raise_signal(signal.SIGINT)
        return paint(self, task)

    monkeypatch.setattr(Inverting, "paint", interrupted)
    twice = ("--method", "slow", "--set", "film_passes=2")
    assert main(arguments_for(clip, output, *twice)) == 130
    assert probe(output).frames == 3
    assert main(arguments_for(clip, output, *twice, "--resume")) == 0
    assert probe(output).frames == 5


@pytest.mark.usefixtures("light")
def test_a_full_disk_leaves_the_frames_before_it(
    tmp_path: Path, clip: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    append, output = FilmFolder.append, tmp_path / "out.gif"

    def full(folder: FilmFolder, *given: Any) -> None:
        if folder.count == 2:
            raise OSError(28, "No space left on device")
        append(folder, *given)

    with monkeypatch.context() as patch:
        patch.setattr(FilmFolder, "append", full)
        assert main(arguments_for(clip, output)) == 130
        assert probe(output).frames == 2
        assert "storage: the film cannot be stored, because the disk is full" in capsys.readouterr().err
    assert main(arguments_for(clip, output, "--resume")) == 0
    assert probe(output).frames == 5


@pytest.mark.usefixtures("light")
def test_a_film_with_fewer_frames_than_its_file_says_is_whole(
    tmp_path: Path, clip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = reading.frames
    monkeypatch.setattr(run, "frames", lambda *of, **more: itertools.islice(frames(*of, **more), 3))
    assert main(arguments_for(clip, tmp_path / "out.gif")) == 0
    assert probe(tmp_path / "out.gif").frames == 3


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize(
    ("output", "more", "says"),
    [
        ("out.avi", (), "the output must end in .mp4, .webm, .gif, .webp, got out.avi"),
        ("out.mp4", ("--resume",), "--resume needs the folder out.mp4.frames"),
        ("out.mp4", ("--set", "trim_start_seconds=9"), "a clip must begin before its end"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, clip: str, output: str, more: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments_for(clip, tmp_path / output, *more)) == 2
    assert says in capsys.readouterr().err


@pytest.mark.usefixtures("light")
def test_quality_and_frames_on_the_way(tmp_path: Path, clip: str, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = []
    for quality in ("20", "95"):
        output = tmp_path / f"{quality}.mp4"
        assert main(arguments_for(clip, output, "--quality", quality, "--every", "2")) == 0
        sizes.append(output.stat().st_size)
    assert sizes[0] < sizes[1]
    folder = tmp_path / "95-steps"
    assert sorted(path.name for path in folder.iterdir()) == ["step-00002.png", "step-00004.png"]
    assert recipe_from_json(read_recipe((folder / "step-00004.png").read_bytes()) or "").medium == "film"
    for name, more, says in (
        ("out.gif", ("--quality", "50"), "a GIF has no quality, got 50"),
        ("out.mp4", ("--quality", "0"), "the quality of a film must be from 1 to 100, got 0"),
        ("out.mp4", ("--every", "0"), "--every must be at least 1 step, got 0"),
    ):
        assert main(arguments_for(clip, tmp_path / name, *more)) == 2
        assert says in capsys.readouterr().err


@pytest.fixture
def scenes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A film of three scenes, of which the last two can be painted while the first one is."""
    monkeypatch.setattr(film, "_keep", Keep())
    monkeypatch.setattr(plans, "WORTH_SECONDS", 0.0)
    for name in ("NST_WORKERS", THREADS):
        monkeypatch.setenv(name, "1")  # the command changes them
    painted = Inverting.paint

    def slowly(self: Inverting, task: FrameTask) -> PaintedFrame:
        time.sleep(0.05)
        return painted(self, task)

    monkeypatch.setattr(Inverting, "paint", slowly)
    path = tmp_path / "scenes.mp4"
    cut = [pan(count, 0.5, key) for key, count in (("astronaut", 100), ("coffee", 14), ("chelsea", 14))]
    path.write_bytes(video([frame.pixels for scene in cut for frame in scene]))
    return str(path)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Part]:
    """The parts that other processes take."""
    found, take = list[Part](), PartPlan.take

    def noting(plan: PartPlan) -> Part | None:
        part = take(plan)
        found.extend([part] if part else [])
        return part

    monkeypatch.setattr(PartPlan, "take", noting)
    return found


@pytest.mark.usefixtures("light")
def test_several_processes_paint_the_film_that_one_paints(
    tmp_path: Path, scenes: str, taken: list[Part], capsys: pytest.CaptureFixture[str]
) -> None:
    for count in ("2", "1"):
        assert main(arguments_for(scenes, tmp_path / f"{count}.mp4", "--workers", count, "--every", "110")) == 0
    assert taken == [(100, 114), (114, 128)]
    assert (tmp_path / "1.mp4").read_bytes() == (tmp_path / "2.mp4").read_bytes()
    assert [each.name for each in (tmp_path / "2-steps").iterdir()] == ["step-00110.png"]
    assert not (tmp_path / "2.mp4.frames").exists()
    assert main(arguments_for(scenes, tmp_path / "3.mp4", "--workers", "65")) == 2
    assert "--workers must be from 1 to 64, got 65" in capsys.readouterr().err


@pytest.mark.usefixtures("light")
def test_a_process_that_is_killed_costs_no_frame(
    tmp_path: Path, scenes: str, taken: list[Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    look, killed = PartProcesses.look, list[int]()

    def killing(processes: PartProcesses) -> None:
        look(processes)
        if taken and not killed and any((tmp_path / "out.mp4.frames").glob("parts/*/steps/*")):
            (child,) = psutil.Process().children()[:1]
            for each in psutil.Process().children():
                child = each if "spawn_main" in " ".join(each.cmdline()) else child
            child.kill()
            killed.append(child.pid)

    monkeypatch.setattr(PartProcesses, "look", killing)
    assert main(arguments_for(scenes, tmp_path / "out.mp4", "--workers", "2")) == 0
    assert killed
    assert probe(tmp_path / "out.mp4").frames == 128
