"""Times and peak memory of a run."""

from __future__ import annotations

from typing import Any

import psutil
import pytest

from nst_core.models import device, gpu_memory
from nst_core.runs import usage
from tests.nst_core.runs.recorders import step


def clocked(*stamps: Any, already: float = 0.0) -> Any:
    clock = usage.RunTimer()
    clock.mark_loaded(already)
    for number, seconds in enumerate(stamps):
        clock.tick(step(number, seconds))
    return clock.seconds()


def test_compiling_is_what_the_first_step_took_longer() -> None:
    assert clocked(3.0, 3.5, 4.0, 4.5) == {"load": 0.0, "compile": 2.5, "run": 4.5}


def test_what_ran_before_a_resume_is_no_compiling() -> None:
    assert clocked(103.0, 103.5, 104.0, already=100.0) == {"load": 0.0, "compile": 2.5, "run": 104.0}


def test_one_slow_step_is_not_the_usual_one() -> None:
    assert clocked(3.0, 3.5, 4.0, 9.0)["compile"] == 2.5


def test_one_step_tells_nothing_of_compiling() -> None:
    assert clocked(3.0) == {"load": 0.0, "compile": 0.0, "run": 3.0}


def test_no_step_is_no_time() -> None:
    assert clocked() == {"load": 0.0, "compile": 0.0, "run": 0.0}


def test_a_quick_first_step_is_no_negative_time() -> None:
    assert clocked(0.1, 1.1, 2.1)["compile"] == 0.0


def test_loading_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([100.0, 102.25])
    monkeypatch.setattr("nst_core.runs.usage.time.perf_counter", lambda: next(now))
    clock = usage.RunTimer()
    clock.mark_loaded()
    assert clock.seconds()["load"] == 2.25


def test_peak_memory_is_in_megabytes() -> None:
    now = psutil.Process().memory_info().rss / 1e6
    assert 0.8 * now < usage.peak_rss_mb() < 20 * now


def test_the_gpus_peak_is_reported_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_memory, "peak_mb", lambda: 321.0)
    monkeypatch.setattr(device, "device", lambda: device.Device("/CPU:0", "", ""))
    assert usage.peak_gpu_mb() == {}
    monkeypatch.setattr(device, "device", lambda: device.Device("/GPU:0", "", ""))
    assert usage.peak_gpu_mb() == {"peak_gpu_mb": 321.0}
