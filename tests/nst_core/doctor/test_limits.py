"""Memory and file handles: too little of either is reported, on the machine and in a container."""

from __future__ import annotations

import resource
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from nst_core.doctor import limits
from nst_core.doctor.finding import megabytes
from nst_core.system import container
from tests.nst_core.doctor.conftest import all_ok, by_level, the_problem, the_warning


@pytest.fixture(autouse=True)
def no_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "CGROUPS", ())


def has_memory(monkeypatch: pytest.MonkeyPatch, available: float, total: float = 64e9) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=available, total=total))


@pytest.mark.parametrize(("available", "read"), [(0.5e9, the_problem), (2e9, the_warning), (20e9, all_ok)])
def test_little_memory_is_told(monkeypatch: pytest.MonkeyPatch, available: float, read: Any) -> None:
    has_memory(monkeypatch, available)
    assert f"{megabytes(available)} of the memory of this machine are available" in read(limits.memory())


def test_the_limit_of_a_container_counts_where_it_is_lower(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit, use = tmp_path / "memory.max", tmp_path / "memory.current"
    monkeypatch.setattr(container, "CGROUPS", ((tmp_path / "absent", use), (limit, use)))
    has_memory(monkeypatch, 20e9)
    limit.write_text("3000000000\n")
    use.write_text("2400000000\n")
    levels = by_level(limits.memory())
    assert levels["problem"][0].text == "600 MB of the memory of the container are available"
    assert levels["ok"][0].text == "the container limits the memory to 3.0 GB, of which 2.4 GB are in use"
    limit.write_text("max\n")
    assert "no container limits the memory" in all_ok(limits.memory())
    limit.write_text(str(2**63 - 4096))
    assert "no container limits the memory" in all_ok(limits.memory())


def test_few_file_handles_are_told_for_real() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        for count, read in ((200, the_problem), (512, the_warning), (min(4096, hard), all_ok)):
            resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
            assert f"a process may open {count:,} files" in read(limits.file_handles())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
