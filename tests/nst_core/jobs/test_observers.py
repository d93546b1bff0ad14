"""Observers of runs: told in order, and harmless when they fail."""

import logging

import pytest

from nst_core.jobs.messages import RunEvent
from nst_core.jobs.observers import RunObserver
from nst_core.jobs.views import JobView
from tests.nst_core.jobs.servers import ANN, Servers, submit, under_way, until


class Diary(RunObserver):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def on_state(self, view: JobView) -> None:
        self.lines.append(view.state)

    def on_event(self, view: JobView, event: RunEvent) -> None:
        self.lines.append(f"{type(event).__name__} while {view.state}")

    def on_gone(self, job: str) -> None:
        self.lines.append("gone")


def test_a_run_is_told_from_the_queue_to_its_storage(servers: Servers) -> None:
    service, diary = servers.start(), Diary()
    service.observe(diary)
    job = under_way(servers, service, 1)
    servers.worker.finish(job)
    until(lambda: diary.lines[-1] == "gone")
    events = [f"{name} while running" for name in ("Began", "Stepped", "ResultReady", "Finished")]
    assert diary.lines == ["queued", "running", *events, "done", "gone"]


def test_a_run_that_waits_is_told_when_it_is_held_released_and_stopped(servers: Servers) -> None:
    service = servers.start()
    under_way(servers, service)
    diary = Diary()
    service.observe(diary)
    waiting = submit(service)
    service.pause(waiting, ANN)
    service.resume(waiting, ANN)
    service.stop(waiting, ANN)
    assert [line for line in diary.lines if line != "gone"] == ["queued", "paused", "queued", "stopped"]


def test_an_observer_that_fails_costs_nothing(servers: Servers, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(RunObserver):
        def on_state(self, view: JobView) -> None:
            raise RuntimeError("broken")

    service, diary = servers.start(), Diary()
    service.observe(Broken())
    service.observe(diary)
    with caplog.at_level(logging.ERROR):
        job = under_way(servers, service)
    assert service.view(job).state == "running"
    assert diary.lines[:2] == ["queued", "running"]
    assert "An observer of runs failed" in caplog.text
