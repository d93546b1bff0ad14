from pathlib import Path

import psutil
import pytest

from nst_core.system import container

GB = 1 << 30


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of a container that may have 1 GB, of which 0.75 are in use, and 0.5 by cached files."""
    (tmp_path / "memory.max").write_text(f"{GB}\n")
    (tmp_path / "memory.current").write_text(f"{3 * GB // 4}\n")
    (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {GB // 2}\nactive_file 7\n")
    files = ((tmp_path / "none", tmp_path / "none"), (tmp_path / "memory.max", tmp_path / "memory.current"))
    monkeypatch.setattr(container, "CGROUPS", files)
    return tmp_path


def test_cached_files_count_as_available(folder: Path) -> None:
    assert container.memory_limit() == (GB, GB / 4)
    assert container.available_bytes() == min(3 * GB / 4, psutil.virtual_memory().available)
    (folder / "memory.stat").unlink()
    assert container.memory_limit() == (GB, 3 * GB / 4)


@pytest.mark.parametrize("limit", ["max", str(1 << 62)])
def test_without_a_limit_the_machine_counts(limit: str, folder: Path) -> None:
    (folder / "memory.max").write_text(limit)
    available = psutil.virtual_memory().available
    assert container.available_bytes() == pytest.approx(available, rel=0.2)
