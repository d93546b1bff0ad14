"""The device: what the process that asks TensorFlow may answer, or not."""

from __future__ import annotations

import json
import sys

import pytest

from nst_core.doctor import device
from tests.nst_core.doctor.conftest import all_ok, the_problem


def answers(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(device, "COMMAND", (sys.executable, "-c", code))


def test_the_device_and_its_reason_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"title": "CPU, 2 cores", "reason": "no GPU is there", "version": "2.21.0"}
    answers(monkeypatch, f"print('noise'); print({json.dumps(answer)!r})")
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


@pytest.mark.slow
def test_the_real_process_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_DEVICE", "cpu")
    assert "the networks run on CPU" in all_ok(device.check())
