"""Arrays in files keep their values, take memory only while they are read, and leave nothing behind."""

import gc
import tempfile
from pathlib import Path

import numpy as np
import psutil
import pytest

from nst_core.system import mapped_files

SIZE = 24_000_000


def resident_bytes() -> int:
    return int(psutil.Process().memory_info().rss)


def test_a_stored_array_is_equal_and_read_only_and_takes_memory_only_while_it_is_read(tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 255, (2000, 4000, 3), dtype=np.uint8)
    with mapped_files.new_file(tmp_path) as file:
        stored = mapped_files.stored(values, file)
    before = resident_bytes()
    assert np.array_equal(stored, values)
    assert not stored.flags.writeable
    while_read = resident_bytes()
    mapped_files.release_pages()
    assert while_read - before > SIZE / 2
    assert while_read - resident_bytes() > SIZE / 2
    assert np.array_equal(stored[::300], values[::300])  # still there


@pytest.mark.slow
def test_its_room_is_counted_until_the_last_view_is_gone(tmp_path: Path) -> None:
    gc.collect()
    before = mapped_files.mapped_bytes()
    with mapped_files.new_file(tmp_path) as file:
        view = mapped_files.stored(np.zeros((100, 10), np.uint8), file)[50:, 2:]
    assert list(tmp_path.iterdir()) == []  # the file has no name
    assert mapped_files.mapped_bytes() == before + 1000
    del view
    assert mapped_files.mapped_bytes() == before


def test_a_file_that_is_too_short_is_an_error_not_a_fault(tmp_path: Path) -> None:
    with mapped_files.new_file(tmp_path) as file:
        file.write(b"short")
        file.flush()
        with pytest.raises(OSError, match="shorter than expected"):
            mapped_files.map_bytes(file, 100)


def test_without_its_folder_a_file_is_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with mapped_files.new_file(tmp_path / "taken") as file:
        assert mapped_files.stored(np.ones(5, np.uint8), file).sum() == 5
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "taken"))
    with pytest.raises(OSError, match="taken"):
        mapped_files.new_file(tmp_path / "taken")
