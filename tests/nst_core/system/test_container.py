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


def test_the_lowest_limit_of_the_own_group_and_of_those_around_it_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a service of systemd: the limit is in a group below the first one."""
    names = folder / "cgroup"
    monkeypatch.setattr(container, "OWN_GROUPS", names)
    names.write_text("1:cpu:/\n0::/system.slice/nst.service\n")
    assert container.memory_limit() == (GB, GB / 4)
    own = folder / "system.slice" / "nst.service"
    own.mkdir(parents=True)
    (own / "memory.max").write_text("max")
    (own / "memory.current").write_text("9")
    assert container.memory_limit() == (GB, GB / 4)
    (own.parent / "memory.max").write_text("5000")
    (own.parent / "memory.current").write_text("2000")
    assert container.memory_limit() == (5000, 2000)
    names.write_text("4:memory:/\n3:cpu:/system.slice/nst.service\n0::/\n")
    assert container.memory_limit() == (GB, GB / 4)


@pytest.mark.parametrize("limit", ["max", str(1 << 62)])
def test_without_a_limit_the_machine_counts(limit: str, folder: Path) -> None:
    (folder / "memory.max").write_text(limit)
    available = psutil.virtual_memory().available
    assert container.available_bytes() == pytest.approx(available, rel=0.2)
