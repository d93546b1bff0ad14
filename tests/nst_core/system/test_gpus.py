"""GPUs as reported by their driver, whose library is replaced."""

# ruff: noqa: N802 - the names of the functions are NVIDIA's

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from nst_core.system import gpus

UUIDS = ("GPU-aa11", "GPU-bb22", "GPU-cc33")
PART = "MIG-dd44"


class DriverError(Exception):
    """The error that nvidia-ml-py raises."""


class Driver(SimpleNamespace):
    """nvidia-ml-py on a machine with three GPUs; handles are UUIDs. `fails` names a function that does not answer."""

    NVMLError = DriverError

    def __init__(self, fails: str = "") -> None:
        super().__init__(fails=fails, is_open=False)

    def _answer(self, name: str, value: Any) -> Any:
        if name == self.fails:
            raise DriverError(name)
        return value

    def nvmlInit(self) -> None:
        self._answer("init", None)
        self.is_open = True

    def nvmlShutdown(self) -> None:
        self.is_open = False

    def nvmlDeviceGetCount(self) -> Any:
        return self._answer("count", len(UUIDS))

    def nvmlDeviceGetHandleByIndex(self, number: int) -> str:
        return UUIDS[number]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        if uuid != PART:
            raise DriverError(uuid)
        return uuid

    def nvmlDeviceGetUUID(self, handle: str) -> str:
        return handle

    def nvmlDeviceGetName(self, handle: str) -> str:
        return f"RTX {handle[4:]}"

    def nvmlDeviceGetMemoryInfo(self, handle: str) -> Any:
        return self._answer("memory", SimpleNamespace(free=5e9, total=8e9))


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    monkeypatch.setitem(sys.modules, gpus.LIBRARY, Driver())
    return sys.modules[gpus.LIBRARY]  # type: ignore[return-value]


def test_all_gpus_are_seen_by_their_uuid_with_their_memory(driver: Driver) -> None:
    first, *others = gpus.visible({})
    assert first == gpus.Gpu("GPU-aa11", "RTX aa11", 5000.0, 8000.0)
    assert [gpu.identifier for gpu in others] == ["GPU-bb22", "GPU-cc33"]
    assert not driver.is_open


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("0,2", [("0", "aa11"), ("2", "cc33")]),
        ("2, 1", [("2", "cc33"), ("1", "bb22")]),
        ("GPU-bb", [("GPU-bb", "bb22")]),
        ("0,2,-1,1", [("0", "aa11"), ("2", "cc33")]),  # NVIDIA's own example
        ("0,9,1", [("0", "aa11")]),
        ("1,1", [("1", "bb22")]),
        ("MIG-dd44,0", [("MIG-dd44", "dd44"), ("0", "aa11")]),
        ("MIG-none,0", []),
        ("GPU-zz,0", []),
        ("", []),
        ("-1", []),
        ("none", []),
    ],
)
def test_the_environment_chooses_as_it_does_for_cuda(driver: Driver, value: str, seen: Any) -> None:
    found = gpus.visible({gpus.VARIABLE: value})
    assert [(gpu.identifier, gpu.title.removeprefix("RTX ")) for gpu in found] == seen
    assert not driver.is_open


def test_the_processs_own_environment_is_the_default(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(gpus.VARIABLE, "1")
    assert [gpu.identifier for gpu in gpus.visible()] == ["1"]


@pytest.mark.parametrize("fails", ["init", "count", "memory"])
def test_a_driver_that_does_not_answer_has_no_gpus(monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    broken = Driver(fails)
    monkeypatch.setitem(sys.modules, gpus.LIBRARY, broken)
    assert gpus.visible({}) == ()
    assert not broken.is_open


def test_without_the_drivers_library_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, gpus.LIBRARY, None)
    assert gpus.visible({}) == ()
