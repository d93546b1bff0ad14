"""The film that a visitor has chosen: a file of their tab, which goes with the tab."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
import weakref
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO

import streamlit as st

from nst_core.errors import FilmError
from nst_core.settings import Settings
from pages.parts.app.session_values import SessionValue

if TYPE_CHECKING:
    from nst_core.film.info import FilmInfo
    from nst_core.film.reading import Film
    from nst_core.runs.inputs import RunInputs

FILM_TYPES = ["mp4", "m4v", "mov", "webm", "mkv", "gif", "webp"]
"""The endings of the names of films."""
LEFT_OVER_SECONDS = 86_400.0
"""The age at which a folder of an earlier server, which was killed, is removed."""
_CHUNK_BYTES = 1 << 20
_CHOSEN = SessionValue["ChosenFilm"]("film", "chosen")


@dataclass(frozen=True, eq=False)
class ChosenFilm:
    """A checked film in a folder of its own, which is removed with this object.

    Attributes:
        film: the file and its facts.
        title: the name that the visitor's file had.
    """

    film: Film
    title: str
    _folder: tempfile.TemporaryDirectory[str] = field(repr=False)


def max_film_mb() -> int:
    """The largest film that the uploader takes, in MB; the server itself may take less."""
    return min(Settings.read().film_mb, int(st.get_option("server.maxUploadSize")))


def most_seconds(info: FilmInfo) -> float:
    """The longest part of a film that may be painted at its own rate."""
    from nst_core.film.info import FilmLimits

    limits = FilmLimits.read()
    return min(limits.seconds, limits.frames / info.frames_per_second)


def chosen() -> ChosenFilm | None:
    """The film of this tab, if there is one."""
    return _CHOSEN.get()


def choose(file: BinaryIO, title: str) -> ChosenFilm:
    """Copy a film to a file, check it, and make it the film of this tab.

    Never holds more than a megabyte of it in memory.

    Raises:
        FilmError: it cannot be used, or there is no room; the film that was chosen before stays.
    """
    from nst_core.film.reading import Film

    folder = _new_folder()
    try:
        path = Path(folder.name, f"film{_suffix(title)}")
        with path.open("wb") as copy:
            shutil.copyfileobj(file, copy, _CHUNK_BYTES)
        kept = ChosenFilm(Film.open(path), title, folder)
    except OSError as error:
        folder.cleanup()
        raise FilmError(f"a film must have room on the server's disk, got: {error.strerror or error}") from None
    except FilmError:
        folder.cleanup()
        raise
    _kept.add(kept)
    _CHOSEN.put(kept)
    return kept


def choose_again(inputs: RunInputs) -> None:
    """Make the film of a run the film of this tab. Raises FilmError as `choose`, or if the run's film is gone."""
    if inputs.film is None:
        raise FilmError("the film of this run is gone; choose it again")
    try:
        with inputs.film.path.open("rb") as file:
            choose(file, f"The film of this run{inputs.film.path.suffix}")
    except OSError as error:
        raise FilmError(f"the film of this run cannot be read ({error.strerror or error}); choose it again") from None


_kept: weakref.WeakSet[ChosenFilm] = weakref.WeakSet()


def _suffix(title: str) -> str:
    """The ending of a file's name if it is one of a film; the name itself is the visitor's and never becomes a path."""
    suffix = PurePath(title).suffix.lower()
    return suffix if suffix.lstrip(".") in FILM_TYPES else ""


def _new_folder() -> tempfile.TemporaryDirectory[str]:
    """A new folder beside those of other visitors' films. Raises FilmError if there is no room."""
    settings = Settings.read()
    if sum(map(_size, list(_kept))) > settings.pictures_disk_mb * 2**20:
        raise FilmError(
            f"all visitors' films together may take {settings.pictures_disk_mb} MB, and they do now; "
            "try again in some minutes"
        )
    parent = settings.cache_dir / "films"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_left_over(parent)
        return tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True)
    except OSError:
        return tempfile.TemporaryDirectory(prefix="nst-film-", ignore_cleanup_errors=True)


def _size(kept: ChosenFilm) -> int:
    with contextlib.suppress(OSError):
        return kept.film.path.stat().st_size
    return 0


@cache
def _remove_left_over(parent: Path) -> None:
    """Remove the folders that a killed server left, once in the life of this one."""
    oldest = time.time() - LEFT_OVER_SECONDS
    for folder in parent.iterdir():
        if folder.is_dir() and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
