"""Memory of a GPU: limits, peak, and the error when there is too little."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from nst_core.errors import DeviceMemoryError
from nst_core.models import gpu_memory
from nst_core.system import gpus


@pytest.fixture(autouse=True)
def unmeasured() -> Any:
    gpu_memory.usable_mb.cache_clear()
    yield
    gpu_memory.usable_mb.cache_clear()


def test_a_run_plans_with_less_than_the_gpu_with_least_memory_has_free(monkeypatch: pytest.MonkeyPatch) -> None:
    known = (gpus.Gpu("GPU-1", "", 23_000.0, 24_000.0), gpus.Gpu("GPU-2", "", 8_000.0, 24_000.0))
    monkeypatch.setattr(gpus, "visible", lambda: known)
    assert gpu_memory.usable_mb() == pytest.approx(6_800.0)
    monkeypatch.setattr(gpus, "visible", lambda: ())
    assert gpu_memory.usable_mb() == pytest.approx(6_800.0)  # once: later, TensorFlow's own memory is in use


def test_an_unknown_gpu_is_taken_for_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "visible", lambda: ())
    assert gpu_memory.usable_mb() == pytest.approx(gpu_memory.UNKNOWN_MB)


def test_the_peak_is_that_of_the_first_visible_gpu_in_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    memory: dict[str, Any] = {"GPU:0": {"current": 1, "peak": 1_234_567_890}}
    reset: list[str] = []
    monkeypatch.setattr(tf.config.experimental, "get_memory_info", memory.__getitem__)
    monkeypatch.setattr(tf.config.experimental, "reset_memory_stats", reset.append)
    gpu_memory.reset_peak()
    assert (gpu_memory.peak_mb(), reset) == (1234.6, ["GPU:0"])


@pytest.mark.parametrize(
    ("device", "where"),
    [
        ("/job:localhost/replica:0/task:0/device:GPU:0", "the GPU"),
        ("device:CPU:0", "this machine"),
        ("", "this machine"),
    ],
)
def test_exhausted_memory_is_one_sentence_with_a_way_out(device: str, where: str) -> None:
    expected = f"needs more memory than {where} has free; try a smaller size"
    with pytest.raises(DeviceMemoryError, match=expected) as told, gpu_memory.explained():
        raise tf.errors.ResourceExhaustedError(None, None, f"OOM when allocating tensor on {device} by allocator")
    assert "\n" not in str(told.value)


def test_other_errors_pass() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError), gpu_memory.explained():
        raise tf.errors.InvalidArgumentError(None, None, "a bug")


def test_tensorflow_itself_says_that_memory_is_exhausted() -> None:
    with pytest.raises(DeviceMemoryError), gpu_memory.explained():
        tf.zeros([2**20, 2**20, 2**10])  # 4 PB
