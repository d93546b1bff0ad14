"""Waiting runs have an estimated wait."""

import json
from pathlib import Path

import pytest

from nst_core.jobs.wait_times import TYPICAL_SECONDS
from nst_core.runs import cost
from tests.nst_core.jobs.servers import Servers, picture, submit, under_way


def test_a_waiting_run_has_an_estimated_wait(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service, 5)
    first, second = submit(service), submit(service)
    assert service.view(job).wait_seconds == 0
    assert service.view(first).wait_seconds == pytest.approx(1 / 4 * (9 - 4))  # the pace of the run before
    assert service.view(second).wait_seconds > service.view(first).wait_seconds


def measured(seconds: float) -> None:
    """Store a calibration of this machine: so many seconds an evaluation."""
    path = cost._path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": cost.VERSION, "seconds": {"128": seconds}, "compiles": False}))


@pytest.mark.parametrize("is_restarted", [False, True])
def test_runs_are_estimated_as_soon_as_the_machine_is_measured(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_restarted: bool
) -> None:
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "cache"))
    service = servers.start()
    first, second = submit(service), submit(service)
    if is_restarted:
        service = servers.start()
    assert service.view(first).wait_seconds == 0
    assert service.view(second).wait_seconds == TYPICAL_SECONDS
    measured(7.0)
    recipe, size = service.view(first).recipe, (picture().width, picture().height)
    expected = cost.of(recipe, size, 1).seconds
    assert service.view(second).wait_seconds == pytest.approx(expected)
    assert expected != TYPICAL_SECONDS
