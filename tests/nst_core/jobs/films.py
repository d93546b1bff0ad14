"""A film's run with a made-up film: nothing here reads or paints its frames."""

import hashlib
from pathlib import Path

from nst_core.film.info import FilmInfo
from nst_core.film.reading import Film
from nst_core.jobs.service import JobService, owner_of
from nst_core.recipe import Recipe, make
from tests.nst_core.jobs.servers import ANN, FakeWorker, picture

INFO = FilmInfo(64, 48, 50, True, 5.0, 10.0, True, False, "MP4", "h264", 8)


def film(folder: Path, size: int = 5000, info: FilmInfo = INFO) -> Film:
    """A film file that is as large as wanted, and is none."""
    folder.mkdir(exist_ok=True)
    path = folder / "Holiday.MP4"
    path.write_bytes(bytes(range(256)) * (size // 256))
    return Film(path, hashlib.sha256(path.read_bytes()).hexdigest(), info)


def recipe(**settings: object) -> Recipe:
    return make(settings={"medium": "film", "longest_edge_px": 64, "steps": 9, **settings})


def submit(service: JobService, folder: Path, **more: object) -> str:
    """A run of a film whose own file is gone when this returns."""
    given = film(folder)
    job = service.submit(recipe(**more), picture(), [picture(1)], film=given, owner=owner_of(ANN))
    given.path.unlink()
    return job


def write_result(worker: FakeWorker, data: bytes = b"a film") -> None:
    """The film that the worker would write before it reports its result."""
    files = worker.run_command().film
    assert files is not None
    Path(files.result).write_bytes(data)
