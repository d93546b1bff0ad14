"""The film of a tab: copied to a file without filling memory, and removed with the tab."""

from __future__ import annotations

import gc
import io
import os
import tracemalloc
import weakref
from pathlib import Path

import pytest

from nst_core.errors import FilmError
from nst_core.film import reading
from nst_core.film.info import FilmInfo
from pages.parts.film import chosen

MB = 1 << 20
INFO = FilmInfo(64, 48, 12, True, 1.2, 10.0, False, False, "GIF", "gif", 8)


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The server's cache folder, with a decoder that takes every file."""
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(reading, "probe", lambda *_: INFO)
    monkeypatch.setattr(chosen, "_kept", weakref.WeakSet())
    return tmp_path


def test_a_large_film_is_never_in_memory_as_a_whole(cache: Path) -> None:
    class Upload(io.RawIOBase):
        left = 40 * MB

        def read(self, size: int = -1) -> bytes:
            size = min(self.left, size if size >= 0 else self.left)
            self.left -= size
            return bytes(size)

    tracemalloc.start()
    kept = chosen.choose(Upload(), "large.mp4")  # type: ignore[arg-type]  # all that is used of a file
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.film.path.stat().st_size == 40 * MB
    assert peak < 6 * MB


def test_the_file_is_in_a_folder_of_ours_whatever_its_name_and_goes_with_the_film(cache: Path) -> None:
    kept = chosen.choose(io.BytesIO(b"film"), "../../../etc/cron.d/x.MOV")
    path = kept.film.path
    assert cache / "films" in path.parents
    assert path.name == "film.mov"
    assert chosen.choose(io.BytesIO(b"film"), "x.mp4/../passwd").film.path.name == "film"
    chosen._CHOSEN.pop()
    del kept
    gc.collect()
    assert not path.parent.exists()


def test_a_refused_film_leaves_no_file_and_the_film_before(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = chosen.choose(io.BytesIO(b"film"), "x.mp4")

    def refuse(*_: object) -> FilmInfo:
        raise FilmError("no film")

    monkeypatch.setattr(reading, "probe", refuse)
    with pytest.raises(FilmError, match="no film"):
        chosen.choose(io.BytesIO(b"nothing"), "y.mp4")
    assert chosen.chosen() is before
    assert [folder.name for folder in (cache / "films").iterdir()] == [before.film.path.parent.name]


def test_all_films_together_have_a_limit(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_PICTURES_DISK_MB", "100")
    monkeypatch.setattr(chosen, "_size", lambda _: 101 * MB)
    kept = chosen.choose(io.BytesIO(b"film"), "x.mp4")
    with pytest.raises(FilmError, match="all visitors' films together may take 100 MB"):
        chosen.choose(io.BytesIO(b"film"), "y.mp4")
    assert chosen.chosen() is kept


def test_folders_of_a_killed_server_are_removed_after_a_day(cache: Path) -> None:
    old, new = cache / "films" / "old", cache / "films" / "new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "film.mp4").write_bytes(b"film")
    os.utime(old, (0, 0))
    chosen.choose(io.BytesIO(b"film"), "x.mp4")
    assert (old.exists(), new.exists()) == (False, True)
