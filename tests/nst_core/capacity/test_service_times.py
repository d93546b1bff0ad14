"""Times at a worker: the published machine's without a calibration, else this machine's and its earlier runs'."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from nst_core.capacity import service_times
from nst_core.capacity.workload import RunKind
from nst_core.jobs.wait_times import FILE, PastRun
from nst_core.runs import cost
from nst_core.runs.cost import Calibration

FAST, SLOW = RunKind("fast", 512, 0.5), RunKind("slow", 384, 0.5)


def test_the_published_times_do_not_depend_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    before = service_times.published(SLOW)
    monkeypatch.setattr(cost, "stored", lambda: Calibration({256: 1e-6}, compiles=False))
    assert service_times.published(SLOW) == before
    assert before.seconds > 5 * service_times.published(FAST).seconds
    assert service_times.here(SLOW, None).seconds < before.seconds


def test_without_a_calibration_the_published_times_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "stored", lambda: None)
    assert service_times.here(SLOW, None) == service_times.published(SLOW)


def test_earlier_runs_of_this_machine_count_more_than_its_estimate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cost, "stored", service_times.reference)
    expected = cost.of(SLOW.recipe(), service_times.PHOTOGRAPH).seconds
    past = PastRun("slow", 384, True, expected, 77.0)
    (tmp_path / FILE).write_text(json.dumps([asdict(past)]))
    assert service_times.here(SLOW, tmp_path).seconds == 77.0
    assert service_times.here(SLOW, None).seconds != 77.0


def test_the_reference_is_the_published_step_of_the_slow_method() -> None:
    reference = service_times.reference()
    assert {256, 512, 1024} <= set(reference.seconds)
    assert max(reference.seconds) == service_times.MOST_REFERENCE_PX
    assert reference.evaluation(512**2) == pytest.approx(reference.seconds[512])
