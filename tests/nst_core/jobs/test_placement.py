"""The number of workers, and the devices and cores of each."""

from __future__ import annotations

from typing import Any

import pytest

from nst_core.jobs.placement import THREADS, environments
from nst_core.settings import Settings
from nst_core.system import gpus

TWO = (gpus.Gpu("GPU-aa", "RTX", 1.0, 1.0), gpus.Gpu("GPU-bb", "RTX", 1.0, 1.0))


@pytest.mark.parametrize(
    ("set_by_operator", "found", "seen"),
    [
        ({}, TWO, ["GPU-aa", "GPU-bb"]),
        ({}, TWO[:1], ["GPU-aa"]),
        ({"NST_DEVICE": "gpu"}, TWO, ["GPU-aa", "GPU-bb"]),
        ({"NST_WORKERS": "1"}, TWO, ["GPU-aa"]),
        ({"NST_WORKERS": "9"}, TWO, ["GPU-aa", "GPU-bb"]),  # two on one GPU would share its memory
    ],
)
def test_each_gpu_has_one_worker_that_sees_no_other(set_by_operator: Any, found: Any, seen: Any) -> None:
    assert environments(Settings.read(set_by_operator), found) == tuple({gpus.VARIABLE: gpu} for gpu in seen)


@pytest.mark.parametrize(
    ("set_by_operator", "found", "threads"),
    [
        ({}, (), [None]),
        ({"NST_WORKERS": "1"}, (), [None]),
        ({"NST_WORKERS": "3"}, (), ["2", "2", "2"]),
        ({"NST_WORKERS": "16"}, (), ["1"] * 16),
        ({"NST_WORKERS": "2", "NST_DEVICE": "cpu"}, TWO, ["4", "4"]),
        ({"NST_DEVICE": "cpu"}, TWO, [None]),
    ],
)
def test_workers_on_a_processor_divide_its_cores(set_by_operator: Any, found: Any, threads: Any) -> None:
    expected = tuple({} if count is None else {THREADS: count} for count in threads)
    assert environments(Settings.read(set_by_operator), found, cores=8) == expected


def test_the_driver_is_asked_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "visible", lambda: TWO)
    assert len(environments(Settings.read({}))) == 2
