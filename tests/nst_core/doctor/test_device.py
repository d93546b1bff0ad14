"""The device: each possible answer of the process that asks TensorFlow, or none."""

from __future__ import annotations

import json
import sys

import pytest

from nst_core.doctor import device
from nst_core.system import gpus
from tests.nst_core.doctor.conftest import all_ok, the_problem, the_warning

CPU = {"title": "CPU, 2 cores", "reason": "no GPU is there", "version": "2.21.0", "is_gpu": False, "gpus": 0}
GPU = {"title": "RTX 9000", "reason": "a GPU is there", "version": "2.21.0", "is_gpu": True, "gpus": 1}
DRIVER = (gpus.Gpu("GPU-1", "RTX 9000", 23_000.0, 24_000.0),)


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "visible", lambda: ())


def answers(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(device, "COMMAND", (sys.executable, "-c", code))


def test_the_device_and_its_reason_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, f"print('noise'); print({json.dumps(CPU)!r})")
    assert all_ok(device.check()) == "the networks run on CPU, 2 cores (no GPU is there), with TensorFlow 2.21.0"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('print(\'{"error": "NST_DEVICE is gpu, but TensorFlow sees no GPU"}\')', "NST_DEVICE is gpu, but"),
        ("raise ImportError('no libtensorflow here')", "cannot be loaded: ImportError: no libtensorflow here"),
        ("import os; os.abort()", "cannot be loaded: exit status -6"),
        ("print('no JSON')", "cannot be loaded"),
        ("print('[]')", "cannot be loaded"),
    ],
)
def test_a_device_that_cannot_be_had_is_a_problem(monkeypatch: pytest.MonkeyPatch, code: str, words: str) -> None:
    answers(monkeypatch, code)
    assert words in the_problem(device.check())


def test_a_process_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(device, "SECONDS", 0.3)
    assert the_problem(device.check()) == "TensorFlow did not load within 0.3 s"


def test_a_gpu_is_told_with_its_memory_and_whether_it_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, f"print({json.dumps(GPU)!r})")
    monkeypatch.setattr(gpus, "visible", lambda: DRIVER)
    told = all_ok(device.check())
    assert "the driver has a GPU: RTX 9000, 23,000 of 24,000 MB free" in told
    assert "the networks run on RTX 9000 (a GPU is there)" in told
    assert "not repeatable to the last bit" in told
    monkeypatch.setenv("NST_DETERMINISTIC", "1")
    assert "repeatable bit for bit (NST_DETERMINISTIC)" in all_ok(device.check())


@pytest.mark.parametrize(("wanted", "level"), [(None, "ok"), ("2", "ok"), ("3", "warning")])
def test_each_gpu_has_one_worker(monkeypatch: pytest.MonkeyPatch, wanted: str | None, level: str) -> None:
    answers(monkeypatch, f"print({json.dumps({**GPU, 'gpus': 2})!r})")
    monkeypatch.setattr(gpus, "visible", lambda: DRIVER * 2)
    if wanted:
        monkeypatch.setenv("NST_WORKERS", wanted)
    found = [finding for finding in device.check() if "one" in finding.text and "worker" in finding.text]
    assert [finding.level for finding in found] == [level]
    assert found[0].text.startswith("2 ")


def test_gpus_without_tensorflow_for_them_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, f"print({json.dumps(CPU)!r})")
    monkeypatch.setattr(gpus, "visible", lambda: DRIVER)
    assert the_warning(device.check()).startswith("TensorFlow uses none of the GPUs")


def test_gpus_whose_driver_cannot_be_asked_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, f"print({json.dumps(GPU)!r})")
    assert the_warning(device.check()).startswith("the driver of the GPUs cannot be asked")


@pytest.mark.slow
def test_the_real_process_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_DEVICE", "cpu")
    assert "the networks run on CPU" in all_ok(device.check())
