"""The files of a film's run: the film, the folder of the frames done so far, and the finished film.

They are too large for memory: the worker writes them itself, and nothing here reads a whole one at once.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from nst_core.film.info import FilmInfo
from nst_core.film.reading import Film
from nst_core.jobs.blobs import BlobStore
from nst_core.jobs.messages import FilmFiles
from nst_core.recipe import FilmFormat
from nst_core.system.atomic_files import atomic_write

WORK = "film"
"""The folder of the frames done so far; removed when the run is over."""
CURVE = f"{WORK}/curve.log"
"""The curve of the frames done so far; its presence shows that the run can continue."""
MEDIA_TYPES: dict[FilmFormat, str] = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "gif": "image/gif",
    "webp": "image/webp",
}
_CHUNK_BYTES = 1 << 20
_ENDING = re.compile(r"\.[a-z0-9]{1,5}")
_INFO = TypeAdapter(FilmInfo)


@dataclass(frozen=True)
class FilmResult:
    """The finished film of a run: its file, which goes when the run is deleted, and its media type."""

    path: Path
    media_type: str


def adopt(blobs: BlobStore, job: str, film: Film) -> Film:
    """Copy a film into the folder of its run, since its file belongs to the caller. Raises OSError."""
    path = blobs.place(job, f"inputs/film{ending(film.path.name)}")
    with film.path.open("rb") as source, atomic_write(path) as copy:
        shutil.copyfileobj(source, copy, _CHUNK_BYTES)
    blobs.keep(job, f"inputs/{path.name}")
    return Film(path, film.sha256, film.info)


def ending(name: str) -> str:
    """The ending of a visitor's file, such as .mp4, if it can be that of one of ours; else none."""
    found = Path(name).suffix.lower()
    return found if _ENDING.fullmatch(found) else ""


def entry(film: Film) -> dict[str, Any]:
    """A film in the list of a run's inputs."""
    return {"file": film.path.name, "sha256": film.sha256, "info": asdict(film.info)}


def from_entry(blobs: BlobStore, job: str, stored: dict[str, Any]) -> Film:
    """The film of an entry that `entry` gave. Raises OSError, or ValueError if the film has changed."""
    path = blobs.fetch(job, f"inputs/{Path(stored['file']).name}")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != stored["sha256"]:
            raise ValueError("a stored film has changed")
    return Film(path, stored["sha256"], _INFO.validate_python(stored["info"]))


def of_run(blobs: BlobStore, job: str, film: Film, kind: FilmFormat) -> FilmFiles:
    """The files of a film's run, for the worker; their folder is made. Raises OSError."""
    work = blobs.place(job, WORK)
    work.mkdir(parents=True, exist_ok=True)
    return FilmFiles(
        path=str(film.path),
        sha256=film.sha256,
        info=film.info,
        work=str(work),
        result=str(blobs.place(job, result_name(kind))),
    )


def result_name(kind: FilmFormat) -> str:
    """The file of the finished film."""
    return f"result.{kind}"


def result(blobs: BlobStore, job: str, kind: FilmFormat) -> FilmResult | None:
    """The finished film of a run; None if it is not there."""
    path = blobs.fetch(job, result_name(kind))
    return FilmResult(path, MEDIA_TYPES[kind]) if path.is_file() else None


def can_continue(blobs: BlobStore, job: str) -> bool:
    """Whether a film's run has frames from which it can continue."""
    return blobs.has(job, CURVE)
