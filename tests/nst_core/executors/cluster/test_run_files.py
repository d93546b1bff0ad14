"""The files of a run travel with it: what an actor has written is in the job service's folder, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from nst_core.executors.cluster.run_files import RunFiles, relocated
from nst_core.film.spread.plan import Part
from nst_core.jobs.messages import FilmFiles, RunCommand
from tests.nst_core.executors.contract import run_command
from tests.nst_core.jobs.films import INFO


def of_picture(folder: Path) -> RunCommand:
    folder.mkdir(exist_ok=True)
    return run_command("a", folder / "checkpoint.npz")


def of_film(folder: Path) -> RunCommand:
    (folder / "film").mkdir(parents=True, exist_ok=True)
    (folder / "inputs").mkdir(exist_ok=True)
    paths = {"path": folder / "inputs" / "film.mp4", "work": folder / "film", "result": folder / "result.webm"}
    files = FilmFiles(sha256="0" * 64, info=INFO, **{name: str(path) for name, path in paths.items()})
    return run_command("a").model_copy(update={"film": files})


def actor_of(command: RunCommand, folder: Path) -> RunFiles:
    folder.mkdir()
    return RunFiles(relocated(command, folder))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_checkpoint_goes_there_and_each_new_one_comes_back_once(tmp_path: Path) -> None:
    command = of_picture(tmp_path / "run")
    here = RunFiles(command)
    assert here.collect() == {}
    Path(command.checkpoint).write_bytes(b"first")
    there = actor_of(command, tmp_path / "actor")
    there.store(here.collect())
    assert contents(tmp_path / "actor") == {"checkpoint.npz": b"first"}
    assert there.changes() == {}
    (tmp_path / "actor" / "checkpoint.npz").write_bytes(b"second")
    here.store(there.changes())
    assert Path(command.checkpoint).read_bytes() == b"second"
    assert there.changes() == {}


def test_the_frames_of_a_film_come_back_as_they_are_painted_and_go_when_they_are_joined(tmp_path: Path) -> None:
    command = of_film(tmp_path / "run")
    (tmp_path / "run" / "inputs" / "film.mp4").write_bytes(b"a film")
    (tmp_path / "run" / "film" / "recipe.json").write_bytes(b"{}")
    here, there = RunFiles(command), actor_of(command, tmp_path / "actor")
    there.store(here.collect())
    assert contents(tmp_path / "actor") == {"film.mp4": b"a film", "work/recipe.json": b"{}"}

    frames = tmp_path / "actor" / "work" / "frames"
    frames.mkdir()
    (frames / "0.png").write_bytes(b"frame")
    (frames / ".1.png.part").write_bytes(b"half a fra")
    changes = there.changes()
    assert changes == {"work/frames/0.png": b"frame"}
    here.store(changes)
    (frames / "0.png").unlink()
    (frames / "0-1.ts").write_bytes(b"segment")
    (tmp_path / "actor" / "result.webm").write_bytes(b"painted")
    here.store(there.changes())
    assert contents(tmp_path / "run") == {
        "inputs/film.mp4": b"a film",
        "film/recipe.json": b"{}",
        "film/frames/0-1.ts": b"segment",
        "result.webm": b"painted",
    }
    (frames / "0-1.ts").unlink()
    here.store(there.changes())
    assert not (tmp_path / "run" / "film" / "frames").exists(), "no empty folder stays"
    assert (tmp_path / "run" / "film" / "recipe.json").exists()


def test_a_part_goes_to_the_runs_own_worker_when_its_worker_has_left_it(tmp_path: Path) -> None:
    command = of_film(tmp_path / "run")
    (tmp_path / "run" / "inputs" / "film.mp4").write_bytes(b"a film")
    (tmp_path / "run" / "film" / "recipe.json").write_bytes(b"{}")
    leader = RunFiles(command)
    own = actor_of(command, tmp_path / "leader")
    own.store(leader.collect())
    part = command.model_copy(update={"part": Part(12, 24)})
    here, there = RunFiles(part), actor_of(part, tmp_path / "helper")
    there.store(here.collect())
    assert contents(tmp_path / "helper") == {"film.mp4": b"a film"}, "a part needs nothing of the frames before it"
    frame = tmp_path / "helper" / "work" / "parts" / "00000012-00000024" / "frames" / "12.png"
    frame.parent.mkdir(parents=True)
    frame.write_bytes(b"frame")
    here.store(there.changes())
    (tmp_path / "leader" / "work" / "0.png").write_bytes(b"its own, not told yet")
    own.store(leader.of_part(12))
    assert leader.of_part(1) == {}
    painted = tmp_path / "leader" / "work" / "parts" / "00000012-00000024" / "frames" / "12.png"
    assert painted.read_bytes() == b"frame"
    painted.unlink()
    assert own.changes() == {
        "work/0.png": b"its own, not told yet",
        "work/parts/00000012-00000024/frames/12.png": None,
    }


@pytest.mark.parametrize("name", ["film", "../secret", "work/../../secret", "work//etc/passwd", "", "result"])
def test_an_actor_cannot_write_another_file_than_its_runs(tmp_path: Path, name: str) -> None:
    here = RunFiles(of_picture(tmp_path / "run"))
    with pytest.raises(ValueError, match="a run has no file"):
        here.store({name: b"data"})
    if name in ("film", "result"):
        return
    with pytest.raises(ValueError, match="a run has no file"):
        RunFiles(of_film(tmp_path / "film")).store({name: b"data"})
    assert not (tmp_path / "secret").exists()


def test_the_folder_of_a_deleted_run_does_not_come_back(tmp_path: Path) -> None:
    here, film = RunFiles(of_picture(tmp_path / "run")), RunFiles(of_film(tmp_path / "film"))
    assert not here.is_deleted
    assert film.is_deleted  # its film is gone
    (tmp_path / "run").rmdir()
    assert here.is_deleted
