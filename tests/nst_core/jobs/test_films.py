"""A film's run keeps its film, its frames so far and its result as files, and needs none of them in memory."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from nst_core.errors import FilmError, JobError, QueueFullError, RecipeError, StorageError
from nst_core.jobs import film_files
from nst_core.jobs.messages import FilmFiles
from nst_core.jobs.service import JobService, owner_of
from tests.nst_core.jobs.films import INFO, film, recipe, submit, write_result
from tests.nst_core.jobs.servers import ANN, Servers, numbers, picture, until


@pytest.fixture(params=["disk", "memory"])
def anywhere(request: pytest.FixtureRequest, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> JobService:
    """A job service with a disk, or without one."""
    if request.param == "memory":
        monkeypatch.setenv("NST_DATA_DIR", "")
    return servers.start()


def files_of(servers: Servers) -> FilmFiles:
    found = servers.worker.run_command().film
    assert found is not None
    return found


def test_the_worker_gets_a_copy_of_the_film(anywhere: JobService, servers: Servers, tmp_path: Path) -> None:
    given = film(tmp_path / "visitor")
    job = submit(anywhere, tmp_path / "visitor")
    servers.worker.ready()
    command, files = servers.worker.run_command(), files_of(servers)
    assert Path(files.path).read_bytes() == bytes(range(256)) * (5000 // 256)
    assert Path(files.path).suffix == ".mp4"
    assert (files.sha256, files.info) == (given.sha256, INFO)
    assert Path(files.work).is_dir()
    assert Path(files.result).parent == Path(files.work).parent
    assert command.recipe.content == given.sha256
    assert len(command.data) == 4  # the first frame and a style, each with its transparency: no film in the message
    assert anywhere.view(job).total_steps == 50
    kept = anywhere.inputs(job).film
    assert kept is not None
    assert kept.path == Path(files.path)


def test_the_result_is_a_file_beside_the_poster(anywhere: JobService, servers: Servers, tmp_path: Path) -> None:
    job = submit(anywhere, tmp_path / "visitor", film_format="webm")
    servers.worker.ready()
    servers.worker.begin(job)
    servers.worker.step(job, 1)
    with pytest.raises(JobError, match="no film yet"):
        anywhere.film_result(job)
    write_result(servers.worker, b"moving")
    work = Path(files_of(servers).work)
    (work / "frame").write_bytes(bytes(10**6))
    servers.worker.report_film_end(job, recipe(film_format="webm"))
    until(lambda: job not in anywhere._repository.active)  # it is stored
    found = anywhere.film_result(job)
    assert (found.path.read_bytes(), found.media_type) == (b"moving", "video/webm")
    assert anywhere.view(job).result == b"png"
    assert not work.exists()
    row = anywhere._repository.store._index.get(job)
    assert row is not None
    assert 4864 + len(b"moving") < row.bytes < 10**6  # both films are counted, and the frames that are gone are not

    anywhere.delete(job, ANN)
    assert not found.path.exists()
    assert not Path(files_of(servers).path).exists()
    with pytest.raises(JobError, match="deleted"):
        anywhere.film_result(job)


def test_a_new_server_continues_with_the_same_folder(servers: Servers, tmp_path: Path) -> None:
    job = submit(servers.start(), tmp_path / "visitor")
    servers.worker.ready()
    servers.worker.begin(job)
    servers.worker.step(job, 1)
    before = files_of(servers)
    service = servers.start()
    service.warm()
    servers.worker.ready()
    assert files_of(servers) == before
    servers.worker.begin(job, [1])
    servers.worker.step(job, 2)
    assert numbers(service, job) == [1, 2]


def test_a_run_that_lost_its_worker_continues_without_a_disk(
    anywhere: JobService, servers: Servers, tmp_path: Path
) -> None:
    job = submit(anywhere, tmp_path / "visitor")
    servers.worker.ready()
    servers.worker.begin(job)
    servers.worker.step(job, 1)
    before = files_of(servers)
    servers.worker.die("it was killed")
    until(lambda: len(servers.workers) == 2)
    servers.worker.ready()
    assert files_of(servers) == before


def test_a_stopped_run_that_waits_becomes_a_film_of_its_frames(servers: Servers, tmp_path: Path) -> None:
    job = submit(servers.start(), tmp_path / "visitor")
    servers.worker.ready()
    servers.worker.begin(job)
    servers.worker.step(job, 1)
    (Path(files_of(servers).work) / Path(film_files.CURVE).name).write_bytes(b"some")
    service = servers.start()  # the run waits for a worker
    service.stop(job, ANN)
    servers.worker.ready()
    assert servers.worker.run_command().stop


@pytest.mark.parametrize("why", ["full", "disk"])
def test_a_refused_run_leaves_no_files(
    why: str, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = servers.start()
    folder = tmp_path / "data" / "runs"
    if why == "full":
        for _ in range(2):
            submit(service, tmp_path / "visitor")
        monkeypatch.setattr(
            service.admission, "check_room", lambda *_: None
        )  # another visitor takes the place after it
    else:

        def refuse(*_: object) -> None:
            raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr("nst_core.jobs.film_files.shutil.copyfileobj", refuse)
    before = sorted(folder.glob("*"))
    with pytest.raises(QueueFullError if why == "full" else StorageError):
        submit(service, tmp_path / "visitor")
    assert sorted(folder.glob("*")) == before


def test_a_film_over_a_limit_is_refused(servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = servers.start()
    monkeypatch.setenv("NST_FILM_SECONDS", "3")
    with pytest.raises(FilmError, match="at most 3 s"):
        submit(service, tmp_path / "visitor")
    assert submit(service, tmp_path / "visitor", trim_start_seconds=2.0, trim_end_seconds=4.0)


def test_medium_and_film_belong_together(servers: Servers, tmp_path: Path) -> None:
    service, given = servers.start(), film(tmp_path)
    with pytest.raises(RecipeError, match="needs a film, got none"):
        service.submit(recipe(), picture(), [picture(1)])
    with pytest.raises(RecipeError, match="medium film"):
        service.submit(recipe(medium="picture"), picture(), [picture(1)], film=given)


def test_a_films_run_is_not_steered(servers: Servers, tmp_path: Path) -> None:
    service = servers.start()
    job = submit(service, tmp_path / "visitor")
    with pytest.raises(JobError, match="keyframes"):
        service.steer(job, ANN, {"style_weight": 3.0})


def test_a_picture_has_no_film(servers: Servers) -> None:
    service = servers.start()
    job = service.submit(recipe(medium="picture"), picture(), [picture(1)], owner=owner_of(ANN))
    with pytest.raises(JobError, match="of a picture"):
        service.film_result(job)


def test_a_film_that_has_changed_on_the_disk_is_not_painted(servers: Servers, tmp_path: Path) -> None:
    job = submit(servers.start(), tmp_path / "visitor")
    until((tmp_path / "data" / "runs" / job / "inputs" / "contents.json").exists)
    servers.stop()
    path = tmp_path / "data" / "runs" / job / "inputs" / "film.mp4"
    path.write_bytes(path.read_bytes()[:-1])
    service = servers.start()
    service.warm()
    servers.worker.ready()
    until(lambda: service.view(job).state == "failed")
    assert "missing or damaged" in (service.view(job).error or "")


def test_a_films_frames_are_counted_for_its_clip(tmp_path: Path, servers: Servers) -> None:
    service = servers.start()
    job = submit(service, tmp_path / "visitor", trim_start_seconds=1.0, frames_per_second=5.0)
    assert service.view(job).total_steps == 20
    longer = replace(film(tmp_path), info=replace(INFO, seconds=7.0, frames=70))
    job = service.submit(recipe(), picture(), [picture(1)], film=longer)
    assert service.view(job).total_steps == 70
    job = submit(service, tmp_path / "visitor", film_passes=2)
    assert service.view(job).total_steps == 100  # each frame twice
